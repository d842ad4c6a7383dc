//! Lists of ports and `--exclude`: what is read is what a plain reading of the words gives, in order, none twice, none
//! excluded. Input: the list to exclude (empty for none) and the words, a line each.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nsock::value::peer::Proto;
use nsock::value::port;
use nsock::value::ports::Reader;

fuzz_target!(|text: &str| {
    let (exclude, words) = text.split_once('\n').unwrap_or(("", text));
    let exclude = Some(exclude).filter(|list| !list.is_empty());
    for proto in [Proto::Tcp, Proto::Udp] {
        let without = exclude.map_or(Some(Vec::new()), |list| plain(&[list], proto));
        let reader = match Reader::new(proto, exclude) {
            Ok(reader) => reader,
            Err(why) => {
                assert!(without.is_none(), "{why}");
                return assert!(why.starts_with("--exclude: "));
            }
        };
        let without = without.expect("it was read");
        let words: Vec<&str> = words.split(' ').collect();
        let expected = plain(&words, proto).map(|ports| in_order(&ports, &without)).filter(|ports| !ports.is_empty());
        match (reader.read(words), expected) {
            (Ok(ports), Some(expected)) => {
                assert!(ports.iter().eq(expected.iter().copied()));
                assert_eq!(ports.count() as usize, expected.len());
                for place in (0..expected.len()).step_by(1 + expected.len() / 64).chain([expected.len() - 1]) {
                    assert_eq!(ports.nth(place as u32), expected[place]);
                }
            }
            (Err(why), None) => assert!(!why.is_empty()),
            (read, expected) => {
                panic!("{:?} but {:?}", read.map(|ports| ports.count()), expected.map(|ports| ports.len()))
            }
        }
    }
});

/// The ranges of lists; none where one is wrong.
fn plain(words: &[&str], proto: Proto) -> Option<Vec<(u16, u16)>> {
    let number = |text: &str| match text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => text.parse().ok().filter(|&port: &u16| port > 0),
        false => None,
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let range = |item: &str| match item.split_once('-') {
        Some((first, last)) if digits(first) && digits(last) => {
            let first = if first.is_empty() { Some(1) } else { number(first) };
            let last = if last.is_empty() { Some(u16::MAX) } else { number(last) };
            first.zip(last).filter(|(first, last)| first <= last)
        }
        _ if digits(item) => number(item).map(|port| (port, port)),
        _ => port::parse(item, proto).ok().filter(|&port| port > 0).map(|port| (port, port)),
    };
    words.iter().flat_map(|word| word.split(',')).map(range).collect()
}

/// The ports of ranges, each where it comes first.
fn in_order(ranges: &[(u16, u16)], without: &[(u16, u16)]) -> Vec<u16> {
    let mut wanted = vec![true; 1 << 16];
    for &(first, last) in without {
        wanted[usize::from(first)..=usize::from(last)].fill(false);
    }
    let mut ports = Vec::new();
    for &(first, last) in ranges {
        for port in first..=last {
            if std::mem::replace(&mut wanted[usize::from(port)], false) {
                ports.push(port);
            }
        }
    }
    ports
}

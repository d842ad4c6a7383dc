//! Times, sizes, one port and shards: what is read is within its bounds and means what was written, and every refusal
//! says why. Input: the word.
#![no_main]

use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use nsock::value::duration::{self, Patience};
use nsock::value::peer::Proto;
use nsock::value::port;
use nsock::value::shard::Shard;
use nsock::value::size::{self, Cut, LARGEST_DATAGRAM};

fuzz_target!(|text: &str| {
    let time = said(duration::parse(text));
    if let Some(time) = time {
        assert!(!text.starts_with('-'));
        let _ = Instant::now() + time; // does not overflow
        let whole: Result<u64, _> = text.parse();
        assert!(whole.is_ok_and(|seconds| time == Duration::from_secs(seconds)) || text.parse::<u64>().is_err());
    }
    assert_eq!(said(duration::parse_limit(text)), time.filter(|time| !time.is_zero()));
    let second_to_hours = Duration::from_secs(1)..=Duration::from_secs(32_767);
    assert_eq!(said(duration::parse_keepalive(text)), time.filter(|time| second_to_hours.contains(time)));
    let patience = if text == "-1" { Some(Patience::Forever) } else { time.map(Patience::For) };
    assert_eq!(said(duration::parse_patience(text)), patience);

    let bytes = said(size::parse(text));
    if let Some(bytes) = bytes {
        assert!((1..1 << 31).contains(&bytes));
        let (digits, unit) = match text.to_ascii_lowercase() {
            text if text.ends_with('k') => (text[..text.len() - 1].to_owned(), 1 << 10),
            text if text.ends_with('m') => (text[..text.len() - 1].to_owned(), 1 << 20),
            text if text.ends_with('g') => (text[..text.len() - 1].to_owned(), 1 << 30),
            text => (text, 1),
        };
        assert_eq!(digits.parse::<usize>().map(|count| count * unit), Ok(bytes));
    }
    let cut =
        if text == "line" { Some(Cut::Line) } else { bytes.filter(|&size| size <= LARGEST_DATAGRAM).map(Cut::Size) };
    assert_eq!(said(size::cut(text)), cut);

    for proto in [Proto::Tcp, Proto::Udp] {
        if let Some(port) = said(port::parse(text, proto)) {
            assert!(text.parse() == Ok(port) || text.contains(|c: char| !c.is_ascii_digit()));
        }
    }
    if let Some(shard) = said(Shard::parse(text)) {
        assert!(shard.index < shard.of);
        assert_eq!(Shard::parse(&format!("{}/{}", shard.index + 1, shard.of)), Ok(shard));
    }
});

/// What was read; a refusal says why. (It may quote the word: who tells it, escapes it.)
fn said<T>(read: Result<T, String>) -> Option<T> {
    read.map_err(|why| assert!(!why.is_empty())).ok()
}

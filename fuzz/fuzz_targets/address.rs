//! Hosts, HOST:PORT, networks and lists of them: what is read, written plainly, is read the same; none of it drives a
//! terminal; a network's addresses are in it. Input: a word, and a list of lines after it; all of it is read as both.
#![no_main]

use std::ffi::OsStr;
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt;

use libfuzzer_sys::fuzz_target;
use nsock::value::address::{Host, split_port};
use nsock::value::peer::{Proto, UnixName};
use nsock::value::ports::{Ports, Reader};
use nsock::value::targets::{self, Target, Who, Word};

fuzz_target!(|data: &[u8]| {
    let reader = Reader::new(Proto::Tcp, None).expect("nothing is excluded");
    if let Ok(listed) = targets::parse_list(data, &reader) {
        listed.iter().for_each(check);
        let lines: String =
            listed.iter().map(|target| format!("# {}\n {} \r\n", '\u{feff}', written(target))).collect();
        same(&targets::parse_list(lines.as_bytes(), &reader).expect(&lines), &listed);
    }
    if let Ok(name) = UnixName::parse(OsStr::from_bytes(data)) {
        assert!((1..108).contains(&data.len()) && name != UnixName::Unnamed);
    }
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    for line in text.lines() {
        word(line, &reader);
    }
    word(text, &reader);
});

fn word(text: &str, reader: &Reader) {
    if let Some((host, port)) = split_port(text) {
        assert_eq!(format!("{host}:{port}"), text);
    }
    if let Ok(host) = Host::parse(text) {
        is_plain(&host);
    }
    match targets::parse(text.as_ref(), reader) {
        Err(why) => assert!(!why.is_empty()),
        Ok(Word::Stdin) => assert_eq!(text, "@-"),
        Ok(Word::File(file)) => assert_eq!(format!("@{}", file.display()), text),
        Ok(Word::Targets(found)) => {
            found.iter().for_each(check);
            let again = found.iter().map(written).collect::<Vec<_>>().join(",");
            match targets::parse(again.as_ref(), reader) {
                Ok(Word::Targets(again)) => same(&again, &found),
                read => panic!("{again} is {read:?}"),
            }
        }
    }
}

fn check(target: &Target) {
    assert!(target.ports.as_ref().is_none_or(|ports| (1..=65_535).contains(&ports.count())));
    match &target.who {
        Who::Host(host) => is_plain(host),
        Who::Net(net) => {
            assert!(net.count.is_power_of_two() && net.count <= 1 << 32);
            assert_eq!(net.nth(0), net.first);
            let (first, last) = (number(net.first), number(net.nth(net.count - 1)));
            assert_eq!((last - first, first % u128::from(net.count)), (u128::from(net.count) - 1, 0));
        }
    }
}

/// The same hosts with the same ports, however these were written.
fn same(one: &[Target], other: &[Target]) {
    let plain = |targets: &[Target]| -> Vec<(Who, Option<Vec<u16>>)> {
        let ports = |ports: &Ports| ports.iter().collect();
        targets.iter().map(|target| (target.who.clone(), target.ports.as_ref().map(ports))).collect()
    };
    assert_eq!(plain(one), plain(other));
}

/// A host is its own text, and that is one word that drives no terminal.
fn is_plain(host: &Host) {
    let text = host.text();
    assert_eq!(Host::parse(&text).as_ref(), Ok(host), "{text:?}");
    assert!(!text.is_empty() && !text.contains(|c: char| c.is_control() || c.is_whitespace()), "{text:?}");
    if let Host::Ip(ip) = host {
        assert_eq!(*ip, ip.to_canonical());
    }
}

fn number(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => u32::from(ip).into(),
        IpAddr::V6(ip) => ip.into(),
    }
}

/// A target as a user might write it.
fn written(target: &Target) -> String {
    let who = target.who.to_string();
    match &target.ports {
        None => who,
        Some(ports) if who.contains(':') => format!("[{who}]:{}", ranges(ports)),
        Some(ports) => format!("{who}:{}", ranges(ports)),
    }
}

fn ranges(ports: &Ports) -> String {
    let mut runs: Vec<(u16, u16)> = Vec::new();
    for port in ports.iter() {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(port) => *last = port,
            _ => runs.push((port, port)),
        }
    }
    runs.iter().map(|(first, last)| format!("{first}-{last}")).collect::<Vec<_>>().join(",")
}

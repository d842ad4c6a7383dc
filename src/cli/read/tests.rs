//! Whole command lines: what they mean, and what is wrong with them.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use crate::cli::{NoPlan, parse};
use crate::plan::{Connect, Listen, Place, Plan, Work};
use crate::value::data::Data;
use crate::value::duration::Patience;

fn planned(line: &str) -> Plan {
    let words = std::iter::once("nsock").chain(line.split_whitespace());
    match parse(words.map(Into::into)) {
        Ok(plan) => plan,
        Err(stop) => panic!("{line}: {stop:?}"),
    }
}

fn refused(line: &str) -> String {
    let words = std::iter::once("nsock").chain(line.split_whitespace());
    match parse(words.map(Into::into)) {
        Err(NoPlan::Wrong(usage)) => usage.0,
        other => panic!("{line}: {other:?}"),
    }
}

fn connects(line: &str) -> (String, u16) {
    match planned(line).work {
        Work::Connect(Connect { to: Place::Inet(host, port), .. }, _) => (host.text(), port),
        other => panic!("{line}: {other:?}"),
    }
}

fn listens(line: &str) -> (Option<String>, u16) {
    match planned(line).work {
        Work::Listen(Listen { at: Place::Inet(host, port), .. }, _) => (host.map(|host| host.text()), port),
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn every_form_of_connecting_is_understood() {
    assert_eq!(connects("host 80"), ("host".into(), 80));
    assert_eq!(connects("host:80"), ("host".into(), 80));
    assert_eq!(connects("host http"), ("host".into(), 80));
    assert_eq!(connects("::1 80"), ("::1".into(), 80));
    assert_eq!(connects("[::1]:80"), ("::1".into(), 80));
    assert_eq!(connects("-p 99 host 80"), ("host".into(), 80));
    assert_eq!(connects("-nv -w3 fe80::1%lo 80"), ("fe80::1%lo".into(), 80));
}

#[test]
fn every_form_of_listening_is_understood() {
    assert_eq!(listens("-l 80"), (None, 80));
    assert_eq!(listens("-l 127.0.0.1 80"), (Some("127.0.0.1".into()), 80));
    assert_eq!(listens("-l 127.0.0.1:80"), (Some("127.0.0.1".into()), 80));
    assert_eq!(listens("-l -p 80"), (None, 80));
    assert_eq!(listens("-lp 80"), (None, 80));
    assert_eq!(listens("-l -s ::1 -p 80"), (Some("::1".into()), 80));
    assert_eq!(listens("-l -s ::1 80"), (Some("::1".into()), 80));
    assert_eq!(listens("-l [::1]:0"), (Some("::1".into()), 0));
    assert_eq!(listens("-l :80"), (None, 80));
    assert_eq!(listens("-l -l 80"), (None, 80));
}

#[test]
fn bad_input_is_one_line_that_names_it() {
    for (line, why) in [
        ("", "HOST and PORT are missing"),
        ("host", "PORT is missing: nsock host PORT"),
        ("8888", "HOST is missing before port 8888"),
        ("-p 80 host", "-p is the local port"),
        ("host 99999", "port 99999 is over 65535"),
        ("host 0x50", "'0x50' is neither"),
        ("host 0", "port 0"),
        ("host 80 90", "one operand too many: '90'"),
        ("-d 5 host 80", "-d is --no-stdin, and takes no value"),
        ("-l", "PORT is missing"),
        ("-l 1 2 3", "one operand too many: '3'"),
        ("-l -p 80 h 81", "PORT is given twice"),
        ("-l -p 80 81", "PORT is given twice"),
        ("-l localhost", "nsock -l [ADDR] PORT"),
        ("-s ::1 127.0.0.1 80", "127.0.0.1 is of another IP version than -s ::1"),
        ("http://host/", "is a URL"),
        ("http://host:80/", "is a URL"),
        ("-l -s ::1 ::1 80", "ADDR is given twice"),
        ("--http -s ::1 127.0.0.1/", "127.0.0.1 is of another IP version than -s ::1"),
        ("-z -s ::1 127.0.0.1 9", "127.0.0.1 is of another IP version than -s ::1"),
        ("-z -s ::1 a,127.0.0.0/30 9", "127.0.0.0/30 is of another IP version than -s ::1"),
        ("-z -4 ::1/128 9", "::1/128 is no IPv4 address"),
        ("-z -6 ::1,10.0.0.0/30 9", "10.0.0.0/30 is no IPv6 address"),
        ("host:80 90", "'host:80' has a port already"),
        ("[::1]:80 90", "'[::1]:80' has a port already"),
        ("-l 127.0.0.1:80 90", "'127.0.0.1:80' has a port already"),
        ("-l -p 80 127.0.0.1:81", "'127.0.0.1:81' has a port already"),
        ("http://h 80", "'http://h' is a URL: nsock --http http://h"),
        ("--http http:/x", "write http://x"),
        ("-z 10.0.0.0/30 ", "PORTS are missing: nsock -z 10.0.0.0/30 1-1024"),
        ("-z a:22,b", "PORTS are missing: nsock -z a:22,b 1-1024"),
        ("-z host -1024", "no -1 here: a list of ports from the first on is written 1-1024"),
        ("-z host -3", "is written 1-1024"),
        ("-z host -443", "is written 1-1024"),
        ("-p 99999 host 80", "port 99999 is over 65535"),
        ("-p 22,80 host 80", "several ports are probed: nsock -z HOST PORTS"),
        ("host 22,80", "several ports are probed: nsock -z HOST PORTS"),
        ("-4 ::1 80", "::1 is no IPv4 address"),
        ("-6 127.0.0.1 80", "127.0.0.1 is no IPv6 address"),
        ("-s name host 80", "must be numeric"),
        ("-w soon host 80", "'soon' is no unit"),
        ("-w -3 host 80", "cannot be negative"),
        ("-q -2 host 80", "cannot be negative"),
        ("-4 -6 host 80", "cannot be used with"),
        ("-N --no-shutdown host 80", "cannot be used with"),
        ("-d --send-only host 80", "cannot be used with"),
        ("-l --connect-timeout 3 80", "cannot be used with"),
        ("--port-file f host 80", "--port-file has a meaning only beside -l"),
        ("-e sh host 80", "no -e here"),
        ("-lke sh 80", "no -e here"),
        ("--ssl host 443", "no TLS"),
        ("-x proxy:80 host 80", "no proxy"),
        ("-k host 80", "-k has a meaning only beside -l"),
        ("-l -m 3 80", "-m has a meaning only beside -k or --accept"),
        ("-b host 80", "-b has a meaning only beside -u"),
        ("--datagram 9 host 80", "--datagram has a meaning only beside -u"),
        ("-u --datagram 64k host 80", "at most 65507"),
        ("-U", "PATH is missing"),
        ("-U -4 path", "-4 has no meaning for Unix sockets"),
        ("-U a b", "one operand too many"),
        ("--ttl 0 host 80", "0"),
        ("--tos fast host 80", "neither a type of service"),
        ("--encoding nonsense host 80", "nonsense"),
        ("-j -x host 80", "--hex=FILE"),
        ("-z -d @- 80", "-d never reads"),
        ("-zu -d --data @- host 80", "-d never reads"),
        ("-zu --data @- @- 80", "not both"),
        ("-zu --data @ host 80", "@ lacks the name of a file"),
        ("--http --data @ host", "@ lacks the name of a file"),
        ("--nonsense", "unexpected argument '--nonsense'"),
    ] {
        let error = refused(line);
        assert!(error.contains(why), "{line}: {error}");
        assert!(!error.contains('\n'), "{line}: {error}");
    }
}

#[test]
fn whoever_accepts_several_may_limit_how_many_at_once() {
    let Work::Listen(on, _) = planned("-l --accept 5 -m 2 80").work else { panic!("no listener") };
    assert_eq!(on.many.map(|many| (many.in_all, many.at_once)), Some((5, 2)));
}

/// What is said of a line of these words.
fn parsed(words: &[&[u8]]) -> Result<Plan, String> {
    let words = words.iter().map(|word| OsStr::from_bytes(word).to_owned());
    parse(std::iter::once("nsock".into()).chain(words)).map_err(|stop| match stop {
        NoPlan::Wrong(usage) => usage.0,
        NoPlan::Asked(text) => panic!("{text}"),
    })
}

#[test]
fn paths_may_be_any_bytes() {
    for words in [
        &[&b"-U"[..], b"\xff"][..],
        &[b"-lU", b"@\xff"],
        &[b"-U", b"-s", b"\xff", b"path"],
        &[b"-z", b"@\xff", b"80"],
        &[b"-l", b"-o", b"\xff", b"80"],
    ] {
        assert!(parsed(words).is_ok(), "{words:?}");
    }
    let Ok(Plan { work: Work::Http(http), .. }) = parsed(&[b"--http", b"--data", b"@\xff", b"host"]) else {
        panic!("no request");
    };
    assert_eq!(http.data, Some(Data::File(OsStr::from_bytes(b"\xff").into())));
}

#[test]
fn what_is_no_path_must_be_text() {
    for words in [
        &[&b"\xff"[..], b"80"][..],
        &[b"host", b"\xff"],
        &[b"\xff:80"],
        &[b"-l", b"\xff"],
        &[b"-s", b"\xff", b"host", b"80"],
        &[b"-l", b"-s", b"\xff", b"80"],
        &[b"-z", b"\xff", b"80"],
        &[b"-z", b"host", b"\xff"],
        &[b"--http", b"\xff"],
        &[b"-zu", b"--data", b"\xff", b"host", b"53"],
    ] {
        let why = parsed(words).expect_err("it is no text");
        assert!(why.contains("' is not UTF-8 text") && !why.contains('\n'), "{words:?}: {why}");
    }
}

#[test]
fn no_wait_means_quit_at_once_and_not_a_time_limit() {
    let Work::Connect(_, relay) = planned("-w 0 host 80").work else { panic!("no connection") };
    assert_eq!(relay.quit_after, Some(Patience::For(Duration::ZERO)));
    assert_eq!(relay.idle, None);
}

//! What people and programs read, of whatever names and reasons: each event is at most one line for people, which
//! drives no terminal, and for programs one JSON object of the fields that its schema has, in which the text reads
//! back. Input: which event, then its parts.
#![no_main]

use std::ffi::OsStr;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use nsock::error::{Deed, Exit, Failure, Lost, Object, Way};
use nsock::event::{
    Answered, By, Close, Event, Field, Finding, Head, How, PathInfo, Probed, Remark, Request, Traffic, Weight,
};
use nsock::logic::ends::Awaited;
use nsock::logic::escape::escaped;
use nsock::logic::label;
use nsock::logic::sweep::{State, Tally};
use nsock::plan::{Color, Voice};
use nsock::report::Tongue;
use nsock::report::human::Human;
use nsock::report::json::{SCHEMA, found, lines};
use nsock::report::results::Results;
use nsock::report::words::spaced;
use nsock::value::peer::{Addr, Peer, Proto, UnixName};
use nsock_fuzz::Input;
use serde_json::{Value, json};

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let kind = input.byte();
    let peer = peer(&mut input);
    let named = |colour| label::name(u64::from(kind), &peer, colour);
    assert_eq!(is_plain(&named(false)), bare(&named(true)));
    is_plain(&spaced(&peer));
    let text = input.text();
    assert_eq!(is_plain(&escaped(&text)) == text, !text.contains(drives));
    if kind % 24 == 19 {
        return finding(&finding_of(&mut input, peer, text));
    }
    let event = event(kind, &mut input, peer, text);
    for level in 0..3 {
        let [plain, coloured] =
            [Color::Never, Color::Always].map(|color| Human::new(&voice(level, color)).lines(&event));
        let lines = match &event {
            Event::Request(request) if level > 0 => 1 + request.fields.len(),
            Event::Head { head, .. } => 1 + head.fields.len(),
            Event::Trailers { fields, .. } => fields.len(),
            _ => 1,
        };
        assert!(plain.lines().map(is_plain).count() <= lines, "{plain}");
        assert!(plain.is_empty() || plain.ends_with('\n'));
        assert_eq!(plain, bare(&coloured));
    }
    let told = lines(&event);
    match &event {
        Event::Trailers { .. } => assert_eq!(told, ""),
        Event::Request(request) => {
            let object = object(&told);
            assert_eq!((&object["method"], &object["target"]), (&json!(request.method), &json!(request.target)));
            assert_eq!(object["headers"], json!(request.fields));
        }
        Event::Head { head, .. } => assert_eq!(object(&told)["headers"], json!(head.fields)),
        Event::Answered(answered) => {
            let object = object(&told);
            is_of(&object, &answered.peer);
            assert_eq!(object["trailers"], json!(answered.trailers));
        }
        Event::Listen { addrs, .. } => {
            assert_eq!(told.matches('\n').count(), addrs.len());
            told.split_inclusive('\n').map(object).zip(addrs).for_each(|(object, addr)| is_at(&object, addr));
        }
        Event::Attempt { peer } | Event::Connect { peer, .. } => is_of(&object(&told), peer),
        Event::Close(close) => is_of(&object(&told), &close.peer),
        Event::Accept { peer, .. } => is_at(&object(&told), &peer.addr),
        Event::Failed { failure, .. } => {
            let object = object(&told);
            assert_eq!(object["reason"], *failure.reason);
            match &failure.object {
                Object::Peer(peer) => is_of(&object, peer),
                Object::Host(name) => assert_eq!(object["host"], **name),
                Object::Named(name) => assert_eq!(object["object"], **name),
                Object::File(path) => assert_eq!(object["object"], path.to_string_lossy().into_owned()),
            }
        }
        _ => drop(object(&told)),
    }
});

/// A port that was asked, as a result and in both voices.
fn finding(finding: &Finding) {
    let [plain, coloured] = [false, true].map(|color| Results::new(Some(color)).line(finding));
    assert_eq!(is_line(&plain), bare(&coloured));
    let object = object(&found(finding));
    is_of(&object, &finding.peer);
    let banner = finding.banner.as_ref().map(|banner| String::from_utf8_lossy(banner).into_owned());
    assert_eq!(object["banner"], Value::from(banner));
    let failed = Event::failed(Weight::Fatal, finding.failure());
    is_line(&Human::new(&voice(0, Color::Never)).lines(&failed));
}

/// Text that drives no terminal.
fn is_plain(text: &str) -> &str {
    assert!(!text.contains(drives), "{text:?}");
    text
}

/// Whether a character drives a terminal: controls, and what turns the order of the text round.
fn drives(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// One such line at most.
fn is_line(text: &str) -> &str {
    assert!(text.is_empty() || is_plain(text.strip_suffix('\n').expect("a whole line")).len() > 1);
    text
}

/// Text without its colours.
fn bare(text: &str) -> String {
    let mut pieces = text.split("\x1b[");
    let first = pieces.next().unwrap_or_default();
    let others = pieces.map(|piece| {
        let (numbers, rest) = piece.split_once('m').expect("a colour");
        assert!(numbers.bytes().all(|byte| byte.is_ascii_digit() || byte == b';'), "{numbers}");
        rest
    });
    std::iter::once(first).chain(others).collect()
}

/// The object of one line, with the fields of its schema.
fn object(line: &str) -> Value {
    is_plain(line.strip_suffix('\n').expect("a whole line"));
    let object: Value = serde_json::from_str(line).expect("JSON");
    let name = object["event"].as_str().expect("a name");
    let (_, fields, _) = SCHEMA.iter().find(|(known, ..)| *known == name).expect("a known event");
    let mut expected: Vec<&str> = ["time", "event"].into_iter().chain(fields.split(' ')).collect();
    expected.sort_unstable();
    let mut found: Vec<&str> = object.as_object().expect("an object").keys().map(String::as_str).collect();
    found.sort_unstable();
    assert_eq!(found, expected);
    object
}

fn is_of(object: &Value, peer: &Peer) {
    assert_eq!(object["host"], Value::from(peer.host.as_deref()));
    is_at(object, &peer.addr);
}

fn is_at(object: &Value, addr: &Addr) {
    assert_eq!(object["addr"], addr.to_string());
    assert_eq!(object["port"], Value::from(addr.port()));
}

fn voice(level: u8, color: Color) -> Voice {
    Voice { level, quiet: false, json: false, timestamps: false, color, hex: None, progress: false, probes: false }
}

fn peer(input: &mut Input<'_>) -> Peer {
    let proto = input.one_of(&[Proto::Tcp, Proto::Udp, Proto::Unix, Proto::UnixDatagram]);
    let host = (input.byte() & 1 > 0).then(|| input.text().into());
    Peer { proto, host, addr: addr(input, proto) }
}

fn addr(input: &mut Input<'_>, proto: Proto) -> Addr {
    let kind = input.byte();
    match (proto.is_unix(), kind % 3) {
        (true, 0) => Addr::Unix(UnixName::Unnamed),
        (true, 1) => Addr::Unix(UnixName::Abstract(input.few().into())),
        (true, _) => Addr::Unix(UnixName::Path(Path::new(OsStr::from_bytes(input.few())).into())),
        (false, 0) => SocketAddrV6::new(ip6(input), number(input) as u16, 0, kind.into()).into_addr(),
        (false, _) => SocketAddr::new(Ipv4Addr::from(number(input)).into(), number(input) as u16).into(),
    }
}

trait IntoAddr {
    fn into_addr(self) -> Addr;
}

impl IntoAddr for SocketAddrV6 {
    fn into_addr(self) -> Addr {
        SocketAddr::V6(self).into()
    }
}

fn ip6(input: &mut Input<'_>) -> Ipv6Addr {
    let halves: [u32; 4] = std::array::from_fn(|_| number(input));
    halves.into_iter().fold(0, |all, half| all << 32 | u128::from(half)).into()
}

fn number(input: &mut Input<'_>) -> u32 {
    u32::from_be_bytes(std::array::from_fn(|_| input.byte()))
}

fn span(input: &mut Input<'_>) -> Duration {
    Duration::from_micros(u64::from(number(input)) << (input.byte() % 20))
}

fn some<T>(input: &mut Input<'_>, make: impl Fn(&mut Input<'_>) -> T) -> Option<T> {
    (input.byte() & 1 > 0).then(|| make(input))
}

fn event(kind: u8, input: &mut Input<'_>, peer: Peer, text: String) -> Event {
    const BYS: [By; 4] = [By::Peer, By::Local, By::Idle, By::Signal];
    let conn = number(input).into();
    match kind % 24 {
        0 => Event::Resolve {
            host: text.into(),
            addrs: vec![IpAddr::V6(ip6(input)); usize::from(input.byte() % 3)],
            took: span(input),
        },
        1 => Event::Listen { proto: peer.proto, addrs: vec![peer.addr; usize::from(input.byte() % 3) + 1] },
        2 => Event::Attempt { peer },
        3 => {
            Event::Connect { conn, local: addr(input, peer.proto), peer, lookup: some(input, span), took: span(input) }
        }
        4 => Event::Accept { conn, local: addr(input, peer.proto), peer },
        5 => Event::TurnedAway { peer, limit: input.byte().into() },
        6 => Event::FirstByte { conn, after: span(input) },
        7 => Event::HalfClose { conn, by: input.one_of(&BYS) },
        8 => Event::Wait {
            conn,
            what: input.one_of(&[Awaited::Peer, Awaited::PeerFirst, Awaited::Answer, Awaited::Stdin]),
            limit: some(input, span),
        },
        9 => Event::Close(Box::new(Close {
            conn,
            peer,
            accepted: input.byte() & 1 > 0,
            by: input.one_of(&BYS),
            how: input.one_of(&[How::Fin, How::Rst, How::Timeout, How::Error]),
            sent: number(input).into(),
            received: u64::from(number(input)) << 20,
            duration: span(input),
            path: some(input, |input| PathInfo { rtt: span(input), retransmits: number(input).into() }),
            remark: some(input, |_| Remark::Unanswered),
        })),
        10 => Event::Progress {
            traffic: Traffic {
                sent: number(input).into(),
                received: number(input).into(),
                expected: some(input, number).map(Into::into),
                awaited: some(input, number).map(Into::into),
                elapsed: span(input),
                ports: some(input, tally),
            },
            asked: input.byte() & 1 > 0,
        },
        11 => Event::Missed { datagrams: conn },
        12 => Event::Unanswered { datagrams: conn },
        13 => Event::Probed(Box::new(Probed {
            what: text,
            tally: tally(input),
            took: span(input),
            alone: input.byte() & 1 > 0,
        })),
        14 => Event::Failed { weight: Weight::Refused, failure: failure(input, peer, text) },
        15 => Event::Failed { weight: Weight::Setback, failure: failure(input, peer, text) },
        16 => Event::Failed { weight: Weight::Trouble, failure: failure(input, peer, text) },
        20 => Event::Request(Box::new(Request {
            conn,
            method: text,
            target: input.text(),
            fields: fields(input),
            body: some(input, number).map(Into::into),
        })),
        21 => Event::Head { conn, head: head(input, text).into() },
        22 => Event::Trailers { conn, fields: fields(input) },
        23 => Event::Answered(Box::new(Answered {
            conn,
            peer,
            head: some(input, |input| head(input, text.clone()).into()),
            trailers: fields(input),
            complete: input.byte() & 1 > 0,
            lookup: some(input, span),
            connect: span(input),
            request: some(input, span),
            first_byte: some(input, span),
            total: span(input),
            sent: conn,
            received: number(input).into(),
            written: number(input).into(),
            after: (input.byte() % 3).into(),
        })),
        _ => Event::Failed { weight: Weight::Fatal, failure: failure(input, peer, text) },
    }
}

fn fields(input: &mut Input<'_>) -> Vec<Field> {
    (0..input.byte() % 3).map(|_| (input.text(), input.text())).collect()
}

fn head(input: &mut Input<'_>, line: String) -> Head {
    Head { line, minor: input.byte() & 1, status: 100 + u16::from(input.byte()) * 3, fields: fields(input) }
}

fn tally(input: &mut Input<'_>) -> Tally {
    let mut tally = Tally::default();
    (tally.total, tally.sent) = (number(input).into(), number(input).into());
    tally
}

fn failure(input: &mut Input<'_>, peer: Peer, text: String) -> Box<Failure> {
    let object = match input.byte() % 4 {
        0 => Object::Peer(peer),
        1 => Object::Host(input.text().into()),
        2 => Object::Named(input.text()),
        _ => Object::File(Path::new(OsStr::from_bytes(input.few())).into()),
    };
    let deed = input.one_of(&[
        Deed::Lookup,
        Deed::Open,
        Deed::Set,
        Deed::Bind,
        Deed::Connect,
        Deed::Probe,
        Deed::Listen,
        Deed::Accept,
        Deed::Connection,
        Deed::Send,
        Deed::Receive,
        Deed::Read,
        Deed::Write,
        Deed::Start,
    ]);
    let exit = input.one_of(&[Exit::Done, Exit::Network, Exit::Usage, Exit::Local, Exit::Name, Exit::Timeout]);
    let lost = some(input, |input| Lost {
        bytes: number(input).into(),
        at_least: input.byte() & 1 > 0,
        way: input.one_of(&[Way::Up, Way::Down]),
    });
    Box::new(Failure {
        errno: some(input, number).map(|errno| errno as i32),
        tries: some(input, number),
        duration: some(input, span),
        lost,
        ..Failure::new(deed, object, text, exit)
    })
}

fn finding_of(input: &mut Input<'_>, peer: Peer, reason: String) -> Finding {
    Finding {
        peer,
        state: input.one_of(&State::ALL),
        reason,
        errno: some(input, number).map(|errno| errno as i32),
        rtt: some(input, span),
        waited: span(input),
        tries: number(input),
        banner: some(input, |input| input.few().to_vec()),
        listed: true,
        alone: input.byte() & 1 > 0,
    }
}

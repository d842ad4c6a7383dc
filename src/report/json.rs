//! Events as JSON objects, one a line: `time`, `event`, then flat fields; durations in seconds, sizes in bytes.

use std::fmt::Write;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::cli::peer::{Addr, Proto};
use crate::cli::port::service;
use crate::error::{Failure, Object};
use crate::event::{Answered, Close, Event, Finding, Probed, Remark};
use crate::logic::escape::drives;
use crate::logic::sweep::State;

/// Every event and its fields after `time` and `event`: what the man page prints, and a test holds against the output.
pub const SCHEMA: [(&str, &str, &str); 20] = [
    ("resolve", "host addrs resolve_s", "a name was resolved"),
    ("listen", "proto addr port", "one for each address bound"),
    ("attempt", "host addr port proto", "connecting to one address began"),
    ("connect", "conn host addr port proto service local_addr local_port resolve_s connect_s", "a connection stands"),
    ("accept", "conn addr port local_addr local_port", "a peer was accepted"),
    ("turned_away", "addr port limit", "a peer was closed at once: so many are here from its address"),
    ("first_byte", "conn first_byte_s", "the peer's first byte came"),
    ("half_close", "conn by", "one side (peer, local) sends no more"),
    (
        "progress",
        "sent_bytes received_bytes expected_bytes duration_s ports_decided ports_total ports_open",
        "asked for by SIGUSR1, and each second with --progress; a probe counts ports, all else bytes",
    ),
    (
        "port",
        "host addr port proto state service reason rtt_s tries banner",
        "a port was asked; on stdout, only those that are open without --all",
    ),
    (
        "probed",
        "what total open closed filtered unreachable open_or_filtered tries duration_s",
        "a probe is over: how many ports were in which state, and how many tries it took",
    ),
    ("request", "conn method target headers body_bytes", "an HTTP request is about to be sent"),
    (
        "head",
        "conn version status reason headers",
        "the head of an answer came: an interim one (1xx), or the final one; headers are pairs",
    ),
    (
        "response",
        "conn host addr port status headers trailers complete resolve_s connect_s request_s first_byte_s total_s \
         sent_bytes received_bytes written_bytes after_bytes",
        "an HTTP request is over; first_byte_s and total_s count from the beginning of the run, the others are spans",
    ),
    ("dropped", "events", "so many events were not told, since nobody read stderr"),
    ("missed", "datagrams", "so many datagrams came and the kernel dropped them, since they were not read in time"),
    ("unanswered", "datagrams", "so many datagrams were not answered, since --rate allows no more"),
    (
        "wait",
        "conn for limit_s",
        "one side has ended; what is waited for: peer (its end), peer_first (its end, our half-close put off), answer (to \
         what looks like an HTTP request, our half-close put off), or stdin",
    ),
    (
        "close",
        "conn host addr port by how sent_bytes received_bytes duration_s rtt_s retransmits remark",
        "by peer, local, idle or signal; how fin, rst, timeout or error; remark unanswered where no byte came back after \
         our half-close",
    ),
    (
        "error",
        "deed object host addr port proto reason errno exit duration_s lost_bytes lost_at_least lost_way fatal",
        "something failed; not fatal where the run goes on, as with other addresses",
    ),
];

/// The lines that tell an event.
pub fn lines(event: &Event) -> String {
    match event {
        Event::Resolve { host, addrs, took } => line(
            "resolve",
            json!({
                "host": &**host, "addrs": addrs, "resolve_s": seconds(*took),
            }),
        ),
        Event::Listen { proto, addrs } => addrs.iter().map(|addr| listening(*proto, addr)).collect(),
        Event::Attempt { peer } => line(
            "attempt",
            json!({
                "host": peer.host.as_deref(), "addr": peer.addr.to_string(), "port": peer.addr.port(), "proto": peer.proto.word(),
            }),
        ),
        Event::Connect { conn, peer, local, lookup, took } => line(
            "connect",
            json!({
                "conn": conn, "host": peer.host.as_deref(), "addr": peer.addr.to_string(), "port": peer.addr.port(),
                "proto": peer.proto.word(), "service": peer.addr.port().and_then(|port| service(port, peer.proto)),
                "local_addr": local.to_string(), "local_port": local.port(),
                "resolve_s": lookup.map(seconds), "connect_s": seconds(*took),
            }),
        ),
        Event::Accept { conn, peer, local } => line(
            "accept",
            json!({
                "conn": conn, "addr": peer.addr.to_string(), "port": peer.addr.port(),
                "local_addr": local.to_string(), "local_port": local.port(),
            }),
        ),
        Event::TurnedAway { peer, limit } => {
            line("turned_away", json!({ "addr": peer.addr.to_string(), "port": peer.addr.port(), "limit": limit }))
        }
        Event::FirstByte { conn, after } => line(
            "first_byte",
            json!({
                "conn": conn, "first_byte_s": seconds(*after),
            }),
        ),
        Event::HalfClose { conn, by } => line("half_close", json!({ "conn": conn, "by": by.word() })),
        Event::Wait { conn, what, limit } => line(
            "wait",
            json!({
                "conn": conn, "for": what.word(), "limit_s": limit.map(seconds),
            }),
        ),
        Event::Close(close) => line("close", closed(close)),
        Event::Request(request) => line(
            "request",
            json!({
                "conn": request.conn, "method": request.method, "target": request.target,
                "headers": request.fields, "body_bytes": request.body,
            }),
        ),
        Event::Head { conn, head } => line(
            "head",
            json!({
                "conn": conn, "version": format!("1.{}", head.minor), "status": head.status, "reason": head.reason(),
                "headers": head.fields,
            }),
        ),
        Event::Trailers { .. } => String::new(), // the response has them
        Event::Answered(answered) => line("response", responded(answered)),
        Event::Progress { traffic, .. } => line(
            "progress",
            json!({
                "sent_bytes": traffic.sent, "received_bytes": traffic.received, "expected_bytes": traffic.expected,
                "duration_s": seconds(traffic.elapsed), "ports_decided": traffic.ports.map(|tally| tally.decided()),
                "ports_total": traffic.ports.map(|tally| tally.total),
                "ports_open": traffic.ports.map(|tally| tally.of(State::Open)),
            }),
        ),
        Event::Missed { datagrams } => line("missed", json!({ "datagrams": datagrams })),
        Event::Probed(probed) => line("probed", swept(probed)),
        Event::Unanswered { datagrams } => line("unanswered", json!({ "datagrams": datagrams })),
        Event::Refused(failure) | Event::Setback(failure) | Event::Trouble(failure) => {
            line("error", failed(failure, false))
        }
        Event::Error(failure) => line("error", failed(failure, true)),
    }
}

/// The line that tells how many events were not told, since nobody read stderr.
pub(super) fn dropped(events: u64) -> String {
    line("dropped", json!({ "events": events }))
}

fn listening(proto: Proto, addr: &Addr) -> String {
    line("listen", json!({ "proto": proto.word(), "addr": addr.to_string(), "port": addr.port() }))
}

/// The line of a port, for stdout.
pub fn found(finding: &Finding) -> String {
    let peer = &finding.peer;
    line(
        "port",
        json!({
            "host": peer.host.as_deref(), "addr": peer.addr.to_string(), "port": peer.addr.port(),
            "proto": peer.proto.word(), "state": finding.state.word(),
            "service": peer.addr.port().and_then(|port| service(port, peer.proto)), "reason": finding.reason,
            "rtt_s": finding.rtt.map(seconds), "tries": finding.tries,
            "banner": finding.banner.as_deref().map(String::from_utf8_lossy),
        }),
    )
}

fn swept(probed: &Probed) -> Value {
    let of = |state| probed.tally.of(state);
    json!({
        "what": probed.what, "total": probed.tally.total, "open": of(State::Open), "closed": of(State::Closed),
        "filtered": of(State::Filtered), "unreachable": of(State::Unreachable),
        "open_or_filtered": of(State::OpenOrFiltered), "tries": probed.tally.sent, "duration_s": seconds(probed.took),
    })
}

fn closed(close: &Close) -> Value {
    json!({
        "conn": close.conn,
        "host": close.peer.host.as_deref(),
        "addr": close.peer.addr.to_string(),
        "port": close.peer.addr.port(),
        "by": close.by.word(),
        "how": close.how.word(),
        "sent_bytes": close.sent,
        "received_bytes": close.received,
        "duration_s": seconds(close.duration),
        "rtt_s": close.path.map(|path| seconds(path.rtt)),
        "retransmits": close.path.map(|path| path.retransmits),
        "remark": close.remark.map(Remark::word),
    })
}

fn responded(answered: &Answered) -> Value {
    let head = answered.head.as_deref();
    json!({
        "conn": answered.conn,
        "host": answered.peer.host.as_deref(),
        "addr": answered.peer.addr.to_string(),
        "port": answered.peer.addr.port(),
        "status": head.map(|head| head.status),
        "headers": head.map(|head| &head.fields),
        "trailers": answered.trailers,
        "complete": answered.complete,
        "resolve_s": answered.lookup.map(seconds),
        "connect_s": seconds(answered.connect),
        "request_s": answered.request.map(seconds),
        "first_byte_s": answered.first_byte.map(seconds),
        "total_s": seconds(answered.total),
        "sent_bytes": answered.sent,
        "received_bytes": answered.received,
        "written_bytes": answered.written,
        "after_bytes": answered.after,
    })
}

fn failed(failure: &Failure, fatal: bool) -> Value {
    let (object, host, peer) = match &failure.object {
        Object::Peer(peer) => (None, peer.host.as_deref(), Some(peer)),
        Object::Host(name) => (None, Some(name.as_ref()), None),
        Object::Named(name) => (Some(name.clone()), None, None),
        Object::File(path) => (Some(path.display().to_string()), None, None),
    };
    json!({
        "deed": failure.deed.word(),
        "object": object,
        "host": host,
        "addr": peer.map(|peer| peer.addr.to_string()),
        "port": peer.and_then(|peer| peer.addr.port()),
        "proto": peer.map(|peer| peer.proto.word()),
        "reason": failure.reason,
        "errno": failure.errno,
        "exit": failure.exit.code(),
        "duration_s": failure.duration.map(seconds),
        "lost_bytes": failure.lost.map(|lost| lost.bytes),
        "lost_at_least": failure.lost.map(|lost| lost.at_least),
        "lost_way": failure.lost.map(|lost| lost.way.word()),
        "fatal": fatal,
    })
}

fn line(event: &str, fields: Value) -> String {
    let time = super::now();
    let mut object = Map::new();
    object.insert("time".into(), time.into());
    object.insert("event".into(), event.into());
    if let Value::Object(fields) = fields {
        object.extend(fields);
    }
    harmless(Value::Object(object).to_string()) + "\n"
}

/// JSON escapes C0 only (RFC 8259, 7). What else drives a terminal is escaped too; and some readers of lines end one at
/// U+2028 and U+2029. Outside of strings there is none of them.
fn harmless(json: String) -> String {
    let odd = |c: char| drives(c) || matches!(c, '\u{2028}' | '\u{2029}');
    match json.contains(odd) {
        false => json, // nearly always
        true => json.chars().fold(String::with_capacity(json.len() + 16), |mut text, c| {
            let _ = match odd(c) {
                true => write!(text, "\\u{:04x}", u32::from(c)),
                false => text.write_char(c),
            };
            text
        }),
    }
}

/// Seconds to the microsecond: what the clock of the loop is good for.
fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e6
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Deed, Exit};

    #[test]
    fn no_text_drives_the_terminal_or_ends_the_line() {
        let text = "a\u{1b}[2J\u{7f}\u{9b}2J\u{85}\u{2028}\u{202e}\n\"é";
        let failure = Failure::new(Deed::Lookup, Object::Host(text.into()), "", Exit::Name);
        let line = lines(&Event::Error(Box::new(failure)));
        assert!(line.contains(r#""a\u001b[2J\u007f\u009b2J\u0085\u2028\u202e\n\"é""#), "{line}");
        assert!(!line.trim_end().contains(char::is_control), "{line}");
        let object: Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(object["host"], text);
    }
}

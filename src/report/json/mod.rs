//! The voice for programs: each event an object on a line of its own, `time` and `event` first, then flat fields;
//! durations in seconds, sizes in bytes.

mod object;

use serde_json::json;

use self::object::{at, end, line, near, seconds};
use super::Tongue;
use crate::error::{Failure, Object};
use crate::event::{Answered, Close, Event, Finding, Probed, Remark, Request, Traffic, Weight};
use crate::logic::sweep::{State, Tally};
use crate::value::peer::Peer;
use crate::value::port::service;

/// Every event and its fields after `time` and `event`: what the man page prints, and a test holds against the output.
pub const SCHEMA: [(&str, &str, &str); 20] = [
    ("resolve", "host addrs resolve_s", "a name was resolved"),
    ("listen", "proto addr port", "one for each address bound"),
    ("attempt", "host addr port proto", "connecting to one address began"),
    ("connect", "conn host addr port proto service local_addr local_port resolve_s connect_s", "a connection stands"),
    ("accept", "conn addr port local_addr local_port", "a peer was accepted"),
    (
        "turned_away",
        "addr port limit",
        "a peer was closed at once, since as many as the limit allows are here from its address",
    ),
    ("first_byte", "conn first_byte_s", "the peer's first byte came"),
    ("half_close", "conn by", "one side (peer, local) sends no more"),
    (
        "progress",
        "sent_bytes received_bytes expected_bytes awaited_bytes duration_s ports_decided ports_total ports_open",
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

/// The voice for programs.
pub(super) struct Json;

impl Tongue for Json {
    fn lines(&mut self, event: &Event) -> String {
        lines(event)
    }

    fn found(&mut self, finding: &Finding) -> (String, String) {
        let result = if finding.listed || finding.alone { found(finding) } else { String::new() };
        (String::new(), result)
    }

    fn dropped(&self, events: u64) -> String {
        format!("\n{}", line("dropped", [json!({ "events": events })]))
    }
}

/// The lines that tell an event.
pub fn lines(event: &Event) -> String {
    match event {
        Event::Resolve { host, addrs, took } => {
            line("resolve", [json!({ "host": &**host, "addrs": addrs, "resolve_s": seconds(*took) })])
        }
        Event::Listen { proto, addrs } => {
            addrs.iter().map(|addr| line("listen", [json!({ "proto": proto.word() }), at(addr)])).collect()
        }
        Event::Attempt { peer } => line("attempt", [end(peer), json!({ "proto": peer.proto.word() })]),
        Event::Connect { conn, peer, local, lookup, took } => {
            let proto = json!({ "proto": peer.proto.word(), "service": service_of(peer) });
            let times = json!({ "resolve_s": lookup.map(seconds), "connect_s": seconds(*took) });
            line("connect", [json!({ "conn": conn }), end(peer), proto, near(local), times])
        }
        Event::Accept { conn, peer, local } => line("accept", [json!({ "conn": conn }), at(&peer.addr), near(local)]),
        Event::TurnedAway { peer, limit } => line("turned_away", [at(&peer.addr), json!({ "limit": limit })]),
        Event::FirstByte { conn, after } => {
            line("first_byte", [json!({ "conn": conn, "first_byte_s": seconds(*after) })])
        }
        Event::HalfClose { conn, by } => line("half_close", [json!({ "conn": conn, "by": by.word() })]),
        Event::Wait { conn, what, limit } => {
            line("wait", [json!({ "conn": conn, "for": what.word(), "limit_s": limit.map(seconds) })])
        }
        Event::Close(close) => closed(close),
        Event::Request(request) => requested(request),
        Event::Head { conn, head } => {
            let status =
                json!({ "version": format!("1.{}", head.minor), "status": head.status, "reason": head.reason() });
            line("head", [json!({ "conn": conn }), status, json!({ "headers": head.fields })])
        }
        Event::Trailers { .. } => String::new(), // the response has them
        Event::Answered(answered) => responded(answered),
        Event::Progress { traffic, .. } => progress(traffic),
        Event::Missed { datagrams } => line("missed", [json!({ "datagrams": datagrams })]),
        Event::Probed(probed) => swept(probed),
        Event::Unanswered { datagrams } => line("unanswered", [json!({ "datagrams": datagrams })]),
        Event::Failed { weight, failure } => failed(failure, *weight == Weight::Fatal),
    }
}

/// The line of a port, for stdout.
pub fn found(finding: &Finding) -> String {
    let what = json!({
        "proto": finding.peer.proto.word(), "state": finding.state.word(), "service": service_of(&finding.peer),
        "reason": finding.reason, "rtt_s": finding.rtt.map(seconds), "tries": finding.tries,
        "banner": finding.banner.as_deref().map(String::from_utf8_lossy),
    });
    line("port", [end(&finding.peer), what])
}

fn progress(traffic: &Traffic) -> String {
    let ports = traffic.ports.as_ref();
    let fields = json!({
        "sent_bytes": traffic.sent,
        "received_bytes": traffic.received,
        "expected_bytes": traffic.expected,
        "awaited_bytes": traffic.awaited,
        "duration_s": seconds(traffic.elapsed),
        "ports_decided": ports.map(Tally::decided),
        "ports_total": ports.map(|tally| tally.total),
        "ports_open": ports.map(|tally| tally.of(State::Open)),
    });
    line("progress", [fields])
}

fn swept(probed: &Probed) -> String {
    let of = |state| probed.tally.of(state);
    let fields = json!({
        "what": probed.what, "total": probed.tally.total, "open": of(State::Open), "closed": of(State::Closed),
        "filtered": of(State::Filtered), "unreachable": of(State::Unreachable),
        "open_or_filtered": of(State::OpenOrFiltered), "tries": probed.tally.sent, "duration_s": seconds(probed.took),
    });
    line("probed", [fields])
}

fn closed(close: &Close) -> String {
    let fields = json!({
        "by": close.by.word(),
        "how": close.how.word(),
        "sent_bytes": close.sent,
        "received_bytes": close.received,
        "duration_s": seconds(close.duration),
        "rtt_s": close.path.map(|path| seconds(path.rtt)),
        "retransmits": close.path.map(|path| path.retransmits),
        "remark": close.remark.map(Remark::word),
    });
    line("close", [json!({ "conn": close.conn }), end(&close.peer), fields])
}

fn requested(request: &Request) -> String {
    let fields = json!({
        "conn": request.conn,
        "method": request.method,
        "target": request.target,
        "headers": request.fields,
        "body_bytes": request.body,
    });
    line("request", [fields])
}

fn responded(answered: &Answered) -> String {
    let head = answered.head.as_deref();
    let fields = json!({
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
    });
    line("response", [json!({ "conn": answered.conn }), end(&answered.peer), fields])
}

fn failed(failure: &Failure, fatal: bool) -> String {
    let (object, host, peer) = match &failure.object {
        Object::Peer(peer) => (None, peer.host.as_deref(), Some(peer)),
        Object::Host(name) => (None, Some(name.as_ref()), None),
        Object::Named(name) => (Some(name.clone()), None, None),
        Object::File(path) => (Some(path.display().to_string()), None, None),
    };
    let fields = json!({
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
    });
    line("error", [fields])
}

fn service_of(peer: &Peer) -> Option<&'static str> {
    peer.addr.port().and_then(|port| service(port, peer.proto))
}

//! What happens as sentences, one for each event.

use std::time::Duration;

use colored::Colorize;

use super::Human;
use super::failure::failed;
use crate::event::{By, Close, Event, Finding, How, Probed, Remark};
use crate::logic::ends::Awaited;
use crate::logic::sweep::State;
use crate::report::words::{bold, escaped, place, port_of, span, who};
use crate::report::{http, progress};
use crate::value::peer::{Addr, Peer, Proto, UnixName};

/// From so many bytes on a rate says something.
const MEASURABLE: u64 = 64 * 1024;

impl Human {
    /// What is told of an event, at a level at which it is.
    pub(super) fn told(&self, event: &Event) -> String {
        match event {
            Event::Resolve { host, addrs, took } => {
                let addrs: Vec<_> = addrs.iter().map(ToString::to_string).collect();
                format!("nsock: lookup of {}: {} ({})\n", escaped(host), addrs.join(", "), span(*took))
            }
            Event::Listen { proto, addrs } => listening(*proto, addrs),
            Event::Attempt { peer } => format!("nsock: connecting to {}\n", place(peer)),
            Event::Connect { peer, local, lookup, took, .. } => connected(peer, local, *lookup, *took),
            Event::Accept { peer, local, .. } => match &peer.addr {
                // A Unix client has no name: what it came to is what there is to show.
                Addr::Unix(UnixName::Unnamed) => format!("Connection received on {}\n", bold(local)),
                addr => format!("Connection received on {}\n", bold(addr)),
            },
            Event::TurnedAway { peer, limit } => {
                format!("Connection from {} turned away ({limit} from one address is the limit)\n", bold(&peer.addr))
            }
            Event::FirstByte { after, .. } => format!("nsock: first byte from the peer ({})\n", span(*after)),
            Event::HalfClose { by: By::Peer, .. } => "nsock: the peer sends no more (FIN received)\n".into(),
            Event::HalfClose { .. } => "nsock: we send no more (FIN sent)\n".into(),
            Event::Wait { what, limit, .. } => waiting(*what, *limit),
            Event::Close(close) => closed(close),
            Event::Request(request) => http::request(request),
            Event::Head { head, .. } => http::head(head, self.level),
            Event::Trailers { fields, .. } => http::fields(fields, http::came(self.level)),
            Event::Answered(answered) => http::answered(answered),
            Event::Progress { traffic, .. } => format!("nsock: {}\n", progress::text(traffic)),
            Event::Missed { datagrams } => {
                format!("nsock: receive of datagrams failed: the kernel dropped {datagrams} before they were read\n")
            }
            Event::Unanswered { datagrams } => format!("nsock: {datagrams} datagrams were not answered (--rate)\n"),
            Event::Probed(probed) => self.probed(probed),
            Event::Failed { failure, .. } => failed(failure),
        }
    }

    /// The summary of a probe: an error where nothing was open, else for `-v` or a person at a terminal.
    fn probed(&self, probed: &Probed) -> String {
        let tally = &probed.tally;
        let (open, total) = (tally.of(State::Open), tally.decided());
        if probed.alone || (open > 0 && self.level == 0 && !self.watched) {
            return String::new();
        }
        let mut details: Vec<String> = State::ALL[1..]
            .iter()
            .filter(|&&state| tally.of(state) > 0)
            .map(|&state| format!("{} {}", tally.of(state), state.word()))
            .collect();
        details.push(span(probed.took));
        if open > 0 || self.level > 0 {
            details.push(format!("{:.0} ports/s", total as f64 / probed.took.as_secs_f64().max(1e-6)));
        }
        let open = if open == 0 { "none".into() } else { open.to_string() };
        let ports = if total == 1 { "port" } else { "ports" };
        let cut_short = match tally.total > total {
            true => format!(", cut short of {}", tally.total),
            false => String::new(),
        };
        let (what, details) = (escaped(&probed.what), details.join(", "));
        format!("nsock: probe of {what}: {open} of {total} {ports} open ({details}{cut_short})\n")
    }
}

fn connected(peer: &Peer, local: &Addr, lookup: Option<Duration>, took: Duration) -> String {
    let lookup = lookup.map_or(String::new(), |lookup| format!("lookup {}, ", span(lookup)));
    let took = span(took);
    let from = match local {
        Addr::Inet(local) => format!(", from {} {}", local.ip(), local.port()),
        Addr::Unix(UnixName::Unnamed) => String::new(),
        Addr::Unix(name) => format!(", from {}", escaped(&name.to_string())),
    };
    format!("Connection to {} {} ({lookup}connect {took}{from})\n", port_of(peer), "succeeded!".green())
}

/// A port that is open, in OpenBSD's words.
pub(super) fn open(finding: &Finding) -> String {
    let took = finding.rtt.map(span).unwrap_or_default();
    let tries = if finding.tries > 1 { format!(", {} tries", finding.tries) } else { String::new() };
    let says = match &finding.banner {
        Some(banner) => format!(": {}", escaped(String::from_utf8_lossy(banner).trim_end())),
        None => String::new(),
    };
    format!("Connection to {} {} ({took}{tries}){says}\n", port_of(&finding.peer), "succeeded!".green())
}

fn listening(proto: Proto, addrs: &[Addr]) -> String {
    let mut addrs = addrs.iter().map(bold);
    let verb = if proto.is_datagram() { "Bound" } else { "Listening" };
    let first = addrs.next().unwrap_or_default();
    let others: Vec<_> = addrs.collect();
    match others.is_empty() {
        true => format!("{verb} on {first}\n"),
        false => format!("{verb} on {first} (and {})\n", others.join(", ")),
    }
}

fn waiting(what: Awaited, limit: Option<Duration>) -> String {
    let what = match what {
        Awaited::Peer => "the peer's end",
        Awaited::PeerFirst => "the peer's end, half-close put off (-N does it at once)",
        Awaited::Answer => "the answer to what looks like an HTTP request, half-close put off (-N does it at once)",
        Awaited::Stdin => "stdin",
    };
    let limit = limit.map_or(String::new(), |limit| format!(", {} at most", span(limit)));
    format!("nsock: waiting for {what}{limit}\n")
}

fn closed(close: &Close) -> String {
    let way = if close.accepted { "from" } else { "to" };
    let by = match close.by {
        By::Peer => "by peer",
        By::Local => "by us",
        By::Idle => "for silence",
        By::Signal => "by a signal",
    };
    let how = match close.how {
        How::Fin if close.peer.proto.is_datagram() => "done".normal(), // datagrams have no FIN
        How::Fin => "FIN".normal(),
        How::Rst => "RST".red(),
        How::Timeout => "timeout".red(),
        How::Error if close.by == By::Signal => "cut short".normal(),
        How::Error => "error".red(),
    };
    let who = match close.peer.addr.port() {
        Some(port) => format!("{} {}", who(&close.peer), port.to_string().bold()),
        None => who(&close.peer),
    };
    let (duration, sent, received) = (span(close.duration), close.sent, close.received);
    let path =
        close.path.map_or(String::new(), |path| format!(", rtt {}, {} retransmits", span(path.rtt), path.retransmits));
    let carried = sent.max(received);
    let rate = match carried >= MEASURABLE {
        true => format!(", {}/s", progress::size(carried as f64 / close.duration.as_secs_f64().max(1e-6))),
        false => String::new(),
    };
    let remark = match close.remark {
        Some(Remark::Unanswered) => "; no byte came back after our half-close: if one should have, try --no-shutdown",
        None => "",
    };
    format!(
        "Connection {way} {who} closed {by} ({how}, {duration}, {sent} bytes sent, {received} received{rate}{path}){remark}\n"
    )
}

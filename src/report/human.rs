//! Events as sentences. Those that scripts grep for are OpenBSD nc's, with our details after them in parentheses.

use std::fmt::Write;
use std::io::IsTerminal;
use std::time::Duration;

use colored::{ColoredString, Colorize};

use super::{http, progress};
use crate::cli::args::Color;
use crate::cli::peer::{Addr, Peer, Proto, UnixName};
use crate::cli::plan::Voice;
use crate::cli::port::service;
use crate::error::{Failure, Lost, Object, Way};
use crate::event::{By, Close, Event, Finding, How, Probed};
pub(super) use crate::logic::escape::escaped;
use crate::logic::sweep::State;

/// The voice for people.
pub struct Human {
    level: u8,
    quiet: bool,
    /// Failures of single addresses that `-v` would have told at once: told when all have failed.
    setbacks: String,
}

impl Human {
    /// Decides the colours of the whole process, once: `colored` itself would look at stdout.
    pub fn new(voice: &Voice) -> Self {
        let on = match voice.color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => {
                let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
                !unwanted
                    && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
                    && std::io::stderr().is_terminal()
            }
        };
        colored::control::set_override(on);
        Self { level: voice.level, quiet: voice.quiet, setbacks: String::new() }
    }

    /// Whether nothing is to be told at all.
    pub(super) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// The sentence on a port, OpenBSD's; empty where this voice does not tell it. One that was asked for alone and is not
    /// open is an error, unless that is listed.
    pub(super) fn found(&self, finding: &Finding) -> String {
        let open = finding.state == State::Open;
        match self.level > 0 || (finding.alone && !open && !finding.listed) {
            _ if self.quiet => String::new(),
            false => String::new(),
            true if open => {
                let took = finding.rtt.map(span).unwrap_or_default();
                let tries = if finding.tries > 1 { format!(", {} tries", finding.tries) } else { String::new() };
                let says = match &finding.banner {
                    Some(banner) => format!(": {}", escaped(String::from_utf8_lossy(banner).trim_end())),
                    None => String::new(),
                };
                format!("Connection to {} {} ({took}{tries}){says}\n", port_of(&finding.peer), "succeeded!".green())
            }
            true => failed(&finding.failure()),
        }
    }

    /// The lines that tell an event; empty where this voice does not tell it.
    pub fn lines(&mut self, event: &Event) -> String {
        match event {
            _ if self.quiet => String::new(),
            Event::Error(failure) => std::mem::take(&mut self.setbacks) + &failed(failure),
            Event::Trouble(failure) => failed(failure),
            Event::Setback(failure) if self.level > 0 => failed(failure),
            Event::Setback(failure) => {
                self.setbacks += &failed(failure);
                String::new()
            }
            Event::Connect { .. } | Event::Listen { .. } => {
                self.setbacks.clear();
                told(event, self.level)
            }
            _ => told(event, self.level),
        }
    }
}

/// From so many bytes on a rate says something.
const MEASURABLE: u64 = 64 * 1024;

/// What is told of an event at a level of `-v`.
fn told(event: &Event, level: u8) -> String {
    let text = match (event, level) {
        // A loss: told always.
        (Event::Missed { datagrams }, _) => {
            format!("nsock: receive of datagrams failed: the kernel dropped {datagrams} before they were read")
        }
        (Event::Probed(probed), level) => return swept(probed, level),
        (Event::Head { head, .. }, level) => return http::head(head, level),
        (Event::Trailers { fields, .. }, level) => return http::fields(fields, http::came(level)),
        (Event::Progress { traffic, asked: true }, _) => format!("nsock: {}", progress::text(traffic)),
        (_, 0) | (Event::Progress { .. }, _) => return String::new(),
        (Event::Listen { proto, addrs }, _) => listening(*proto, addrs),
        (Event::Connect { peer, local, lookup, took, .. }, _) => {
            let lookup = lookup.map_or(String::new(), |lookup| format!("lookup {}, ", span(lookup)));
            let took = span(*took);
            let from = match local {
                Addr::Inet(local) => format!(", from {} {}", local.ip(), local.port()),
                Addr::Unix(UnixName::Unnamed) => String::new(),
                Addr::Unix(name) => format!(", from {}", escaped(&name.to_string())),
            };
            format!("Connection to {} {} ({lookup}connect {took}{from})", port_of(peer), "succeeded!".green())
        }
        (Event::Accept { peer, local, .. }, _) => match &peer.addr {
            // A Unix client has no name: what it came to is what there is to show.
            Addr::Unix(UnixName::Unnamed) => format!("Connection received on {}", bold(local)),
            addr => format!("Connection received on {}", bold(addr)),
        },
        (Event::TurnedAway { peer, limit }, _) => {
            format!("Connection from {} turned away ({limit} from one address is the limit)", bold(&peer.addr))
        }
        (Event::Unanswered { datagrams }, _) => format!("nsock: {datagrams} datagrams were not answered (--rate)"),
        (Event::Close(close), _) => closed(close),
        (Event::Request(request), _) => return http::request(request),
        (Event::Answered(answered), _) => return http::answered(answered),
        (Event::Refused(failure), _) => return failed(failure),
        (_, 1) => return String::new(),
        (Event::Resolve { host, addrs, took }, _) => {
            let addrs: Vec<_> = addrs.iter().map(ToString::to_string).collect();
            format!("nsock: lookup of {}: {} ({})", escaped(host), addrs.join(", "), span(*took))
        }
        (Event::Attempt { peer }, _) => format!("nsock: connecting to {}", place(peer)),
        (Event::FirstByte { after, .. }, _) => format!("nsock: first byte from the peer ({})", span(*after)),
        (Event::HalfClose { by, .. }, _) => match by {
            By::Peer => "nsock: the peer sends no more (FIN received)".into(),
            _ => "nsock: we send no more (FIN sent)".into(),
        },
        (Event::Wait { what, limit, .. }, _) => match limit {
            Some(limit) => format!("nsock: waiting for {what}, {} at most", span(*limit)),
            None => format!("nsock: waiting for {what}"),
        },
        (Event::Setback(_) | Event::Trouble(_) | Event::Error(_), _) => return String::new(),
    };
    text + "\n"
}

/// The summary of a probe: an error where nothing was open, else for `-v` or a person at a terminal.
fn swept(probed: &Probed, level: u8) -> String {
    let tally = &probed.tally;
    let (open, total) = (tally.of(State::Open), tally.decided());
    if probed.alone || (open > 0 && level == 0 && !std::io::stderr().is_terminal()) {
        return String::new();
    }
    let mut details: Vec<String> = State::ALL[1..]
        .iter()
        .filter(|&&state| tally.of(state) > 0)
        .map(|&state| format!("{} {}", tally.of(state), state.word()))
        .collect();
    details.push(span(probed.took));
    if open > 0 || level > 0 {
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

fn listening(proto: Proto, addrs: &[Addr]) -> String {
    let mut addrs = addrs.iter().map(bold);
    let verb = if proto.is_datagram() { "Bound" } else { "Listening" };
    let mut text = format!("{verb} on {}", addrs.next().unwrap_or_default());
    let others: Vec<_> = addrs.collect();
    if !others.is_empty() {
        let _ = write!(text, " (and {})", others.join(", "));
    }
    text
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
    let remark = close.remark.map_or(String::new(), |remark| format!("; {remark}"));
    format!(
        "Connection {way} {who} closed {by} ({how}, {duration}, {sent} bytes sent, {received} received{rate}{path}){remark}"
    )
}

/// `nsock: DEED OBJECT failed: REASON (errno N, TIME)`, whatever failed.
fn failed(failure: &Failure) -> String {
    let object = match &failure.object {
        Object::Peer(peer) => place(peer),
        Object::Host(name) => escaped(name),
        Object::Named(name) => escaped(name),
        Object::File(path) => escaped(&path.display().to_string()),
    };
    let details: Vec<String> = [
        failure.errno.map(|number| format!("errno {number}")),
        failure.tries.map(|tries| format!("no answer to {tries} {}", if tries == 1 { "try" } else { "tries" })),
        failure.duration.map(span),
        failure.lost.map(lost),
    ]
    .into_iter()
    .flatten()
    .collect();
    let details = match details.is_empty() {
        true => String::new(),
        false => format!(" ({})", details.join(", ")),
    };
    let (deed, preposition) = (failure.deed.word(), failure.deed.preposition());
    let reason: ColoredString = escaped(&failure.reason).red();
    format!("nsock: {deed} {preposition} {object} failed: {reason}{details}\n")
}

fn lost(lost: Lost) -> String {
    let at_least = if lost.at_least { "at least " } else { "" };
    match lost.way {
        Way::Up => format!("{at_least}{} bytes not delivered", lost.bytes),
        Way::Down => format!("{at_least}{} bytes received not written", lost.bytes),
    }
}

/// Name and address, or the address alone.
pub(super) fn who(peer: &Peer) -> String {
    let addr = escaped(&peer.addr.to_string());
    match &peer.host {
        Some(host) => format!("{} ({addr})", escaped(host).bold()),
        None => addr.bold().to_string(),
    }
}

/// An end as failures name it: `host (192.0.2.7) port 80 (tcp)`.
fn place(peer: &Peer) -> String {
    let (who, proto) = (who(peer), peer.proto.word());
    match peer.addr.port() {
        Some(port) => format!("{who} port {} ({proto})", port.to_string().bold()),
        None => format!("{who} ({proto})"),
    }
}

/// An end as OpenBSD's sentence names it: `host (192.0.2.7) 80 port [tcp/http]`.
fn port_of(peer: &Peer) -> String {
    let (who, proto) = (who(peer), peer.proto.word());
    match peer.addr.port() {
        Some(port) => {
            let service = service(port, peer.proto).unwrap_or("*");
            format!("{who} {} port [{proto}/{service}]", port.to_string().bold())
        }
        None => format!("{who} [{proto}]"),
    }
}

/// An end without colours: name or address, and port.
pub fn spaced(peer: &Peer) -> String {
    let who = peer.host.as_deref().map_or_else(|| peer.addr.to_string(), Into::into);
    match peer.addr.port() {
        Some(port) => format!("{} {port}", escaped(&who)),
        None => escaped(&who),
    }
}

fn bold(addr: &Addr) -> String {
    let text = escaped(&addr.to_string()).bold();
    match addr.port() {
        Some(port) => format!("{text} {}", port.to_string().bold()),
        None => text.to_string(),
    }
}

/// A duration with its unit and no blank, so that awk and `-w` read it back.
pub(super) fn span(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds if seconds < 0.999_95 => format!("{:.1}ms", seconds * 1e3),
        seconds => format!("{seconds:.2}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_back() {
        for (micros, text) in
            [(100, "0.1ms"), (11_240, "11.2ms"), (999_940, "999.9ms"), (999_960, "1.00s"), (3_410_000, "3.41s")]
        {
            assert_eq!(span(Duration::from_micros(micros)), text);
            assert!(crate::cli::duration::parse(text).is_ok(), "{text}");
        }
    }
}

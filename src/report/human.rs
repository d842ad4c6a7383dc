//! Events as sentences. Those that scripts grep for are OpenBSD nc's, with our details after them in parentheses.

use std::fmt::Write;
use std::io::IsTerminal;
use std::net::SocketAddr;
use std::time::Duration;

use colored::{ColoredString, Colorize};

use crate::cli::address::Peer;
use crate::cli::args::Color;
use crate::cli::plan::Voice;
use crate::cli::port::service;
use crate::error::{Failure, Lost, Object, Way};
use crate::event::{By, Close, Event, How};

/// The voice for people.
pub(super) struct Human {
    level: u8,
    quiet: bool,
    /// Failures of single addresses that `-v` would have told at once: told when all have failed.
    setbacks: String,
}

impl Human {
    /// Decides the colours of the whole process, once: `colored` itself would look at stdout.
    pub(super) fn new(voice: Voice) -> Self {
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

    /// The lines that tell an event; empty where this voice does not tell it.
    pub(super) fn lines(&mut self, event: &Event) -> String {
        match event {
            _ if self.quiet => String::new(),
            Event::Error(failure) => std::mem::take(&mut self.setbacks) + &failed(failure),
            Event::Trouble(failure) => failed(failure),
            Event::Setback(failure) if self.level > 0 => failed(failure),
            Event::Setback(failure) => {
                self.setbacks += &failed(failure);
                String::new()
            }
            Event::Connect { .. } => {
                self.setbacks.clear();
                told(event, self.level)
            }
            _ => told(event, self.level),
        }
    }
}

/// What is told of an event at a level of `-v`.
fn told(event: &Event, level: u8) -> String {
    let text = match (event, level) {
        (_, 0) => return String::new(),
        (Event::Listen { addrs }, _) => listening(addrs),
        (Event::Connect { peer, local, lookup, took, .. }, _) => {
            let lookup = lookup.map_or(String::new(), |lookup| format!("lookup {}, ", span(lookup)));
            let (took, from) = (span(*took), spaced(local));
            let service = service(peer.addr.port()).unwrap_or("*");
            let port = peer.addr.port().to_string().bold();
            format!(
                "Connection to {} {port} port [tcp/{service}] {} ({lookup}connect {took}, from {from})",
                who(peer),
                "succeeded!".green()
            )
        }
        (Event::Accept { peer, .. }, _) => format!("Connection received on {}", bold(&peer.addr)),
        (Event::Close(close), _) => closed(close),
        (_, 1) => return String::new(),
        (Event::Resolve { host, addrs, took }, _) => {
            let addrs: Vec<_> = addrs.iter().map(ToString::to_string).collect();
            format!("nsock: lookup of {host}: {} ({})", addrs.join(", "), span(*took))
        }
        (Event::Attempt { peer }, _) => format!("nsock: connecting to {} port {} (tcp)", who(peer), peer.addr.port()),
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

fn listening(addrs: &[SocketAddr]) -> String {
    let mut addrs = addrs.iter();
    let mut text = "Listening on ".to_owned();
    if let Some(first) = addrs.next() {
        text += &bold(first);
    }
    let others: Vec<_> = addrs.map(bold).collect();
    if !others.is_empty() {
        let _ = write!(text, " (and {})", others.join(", "));
    }
    text
}

fn closed(close: &Close) -> String {
    let (way, port) = match close.accepted {
        true => ("from", close.peer.addr.port()),
        false => ("to", close.peer.addr.port()),
    };
    let by = match close.by {
        By::Peer => "by peer",
        By::Local => "by us",
        By::Idle => "for silence",
        By::Signal => "by a signal",
    };
    let how = match close.how {
        How::Fin => "FIN".normal(),
        How::Rst => "RST".red(),
        How::Timeout => "timeout".red(),
        How::Error if close.by == By::Signal => "cut short".normal(),
        How::Error => "error".red(),
    };
    let (who, port) = (who(&close.peer), port.to_string().bold());
    let (duration, sent, received) = (span(close.duration), close.sent, close.received);
    let path =
        close.path.map_or(String::new(), |path| format!(", rtt {}, {} retransmits", span(path.rtt), path.retransmits));
    let remark = close.remark.map_or(String::new(), |remark| format!("; {remark}"));
    format!(
        "Connection {way} {who} {port} closed {by} ({how}, {duration}, {sent} bytes sent, {received} received{path}){remark}"
    )
}

/// `nsock: DEED OBJECT failed: REASON (errno N, TIME)`, whatever failed.
fn failed(failure: &Failure) -> String {
    let object = match &failure.object {
        Object::Peer(peer) => format!("{} port {} (tcp)", who(peer), peer.addr.port().to_string().bold()),
        Object::Host(name) => escaped(name),
        Object::Named(name) => escaped(name),
        Object::File(path) => escaped(&path.display().to_string()),
    };
    let details: Vec<String> =
        [failure.errno.map(|number| format!("errno {number}")), failure.duration.map(span), failure.lost.map(lost)]
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
        Way::Up => format!("{at_least}{} bytes from stdin not delivered", lost.bytes),
        Way::Down => format!("{at_least}{} bytes received not written", lost.bytes),
    }
}

/// Name and address, or the address alone.
fn who(peer: &Peer) -> String {
    let addr = address(&peer.addr);
    match &peer.host {
        Some(host) => format!("{} ({addr})", escaped(host).bold()),
        None => addr.bold().to_string(),
    }
}

fn bold(addr: &SocketAddr) -> String {
    format!("{} {}", address(addr).bold(), addr.port().to_string().bold())
}

fn spaced(addr: &SocketAddr) -> String {
    format!("{} {}", address(addr), addr.port())
}

/// An address without its port, with the scope that a link-local one needs.
pub(super) fn address(addr: &SocketAddr) -> String {
    match addr {
        SocketAddr::V6(v6) if v6.scope_id() != 0 => format!("{}%{}", v6.ip(), v6.scope_id()),
        _ => addr.ip().to_string(),
    }
}

/// A duration with its unit and no blank, so that awk and `-w` read it back.
pub(super) fn span(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds if seconds < 0.999_95 => format!("{:.1}ms", seconds * 1e3),
        seconds => format!("{seconds:.2}s"),
    }
}

/// Text that cannot drive the reader's terminal.
pub(super) fn escaped(text: &str) -> String {
    text.chars()
        .flat_map(|c| match c.is_control() {
            true => c.escape_default().collect::<Vec<_>>(),
            false => vec![c],
        })
        .collect()
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

    #[test]
    fn no_text_drives_the_terminal() {
        assert_eq!(escaped("a\u{1b}[2Jb\u{9b}c\nd é"), "a\\u{1b}[2Jb\\u{9b}c\\nd é");
    }
}

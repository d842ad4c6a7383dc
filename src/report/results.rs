//! A probe's results for people, on stdout: `HOST:PORT  STATE  SERVICE  TIME`, in columns that never narrow.

use std::collections::HashSet;
use std::rc::Rc;

use colored::{Colorize, control};

use super::words::{escaped, span};
use crate::event::Finding;
use crate::io::stdio;
use crate::logic::sweep::State;
use crate::value::peer::Peer;
use crate::value::port::service;

/// The columns so far.
pub struct Results {
    color: bool,
    /// Whether stdout is where stderr is, so that a sentence there is seen beside them.
    pub(super) shared: bool,
    place: usize,
    state: usize,
    service: usize,
    /// Ports of names that were found open: a name may have several addresses.
    seen: HashSet<(Rc<str>, Option<u16>)>,
}

impl Results {
    /// Results on stdout; coloured as the user wants, or else on a terminal.
    pub fn new(color: Option<bool>) -> Self {
        let color = color.unwrap_or_else(stdio::stdout_is_terminal);
        Self { color, shared: stdio::stdout_is_stderr(), place: 0, state: 0, service: 0, seen: HashSet::new() }
    }

    /// The line of a finding.
    pub fn line(&mut self, finding: &Finding) -> String {
        if let (Some(host), State::Open) = (&finding.peer.host, finding.state)
            && !self.seen.insert((Rc::clone(host), finding.peer.addr.port()))
        {
            return String::new(); // the same line, of another address of that name
        }
        let (place, state) = (place(&finding.peer), finding.state.word());
        let service = finding.peer.addr.port().and_then(|port| service(port, finding.peer.proto)).unwrap_or("-");
        let last = match (finding.state, finding.rtt) {
            (State::Open, Some(rtt)) => span(rtt),
            _ => escaped(&finding.reason),
        };
        self.place = self.place.max(place.chars().count());
        self.state = self.state.max(state.len());
        self.service = self.service.max(service.len());
        let place = format!("{place:<width$}", width = self.place).bold();
        let state = format!("{state:<width$}", width = self.state);
        let (state, last) = match finding.state {
            State::Open => (state.green(), last.normal()),
            State::Closed => (state.red(), last.dimmed()),
            _ => (state.yellow(), last.dimmed()),
        };
        let banner = match &finding.banner {
            Some(banner) => format!("  {}", escaped(String::from_utf8_lossy(banner).trim_end())),
            None => String::new(),
        };
        let stderrs = control::SHOULD_COLORIZE.should_colorize();
        control::set_override(self.color);
        let line = format!("{place}  {state}  {service:<width$}  {last}{banner}\n", width = self.service);
        control::set_override(stderrs);
        line
    }
}

/// `HOST:PORT`, an IPv6 address in brackets; the path of a Unix socket.
fn place(peer: &Peer) -> String {
    let addr = peer.addr.to_string();
    let host = escaped(peer.host.as_deref().unwrap_or(&addr));
    match peer.addr.port() {
        Some(port) if host.contains(':') => format!("[{host}]:{port}"),
        Some(port) => format!("{host}:{port}"),
        None => host,
    }
}

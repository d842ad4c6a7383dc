//! Results of a probe as lines of stdout: `HOST:PORT  STATE  SERVICE  TIME`, in columns that never narrow.

use colored::{ColoredString, Colorize};

use super::human::{escaped, span};
use crate::cli::peer::Peer;
use crate::cli::port::service;
use crate::event::Finding;
use crate::io::stdio;
use crate::logic::sweep::State;

/// The columns so far.
pub(super) struct Results {
    color: bool,
    /// Whether stdout is where stderr is, so that a sentence there is seen beside them.
    pub(super) shared: bool,
    place: usize,
    state: usize,
    service: usize,
}

impl Results {
    /// Results on stdout; coloured as the user wants, or else on a terminal.
    pub(super) fn new(color: Option<bool>) -> Self {
        let color = color.unwrap_or_else(stdio::stdout_is_terminal);
        Self { color, shared: stdio::stdout_is_stderr(), place: 0, state: 0, service: 0 }
    }

    /// The line of a finding.
    pub(super) fn line(&mut self, finding: &Finding) -> String {
        let (place, state) = (place(&finding.peer), finding.state.word());
        let service = finding.peer.addr.port().and_then(|port| service(port, finding.peer.proto)).unwrap_or("-");
        let last = match (finding.state, finding.rtt) {
            (State::Open, Some(rtt)) => span(rtt),
            _ => finding.reason.clone(),
        };
        self.place = self.place.max(place.chars().count());
        self.state = self.state.max(state.len());
        self.service = self.service.max(service.len());
        let place = self.painted(format!("{place:<width$}", width = self.place), |text| text.bold());
        let state = self.painted(format!("{state:<width$}", width = self.state), |text| match finding.state {
            State::Open => text.green(),
            State::Closed => text.red(),
            _ => text.yellow(),
        });
        let last = self.painted(last, |text| if finding.state == State::Open { text.normal() } else { text.dimmed() });
        let banner = match &finding.banner {
            Some(banner) => format!("  {}", escaped(String::from_utf8_lossy(banner).trim_end())),
            None => String::new(),
        };
        format!("{place}  {state}  {service:<width$}  {last}{banner}\n", width = self.service)
    }

    /// Text in a colour, whatever stderr's are.
    fn painted(&self, text: String, paint: fn(&str) -> ColoredString) -> String {
        let _ = paint;
        text
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

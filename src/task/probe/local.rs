//! Asking a Unix socket, which answers at once: somebody listens, nobody does, or there is none.

use std::time::Duration;

use super::{Probe, Stage};
use crate::cli::peer::{Addr, Peer};
use crate::cli::plan::Sought;
use crate::error::{Exit, Failure};
use crate::event::Finding;
use crate::logic::sweep::State;
use crate::net::bind::connect_datagrams;
use crate::net::socket::{Origin, begin_connect};
use crate::task::{Cx, Turn};

impl Probe {
    /// Connects, and leaves with what came of it.
    pub(super) fn ask_local(&mut self, cx: &mut Cx<'_>) -> Result<Turn, Failure> {
        let Sought::Unix(name) = &self.plan.what else { return Ok(Turn::Wait(None)) };
        let peer = Peer::at(self.plan.proto, Addr::Unix(name.clone()));
        let from = &self.plan.from;
        let origin = Origin { addr: None, port: None, unix: from.unix.clone(), options: from.options.clone() };
        let began = (cx.clock)();
        let asked = match self.plan.proto.is_datagram() {
            true => connect_datagrams(&peer, &origin).map(drop),
            false => begin_connect(&peer, &origin).map(drop),
        };
        let took = (cx.clock)() - began;
        let (state, reason, errno) = match asked {
            Ok(()) => (State::Open, "answered".into(), None),
            // Its backlog is full: who does not come to accept is there (connect(2), EAGAIN).
            Err(failure) if failure.errno == Some(libc::EAGAIN) => (State::Open, "backlog full".into(), None),
            Err(failure) if failure.exit != Exit::Network => return Err(failure),
            Err(failure) => {
                let state = match failure.errno {
                    Some(libc::ECONNREFUSED | libc::ENOENT | libc::EPROTOTYPE | libc::ENOTDIR) => State::Closed,
                    _ => State::Unreachable,
                };
                let refused = failure.errno == Some(libc::ECONNREFUSED);
                (state, if refused { "refused".into() } else { failure.reason }, failure.errno)
            }
        };
        self.tally.total = 1;
        self.tally.sent += 1;
        self.tell_local(cx, peer, state, reason, errno, took);
        self.finish_local(cx, state)
    }

    fn tell_local(
        &mut self,
        cx: &mut Cx<'_>,
        peer: Peer,
        state: State,
        reason: String,
        errno: Option<i32>,
        took: Duration,
    ) {
        let listed = state == State::Open || self.plan.all;
        let finding = Finding {
            peer,
            state,
            reason,
            errno,
            rtt: Some(took),
            waited: took,
            tries: 1,
            banner: None,
            listed,
            alone: true,
        };
        self.tell(cx, finding);
    }

    fn finish_local(&mut self, cx: &mut Cx<'_>, state: State) -> Result<Turn, Failure> {
        if state == State::Open {
            return Ok(self.over(cx, Exit::Done));
        }
        if let Some(again) = &mut self.again
            && again.patience(self.plan.patience, cx.now).is_some()
        {
            let at = again.after(false, cx.now);
            self.stage = Stage::Pause(at);
            return Ok(Turn::Wait(Some(at)));
        }
        self.tell_shut(cx);
        Ok(self.over(cx, if self.again.is_some() { Exit::Timeout } else { Exit::Network }))
    }
}

//! Asking a Unix socket, which answers at once: somebody listens, nobody does, or there is none.

use super::tell::Teller;
use crate::error::{Exit, Failure};
use crate::event::Finding;
use crate::logic::sweep::State;
use crate::net::bind::connect_datagrams;
use crate::net::socket::{Origin, begin_connect, open_from};
use crate::plan;
use crate::task::Cx;
use crate::value::peer::{Addr, Peer, UnixName};

/// Connects, and tells what came of it. Whether it is open.
///
/// # Errors
/// What the system says to this end.
pub(super) fn ask(cx: &mut Cx<'_>, plan: &plan::Probe, name: &UnixName, teller: &mut Teller) -> Result<bool, Failure> {
    let peer = Peer::at(plan.proto, Addr::Unix(name.clone()));
    let origin = Origin::of(&plan.from)?;
    let began = (cx.clock)();
    let asked = match plan.proto.is_datagram() {
        true => connect_datagrams(&peer, &origin).map(drop),
        false => open_from(&peer, &origin).and_then(|(socket, _file)| begin_connect(&socket, &peer)),
    };
    let took = (cx.clock)() - began;
    let (state, reason, errno) = match asked {
        Ok(()) => (State::Open, "answered".into(), None),
        // Its backlog is full: who does not come to accept is there (connect(2), EAGAIN).
        Err(failure) if failure.errno == Some(libc::EAGAIN) => (State::Open, "backlog full".into(), None),
        Err(failure) if failure.exit != Exit::Network => return Err(failure),
        Err(failure) => match failure.errno {
            Some(libc::ECONNREFUSED) => (State::Closed, "refused".into(), failure.errno),
            Some(libc::ENOENT | libc::ENOTDIR | libc::EPROTOTYPE) => (State::Closed, failure.reason, failure.errno),
            _ => (State::Unreachable, failure.reason, failure.errno),
        },
    };
    teller.tally.note(state);
    let listed = state == State::Open || plan.all;
    let (rtt, waited, tries, banner, alone) = (Some(took), took, 1, None, true);
    teller.finding(cx, Finding { peer, state, reason, errno, rtt, waited, tries, banner, listed, alone });
    Ok(state == State::Open)
}

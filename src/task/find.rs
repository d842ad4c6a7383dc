//! From a host's name to the addresses that can be connected to: what whoever connects shares.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::Cx;
use crate::cli::peer::Addr;
use crate::cli::plan::Limit;
use crate::error::{Exit, Failure};
use crate::event::Event;
use crate::net::resolve::Lookup;
use crate::net::socket::Origin;

/// Why a lookup that `--deadline` cut short has failed.
const DEADLINE: &str = "the deadline has passed";

/// A name's addresses that this end can reach, and how long it took to learn them; none while the answer is not there.
///
/// # Errors
/// There is no such name, no answer within the limit, or no address of use.
pub(super) fn reachable(
    cx: &mut Cx<'_>,
    lookup: &Lookup,
    limit: Limit,
    origin: &Origin,
) -> Result<Option<(Vec<Addr>, Duration)>, Failure> {
    let took = cx.now - lookup.began();
    let Some(addrs) = lookup.step(cx.now, limit)? else {
        return Ok(None);
    };
    cx.tell(&Event::Resolve {
        host: Rc::clone(lookup.name()),
        addrs: addrs.iter().map(SocketAddr::ip).collect(),
        took,
    });
    let usable: Vec<_> = addrs.into_iter().filter(|addr| origin.can_reach(addr)).map(Addr::from).collect();
    match usable.is_empty() {
        true => Err(lookup.failed("it has no address of the IP version of -s", Exit::Name).after(took)),
        false => Ok(Some((usable, took))),
    }
}

/// The failure of a lookup that `--deadline` cut short.
pub(super) fn cut_short(lookup: &Lookup, now: Instant) -> Failure {
    lookup.failed(DEADLINE, Exit::Timeout).after(now - lookup.began())
}

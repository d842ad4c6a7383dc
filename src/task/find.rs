//! From a host to its addresses: what whoever connects or listens shares.

use std::net::SocketAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::Cx;
use crate::error::{Exit, Failure};
use crate::event::Event;
use crate::net::resolve::{Lookup, Resolving, resolve};
use crate::net::socket::Origin;
use crate::plan::{Connect, Limit, Listen, Place};
use crate::value::address::{Family, Host, wildcards};
use crate::value::peer::Addr;

/// Why a lookup that `--deadline` cut short has failed.
const DEADLINE: &str = "the deadline has passed";

/// A host, as far as it is known without waiting.
pub(super) enum Found {
    /// Its addresses.
    Addrs(Vec<Addr>),
    /// It is being looked up.
    Asked(Lookup),
}

/// Begins to find the peer.
///
/// # Errors
/// A name where none is allowed, an interface that does not exist, or no thread to be had.
pub(super) fn peer(cx: &Cx<'_>, plan: &Connect) -> Result<Found, Failure> {
    match &plan.to {
        Place::Inet(host, port) => find(cx, host, *port, plan.from.family, plan.from.no_dns),
        Place::Unix(name) => Ok(Found::Addrs(vec![Addr::Unix(name.clone())])),
    }
}

/// Begins to find where to listen.
///
/// # Errors
/// As [`peer`].
pub(super) fn own(cx: &Cx<'_>, plan: &Listen) -> Result<Found, Failure> {
    match &plan.at {
        Place::Inet(Some(host), port) => find(cx, host, *port, plan.family, plan.no_dns),
        Place::Inet(None, port) => Ok(Found::Addrs(wildcards(plan.family, *port))),
        Place::Unix(name) => Ok(Found::Addrs(vec![Addr::Unix(name.clone())])),
    }
}

fn find(cx: &Cx<'_>, host: &Host, port: u16, family: Family, no_dns: bool) -> Result<Found, Failure> {
    Ok(match resolve(host, port, family, no_dns, cx.bell(), cx.now)? {
        Resolving::Known(addr) => Found::Addrs(vec![addr.into()]),
        Resolving::Asked(lookup) => Found::Asked(lookup),
    })
}

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

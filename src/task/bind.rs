//! From addresses to sockets that others can find: what whoever listens shares.

use super::Cx;
use crate::error::{Deed, Exit, Failure, Object};
use crate::event::{Event, Weight};
use crate::io::port_file;
use crate::net::bind::{Bound, bind_all};
use crate::plan::Listen;
use crate::value::peer::Addr;

/// Binds the addresses, writes the port file and says so. An address of several that this host does not have is a
/// setback.
///
/// # Errors
/// An address that could not be had, that this host has none of them, or a port file that cannot be written.
pub(super) fn bind(cx: &mut Cx<'_>, plan: &Listen, addrs: &[Addr]) -> Result<Vec<Bound>, Failure> {
    let (bound, mut missing) = bind_all(plan.proto, addrs, &plan.options)?;
    let last = missing.pop_if(|_| bound.is_empty());
    for failure in missing {
        cx.failed(Weight::Setback, failure);
    }
    if let Some(last) = last {
        return Err(last);
    }
    let addrs: Vec<_> = bound.iter().map(|bound| bound.addr.clone()).collect();
    if let (Some(file), Some(port)) = (&plan.port_file, addrs.first().and_then(Addr::port)) {
        port_file::write(file, port)
            .map_err(|error| Failure::system(Deed::Write, Object::File(file.clone()), &error, Exit::Local))?;
    }
    cx.tell(&Event::Listen { proto: plan.proto, addrs });
    Ok(bound)
}

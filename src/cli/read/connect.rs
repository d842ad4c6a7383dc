//! Connecting, and the local end of all that connects.

use std::ffi::OsStr;

use super::operands;
use crate::cli::args::Args;
use crate::cli::plan::{Connect, Place, Source};
use crate::cli::usage::Usage;
use crate::cli::value::address::{Family, Host};
use crate::cli::value::peer::UnixName;

/// The connection that the words mean.
pub(super) fn connect(args: &Args) -> Result<Connect, Usage> {
    let (proto, from) = (args.form.proto(), source(args)?);
    let to = match proto.is_unix() {
        true => Place::Unix(operands::unix_name(args)?),
        false => {
            let (host, port) = operands::host_and_port(args)?;
            reaches(&from, &host)?;
            Place::Inet(host, port)
        }
    };
    Ok(Connect { proto, to, from, limit: super::limit(&args.time) })
}

/// The local end.
pub(super) fn source(args: &Args) -> Result<Source, Usage> {
    let (given, family) = (&args.addresses, args.addresses.family());
    let source = given.source.as_deref();
    let (addr, unix) = match args.form.unix {
        true => (None, source.map(|name| UnixName::parse(OsStr::new(name))).transpose()?),
        false => (source.map(|text| local_addr(text, family)).transpose()?, None),
    };
    Ok(Source { family, no_dns: given.no_dns, addr, port: given.port, unix, options: super::options(args) })
}

/// A numeric address must be of the family asked for, and of the IP version of a numeric local one.
pub(super) fn reaches(from: &Source, to: &Host) -> Result<(), Usage> {
    from.family.check(to)?;
    match (&from.addr, from.addr.as_ref().and_then(Host::ip), to.ip()) {
        (Some(addr), Some(from), Some(ip)) if from.is_ipv4() != ip.is_ipv4() => {
            Err(format!("-s {}: it cannot reach {}, which is of the other IP version", addr.text(), to.text()).into())
        }
        _ => Ok(()),
    }
}

fn local_addr(text: &str, family: Family) -> Result<Host, Usage> {
    let host = Host::parse(text)?;
    if let Host::Name(name) = &host {
        return Err(format!("-s {name}: the address to connect from must be numeric").into());
    }
    family.check(&host)?;
    Ok(host)
}

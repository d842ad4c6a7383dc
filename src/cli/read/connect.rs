//! Connecting, and the local end of all that connects.

use std::net::IpAddr;

use super::operands;
use crate::cli::args::Args;
use crate::cli::usage::Usage;
use crate::plan::{Connect, Place, Source};
use crate::value::address::{Family, Host};
use crate::value::data::text;
use crate::value::peer::UnixName;

/// The connection that the words mean.
pub(super) fn connect(args: &Args) -> Result<Connect, Usage> {
    let (proto, from) = (args.form.proto(), source(args)?);
    let to = match proto.is_unix() {
        true => Place::Unix(operands::unix_name(args)?),
        false => {
            let (host, port) = operands::host_and_port(args)?;
            admit(&host, |ip| from.unfit(ip))?;
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
        true => (None, source.map(UnixName::parse).transpose()?),
        false => (source.map(|word| local_addr(text(word)?, family)).transpose()?, None),
    };
    let port = given.port.as_deref().map(|port| operands::parse_port(port, args.form.proto())).transpose()?;
    Ok(Source { family, no_dns: given.no_dns, addr, port, unix, options: super::options(args) })
}

/// Refuses a numeric address that will not do; a name is yet to be looked up.
pub(super) fn admit(host: &Host, unfit: impl Fn(IpAddr) -> Option<String>) -> Result<(), Usage> {
    match host.ip().and_then(unfit) {
        Some(what) => Err(format!("{} is {what}", host.text()).into()),
        None => Ok(()),
    }
}

fn local_addr(text: &str, family: Family) -> Result<Host, Usage> {
    let host = Host::parse(text)?;
    if let Host::Name(name) = &host {
        return Err(format!("-s {name}: the address to connect from must be numeric").into());
    }
    admit(&host, |ip| family.unfit(ip))?;
    Ok(host)
}

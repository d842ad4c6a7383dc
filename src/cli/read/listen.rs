//! Listening.

use super::{answer, connect, operands};
use crate::cli::args::Args;
use crate::cli::usage::Usage;
use crate::plan::{Listen, Many, Place};

/// The socket to listen on, and who is served there.
pub(super) fn listen(args: &Args) -> Result<Listen, Usage> {
    let (proto, family) = (args.form.proto(), args.addresses.family());
    let at = match proto.is_unix() {
        true => Place::Unix(operands::unix_name(args)?),
        false => {
            let (host, port) = operands::addr_and_port(args)?;
            host.as_ref().map_or(Ok(()), |host| connect::admit(host, |ip| family.unfit(ip)))?;
            Place::Inet(host, port)
        }
    };
    let answer = answer::answer(args)?;
    Ok(Listen {
        proto,
        at,
        family,
        no_dns: args.addresses.no_dns,
        options: super::options(args),
        lookup_limit: super::limit(&args.time),
        accept_limit: args.time.accept_timeout,
        port_file: args.form.port_file.clone(),
        many: many(args, answer.is_some()),
        answer,
    })
}

/// Labels and answers are the hub's: with them a single peer is a crowd of one.
fn many(args: &Args, answers: bool) -> Option<Many> {
    let said = &args.many;
    let crowd = said.keep_open || said.accept.is_some();
    (crowd || said.label || answers).then(|| Many {
        at_once: said.max_conns.unwrap_or(usize::MAX),
        per_host: said.max_conns_per_host.unwrap_or(usize::MAX),
        in_all: said.accept.unwrap_or(if crowd { u64::MAX } else { 1 }),
        alone: !crowd,
    })
}

//! Asking over HTTP.

use super::{connect, operands};
use crate::cli::args::Args;
use crate::cli::usage::Usage;
use crate::plan::{Connect, Http, Place};
use crate::session::http::{Given, Request, is_token};
use crate::value::url::Url;

/// The request that the words mean.
pub(super) fn http(args: &Args) -> Result<Http, Usage> {
    let (said, from) = (&args.asking, connect::source(args)?);
    let url = Url::parse(operands::url(args)?)?;
    connect::admit(&url.host, |ip| from.unfit(ip))?;
    let given = said.header.iter().map(|text| Given::parse(text).map_err(|why| format!("-H {why}")));
    let request = Request {
        method: method(args)?.into(),
        target: url.target,
        host: url.authority,
        authorization: url.authorization,
        given: given.collect::<Result<_, _>>()?,
    };
    let to = Place::Inet(url.host, url.port);
    let to = Connect { proto: args.form.proto(), to, from, limit: super::limit(&args.time) };
    Ok(Http {
        to,
        request,
        data: said.data.clone(),
        raw: said.raw,
        fail: said.fail,
        output: super::output(args),
        idle: super::idle(&args.time),
    })
}

fn method(args: &Args) -> Result<&str, Usage> {
    let usual = if args.asking.data.is_some() { "POST" } else { "GET" };
    match args.asking.method.as_deref().unwrap_or(usual) {
        "CONNECT" => Err("-X CONNECT makes a tunnel, and nsock has none".into()),
        method if is_token(method) => Ok(method),
        other => Err(format!("-X '{other}': that is no method").into()),
    }
}

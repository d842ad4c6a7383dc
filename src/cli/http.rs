//! The flags of the HTTP request, and what they mean together.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args as Group;

use super::args::Args;
use super::peer::Proto;
use super::plan::{Connect, Data, From, Http, Limit, Place};
use super::read;
use super::url::Url;
use super::usage::Usage;
use crate::session::http::{Given, Request, is_token};

/// Asking over HTTP.
#[derive(Clone, Debug, Group)]
#[command(next_help_heading = "HTTP (with --http)")]
pub struct Asking {
    /// The method (GET; POST with --data)
    #[arg(short = 'X', long, value_name = "M")]
    pub method: Option<String>,

    /// Send this field, instead of nsock's own of that name; with no value send none
    #[arg(short = 'H', long, value_name = "'K: V'", allow_hyphen_values = true)]
    pub header: Vec<String>,

    /// Send this body, @FILE or @- for stdin; with -z -u ask UDP ports with it
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub data: Option<String>,

    /// Write the answer as it comes, with its head and chunk sizes
    #[arg(long)]
    pub raw: bool,

    /// Exit 1 on a status of 400 and above
    #[arg(short, long)]
    pub fail: bool,
}

/// The request that the words mean. `wait` is `-w`.
pub(super) fn http(proto: Proto, args: &Args, from: From, wait: Option<Duration>) -> Result<Http, Usage> {
    admit(args, proto)?;
    let word = match args.words.as_slice() {
        [word] => word,
        [] => return Err("URL is missing: nsock --http URL".into()),
        [host, port] if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            return Err(format!("one operand too many: '{port}'; write nsock --http {host}:{port}/").into());
        }
        [_, extra, ..] => return Err(format!("one operand too many: '{extra}'").into()),
    };
    let url = Url::parse(word)?;
    read::admit(from.family, &url.host)?;
    if let Some(addr) = &from.addr {
        read::same_version(addr, &url.host)?;
    }
    let said = &args.asking;
    let data = said.data.as_deref().map(data);
    let method = said.method.as_deref().unwrap_or(if data.is_some() { "POST" } else { "GET" });
    if !is_token(method) {
        return Err(format!("-X '{method}': that is no method").into());
    }
    if method == "CONNECT" {
        return Err("-X CONNECT makes a tunnel, and nsock has none".into());
    }
    let given = said.header.iter().map(|text| Given::parse(text).map_err(|why| format!("-H {why}")));
    let request = Request {
        method: method.into(),
        target: url.target,
        host: url.authority,
        authorization: url.authorization,
        given: given.collect::<Result<_, _>>()?,
    };
    let asked = args.time.connect_timeout.or(wait);
    let limit = Limit { time: asked.unwrap_or(read::CONNECT_LIMIT), asked: asked.is_some() };
    let to = Connect { proto, to: Place::Inet(url.host, url.port), from, limit };
    Ok(Http { to, request, data, raw: said.raw, fail: said.fail })
}

/// What `--data` names.
pub(super) fn data(text: &str) -> Data {
    match text.strip_prefix('@') {
        Some("-") => Data::Stdin,
        Some(file) => Data::File(PathBuf::from(file)),
        None => Data::Text(text.into()),
    }
}

/// Refuses what has no meaning for a request: all that is about bytes that are relayed, and how that ends.
fn admit(args: &Args, proto: Proto) -> Result<(), Usage> {
    let (ends, bytes) = (&args.ends, &args.bytes);
    let alien = [
        (proto.is_unix(), "-U"),
        (proto.is_datagram(), "-u"),
        (ends.shutdown, "-N"),
        (ends.no_shutdown, "--no-shutdown"),
        (ends.quit_after.is_some(), "-q"),
        (ends.no_stdin, "-d"),
        (ends.send_only, "--send-only"),
        (ends.max_chunks.is_some(), "-W"),
        (ends.stop.is_some(), "--stop"),
        (bytes.crlf, "-C"),
        (bytes.telnet, "-t"),
        (bytes.encoding.is_some(), "--encoding"),
        (bytes.interval.is_some(), "-i"),
    ];
    let Some((_, flag)) = alien.iter().find(|(given, _)| *given) else {
        return Ok(());
    };
    // What it means to fingers that know curl.
    let hint = match *flag {
        "-d" => "; a body is --data",
        "-i" => "; the head is told on stderr, and --raw writes it too",
        "-u" => "; a user goes in the URL",
        _ => "",
    };
    Err(format!("{flag} has no meaning beside --http{hint}").into())
}

/// What is typed into a request's place for the place of another.
pub(super) fn unused(args: &Args) -> Option<&'static str> {
    let said = &args.asking;
    let flags =
        [(said.method.is_some(), "-X"), (!said.header.is_empty(), "-H"), (said.raw, "--raw"), (said.fail, "-f")];
    flags.iter().find(|(given, _)| *given).map(|(_, flag)| *flag)
}

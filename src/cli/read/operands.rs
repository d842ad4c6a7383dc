//! Operands: the words that are no flags. What is missing or one too many says what to write instead.

use std::ffi::OsString;

use crate::cli::args::Args;
use crate::cli::usage::Usage;
use crate::value::address::{Host, split_port};
use crate::value::data::text;
use crate::value::peer::{Proto, UnixName};
use crate::value::port;

/// HOST PORT or HOST:PORT, to connect to.
pub(super) fn host_and_port(args: &Args) -> Result<(Host, u16), Usage> {
    let local = args.addresses.port.as_deref();
    let (host, port) = match texts(&args.words)?.as_slice() {
        [] if local.is_some() => return Err("HOST and PORT are missing (-p is the local port)".into()),
        [] => return Err("HOST and PORT are missing: nsock HOST PORT connects, nsock -l PORT listens".into()),
        [word] if word.contains("://") => return Err(no_host(word)),
        [word] => split_port(word).ok_or_else(|| port_missing(word, local))?,
        [host, port] => (*host, *port),
        [_, _, extra, ..] => return Err(too_many(extra, args)),
    };
    match (parse_host(host)?, parse_port(port, args.form.proto())?) {
        (_, 0) => Err("nobody can be connected to on port 0".into()),
        place => Ok(place),
    }
}

/// `[ADDR] PORT` or ADDR:PORT, to listen on; either may be a flag's.
pub(super) fn addr_and_port(args: &Args) -> Result<(Option<Host>, u16), Usage> {
    let local = args.addresses.port.as_deref();
    let (host, port) = match (texts(&args.words)?.as_slice(), local) {
        ([], Some(port)) => (None, port),
        ([word], Some(port)) if is_number(word) => return Err(port_twice(port, word)),
        ([host], Some(port)) => (Some(*host), port),
        ([_, word, ..], Some(port)) => return Err(port_twice(port, word)),
        ([], None) => return Err("PORT is missing: nsock -l [ADDR] PORT".into()),
        ([word], None) => match split_port(word) {
            Some(("", port)) => (None, port), // :PORT
            Some((host, port)) => (Some(host), port),
            None => (None, *word),
        },
        ([host, port], None) => (Some(*host), *port),
        ([_, _, extra, ..], None) => return Err(too_many(extra, args)),
    };
    let host = match (host, args.addresses.source.as_deref()) {
        (Some(host), Some(source)) => {
            return Err(format!("ADDR is given twice: '{host}' and -s {}", source.display()).into());
        }
        (Some(host), None) => Some(parse_host(host)?),
        (None, source) => source.map(text).transpose()?.map(Host::parse).transpose()?,
    };
    let alone = host.is_none() && local.is_none();
    match parse_port(port, args.form.proto()) {
        Err(why) if alone => Err(format!("{why}; nsock -l [ADDR] PORT").into()),
        port => Ok((host, port?)),
    }
}

/// A port to connect to, to connect from or to listen on.
pub(super) fn parse_port(word: &str, proto: Proto) -> Result<u16, Usage> {
    let several = word.starts_with(|c: char| c.is_ascii_digit()) && word.contains([',', '-']);
    let hint = if several { "; several ports are probed: nsock -z HOST PORTS" } else { "" };
    port::parse(word, proto).map_err(|why| (why + hint).into())
}

/// The name of a Unix socket.
pub(super) fn unix_name(args: &Args) -> Result<UnixName, Usage> {
    match args.words.as_slice() {
        [path] => Ok(UnixName::parse(path)?),
        [] => Err("PATH is missing: nsock -U PATH connects, nsock -lU PATH listens".into()),
        [_, extra, ..] => Err(too_many(&extra.to_string_lossy(), args)),
    }
}

/// The URL to ask for.
pub(super) fn url(args: &Args) -> Result<&str, Usage> {
    match texts(&args.words)?.as_slice() {
        [word] => Ok(word),
        [] => Err("URL is missing: nsock --http URL".into()),
        [host, port] if is_number(port) => {
            Err(format!("one operand too many: '{port}'; write nsock --http {host}:{port}/").into())
        }
        [_, extra, ..] => Err(format!("one operand too many: '{extra}'").into()),
    }
}

/// The words as text, where no path is meant.
pub(super) fn texts(words: &[OsString]) -> Result<Vec<&str>, Usage> {
    words.iter().map(|word| Ok(text(word)?)).collect()
}

/// A host whose port is another word.
fn parse_host(word: &str) -> Result<Host, Usage> {
    Host::parse(word).map_err(|why| match split_port(word) {
        _ if word.contains("://") => no_host(word),
        Some((_, port)) if is_number(port) => format!("'{word}' has a port already").into(),
        _ => why.into(),
    })
}

fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit())
}

fn no_host(url: &str) -> Usage {
    format!("'{url}' is a URL: nsock --http {url} asks for it, nsock HOST PORT connects").into()
}

fn port_twice(port: &str, word: &str) -> Usage {
    format!("PORT is given twice: -p {port} and '{word}'").into()
}

fn port_missing(word: &str, local: Option<&str>) -> Usage {
    match local {
        Some(port) => format!("PORT is missing: nsock {word} {port} (-p is the local port)").into(),
        None if is_number(word) => format!("HOST is missing before port {word}; to listen: nsock -l {word}").into(),
        None => format!("PORT is missing: nsock {word} PORT").into(),
    }
}

/// An operand too many may be what another netcat's flag takes.
fn too_many(extra: &str, args: &Args) -> Usage {
    let hint = if args.ends.no_stdin {
        " (-d is --no-stdin, and takes no value)" // ncat's is a delay, and takes a time
    } else if args.form.listen && args.many.keep_open {
        " (-k is --keep-open, and takes no value)"
    } else if args.tell.hex.is_some() {
        " (-x is --hex, and takes a file only as --hex=FILE; there is no proxy yet)"
    } else {
        ""
    };
    format!("one operand too many: '{extra}'{hint}").into()
}

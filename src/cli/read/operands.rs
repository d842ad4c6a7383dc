//! Operands: the words that are no flags. What is missing or one too many says what to write instead.

use std::ffi::OsStr;

use crate::cli::args::Args;
use crate::cli::usage::Usage;
use crate::cli::value::address::{Host, split_port};
use crate::cli::value::peer::UnixName;
use crate::cli::value::port;

/// HOST PORT or HOST:PORT, to connect to.
pub(super) fn host_and_port(args: &Args) -> Result<(Host, u16), Usage> {
    let local = args.addresses.port;
    let (host, port) = match args.words.as_slice() {
        [] if local.is_some() => return Err("HOST and PORT are missing (-p is the local port)".into()),
        [] => return Err("HOST and PORT are missing: nsock HOST PORT connects, nsock -l PORT listens".into()),
        [word] if word.contains("://") => {
            return Err(format!("'{word}' is a URL: nsock --http {word} asks for it, nsock HOST PORT connects").into());
        }
        [word] => split_port(word).ok_or_else(|| port_missing(word, local))?,
        [host, port] => (host.as_str(), port.as_str()),
        [_, _, extra, ..] => return Err(too_many(extra, args)),
    };
    match (Host::parse(host)?, port::parse(port)?) {
        (_, 0) => Err("nobody can be connected to on port 0".into()),
        place => Ok(place),
    }
}

/// `[ADDR] PORT` or ADDR:PORT, to listen on; either may be a flag's.
pub(super) fn addr_and_port(args: &Args) -> Result<(Option<Host>, u16), Usage> {
    let words: Vec<&str> = args.words.iter().map(String::as_str).collect();
    let (host, port) = match (words.as_slice(), args.addresses.port) {
        ([], Some(port)) => (None, port),
        ([word], Some(port)) if word.bytes().all(|b| b.is_ascii_digit()) => return Err(port_twice(port, word)),
        ([host], Some(port)) => (Some(*host), port),
        ([_, word, ..], Some(port)) => return Err(port_twice(port, word)),
        ([], None) => return Err("PORT is missing: nsock -l [ADDR] PORT".into()),
        ([word], None) => match split_port(word) {
            Some(("", port)) => (None, port::parse(port)?), // :PORT
            Some((host, port)) => (Some(host), port::parse(port)?),
            None => (None, port::parse(word).map_err(|why| format!("{why}; nsock -l [ADDR] PORT"))?),
        },
        ([host, port], None) => (Some(*host), port::parse(port)?),
        ([_, _, extra, ..], None) => return Err(too_many(extra, args)),
    };
    let host = match (host, args.addresses.source.as_deref()) {
        (Some(host), Some(source)) => return Err(format!("ADDR is given twice: '{host}' and -s {source}").into()),
        (host, source) => host.or(source).map(Host::parse).transpose()?,
    };
    Ok((host, port))
}

/// The name of a Unix socket.
pub(super) fn unix_name(args: &Args) -> Result<UnixName, Usage> {
    match args.words.as_slice() {
        [path] => Ok(UnixName::parse(OsStr::new(path))?),
        [] => Err("PATH is missing: nsock -U PATH connects, nsock -lU PATH listens".into()),
        [_, extra, ..] => Err(too_many(extra, args)),
    }
}

/// The URL to ask for.
pub(super) fn url(args: &Args) -> Result<&str, Usage> {
    match args.words.as_slice() {
        [word] => Ok(word),
        [] => Err("URL is missing: nsock --http URL".into()),
        [host, port] if port.bytes().all(|byte| byte.is_ascii_digit()) => {
            Err(format!("one operand too many: '{port}'; write nsock --http {host}:{port}/").into())
        }
        [_, extra, ..] => Err(format!("one operand too many: '{extra}'").into()),
    }
}

fn port_twice(port: u16, word: &str) -> Usage {
    format!("PORT is given twice: -p {port} and '{word}'").into()
}

fn port_missing(word: &str, local: Option<u16>) -> Usage {
    match local {
        Some(port) => format!("PORT is missing: nsock {word} {port} (-p is the local port)").into(),
        None if word.bytes().all(|b| b.is_ascii_digit()) => {
            format!("HOST is missing before port {word}; to listen: nsock -l {word}").into()
        }
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

//! From words to a plan: after this no illegal combination can be written down.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::address::{Family, Host, split_port};
use super::args::{self, Args, Color};
use super::duration::Patience;
use super::port;
use super::usage::Usage;

/// A whole run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where the peer comes from.
    pub deed: Deed,
    /// What happens once there is a connection.
    pub relay: Relay,
    /// What is told, and how.
    pub voice: Voice,
    /// How long the whole run may take.
    pub deadline: Option<Duration>,
}

/// Where the peer comes from.
#[derive(Clone, Debug)]
pub enum Deed {
    /// We connect.
    Connect(Connect),
    /// We listen.
    Listen(Listen),
}

/// A connection to make.
#[derive(Clone, Debug)]
pub struct Connect {
    /// To which host.
    pub host: Host,
    /// And port.
    pub port: u16,
    /// From where.
    pub from: From,
    /// How long lookup and handshake may take together.
    pub limit: Limit,
}

/// The local end of a connection to make.
#[derive(Clone, Debug)]
pub struct From {
    /// IP version.
    pub family: Family,
    /// `-n`: no name is looked up.
    pub no_dns: bool,
    /// Local address.
    pub addr: Option<Host>,
    /// Local port.
    pub port: Option<u16>,
    /// Network interface.
    pub interface: Option<String>,
}

/// A time limit, and whose it is: the user's ends a run with 124, our own with 1.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// How long.
    pub time: Duration,
    /// Whether the user set it.
    pub asked: bool,
}

/// A socket to listen on.
#[derive(Clone, Debug)]
pub struct Listen {
    /// The local address; every address where there is none.
    pub host: Option<Host>,
    /// The local port; 0 for any free one.
    pub port: u16,
    /// IP version.
    pub family: Family,
    /// `-n`: no name is looked up.
    pub no_dns: bool,
    /// Network interface.
    pub interface: Option<String>,
    /// How long looking ADDR up may take.
    pub lookup_limit: Limit,
    /// How long to wait for the first peer.
    pub accept_limit: Option<Duration>,
    /// Where to write the bound port.
    pub port_file: Option<PathBuf>,
}

/// When our sending side is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HalfClose {
    /// At stdin's end, unless that would kill the answer.
    Careful,
    /// At stdin's end, whatever comes of it (`-N`).
    AtOnce,
    /// Never (`--no-shutdown`).
    Never,
}

/// How stdin and stdout are joined to a connection, and when that ends.
#[derive(Clone, Debug)]
pub struct Relay {
    /// Whether stdin is read at all.
    pub stdin: bool,
    /// Whether what comes is written to stdout; else the run leaves at stdin's end.
    pub stdout: bool,
    /// When our sending side is closed.
    pub half_close: HalfClose,
    /// How long the side still open is waited for; the defaults of [`crate::logic::ends`] where none.
    pub quit_after: Option<Patience>,
    /// How long the connection may be silent.
    pub idle: Option<Duration>,
}

/// What is told, and how.
#[derive(Clone, Copy, Debug)]
pub struct Voice {
    /// 0 tells errors only, 1 what happens, 2 each step.
    pub level: u8,
    /// Not even errors.
    pub quiet: bool,
    /// JSON instead of sentences.
    pub json: bool,
    /// When to colour.
    pub color: Color,
}

/// Without `-w` connecting gives up after this long.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// Checks the words and puts them in order.
///
/// # Errors
/// One line that says what is wrong with them.
pub fn plan(args: Args) -> Result<Plan, Usage> {
    // -w 0 is how other netcats are told not to wait: taken as a time limit it would forbid connecting at all.
    let (wait, no_wait) = match args.time.timeout {
        Some(Duration::ZERO) => (None, true),
        wait => (wait, false),
    };
    let relay = Relay {
        stdin: !args.ends.no_stdin,
        stdout: !args.ends.send_only,
        half_close: match (args.ends.shutdown, args.ends.no_shutdown) {
            (true, _) => HalfClose::AtOnce,
            (_, true) => HalfClose::Never,
            _ => HalfClose::Careful,
        },
        quit_after: args.ends.quit_after.or(no_wait.then_some(Patience::For(Duration::ZERO))),
        idle: args.time.idle_timeout.or(wait),
    };
    let voice =
        Voice { level: args.tell.verbose, quiet: args.tell.quiet, json: args.tell.json, color: args.tell.color };
    let deed = if args.mode.listen {
        let lookup_limit = Limit { time: wait.unwrap_or(CONNECT_LIMIT), asked: wait.is_some() };
        Deed::Listen(listen(&args.words, args.mode, args.place, lookup_limit, args.time.accept_timeout)?)
    } else {
        needs_listen(&[
            (args.mode.port_file.is_some(), "--port-file"),
            (args.time.accept_timeout.is_some(), "--accept-timeout"),
        ])?;
        let asked = args.time.connect_timeout.or(wait);
        let limit = Limit { time: asked.unwrap_or(CONNECT_LIMIT), asked: asked.is_some() };
        Deed::Connect(connect(&args.words, args.place, limit, args.ends.no_stdin)?)
    };
    Ok(Plan { deed, relay, voice, deadline: args.time.deadline })
}

fn connect(words: &[String], place: args::Place, limit: Limit, no_stdin: bool) -> Result<Connect, Usage> {
    let family = place.family();
    let (host, port) = match words {
        [] if place.port.is_some() => return Err("HOST and PORT are missing (-p is the local port)".into()),
        [] => return Err("HOST and PORT are missing: nsock HOST PORT connects, nsock -l PORT listens".into()),
        [word] if word.contains("://") => return Err(format!("'{word}' is a URL: write nsock HOST PORT").into()),
        [word] => split_port(word).ok_or_else(|| missing_port(word, place.port))?,
        [host, port] => (host.as_str(), port.as_str()),
        [_, _, extra, ..] => return Err(too_many(extra, no_stdin)),
    };
    let host = Host::parse(host)?;
    let port = port::parse(port)?;
    if port == 0 {
        return Err("nobody can be connected to on port 0".into());
    }
    admit(family, &host)?;
    let addr = place.source.as_deref().map(Host::parse).transpose()?;
    match &addr {
        Some(Host::Name(name)) => return Err(format!("-s {name}: the address to connect from must be numeric").into()),
        Some(addr) => {
            admit(family, addr)?;
            same_version(addr, &host)?;
        }
        None => {}
    }
    Ok(Connect {
        host,
        port,
        from: From { family, no_dns: place.no_dns, addr, port: place.port, interface: place.interface },
        limit,
    })
}

fn listen(
    words: &[String],
    mode: args::Mode,
    place: args::Place,
    lookup_limit: Limit,
    accept_limit: Option<Duration>,
) -> Result<Listen, Usage> {
    let family = place.family();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (host, port) = match (words.as_slice(), place.port) {
        ([], Some(port)) => (None, port),
        ([word], Some(port)) if word.bytes().all(|b| b.is_ascii_digit()) => {
            return Err(format!("PORT is given twice: -p {port} and '{word}'").into());
        }
        ([host], Some(port)) => (Some(*host), port),
        ([_, word, ..], Some(port)) => {
            return Err(format!("PORT is given twice: -p {port} and '{word}'").into());
        }
        ([], None) => return Err("PORT is missing: nsock -l [ADDR] PORT".into()),
        ([word], None) => match split_port(word) {
            Some(("", port)) => (None, port::parse(port)?), // :PORT
            Some((host, port)) => (Some(host), port::parse(port)?),
            None => (None, port::parse(word).map_err(|why| format!("{why}; nsock -l [ADDR] PORT"))?),
        },
        ([host, port], None) => (Some(*host), port::parse(port)?),
        ([_, _, extra, ..], None) => return Err(too_many(extra, false)),
    };
    let host = match (host, place.source.as_deref()) {
        (Some(host), Some(source)) => return Err(format!("ADDR is given twice: '{host}' and -s {source}").into()),
        (host, source) => host.or(source).map(Host::parse).transpose()?,
    };
    if let Some(host) = &host {
        admit(family, host)?;
    }
    Ok(Listen {
        host,
        port,
        family,
        no_dns: place.no_dns,
        interface: place.interface,
        lookup_limit,
        accept_limit,
        port_file: mode.port_file,
    })
}

/// A numeric address must be of the family asked for.
fn admit(family: Family, host: &Host) -> Result<(), Usage> {
    let addr = match host {
        Host::Ip(ip) => *ip,
        Host::Scoped(ip, _) => IpAddr::V6(*ip),
        Host::Name(_) => return Ok(()),
    };
    if family.admits(addr) {
        return Ok(());
    }
    Err(format!("{} is no {} address", host.text(), family.name()).into())
}

/// A numeric local address must be of the IP version of a numeric remote one.
fn same_version(from: &Host, to: &Host) -> Result<(), Usage> {
    let v4 = |host: &Host| match host {
        Host::Ip(ip) => Some(ip.is_ipv4()),
        Host::Scoped(..) => Some(false),
        Host::Name(_) => None,
    };
    match (v4(from), v4(to)) {
        (Some(from_v4), Some(to_v4)) if from_v4 != to_v4 => {
            Err(format!("-s {}: it cannot reach {}, which is of the other IP version", from.text(), to.text()).into())
        }
        _ => Ok(()),
    }
}

/// A flag that has a meaning only beside -l.
fn needs_listen(flags: &[(bool, &str)]) -> Result<(), Usage> {
    match flags.iter().find(|(given, _)| *given) {
        Some((_, flag)) => Err(format!("{flag} is for listening: it needs -l").into()),
        None => Ok(()),
    }
}

fn missing_port(word: &str, local: Option<u16>) -> Usage {
    match local {
        Some(port) => format!("PORT is missing: nsock {word} {port} (-p is the local port)").into(),
        None if word.bytes().all(|b| b.is_ascii_digit()) => {
            format!("HOST is missing before port {word}; to listen: nsock -l {word}").into()
        }
        None => format!("PORT is missing: nsock {word} PORT").into(),
    }
}

fn too_many(extra: &str, no_stdin: bool) -> Usage {
    // ncat's -d is a delay, and takes a time.
    let hint = if no_stdin { " (-d is --no-stdin, and takes no value)" } else { "" };
    format!("one operand too many: '{extra}'{hint}").into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Stop, parse};

    fn planned(line: &str) -> Plan {
        let words = std::iter::once("nsock").chain(line.split_whitespace());
        match parse(words.map(Into::into)) {
            Ok(plan) => plan,
            Err(stop) => panic!("{line}: {stop:?}"),
        }
    }

    fn refused(line: &str) -> String {
        let words = std::iter::once("nsock").chain(line.split_whitespace());
        match parse(words.map(Into::into)) {
            Err(Stop::Wrong(usage)) => usage.0,
            other => panic!("{line}: {other:?}"),
        }
    }

    fn connects(line: &str) -> (String, u16) {
        match planned(line).deed {
            Deed::Connect(to) => (to.host.text(), to.port),
            Deed::Listen(_) => panic!("{line} listens"),
        }
    }

    fn listens(line: &str) -> (Option<String>, u16) {
        match planned(line).deed {
            Deed::Listen(on) => (on.host.map(|host| host.text()), on.port),
            Deed::Connect(_) => panic!("{line} connects"),
        }
    }

    #[test]
    fn every_form_of_connecting_is_understood() {
        assert_eq!(connects("host 80"), ("host".into(), 80));
        assert_eq!(connects("host:80"), ("host".into(), 80));
        assert_eq!(connects("host http"), ("host".into(), 80));
        assert_eq!(connects("::1 80"), ("::1".into(), 80));
        assert_eq!(connects("[::1]:80"), ("::1".into(), 80));
        assert_eq!(connects("-p 99 host 80"), ("host".into(), 80));
        assert_eq!(connects("-nv -w3 fe80::1%lo 80"), ("fe80::1%lo".into(), 80));
    }

    #[test]
    fn every_form_of_listening_is_understood() {
        assert_eq!(listens("-l 80"), (None, 80));
        assert_eq!(listens("-l 127.0.0.1 80"), (Some("127.0.0.1".into()), 80));
        assert_eq!(listens("-l 127.0.0.1:80"), (Some("127.0.0.1".into()), 80));
        assert_eq!(listens("-l -p 80"), (None, 80));
        assert_eq!(listens("-lp 80"), (None, 80));
        assert_eq!(listens("-l -s ::1 -p 80"), (Some("::1".into()), 80));
        assert_eq!(listens("-l -s ::1 80"), (Some("::1".into()), 80));
        assert_eq!(listens("-l [::1]:0"), (Some("::1".into()), 0));
        assert_eq!(listens("-l :80"), (None, 80));
        assert_eq!(listens("-l -l 80"), (None, 80));
    }

    #[test]
    fn bad_input_is_one_line_that_names_it() {
        for (line, why) in [
            ("", "HOST and PORT are missing"),
            ("host", "PORT is missing: nsock host PORT"),
            ("8888", "HOST is missing before port 8888"),
            ("-p 80 host", "-p is the local port"),
            ("host 99999", "port 99999 is over 65535"),
            ("host 0x50", "'0x50' is neither"),
            ("host 0", "port 0"),
            ("host 80 90", "one operand too many: '90'"),
            ("-d 5 host 80", "-d is --no-stdin, and takes no value"),
            ("-l", "PORT is missing"),
            ("-l 1 2 3", "one operand too many: '3'"),
            ("-l -p 80 h 81", "PORT is given twice"),
            ("-l -p 80 81", "PORT is given twice"),
            ("-l localhost", "nsock -l [ADDR] PORT"),
            ("-s ::1 127.0.0.1 80", "of the other IP version"),
            ("http://host/", "is a URL"),
            ("http://host:80/", "is a URL"),
            ("-l -s ::1 ::1 80", "ADDR is given twice"),
            ("-4 ::1 80", "::1 is no IPv4 address"),
            ("-6 127.0.0.1 80", "127.0.0.1 is no IPv6 address"),
            ("-s name host 80", "must be numeric"),
            ("-w soon host 80", "'soon' is no unit"),
            ("-w -3 host 80", "cannot be negative"),
            ("-q -2 host 80", "cannot be negative"),
            ("-4 -6 host 80", "cannot be used with"),
            ("-N --no-shutdown host 80", "cannot be used with"),
            ("-d --send-only host 80", "cannot be used with"),
            ("-l --connect-timeout 3 80", "cannot be used with"),
            ("--port-file f host 80", "--port-file is for listening: it needs -l"),
            ("-e sh host 80", "no -e here"),
            ("-lke sh 80", "no -k here"),
            ("--ssl host 443", "no TLS"),
            ("-x proxy:80 host 80", "no proxy"),
            ("--nonsense", "unexpected argument '--nonsense'"),
        ] {
            let error = refused(line);
            assert!(error.contains(why), "{line}: {error}");
            assert!(!error.contains('\n'), "{line}: {error}");
        }
    }

    #[test]
    fn no_wait_means_quit_at_once_and_not_a_time_limit() {
        let plan = planned("-w 0 host 80");
        assert_eq!(plan.relay.quit_after, Some(Patience::For(Duration::ZERO)));
        assert_eq!(plan.relay.idle, None);
    }
}

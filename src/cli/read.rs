//! From words to a plan: what contradicts itself is refused here, or by clap.

use std::ffi::OsStr;
use std::net::IpAddr;
use std::time::Duration;

use super::address::{Family, Host, split_port};
use super::answer::answer;
use super::args::{self, Args, Color};
use super::duration::Patience;
use super::http::{self, http};
use super::peer::{Proto, UnixName};
use super::plan::{
    Answer, Bytes, Connect, Deed, From, HalfClose, Hex, Limit, Listen, Many, Output, Place, Plan, Relay, SocketOptions,
    Voice,
};
use super::port;
use super::probe::{self, probe};
use super::usage::Usage;
use crate::filter::Filters;

/// Without `-w` connecting gives up after this long.
pub(super) const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// Checks the words and puts them in order.
pub(super) fn plan(args: Args) -> Result<Plan, Usage> {
    // -w 0 is how other netcats are told not to wait: taken as a time limit it would forbid connecting at all.
    let (wait, no_wait) = match args.time.timeout {
        Some(Duration::ZERO) => (None, true),
        wait => (wait, false),
    };
    let proto = match (args.mode.unix, args.mode.udp) {
        (false, false) => Proto::Tcp,
        (false, true) => Proto::Udp,
        (true, false) => Proto::Unix,
        (true, true) => Proto::UnixDatagram,
    };
    needs(&args)?;
    let answer = answer(&args)?;
    let relay = Relay {
        stdin: answer.is_none() && !args.ends.no_stdin && !args.mode.http,
        // An answering mode looks for the word by itself.
        stop: args.ends.stop.clone().filter(|_| answer.is_none()),
        ..relay(&args, wait, no_wait)
    };
    let voice = voice(&args.tell, args.mode.probe);
    if voice.json && voice.hex == Some(Hex::Stderr) {
        return Err("with --json the dump needs a file of its own: --hex=FILE".into());
    }
    let deadline = args.time.deadline;
    let deed = if args.mode.http {
        Deed::Http(Box::new(http(proto, &args, from(proto, &args)?, wait)?))
    } else if args.mode.probe {
        let from = from(proto, &args)?;
        Deed::Probe(Box::new(probe(proto, &args, from, wait)?))
    } else if args.mode.listen {
        let limit = Limit { time: wait.unwrap_or(CONNECT_LIMIT), asked: wait.is_some() };
        Deed::Listen(listen(proto, args, answer, limit)?)
    } else {
        let asked = args.time.connect_timeout.or(wait);
        let limit = Limit { time: asked.unwrap_or(CONNECT_LIMIT), asked: asked.is_some() };
        Deed::Connect(connect(proto, &args, limit)?)
    };
    Ok(Plan { deed, relay, voice, deadline })
}

fn relay(args: &Args, wait: Option<Duration>, no_wait: bool) -> Relay {
    Relay {
        stdin: true,
        output: match (&args.bytes.output, args.ends.send_only) {
            (_, true) => Output::Nowhere,
            (Some(file), _) => Output::File(file.clone()),
            (None, _) => Output::Stdout,
        },
        half_close: match (args.ends.shutdown, args.ends.no_shutdown) {
            (true, _) => HalfClose::AtOnce,
            (_, true) => HalfClose::Never,
            _ => HalfClose::Careful,
        },
        quit_after: args.ends.quit_after.or(no_wait.then_some(Patience::For(Duration::ZERO))),
        idle: args.time.idle_timeout.or(wait),
        chunks: args.ends.max_chunks,
        stop: None,
        bytes: Bytes {
            filters: Filters { crlf: args.bytes.crlf, telnet: args.bytes.telnet, encoding: args.bytes.encoding },
            interval: args.bytes.interval,
            label: args.many.label,
            label_color: match args.tell.color {
                Color::Always => Some(true),
                Color::Never => Some(false),
                Color::Auto => std::env::var_os("NO_COLOR").filter(|value| !value.is_empty()).map(|_| false),
            },
        },
        cut: args.bytes.datagram,
    }
}

fn voice(tell: &args::Tell, probes: bool) -> Voice {
    Voice {
        level: tell.verbose,
        quiet: tell.quiet,
        json: tell.json,
        timestamps: tell.timestamps,
        color: tell.color,
        hex: tell.hex.as_ref().map(|file| match file.as_os_str() == "-" {
            true => Hex::Stderr,
            false => Hex::File(file.clone()),
        }),
        progress: tell.progress,
        probes,
    }
}

fn options(args: &Args) -> SocketOptions {
    SocketOptions {
        interface: args.place.interface.clone(),
        broadcast: args.socket.broadcast,
        ttl: args.socket.ttl,
        tos: args.socket.tos,
        keepalive: args.socket.keepalive,
        rcvbuf: args.socket.rcvbuf,
        sndbuf: args.socket.sndbuf,
    }
}

fn connect(proto: Proto, args: &Args, limit: Limit) -> Result<Connect, Usage> {
    let from = from(proto, args)?;
    let to = match proto.is_unix() {
        true => Place::Unix(UnixName::parse(OsStr::new(&unix_path(args)?))?),
        false => inet_target(args, from.family)?,
    };
    if let (Some(from), Place::Inet(host, _)) = (&from.addr, &to) {
        same_version(from, host)?;
    }
    Ok(Connect { proto, to, from, limit })
}

/// The local end of what is connected.
fn from(proto: Proto, args: &Args) -> Result<From, Usage> {
    let (place, family) = (&args.place, args.place.family());
    let source = place.source.as_deref();
    let (addr, unix) = match proto.is_unix() {
        true => (None, source.map(|name| UnixName::parse(OsStr::new(name))).transpose()?),
        false => (source.map(|text| local_addr(text, family)).transpose()?, None),
    };
    Ok(From { family, no_dns: place.no_dns, addr, port: place.port, unix, options: options(args) })
}

fn inet_target(args: &Args, family: Family) -> Result<Place<Host>, Usage> {
    let local = args.place.port;
    let (host, port) = match args.words.as_slice() {
        [] if local.is_some() => return Err("HOST and PORT are missing (-p is the local port)".into()),
        [] => return Err("HOST and PORT are missing: nsock HOST PORT connects, nsock -l PORT listens".into()),
        [word] if word.contains("://") => {
            return Err(format!("'{word}' is a URL: nsock --http {word} asks for it, nsock HOST PORT connects").into());
        }
        [word] => split_port(word).ok_or_else(|| missing_port(word, local))?,
        [host, port] => (host.as_str(), port.as_str()),
        [_, _, extra, ..] => return Err(too_many(extra, args)),
    };
    let (host, port) = (Host::parse(host)?, port::parse(port)?);
    if port == 0 {
        return Err("nobody can be connected to on port 0".into());
    }
    admit(family, &host)?;
    Ok(Place::Inet(host, port))
}

fn local_addr(text: &str, family: Family) -> Result<Host, Usage> {
    let host = Host::parse(text)?;
    if let Host::Name(name) = &host {
        return Err(format!("-s {name}: the address to connect from must be numeric").into());
    }
    admit(family, &host)?;
    Ok(host)
}

fn listen(proto: Proto, args: Args, answer: Option<Answer>, lookup_limit: Limit) -> Result<Listen, Usage> {
    let family = args.place.family();
    let at = match proto.is_unix() {
        true => Place::Unix(UnixName::parse(OsStr::new(&unix_path(&args)?))?),
        false => inet_listen(&args, family)?,
    };
    // Labels and answers are the hub's: with them a single peer is a crowd of one.
    let crowd = args.many.keep_open || args.many.accept.is_some();
    let many = crowd || args.many.label || answer.is_some();
    Ok(Listen {
        proto,
        at,
        family,
        no_dns: args.place.no_dns,
        options: options(&args),
        lookup_limit,
        accept_limit: args.time.accept_timeout,
        port_file: args.mode.port_file,
        many: many.then(|| Many {
            at_once: args.many.max_conns.unwrap_or(usize::MAX),
            per_host: args.many.max_conns_per_host.unwrap_or(usize::MAX),
            in_all: args.many.accept.unwrap_or(if crowd { u64::MAX } else { 1 }),
            alone: !crowd,
        }),
        answer,
    })
}

fn inet_listen(args: &Args, family: Family) -> Result<Place<Option<Host>>, Usage> {
    let words: Vec<&str> = args.words.iter().map(String::as_str).collect();
    let (host, port) = match (words.as_slice(), args.place.port) {
        ([], Some(port)) => (None, port),
        ([word], Some(port)) if word.bytes().all(|b| b.is_ascii_digit()) => {
            return Err(format!("PORT is given twice: -p {port} and '{word}'").into());
        }
        ([host], Some(port)) => (Some(*host), port),
        ([_, word, ..], Some(port)) => return Err(format!("PORT is given twice: -p {port} and '{word}'").into()),
        ([], None) => return Err("PORT is missing: nsock -l [ADDR] PORT".into()),
        ([word], None) => match split_port(word) {
            Some(("", port)) => (None, port::parse(port)?), // :PORT
            Some((host, port)) => (Some(host), port::parse(port)?),
            None => (None, port::parse(word).map_err(|why| format!("{why}; nsock -l [ADDR] PORT"))?),
        },
        ([host, port], None) => (Some(*host), port::parse(port)?),
        ([_, _, extra, ..], None) => return Err(too_many(extra, args)),
    };
    let host = match (host, args.place.source.as_deref()) {
        (Some(host), Some(source)) => return Err(format!("ADDR is given twice: '{host}' and -s {source}").into()),
        (host, source) => host.or(source).map(Host::parse).transpose()?,
    };
    if let Some(host) = &host {
        admit(family, host)?;
    }
    Ok(Place::Inet(host, port))
}

/// The one operand of a Unix socket; what belongs to IP has no place beside it.
pub(super) fn unix_path(args: &Args) -> Result<String, Usage> {
    let place = &args.place;
    let alien = [
        (place.ipv4, "-4"),
        (place.ipv6, "-6"),
        (place.port.is_some(), "-p"),
        (place.interface.is_some(), "-I"),
        (args.mode.port_file.is_some(), "--port-file"),
        (args.many.max_conns_per_host.is_some(), "--max-conns-per-host"),
        (args.socket.broadcast, "-b"),
        (args.socket.ttl.is_some(), "--ttl"),
        (args.socket.tos.is_some(), "--tos"),
        (args.socket.keepalive.is_some(), "--keepalive"),
        (args.mode.listen && place.source.is_some(), "-s"),
    ];
    if let Some((_, flag)) = alien.iter().find(|(given, _)| *given) {
        return Err(format!("{flag} has no meaning for Unix sockets").into());
    }
    match args.words.as_slice() {
        [path] => Ok(path.clone()),
        [] => Err("PATH is missing: nsock -U PATH connects, nsock -lU PATH listens".into()),
        [_, extra, ..] => Err(too_many(extra, args)),
    }
}

/// A numeric address must be of the family asked for.
pub(super) fn admit(family: Family, host: &Host) -> Result<(), Usage> {
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
pub(super) fn same_version(from: &Host, to: &Host) -> Result<(), Usage> {
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

/// Flags that have a meaning only beside another.
fn needs(args: &Args) -> Result<(), Usage> {
    let (many, mode, said) = (&args.many, &args.mode, &args.answering);
    let answers = said.mode.0.as_ref();
    if let (Some((answer, _)), false) = (answers, mode.listen) {
        return Err(format!("--{} has a meaning only beside -l", answer.flag).into());
    }
    const MODE: &str = "an answering mode, as --echo";
    let rules = [
        (said.greeting.is_some(), "--greeting", answers.is_some(), MODE),
        (said.delay.is_some(), "--delay", answers.is_some(), MODE),
        (args.probing.rate.is_some(), "--rate", mode.probe || (answers.is_some() && mode.udp), "-z, or -u and a mode"),
        (mode.port_file.is_some(), "--port-file", mode.listen, "-l"),
        (args.time.accept_timeout.is_some(), "--accept-timeout", mode.listen, "-l"),
        (many.keep_open, "-k", mode.listen, "-l"),
        (many.accept.is_some(), "--accept", mode.listen, "-l"),
        (many.max_conns.is_some(), "-m", many.keep_open, "-k"),
        (many.max_conns_per_host.is_some(), "--max-conns-per-host", many.keep_open, "-k"),
        (many.label, "--label", mode.listen, "-l"),
        (args.bytes.datagram.is_some(), "--datagram", mode.udp, "-u"),
        (args.socket.broadcast, "-b", mode.udp, "-u"),
    ];
    let crowd = [
        (many.max_conns.is_some(), "-m"),
        (many.max_conns_per_host.is_some(), "--max-conns-per-host"),
        (many.accept.is_some(), "--accept"),
    ];
    if let (true, Some((_, flag))) = (mode.udp, crowd.iter().find(|(given, _)| *given)) {
        return Err(format!("{flag} has no meaning for datagrams").into());
    }
    if let (false, Some(flag)) = (mode.http, http::unused(args)) {
        return Err(format!("{flag} has a meaning only beside --http").into());
    }
    if args.asking.data.is_some() && !mode.http && !mode.probe {
        return Err("--data has a meaning only beside --http, or -z -u".into());
    }
    if let (false, Some(flag)) = (mode.probe, probe::unused(args)) {
        return Err(format!("{flag} has a meaning only beside -z").into());
    }
    match rules.iter().find(|(given, _, met, _)| *given && !met) {
        Some((_, flag, _, other)) => Err(format!("{flag} has a meaning only beside {other}").into()),
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

fn too_many(extra: &str, args: &Args) -> Usage {
    let hint = if args.ends.no_stdin {
        " (-d is --no-stdin, and takes no value)" // ncat's is a delay, and takes a time
    } else if args.mode.listen && args.many.keep_open {
        " (-k is --keep-open, and takes no value)"
    } else if args.tell.hex.is_some() {
        " (-x is --hex, and takes a file only as --hex=FILE; there is no proxy yet)"
    } else {
        ""
    };
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
            Deed::Connect(Connect { to: Place::Inet(host, port), .. }) => (host.text(), port),
            other => panic!("{line}: {other:?}"),
        }
    }

    fn listens(line: &str) -> (Option<String>, u16) {
        match planned(line).deed {
            Deed::Listen(Listen { at: Place::Inet(host, port), .. }) => (host.map(|host| host.text()), port),
            other => panic!("{line}: {other:?}"),
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
            ("--port-file f host 80", "--port-file has a meaning only beside -l"),
            ("-e sh host 80", "no -e here"),
            ("-lke sh 80", "no -e here"),
            ("--ssl host 443", "no TLS"),
            ("-x proxy:80 host 80", "no proxy"),
            ("-k host 80", "-k has a meaning only beside -l"),
            ("-l -m 3 80", "-m has a meaning only beside -k"),
            ("-b host 80", "-b has a meaning only beside -u"),
            ("--datagram 9 host 80", "--datagram has a meaning only beside -u"),
            ("-u --datagram 64k host 80", "at most 65507"),
            ("-U", "PATH is missing"),
            ("-U -4 path", "-4 has no meaning for Unix sockets"),
            ("-U a b", "one operand too many"),
            ("--ttl 0 host 80", "0"),
            ("--tos fast host 80", "neither a type of service"),
            ("--encoding nonsense host 80", "nonsense"),
            ("-j -x host 80", "--hex=FILE"),
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

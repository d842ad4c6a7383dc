//! The flags of the probe, and what they mean together.

use std::ffi::OsStr;
use std::num::NonZeroUsize;
use std::time::Duration;

use clap::Args as Group;

use super::address::Host;
use super::args::Args;
use super::duration;
use super::http;
use super::peer::{Proto, UnixName};
use super::plan::{Data, From, Limit, Probe, Sought};
use super::ports::Reader;
use super::shard::Shard;
use super::targets::{self, Word};
use super::usage::Usage;

/// A port without an answer is waited for so long, retries included.
const PATIENCE: Duration = Duration::from_secs(2);

/// A silent port is asked again so often.
const RETRIES: u32 = 3;

/// Probing.
#[derive(Clone, Debug, Group)]
#[command(next_help_heading = "Probing (with -z)")]
pub struct Probing {
    /// Ask in a random order
    #[arg(short, long)]
    pub random: bool,

    /// Ask at most N ports at once (4096, where there are descriptors for so many)
    #[arg(short = 'P', long, value_name = "N")]
    pub parallel: Option<NonZeroUsize>,

    /// Ask at most N times a second, evenly spaced; with -u and an answering mode, answer so often
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub rate: Option<u32>,

    /// Ask a silent port again N times (3)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(..=100))]
    pub retries: Option<u32>,

    /// Tell every port, not only those that are open; exit 0 only if all are
    #[arg(long)]
    pub all: bool,

    /// Ask one port again until it is open, for T at most
    #[arg(long, value_name = "T", value_parser = duration::parse_limit, allow_negative_numbers = true)]
    pub until_open: Option<Duration>,

    /// Tell what a service says first
    #[arg(long)]
    pub banner: bool,

    /// Do not ask these ports
    #[arg(long, value_name = "PORTS")]
    pub exclude: Option<String>,

    /// Ask only share I of N, so that N machines ask each port once: 1/4 to 4/4
    #[arg(long, value_name = "I/N", value_parser = Shard::parse)]
    pub shard: Option<Shard>,
}

/// The probe that the words mean. `wait` is `-w`.
pub(super) fn probe(proto: Proto, args: &Args, from: From, wait: Option<Duration>) -> Result<Probe, Usage> {
    admit(args, proto)?;
    let said = &args.probing;
    let what = match proto.is_unix() {
        true => Sought::Unix(unix_name(args)?),
        false => sought(proto, args, &from)?,
    };
    let data = args.asking.data.as_deref().map(http::data);
    if what.reads_stdin() && matches!(data, Some(Data::Stdin)) {
        return Err("stdin can be the list of hosts or --data, not both".into());
    }
    let asked = args.time.connect_timeout.or(wait);
    let probe = Probe {
        proto,
        what,
        text: args.words.first().cloned().unwrap_or_default(),
        from,
        lookup_limit: Limit { time: asked.unwrap_or(super::read::CONNECT_LIMIT), asked: asked.is_some() },
        patience: asked.unwrap_or(PATIENCE),
        retries: said.retries.unwrap_or(RETRIES),
        parallel: said.parallel.map(NonZeroUsize::get),
        interval: said.rate.map(|rate| Duration::from_secs(1) / rate).max(args.bytes.interval).unwrap_or_default(),
        random: said.random,
        shard: said.shard.unwrap_or(Shard::WHOLE),
        all: said.all,
        until_open: said.until_open,
        banner: said.banner,
        data,
    };
    if probe.until_open.is_some() && !probe.asks_one_port() {
        return Err("--until-open waits for one port of one host".into());
    }
    Ok(probe)
}

fn sought(proto: Proto, args: &Args, from: &From) -> Result<Sought, Usage> {
    let Some((first, rest)) = args.words.split_first() else {
        return Err("HOST and PORTS are missing: nsock -z HOST[,HOST...] PORTS".into());
    };
    let reader = Reader::new(proto, args.probing.exclude.as_deref())?;
    let word = targets::parse(first, &reader)?;
    let ports = match rest {
        [] => None,
        words => Some(reader.read(words.iter().map(String::as_str))?),
    };
    if let Word::Targets(targets) = &word {
        if let (Some(target), None) = (targets.iter().find(|target| target.ports.is_none()), &ports) {
            return Err(format!("PORTS are missing: nsock -z {} 1-1024", target.text()).into());
        }
        for host in targets.iter().filter_map(|target| target.host()) {
            super::read::admit(from.family, host)?;
        }
    }
    Ok(Sought::Ports { word, ports, reader })
}

fn unix_name(args: &Args) -> Result<UnixName, Usage> {
    let path = super::read::unix_path(args)?;
    Ok(UnixName::parse(OsStr::new(&path))?)
}

/// Refuses what has no meaning for a probe: all that is about bytes that are relayed.
fn admit(args: &Args, proto: Proto) -> Result<(), Usage> {
    let (ends, bytes, time) = (&args.ends, &args.bytes, &args.time);
    let alien = [
        (ends.shutdown, "-N"),
        (ends.no_shutdown, "--no-shutdown"),
        (ends.quit_after.is_some(), "-q"),
        (ends.send_only, "--send-only"),
        (ends.max_chunks.is_some(), "-W"),
        (ends.stop.is_some(), "--stop"),
        (time.idle_timeout.is_some(), "--idle-timeout"),
        (bytes.crlf, "-C"),
        (bytes.telnet, "-t"),
        (bytes.encoding.is_some(), "--encoding"),
        (bytes.datagram.is_some(), "--datagram"),
        (bytes.output.is_some(), "-o"),
        (args.tell.hex.is_some(), "-x"),
        (args.socket.keepalive.is_some(), "--keepalive"),
    ];
    let of_unix = [
        (args.probing.random, "-r"),
        (args.probing.exclude.is_some(), "--exclude"),
        (args.probing.shard.is_some(), "--shard"),
        (args.probing.banner, "--banner"),
    ];
    let of_unix = of_unix.iter().filter(|_| proto.is_unix());
    if let Some((_, flag)) = alien.iter().chain(of_unix).find(|(given, _)| *given) {
        return Err(format!("{flag} has no meaning beside -z").into());
    }
    if args.asking.data.is_some() && proto != Proto::Udp {
        return Err("--data has a meaning only beside --http, or -z -u".into());
    }
    if args.probing.banner && proto != Proto::Tcp {
        return Err("--banner has a meaning only for TCP".into());
    }
    Ok(())
}

impl super::targets::Target {
    fn host(&self) -> Option<&Host> {
        match &self.who {
            targets::Who::Host(host) => Some(host),
            targets::Who::Net(_) => None,
        }
    }

    /// The host as it was written; a network by its first address.
    pub fn text(&self) -> String {
        match &self.who {
            targets::Who::Host(host) => host.text(),
            targets::Who::Net(net) => format!("{} ({} addresses)", net.first, net.count),
        }
    }
}

impl Sought {
    fn reads_stdin(&self) -> bool {
        matches!(self, Self::Ports { word: Word::Stdin, .. })
    }
}

impl Probe {
    /// Whether one port of one host is asked for, so that the answer is all about it.
    pub fn asks_one_port(&self) -> bool {
        if self.shard != Shard::WHOLE {
            return false;
        }
        let Sought::Ports { word: Word::Targets(targets), ports, .. } = &self.what else {
            return self.proto.is_unix();
        };
        let [target] = targets.as_slice() else { return false };
        let ports = target.ports.as_ref().or(ports.as_ref());
        target.host().is_some() && ports.is_some_and(|ports| ports.count() == 1)
    }
}

/// What is typed into a probe's place for the place of another.
pub(super) fn unused(args: &Args) -> Option<&'static str> {
    let said = &args.probing;
    let flags = [
        (said.random, "-r"),
        (said.parallel.is_some(), "-P"),
        (said.retries.is_some(), "--retries"),
        (said.all, "--all"),
        (said.until_open.is_some(), "--until-open"),
        (said.banner, "--banner"),
        (said.exclude.is_some(), "--exclude"),
        (said.shard.is_some(), "--shard"),
    ];
    flags.iter().find(|(given, _)| *given).map(|(_, flag)| *flag)
}

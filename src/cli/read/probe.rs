//! Probing ports.

use std::num::NonZeroUsize;
use std::time::Duration;

use super::{connect, operands};
use crate::cli::args::Args;
use crate::cli::usage::Usage;
use crate::plan::{Probe, Sought, Source};
use crate::value::data::Data;
use crate::value::ports::Reader;
use crate::value::shard::Shard;
use crate::value::targets::{self, Target, Word};

/// A port without an answer is waited for so long, retries included.
const PATIENCE: Duration = Duration::from_secs(2);

/// A silent port is asked again so often.
const RETRIES: u32 = 3;

/// The probe that the words mean.
pub(super) fn probe(args: &Args) -> Result<Probe, Usage> {
    let (said, from) = (&args.probing, connect::source(args)?);
    let what = match args.form.unix {
        true => Sought::Unix(operands::unix_name(args)?),
        false => ports(args, &from)?,
    };
    let limit = super::limit(&args.time);
    let probe = Probe {
        proto: args.form.proto(),
        what,
        text: args.words.first().map(|word| word.display().to_string()).unwrap_or_default(),
        from,
        lookup_limit: limit,
        patience: if limit.asked { limit.time } else { PATIENCE },
        retries: said.retries.unwrap_or(RETRIES),
        parallel: said.parallel.map(NonZeroUsize::get),
        interval: said.rate.map(|rate| Duration::from_secs(1) / rate).max(args.bytes.interval).unwrap_or_default(),
        random: said.random,
        shard: said.shard.unwrap_or(Shard::WHOLE),
        all: said.all,
        until_open: said.until_open,
        banner: said.banner,
        data: args.asking.data.clone(),
    };
    if probe.until_open.is_some() && !probe.asks_one_port() {
        return Err("--until-open waits for one port of one host".into());
    }
    let lists_hosts = matches!(probe.what, Sought::Ports { word: Word::Stdin, .. });
    match (lists_hosts, probe.data == Some(Data::Stdin), args.ends.no_stdin) {
        (true, true, _) => Err("stdin can be the list of hosts or --data, not both".into()),
        (true, _, true) | (_, true, true) => Err("@- is stdin, which -d never reads".into()),
        _ => Ok(probe),
    }
}

/// Whose ports, and which.
fn ports(args: &Args, from: &Source) -> Result<Sought, Usage> {
    let Some((first, rest)) = args.words.split_first() else {
        return Err("HOST and PORTS are missing: nsock -z HOST[,HOST...] PORTS".into());
    };
    let reader = Reader::new(args.form.proto(), args.probing.exclude.as_deref())?;
    let word = targets::parse(first, &reader)?;
    let ports = match rest {
        [] => None,
        words => Some(reader.read(operands::texts(words)?)?),
    };
    if let Word::Targets(targets) = &word {
        if ports.is_none() && targets.iter().any(|target| target.ports.is_none()) {
            return Err(format!("PORTS are missing: nsock -z {} 1-1024", first.display()).into());
        }
        for Target { who, .. } in targets {
            if let Some(what) = who.ip().and_then(|ip| from.unfit(ip)) {
                return Err(format!("{who} is {what}").into());
            }
        }
    }
    Ok(Sought::Ports { word, ports, reader })
}

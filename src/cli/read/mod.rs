//! From the words as they were typed to a plan: one file for each form of the command line. Whether each flag fits was
//! checked before (`fits.rs`); values and operands that contradict each other are refused here.

mod answer;
mod connect;
mod http;
mod listen;
mod operands;
mod probe;

use std::time::Duration;

use super::args::{Args, Time};
use super::usage::Usage;
use crate::filter::Filters;
use crate::plan::{Bytes, HalfClose, Hex, Limit, Output, Plan, Relay, SocketOptions, Voice, Work};
use crate::value::duration::Patience;

/// Without `-w` connecting gives up after this long.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);

/// Checks the words and puts them in order.
pub(super) fn plan(args: &Args) -> Result<Plan, Usage> {
    let form = &args.form;
    let work = match (form.listen, form.probe, form.http) {
        (true, ..) => Work::Listen(listen::listen(args)?, relay(args)),
        (_, true, _) => Work::Probe(Box::new(probe::probe(args)?)),
        (.., true) => Work::Http(Box::new(http::http(args)?)),
        _ => Work::Connect(connect::connect(args)?, relay(args)),
    };
    Ok(Plan { work, voice: voice(args)?, deadline: args.time.deadline })
}

fn relay(args: &Args) -> Relay {
    let answers = args.answering.mode().is_some();
    Relay {
        stdin: !answers && !args.ends.no_stdin,
        output: output(args),
        half_close: match (args.ends.shutdown, args.ends.no_shutdown) {
            (true, _) => HalfClose::AtOnce,
            (_, true) => HalfClose::Never,
            _ => HalfClose::Careful,
        },
        quit_after: args.ends.quit_after.or(args.time.no_wait().then_some(Patience::For(Duration::ZERO))),
        idle: idle(&args.time),
        chunks: args.ends.max_chunks,
        // An answering mode looks for the word by itself.
        stop: args.ends.stop.clone().filter(|_| !answers),
        bytes: Bytes {
            filters: Filters { crlf: args.bytes.crlf, telnet: args.bytes.telnet, encoding: args.bytes.encoding },
            interval: args.bytes.interval,
            label: args.many.label,
            label_color: args.tell.color.settled(),
        },
        cut: args.bytes.datagram,
    }
}

fn output(args: &Args) -> Output {
    match (&args.bytes.output, args.ends.send_only) {
        (_, true) => Output::Nowhere,
        (Some(file), _) => Output::File(file.clone()),
        (None, _) => Output::Stdout,
    }
}

/// How long a connection may be silent.
fn idle(time: &Time) -> Option<Duration> {
    time.idle_timeout.or(time.wait())
}

fn voice(args: &Args) -> Result<Voice, Usage> {
    let tell = &args.tell;
    let hex = tell.hex.as_ref().map(|file| match file.as_os_str() == "-" {
        true => Hex::Stderr,
        false => Hex::File(file.clone()),
    });
    if tell.json && hex == Some(Hex::Stderr) {
        return Err("with --json the dump needs a file of its own: --hex=FILE".into());
    }
    Ok(Voice {
        level: tell.verbose,
        quiet: tell.quiet,
        json: tell.json,
        timestamps: tell.timestamps,
        color: tell.color,
        hex,
        progress: tell.progress,
        probes: args.form.probe,
    })
}

fn options(args: &Args) -> SocketOptions {
    let socket = &args.socket;
    SocketOptions {
        interface: args.addresses.interface.clone(),
        broadcast: socket.broadcast,
        ttl: socket.ttl,
        tos: socket.tos,
        keepalive: socket.keepalive,
        rcvbuf: socket.rcvbuf,
        sndbuf: socket.sndbuf,
    }
}

/// How long looking up and connecting may take.
fn limit(time: &Time) -> Limit {
    let asked = time.connect_timeout.or(time.wait());
    Limit { time: asked.unwrap_or(CONNECT_LIMIT), asked: asked.is_some() }
}

#[cfg(test)]
mod tests;

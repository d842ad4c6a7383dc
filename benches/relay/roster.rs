//! Who takes part, and the flags each needs to send all, leave at once and never cut the end off.

use crate::common::tool::{Kind, Tool, find};
use crate::raw;

/// The command lines of one tool. In all of them the listener's stdin is /dev/null.
#[derive(Clone, Copy)]
pub(crate) struct Flags {
    /// Accept one connection and write it to stdout.
    pub(crate) receive: &'static str,
    /// Send stdin and leave.
    pub(crate) send: &'static str,
    /// Send a line, print the answer, leave; None for one that is a variant in `receive` only.
    pub(crate) ask: Option<&'static str>,
    /// Whether `receive` works only when stdout is a pipe.
    pub(crate) wants_pipe: bool,
}

const NSOCK: Flags = Flags {
    receive: "-l 127.0.0.1 {port}",
    send: "127.0.0.1 {port}",
    ask: Some("127.0.0.1 {port}"),
    wants_pipe: false,
};

const NCAT: Flags = Flags {
    receive: "-n -l --recv-only 127.0.0.1 {port}",
    send: "-n --send-only 127.0.0.1 {port}",
    ask: Some("-n 127.0.0.1 {port}"),
    wants_pipe: false,
};

/// Without -N it never tells the other side that stdin has ended.
const OPENBSD: Flags = Flags {
    receive: "-n -l 127.0.0.1 {port}",
    send: "-n -N 127.0.0.1 {port}",
    ask: Some("-n -N 127.0.0.1 {port}"),
    wants_pipe: false,
};

/// With -q 0 it leaves at stdin's end, before any answer; with -q 1 it waits a second, or for the other's end.
const TRADITIONAL: Flags = Flags {
    receive: "-n -l -s 127.0.0.1 -p {port}",
    send: "-n -q 0 127.0.0.1 {port}",
    ask: Some("-n -q 1 127.0.0.1 {port}"),
    wants_pipe: false,
};

const SOCAT: Flags = Flags {
    receive: "-u TCP-LISTEN:{port},bind=127.0.0.1 -",
    send: "-u - TCP:127.0.0.1:{port}",
    ask: Some("- TCP:127.0.0.1:{port}"),
    wants_pipe: false,
};

const SOCAT_BIG: Flags = Flags {
    receive: "-b 1048576 -u TCP-LISTEN:{port},bind=127.0.0.1 -",
    send: "-b 1048576 -u - TCP:127.0.0.1:{port}",
    ask: None,
    wants_pipe: false,
};

/// The receiver fills its own pipe half before it drains it; beside it two other ways, as now one, now the other is best.
const RAW: Flags = Flags {
    receive: "--raw receive-half-full {port}",
    send: "--raw send {port}",
    ask: Some("--raw ask {port}"),
    wants_pipe: false,
};

const RAW_EACH_FILL: Flags = Flags { receive: "--raw receive-each-fill {port}", ask: None, ..RAW };

const RAW_STRAIGHT: Flags = Flags { receive: "--raw receive-straight {port}", wants_pipe: true, ..RAW_EACH_FILL };

/// Every tool of the roster that this machine has, nsock first and the limit last.
pub(crate) fn installed(only: &[String]) -> Result<Vec<Tool<Flags>>, String> {
    let nsock = Some(env!("CARGO_BIN_EXE_nsock").into());
    let raw = Some(raw::program()?);
    let roster = [
        ("nsock", Kind::Nsock, nsock, NSOCK),
        ("ncat", Kind::Peer, find("ncat"), NCAT),
        ("nc.openbsd", Kind::Peer, find("nc.openbsd"), OPENBSD),
        ("nc.traditional", Kind::Peer, find("nc.traditional"), TRADITIONAL),
        ("socat", Kind::Peer, find("socat"), SOCAT),
        ("socat -b 1048576", Kind::Peer, find("socat"), SOCAT_BIG),
        ("raw calls", Kind::Limit, raw.clone(), RAW),
        ("raw calls, each fill", Kind::Limit, raw.clone(), RAW_EACH_FILL),
        ("raw calls, straight", Kind::Limit, raw, RAW_STRAIGHT),
    ];
    Ok(roster
        .into_iter()
        .filter(|(name, ..)| only.is_empty() || only.iter().any(|word| name.contains(word.as_str())))
        .filter_map(|(name, kind, program, flags)| Some(Tool { name, kind, program: program?, flags }))
        .collect())
}

//! The words of the command line as they are typed: every flag once, in groups. Help, man page and completions are made
//! from this. Which flags exclude each other is said here (`conflicts_with`), all else about what fits in `fits.rs`.

mod addresses;
mod answering;
mod asking;
mod bytes;
mod ends;
mod form;
mod probing;
mod tell;

use std::ffi::OsString;

use clap::Parser;

pub use self::addresses::{Addresses, Socket};
pub use self::answering::{Answering, Chosen};
pub use self::asking::Asking;
pub use self::bytes::Bytes;
pub use self::ends::{Ends, Time};
pub use self::form::{Form, Many};
pub use self::probing::Probing;
pub use self::tell::Tell;
use crate::error::Exit;

/// What help and the man page show first.
pub const EXAMPLES: [(&str, &str); 18] = [
    ("nsock -l 8888", "listen, and relay stdin and stdout to the first peer"),
    ("nsock host 8888", "connect, and relay stdin and stdout"),
    ("nsock -l 8888 > copy", "receive a file ..."),
    ("nsock host 8888 < file", "... and send it"),
    ("nsock -v host 80", "tell each address tried, with its time"),
    ("nsock -z host 22,80,8000-8100", "which of these ports are open"),
    ("nsock -z --until-open 30s db 5432", "wait for a service to start"),
    ("nsock -zu host 53,123,161", "UDP ports: open only where something answers"),
    ("nsock --http host/page > page", "fetch a page; its head is told on stderr"),
    ("nsock --http -v -H 'Host: b' --data @f a/", "send a file and a header of your own; time each phase"),
    ("nsock -lk 8080 < page", "the page to everybody who comes"),
    ("nsock -lk --echo 8888", "an echo server"),
    ("nsock -lk --reply 'OK...{}' 8888", "answer each line, and show it"),
    ("nsock -l --discard -v 9000", "a sink: tells how much came, how fast"),
    ("echo q | nsock -u -W 1 host 9999", "a datagram, and its answer; leave with it"),
    (
        "printf 'GET / HTTP/1.1\\r\\nHost: h\\r\\nConnection: close\\r\\n\\r\\n' | nsock h 80",
        "ask a web server by hand",
    ),
    ("nsock -l 0 --port-file port", "listen on any free port, and write down which"),
    ("nsock -d -w 3 host 22", "read a banner; leave after 3 s of silence"),
];

/// The forms of a command line.
pub const SYNOPSIS: [&str; 6] = [
    "nsock [-u] [OPTIONS] HOST PORT",
    "nsock [-u] -l [-k] [OPTIONS] [ADDR] PORT",
    "nsock [-u] -l --echo|--hello|--reply TEXT|--discard [-k] [OPTIONS] [ADDR] PORT",
    "nsock -z [-u] [OPTIONS] HOST[,HOST...] PORTS...",
    "nsock --http [OPTIONS] URL",
    "nsock -U [-u] [-l [-k] | -z] [OPTIONS] PATH",
];

const TEMPLATE: &str = "{name} {version}: {about}

{before-help}{usage-heading} {usage}

{all-args}{after-help}";

/// The command line as typed.
#[derive(Clone, Debug, Parser)]
#[command(
    name = "nsock",
    version,
    about = "a netcat for people who diagnose networks",
    override_usage = SYNOPSIS.join("\n       "),
    help_template = TEMPLATE,
    before_help = before_help(),
    after_help = after_help(),
    disable_help_flag = true,
    disable_version_flag = true,
    args_override_self = true,
)]
pub struct Args {
    /// HOST PORT or HOST:PORT, with -l ADDR PORT or PORT alone, with -z HOST[,HOST...] PORTS..., with --http URL,
    /// with -U PATH
    #[arg(value_name = "HOST PORT", hide = true)]
    pub words: Vec<OsString>,
    /// Of which form the command line is.
    #[command(flatten)]
    pub form: Form,
    /// From where and over what.
    #[command(flatten)]
    pub addresses: Addresses,
    /// What answers, instead of stdin.
    #[command(flatten)]
    pub answering: Answering,
    /// Asking ports.
    #[command(flatten)]
    pub probing: Probing,
    /// Asking over HTTP.
    #[command(flatten)]
    pub asking: Asking,
    /// Many peers.
    #[command(flatten)]
    pub many: Many,
    /// How long.
    #[command(flatten)]
    pub time: Time,
    /// What is done to bytes.
    #[command(flatten)]
    pub bytes: Bytes,
    /// Socket options.
    #[command(flatten)]
    pub socket: Socket,
    /// How a connection ends.
    #[command(flatten)]
    pub ends: Ends,
    /// What is told.
    #[command(flatten)]
    pub tell: Tell,
}

fn before_help() -> String {
    let mut text = String::from("Examples:\n");
    for (command, what) in EXAMPLES {
        match command.len() {
            ..=33 => text += &format!("  {command:<33} {what}\n"),
            _ => text += &format!("  {command}\n  {:<33} {what}\n", ""),
        }
    }
    text
}

fn after_help() -> String {
    let exits = Exit::TABLE.map(|(exit, short, _)| format!("{} {short}", exit.written())).join(", ");
    format!("T is a time: 3 or 0.5 (seconds), 500ms, 2m, 1m30s. PORT is a number or a service name.\nExit: {exits}.")
}

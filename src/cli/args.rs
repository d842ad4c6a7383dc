//! The words of the command line: every flag once. Help, man page and completions are made from this.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args as Group, Parser, ValueEnum};

use super::answer::Answering;
use super::duration::{self, Patience};
use super::http::Asking;
use super::probe::Probing;
use super::{port, size, tos};
use crate::filter;

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
    ("nsock --http -v -H 'Host: b' --data @f a/", "a body, a field of one's own, and each phase's time"),
    ("nsock -lk 8080 < page", "the page to everybody who comes"),
    ("nsock -lk --echo 8888", "an echo server"),
    ("nsock -lk --reply 'OK...{}' 8888", "answer each line, and show it"),
    ("nsock -l --discard -v 9000", "a sink: tells how much came, how fast"),
    ("echo q | nsock -u host 53", "a datagram, and its answer"),
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
    after_help = "T is a time: 3 or 0.5 (seconds), 500ms, 2m, 1m30s. PORT is a number or a service name.\n\
        Exit: 0 done, 1 the network said no, 2 usage, 3 this machine said no, 4 no such name, 124 a time limit passed.",
    disable_help_flag = true,
    disable_version_flag = true,
    args_override_self = true,
)]
pub struct Args {
    /// HOST PORT or HOST:PORT, with -l ADDR PORT or PORT alone, with -z HOST[,HOST...] PORTS..., with --http URL, with -U PATH
    #[arg(value_name = "HOST PORT", hide = true)]
    pub words: Vec<String>,
    /// What to do.
    #[command(flatten)]
    pub mode: Mode,
    /// From where and over what.
    #[command(flatten)]
    pub place: Place,
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

/// What to do.
#[derive(Clone, Debug, Group)]
#[command(next_help_heading = "Mode")]
pub struct Mode {
    /// Listen for a peer instead of connecting to one
    #[arg(short, long)]
    pub listen: bool,

    /// Ask which ports are open
    #[arg(short = 'z', long, conflicts_with = "listen")]
    pub probe: bool,

    /// Send one HTTP request: the answer's head goes to stderr, its body to stdout
    #[arg(long, conflicts_with_all = ["listen", "probe"])]
    pub http: bool,

    /// UDP instead of TCP
    #[arg(short, long)]
    pub udp: bool,

    /// Unix sockets: the address is a path, or @NAME for Linux's abstract ones; with -u datagrams
    #[arg(short = 'U', long, alias = "unixsock")]
    pub unix: bool,

    /// Write the bound port to FILE once listening (with port 0: which one it is)
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    pub port_file: Option<PathBuf>,
}

/// From where and over what.
#[derive(Clone, Debug, Group)]
#[command(next_help_heading = "Addresses")]
pub struct Place {
    /// IPv4 only
    #[arg(short = '4', long = "ipv4", conflicts_with = "ipv6")]
    pub ipv4: bool,

    /// IPv6 only
    #[arg(short = '6', long = "ipv6")]
    pub ipv6: bool,

    /// Numeric addresses only: look no name up
    #[arg(short = 'n', long, alias = "nodns")]
    pub no_dns: bool,

    /// The local port: to connect from, or with -l to listen on
    #[arg(short, long, value_name = "P", alias = "source-port", value_parser = port::parse)]
    pub port: Option<u16>,

    /// The local address: to connect from, or with -l to listen on
    #[arg(short, long, value_name = "ADDR")]
    pub source: Option<String>,

    /// The network interface to use
    #[arg(short = 'I', long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub interface: Option<String>,
}

/// Many peers.
#[derive(Clone, Debug, Group)]
#[command(next_help_heading = "Many peers")]
pub struct Many {
    /// Go on after the first peer; serve many at once
    #[arg(short, long)]
    pub keep_open: bool,

    /// Serve at most N at once; the next wait in the backlog
    #[arg(short, long, value_name = "N")]
    pub max_conns: Option<usize>,

    /// Serve at most N at once from one address; the next are closed
    #[arg(long, value_name = "N")]
    pub max_conns_per_host: Option<usize>,

    /// Serve N in all, then leave
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub accept: Option<u64>,

    /// Prefix each line on stdout with the peer it came from
    #[arg(long)]
    pub label: bool,
}

/// How long.
#[derive(Clone, Debug, Group)]
#[command(next_help_heading = "Time limits")]
pub struct Time {
    /// Connecting takes at most T, and so does silence on a connection (0 sets no limit, but -q 0)
    #[arg(short = 'w', long, value_name = "T", alias = "wait", value_parser = duration::parse, allow_negative_numbers = true)]
    pub timeout: Option<Duration>,

    /// Looking up and connecting take at most T (without it 10 s)
    #[arg(long, value_name = "T", value_parser = duration::parse_limit, allow_negative_numbers = true, conflicts_with = "listen")]
    pub connect_timeout: Option<Duration>,

    /// Leave after T without a byte either way
    #[arg(long, value_name = "T", value_parser = duration::parse_limit, allow_negative_numbers = true)]
    pub idle_timeout: Option<Duration>,

    /// A listener waits at most T for its peer (-w does not limit that)
    #[arg(long, value_name = "T", value_parser = duration::parse_limit, allow_negative_numbers = true)]
    pub accept_timeout: Option<Duration>,

    /// The whole run takes at most T
    #[arg(long, value_name = "T", value_parser = duration::parse_limit, allow_negative_numbers = true)]
    pub deadline: Option<Duration>,
}

/// How a connection ends.
#[derive(Clone, Debug, Group)]
#[command(next_help_heading = "Ends")]
pub struct Ends {
    /// When one side has ended, wait T for the other; -1 for ever
    #[arg(short, long, value_name = "T", value_parser = duration::parse_patience, allow_negative_numbers = true)]
    pub quit_after: Option<Patience>,

    /// Half-close at once at stdin's end, in every case
    #[arg(short = 'N', long = "shutdown", conflicts_with = "no_shutdown")]
    pub shutdown: bool,

    /// Never half-close
    #[arg(long)]
    pub no_shutdown: bool,

    /// Never read stdin, never half-close
    #[arg(short = 'd', long, alias = "recv-only", conflicts_with = "send_only")]
    pub no_stdin: bool,

    /// Write nothing to stdout; leave at stdin's end
    #[arg(long)]
    pub send_only: bool,

    /// Stop after N received chunks of each peer (one read, at most 64 KiB), or N datagrams
    #[arg(short = 'W', long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub max_chunks: Option<u64>,

    /// Stop when the peer's message, a line or a datagram, is WORD
    #[arg(long, value_name = "WORD")]
    pub stop: Option<String>,
}

/// What is done to bytes.
#[derive(Clone, Debug, Group)]
#[command(next_help_heading = "Bytes")]
pub struct Bytes {
    /// Send LF as CRLF
    #[arg(short = 'C', long)]
    pub crlf: bool,

    /// Refuse telnet options, and keep them out of stdout
    #[arg(short, long)]
    pub telnet: bool,

    /// Show received text of this encoding as UTF-8, and send stdin in it (gbk, big5, latin1 ...)
    #[arg(long, value_name = "NAME", value_parser = filter::encoding)]
    pub encoding: Option<&'static filter::Encoding>,

    /// Wait T between lines sent
    #[arg(short, long, value_name = "T", value_parser = duration::parse, allow_negative_numbers = true)]
    pub interval: Option<Duration>,

    /// How stdin is cut into datagrams: at SIZE bytes (16k by itself), or after each line
    #[arg(long, value_name = "SIZE|line", value_parser = size::cut)]
    pub datagram: Option<size::Cut>,

    /// Received bytes go to FILE instead of stdout
    #[arg(short, long, value_name = "FILE", conflicts_with = "send_only", value_hint = clap::ValueHint::FilePath)]
    pub output: Option<PathBuf>,
}

/// Socket options.
#[derive(Clone, Debug, Group)]
#[command(next_help_heading = "Socket options")]
pub struct Socket {
    /// Allow sending to a broadcast address
    #[arg(short, long)]
    pub broadcast: bool,

    /// Hops a packet may take (IP_TTL, IPV6_UNICAST_HOPS)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..))]
    pub ttl: Option<u8>,

    /// Type of service: lowdelay, throughput, reliability, ef, af11 ... af43, cs0 ... cs7, or a number
    #[arg(long, value_name = "NAME", value_parser = tos::parse)]
    pub tos: Option<u8>,

    /// Ask a silent peer each T whether it is still there (SO_KEEPALIVE)
    #[arg(long, value_name = "T", value_parser = duration::parse_keepalive, allow_negative_numbers = true)]
    pub keepalive: Option<Duration>,

    /// Size of the receive buffer, as 64k or 1M (SO_RCVBUF)
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    pub rcvbuf: Option<usize>,

    /// Size of the send buffer (SO_SNDBUF)
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    pub sndbuf: Option<usize>,
}

/// What is told.
#[derive(Clone, Debug, Group)]
#[command(next_help_heading = "Telling")]
pub struct Tell {
    /// Tell what happens on stderr; -vv tells each step
    #[arg(short, long, action = ArgAction::Count)]
    pub verbose: u8,

    /// Tell nothing of the run, not even errors: the exit status speaks
    #[arg(long, conflicts_with_all = ["verbose", "json"])]
    pub quiet: bool,

    /// Tell the time of day with each line
    #[arg(short = 'D', long)]
    pub timestamps: bool,

    /// Dump what is sent and received, annotated, to stderr or FILE
    #[arg(short = 'x', long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "-")]
    pub hex: Option<PathBuf>,

    /// Show bytes, rate and time left on stderr
    #[arg(long)]
    pub progress: bool,

    /// Tell every event on stderr as a JSON object, one a line
    #[arg(short, long)]
    pub json: bool,

    /// Colour what is told: auto (when stderr is a terminal), always or never
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = Color::Auto, hide_default_value = true, hide_possible_values = true)]
    pub color: Color,

    /// Show this help
    #[arg(short, long, action = ArgAction::HelpShort)]
    pub help: Option<bool>,

    /// Show the version
    #[arg(short = 'V', long, action = ArgAction::Version)]
    pub version: Option<bool>,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// When stderr is a terminal and NO_COLOR is not set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Place {
    /// The IP version asked for.
    pub const fn family(&self) -> super::address::Family {
        match (self.ipv4, self.ipv6) {
            (true, _) => super::address::Family::V4,
            (_, true) => super::address::Family::V6,
            _ => super::address::Family::Any,
        }
    }
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

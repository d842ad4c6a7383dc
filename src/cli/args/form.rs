//! The flags that make the form of a command line, and how many peers a listener has.

use std::path::PathBuf;

use clap::Args as Group;

use crate::value::peer::Proto;

/// Of which form the command line is.
#[derive(Clone, Debug, Group)]
#[command(next_help_heading = "Mode")]
pub struct Form {
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

impl Form {
    /// How bytes travel.
    pub const fn proto(&self) -> Proto {
        match (self.unix, self.udp) {
            (false, false) => Proto::Tcp,
            (false, true) => Proto::Udp,
            (true, false) => Proto::Unix,
            (true, true) => Proto::UnixDatagram,
        }
    }
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

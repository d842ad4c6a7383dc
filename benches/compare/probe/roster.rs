//! Who takes part, and the flags each needs to probe by number alone, without asking first whether the host is there.

use super::reading::{self, Reading};
use crate::tool::{Kind, Line};

/// The command lines of one tool, none for what it takes no part in.
#[derive(Clone, Copy)]
pub(crate) struct Flags {
    /// Probe every port of 127.0.0.1.
    pub(crate) host: Option<&'static str>,
    /// Probe the ports 1 to 1000 of the host behind the path.
    pub(crate) far: Option<&'static str>,
    /// How a line of its output is read.
    pub(crate) reading: Reading,
}

const NSOCK: Flags = Flags { host: Some("-z 127.0.0.1 -"), far: Some("-z 192.0.2.2 1-1000"), reading: reading::nsock };

/// With -T4 it takes as long, on the host and on the path.
const NMAP_CONNECT: Flags = Flags {
    host: Some("-sT -n -Pn --open -p- 127.0.0.1"),
    far: Some("-sT -n -Pn --open -p1-1000 192.0.2.2"),
    reading: reading::nmap,
};

/// Takes root.
const NMAP_SYN: Flags = Flags {
    host: Some("-sS -n -Pn --open -p- 127.0.0.1"),
    far: Some("-sS -n -Pn --open -p1-1000 192.0.2.2"),
    reading: reading::nmap,
};

/// Batch and timeout are its own, 4,500 ports and 1.5 s; nothing follows the scan.
const RUSTSCAN: Flags = Flags {
    host: Some("--no-config -g --ulimit 10000 -a 127.0.0.1 -r 1-65535"),
    far: Some("--no-config -g --ulimit 10000 -a 192.0.2.2 -r 1-1000"),
    reading: reading::rustscan,
};

/// Without -v it would not tell what is open; with it, it tells what is closed too.
const OPENBSD: Flags = Flags { host: Some("-v -n -z -w 1 127.0.0.1 1-65535"), far: None, reading: reading::openbsd };

const TRADITIONAL: Flags =
    Flags { host: Some("-v -n -z -w 1 127.0.0.1 1-65535"), far: None, reading: reading::traditional };

const BARE: Flags = Flags { host: Some("--bare probe knock 127.0.0.1"), far: None, reading: reading::bare };

pub(crate) const ROSTER: [Line<Flags>; 7] = [
    (Kind::Nsock, "nsock", NSOCK),
    (Kind::Peer("nmap"), "nmap -sT", NMAP_CONNECT),
    (Kind::Peer("nmap"), "nmap -sS", NMAP_SYN),
    (Kind::Peer("rustscan"), "RustScan", RUSTSCAN),
    (Kind::Peer("nc.openbsd"), "nc.openbsd", OPENBSD),
    (Kind::Peer("nc.traditional"), "nc.traditional", TRADITIONAL),
    (Kind::Limit, "bare", BARE),
];

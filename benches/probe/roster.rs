//! Who takes part, and the flags each needs to probe by number alone, without asking first whether the host is there.

use crate::common::anew;
use crate::common::tool::{Kind, Tool, find, installed_of};
use crate::reading::{self, Reading};

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

const NMAP_CONNECT: Flags = Flags {
    host: Some("-sT -n -Pn --open -p- 127.0.0.1"),
    far: Some("-sT -n -Pn --open -p1-1000 192.0.2.2"),
    reading: reading::nmap,
};

const NMAP_CONNECT_HASTY: Flags =
    Flags { host: None, far: Some("-sT -T4 -n -Pn --open -p1-1000 192.0.2.2"), reading: reading::nmap };

/// Takes root.
const NMAP_SYN: Flags = Flags {
    host: Some("-sS -n -Pn --open -p- 127.0.0.1"),
    far: Some("-sS -n -Pn --open -p1-1000 192.0.2.2"),
    reading: reading::nmap,
};

const NMAP_SYN_HASTY: Flags =
    Flags { host: None, far: Some("-sS -T4 -n -Pn --open -p1-1000 192.0.2.2"), reading: reading::nmap };

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

const BARE: Flags = Flags { host: Some("--raw knock 127.0.0.1 1 65535"), far: None, reading: reading::bare };

/// Every tool of the roster that this machine has, nsock first and the limit last.
pub(crate) fn installed(only: &[String]) -> Result<Vec<Tool<Flags>>, String> {
    let nsock = Some(env!("CARGO_BIN_EXE_nsock").into());
    let bare = Some(anew::program()?);
    let roster = [
        ("nsock", Kind::Nsock, nsock, NSOCK),
        ("nmap -sT", Kind::Peer, find("nmap"), NMAP_CONNECT),
        ("nmap -sT -T4", Kind::Peer, find("nmap"), NMAP_CONNECT_HASTY),
        ("nmap -sS", Kind::Peer, find("nmap"), NMAP_SYN),
        ("nmap -sS -T4", Kind::Peer, find("nmap"), NMAP_SYN_HASTY),
        (RUSTSCAN_NAME, Kind::Peer, find("rustscan"), RUSTSCAN),
        ("nc.openbsd", Kind::Peer, find("nc.openbsd"), OPENBSD),
        ("nc.traditional", Kind::Peer, find("nc.traditional"), TRADITIONAL),
        ("bare", Kind::Limit, bare, BARE),
    ];
    Ok(installed_of(roster, only))
}

/// The programs that a complete comparison needs and this machine has not.
pub(crate) fn missing() -> Vec<&'static str> {
    ["nmap", "rustscan", "nc.openbsd", "nc.traditional"].into_iter().filter(|program| find(program).is_none()).collect()
}

/// nsock is held against it in particular.
pub(crate) const RUSTSCAN_NAME: &str = "RustScan";

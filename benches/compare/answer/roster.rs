//! Who takes part, and the flags each needs to answer as many as come.

use crate::tool::{Kind, Line};

/// The command lines of one tool, none for what it cannot do. In all of them stdin and stdout are /dev/null.
#[derive(Clone, Copy)]
pub(crate) struct Flags {
    /// Send back whatever each TCP connection brings.
    pub(crate) tcp_echo: Option<&'static str>,
    /// Send back each datagram.
    pub(crate) udp_echo: Option<&'static str>,
    /// Take what a TCP connection brings, and close it after its end.
    pub(crate) discard: Option<&'static str>,
    /// By how many processes.
    pub(crate) served: Served,
}

/// How many processes serve many peers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Served {
    /// One serves all.
    Together,
    /// Each peer has its own.
    Apart,
    /// Each datagram has its own, soon gone and with it what it used.
    Anew,
}

const NSOCK: Flags = Flags {
    tcp_echo: Some("-l -k --echo 127.0.0.1 {port}"),
    udp_echo: Some("-u -l --echo 127.0.0.1 {port}"),
    discard: Some("-l -k --discard 127.0.0.1 {port}"),
    served: Served::Together,
};

/// Of its own accord it serves 100 at most.
const NCAT: Flags = Flags {
    tcp_echo: Some("-n -l -k -m 20000 -e /bin/cat 127.0.0.1 {port}"),
    udp_echo: Some("-n -u -l -k -m 20000 -e /bin/cat 127.0.0.1 {port}"),
    discard: Some("-n -l --recv-only 127.0.0.1 {port}"),
    served: Served::Apart,
};

const OPENBSD: Flags =
    Flags { tcp_echo: None, udp_echo: None, discard: Some("-n -l 127.0.0.1 {port}"), served: Served::Together };

/// Over UDP each peer gets a process for good.
const SOCAT: Flags = Flags {
    tcp_echo: Some("TCP-LISTEN:{port},bind=127.0.0.1,fork,reuseaddr,backlog=1024 PIPE"),
    udp_echo: Some("UDP4-LISTEN:{port},bind=127.0.0.1,fork,reuseaddr PIPE"),
    discard: Some("-u -b 1048576 TCP-LISTEN:{port},bind=127.0.0.1 OPEN:/dev/null"),
    served: Served::Apart,
};

/// Each datagram gets a process.
const SOCAT_DATAGRAM: Flags = Flags {
    tcp_echo: None,
    udp_echo: Some("UDP4-RECVFROM:{port},bind=127.0.0.1,fork PIPE"),
    discard: None,
    served: Served::Anew,
};

const BARE: Flags = Flags {
    tcp_echo: Some("--bare answer echo {port}"),
    udp_echo: Some("--bare answer udp-echo {port}"),
    discard: Some("--bare answer discard {port}"),
    served: Served::Together,
};

const BARE_TRUNC: Flags = Flags {
    tcp_echo: None,
    udp_echo: None,
    discard: Some("--bare answer discard-unread {port}"),
    served: Served::Together,
};

pub(crate) const ROSTER: [Line<Flags>; 7] = [
    (Kind::Nsock, "nsock", NSOCK),
    (Kind::Peer("ncat"), "ncat", NCAT),
    (Kind::Peer("nc.openbsd"), "nc.openbsd", OPENBSD),
    (Kind::Peer("socat"), "socat", SOCAT),
    (Kind::Peer("socat"), "socat, a datagram each", SOCAT_DATAGRAM),
    (Kind::Limit, "bare", BARE),
    (Kind::Limit, "bare, MSG_TRUNC", BARE_TRUNC),
];

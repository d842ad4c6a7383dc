//! Who takes part, and the flags each needs to send all, leave at once and never cut the end off.

use crate::tool::{Kind, Line};

/// The command lines of one tool. In all of them the listener's stdin is /dev/null.
#[derive(Clone, Copy)]
pub(crate) struct Flags {
    pub(crate) tcp: Pair,
    /// None for one that has no Unix sockets.
    pub(crate) unix: Option<Pair>,
    /// Send a line, print the answer, leave; None for one that is a variant in receiving only.
    pub(crate) ask: Option<&'static str>,
    /// Send a datagram, print the first answer, leave with it; None for one that cannot.
    pub(crate) udp_ask: Option<&'static str>,
    /// Take datagrams and write them to stdout; None for one that is a variant in other works only.
    pub(crate) udp_receive: Option<Shelter>,
    /// Whether receiving works only when stdout is a pipe.
    pub(crate) wants_pipe: bool,
}

/// The command lines of both ends of a transfer.
#[derive(Clone, Copy)]
pub(crate) struct Pair {
    /// Accept one connection and write it to stdout.
    pub(crate) receive: &'static str,
    /// Send stdin and leave.
    pub(crate) send: &'static str,
}

/// The command line of a listener for datagrams.
#[derive(Clone, Copy)]
pub(crate) enum Shelter {
    /// It leaves by itself after `{count}` datagrams.
    Counts(&'static str),
    /// It stays until it is killed.
    Stays(&'static str),
}

impl Shelter {
    pub(crate) fn flags(self) -> &'static str {
        match self {
            Self::Counts(flags) | Self::Stays(flags) => flags,
        }
    }
}

const NSOCK: Flags = Flags {
    tcp: Pair { receive: "-l 127.0.0.1 {port}", send: "127.0.0.1 {port}" },
    unix: Some(Pair { receive: "-lU {path}", send: "-U {path}" }),
    ask: Some("127.0.0.1 {port}"),
    udp_ask: Some("-u -W 1 127.0.0.1 {port}"),
    udp_receive: Some(Shelter::Counts("-u -l -W {count} 127.0.0.1 {port}")),
    wants_pipe: false,
};

/// Over UDP it leaves with stdin's end and without the answer; with stdin held open it never leaves by itself.
const NCAT: Flags = Flags {
    tcp: Pair { receive: "-n -l --recv-only 127.0.0.1 {port}", send: "-n --send-only 127.0.0.1 {port}" },
    unix: Some(Pair { receive: "-l -U --recv-only {path}", send: "-U --send-only {path}" }),
    ask: Some("-n 127.0.0.1 {port}"),
    udp_ask: None,
    udp_receive: Some(Shelter::Stays("-n -u -l --recv-only 127.0.0.1 {port}")),
    wants_pipe: false,
};

/// Without -N it never tells the other side that stdin has ended.
const OPENBSD: Flags = Flags {
    tcp: Pair { receive: "-n -l 127.0.0.1 {port}", send: "-n -N 127.0.0.1 {port}" },
    unix: Some(Pair { receive: "-l -U {path}", send: "-N -U {path}" }),
    ask: Some("-n -N 127.0.0.1 {port}"),
    udp_ask: Some("-n -u -W 1 127.0.0.1 {port}"),
    udp_receive: Some(Shelter::Counts("-n -u -l -W {count} 127.0.0.1 {port}")),
    wants_pipe: false,
};

/// With -q 0 it leaves at stdin's end, before any answer; with -q 1 it waits a second, or for the other's end,
/// and a datagram's answer is none.
const TRADITIONAL: Flags = Flags {
    tcp: Pair { receive: "-n -l -s 127.0.0.1 -p {port}", send: "-n -q 0 127.0.0.1 {port}" },
    unix: None,
    ask: Some("-n -q 1 127.0.0.1 {port}"),
    udp_ask: None,
    udp_receive: Some(Shelter::Stays("-n -u -l -s 127.0.0.1 -p {port}")),
    wants_pipe: false,
};

/// What makes it leave with a datagram's answer is the answer's size.
const SOCAT: Flags = Flags {
    tcp: Pair { receive: "-u TCP-LISTEN:{port},bind=127.0.0.1 -", send: "-u - TCP:127.0.0.1:{port}" },
    unix: Some(Pair { receive: "-u UNIX-LISTEN:{path} -", send: "-u - UNIX-CONNECT:{path}" }),
    ask: Some("- TCP:127.0.0.1:{port}"),
    udp_ask: Some("-t 5 - UDP:127.0.0.1:{port},readbytes=6"),
    udp_receive: Some(Shelter::Stays("-u UDP-RECV:{port},bind=127.0.0.1 -")),
    wants_pipe: false,
};

const SOCAT_BIG: Flags = Flags {
    tcp: Pair {
        receive: "-b 1048576 -u TCP-LISTEN:{port},bind=127.0.0.1 -",
        send: "-b 1048576 -u - TCP:127.0.0.1:{port}",
    },
    unix: Some(Pair { receive: "-b 1048576 -u UNIX-LISTEN:{path} -", send: "-b 1048576 -u - UNIX-CONNECT:{path}" }),
    ask: None,
    udp_ask: None,
    udp_receive: None,
    wants_pipe: false,
};

/// The receiver fills its own pipe half before it drains it; beside it two other ways, as now one, now the other is
/// best.
const BARE: Flags = Flags {
    tcp: Pair { receive: "--bare relay receive-half-full {port}", send: "--bare relay send {port}" },
    unix: Some(Pair { receive: "--bare relay receive-half-full {path}", send: "--bare relay send-polled {path}" }),
    ask: Some("--bare relay ask {port}"),
    udp_ask: Some("--bare relay udp-ask {port}"),
    udp_receive: Some(Shelter::Stays("--bare relay udp-receive {port}")),
    wants_pipe: false,
};

const BARE_EACH_FILL: Flags = Flags {
    tcp: Pair { receive: "--bare relay receive-each-fill {port}", ..BARE.tcp },
    unix: Some(Pair { receive: "--bare relay receive-each-fill {path}", send: "--bare relay send-polled {path}" }),
    ask: None,
    udp_ask: None,
    udp_receive: None,
    ..BARE
};

const BARE_STRAIGHT: Flags = Flags {
    tcp: Pair { receive: "--bare relay receive-straight {port}", ..BARE.tcp },
    unix: None,
    wants_pipe: true,
    ..BARE_EACH_FILL
};

pub(crate) const ROSTER: [Line<Flags>; 9] = [
    (Kind::Nsock, "nsock", NSOCK),
    (Kind::Peer("ncat"), "ncat", NCAT),
    (Kind::Peer("nc.openbsd"), "nc.openbsd", OPENBSD),
    (Kind::Peer("nc.traditional"), "nc.traditional", TRADITIONAL),
    (Kind::Peer("socat"), "socat", SOCAT),
    (Kind::Peer("socat"), "socat -b 1048576", SOCAT_BIG),
    (Kind::Limit, "bare", BARE),
    (Kind::Limit, "bare, each fill", BARE_EACH_FILL),
    (Kind::Limit, "bare, straight", BARE_STRAIGHT),
];

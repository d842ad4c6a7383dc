//! The one table of exit statuses, which help and man page print.

/// Why a run ended, and so the exit status of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything asked for was done.
    Done,
    /// The network said no.
    Network,
    /// The command line makes no sense.
    Usage,
    /// This machine said no.
    Local,
    /// A name did not resolve.
    Name,
    /// A time limit set by the user passed.
    Timeout,
    /// A signal of this number ended the run; the process dies of it.
    Signal(i32),
}

impl Exit {
    /// Each status, when it is used in a few words, and in full.
    pub const TABLE: [(Self, &'static str, &'static str); 7] = [
        (Self::Done, "done", "done; probing: at least one port open (--all: every one)"),
        (
            Self::Network,
            "the network said no",
            "the network said no: refused, reset, unreachable, a timeout that you did not set, no port open (open|filtered is not \
             open), bytes not delivered, an HTTP answer that is broken, or with -f of status 400 and above",
        ),
        (Self::Usage, "usage", "usage, an unknown service name, a port over 65535"),
        (
            Self::Local,
            "this machine said no",
            "this machine said no: bind, file, permission, descriptors, stdout not writable",
        ),
        (Self::Name, "no such name", "a name did not resolve (with -n: any name)"),
        (
            Self::Timeout,
            "a time limit",
            "a time limit of yours passed, as timeout(1) has it: -w, --connect-timeout, --idle-timeout, \
             --accept-timeout, --deadline, --until-open; a probe never by -w (-q, the 2 s of silence after the peer's \
             end, and silence after stdin's end once an answer came, end with 0)",
        ),
        (Self::Signal(0), "signal n", "killed by signal n"),
    ];

    /// The status as a shell sees it.
    pub const fn code(self) -> i32 {
        match self {
            Self::Done => 0,
            Self::Network => 1,
            Self::Usage => 2,
            Self::Local => 3,
            Self::Name => 4,
            Self::Timeout => 124,
            Self::Signal(number) => 128 + number,
        }
    }

    /// The status as the table has it, where any signal is n.
    pub fn written(self) -> String {
        match self {
            Self::Signal(_) => "128+n".into(),
            other => other.code().to_string(),
        }
    }
}

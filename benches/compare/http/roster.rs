//! Who takes part, and the flags each needs to fetch one file in silence, by its user's own settings undisturbed.

use super::Work;
use crate::tool::{Kind, Line};

/// The command line of one tool.
#[derive(Clone, Copy)]
pub(crate) struct Flags {
    /// `{file}` is the one to ask for, `{sink}` a name for what stdout is too.
    pub(crate) get: &'static str,
    pub(crate) into: Into,
}

/// What it can write to, or differs in from the tool of which it is a variant.
#[derive(Clone, Copy)]
pub(crate) enum Into {
    Anything,
    AllButPipe,
    OnlyPipe,
}

impl Flags {
    pub(crate) fn can_do(self, work: Work) -> bool {
        match self.into {
            Into::Anything => true,
            Into::AllButPipe => work != Work::Pipe,
            Into::OnlyPipe => work == Work::Pipe,
        }
    }
}

const NSOCK: Flags = Flags { get: "--http --quiet http://127.0.0.1:{port}/{file}", into: Into::Anything };

const CURL: Flags = Flags { get: "-q -s http://127.0.0.1:{port}/{file}", into: Into::Anything };

const CURL_NAMED: Flags = Flags { get: "-q -s -o {sink} http://127.0.0.1:{port}/{file}", into: Into::AllButPipe };

const WGET: Flags = Flags { get: "--no-config -q -O - http://127.0.0.1:{port}/{file}", into: Into::Anything };

/// Through a pipe of its own that it fills half before it drains it; beside it other ways, as now one, now the other is
/// best.
const BARE: Flags = Flags { get: "--bare http half-full {port} {file}", into: Into::Anything };

const BARE_EACH_FILL: Flags = Flags { get: "--bare http each-fill {port} {file}", into: Into::Anything };

const BARE_STRAIGHT: Flags = Flags { get: "--bare http straight {port} {file}", into: Into::OnlyPipe };

const BARE_READ: Flags = Flags { get: "--bare http read {port} {file}", into: Into::Anything };

pub(crate) const ROSTER: [Line<Flags>; 8] = [
    (Kind::Nsock, "nsock", NSOCK),
    (Kind::Peer("curl"), "curl", CURL),
    (Kind::Peer("curl"), "curl -o", CURL_NAMED),
    (Kind::Peer("wget"), "wget", WGET),
    (Kind::Limit, "bare", BARE),
    (Kind::Limit, "bare, each fill", BARE_EACH_FILL),
    (Kind::Limit, "bare, straight", BARE_STRAIGHT),
    (Kind::Limit, "bare, read", BARE_READ),
];

//! Who takes part, and the flags each needs to fetch one file in silence, by its user's own settings undisturbed.

use crate::common::anew;
use crate::common::tool::{Kind, Tool, find, installed_of};
use crate::settings::Work;

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
const BARE: Flags = Flags { get: "--raw half-full {port} {file}", into: Into::Anything };

const BARE_EACH_FILL: Flags = Flags { get: "--raw each-fill {port} {file}", into: Into::Anything };

const BARE_STRAIGHT: Flags = Flags { get: "--raw straight {port} {file}", into: Into::OnlyPipe };

const BARE_READ: Flags = Flags { get: "--raw read {port} {file}", into: Into::Anything };

/// Every tool of the roster that this machine has, nsock first and the limit last.
pub(crate) fn installed(only: &[String]) -> Result<Vec<Tool<Flags>>, String> {
    let nsock = Some(env!("CARGO_BIN_EXE_nsock").into());
    let bare = Some(anew::program()?);
    let roster = [
        ("nsock", Kind::Nsock, nsock, NSOCK),
        ("curl", Kind::Peer, find("curl"), CURL),
        ("curl -o", Kind::Peer, find("curl"), CURL_NAMED),
        ("wget", Kind::Peer, find("wget"), WGET),
        ("bare", Kind::Limit, bare.clone(), BARE),
        ("bare, each fill", Kind::Limit, bare.clone(), BARE_EACH_FILL),
        ("bare, straight", Kind::Limit, bare.clone(), BARE_STRAIGHT),
        ("bare, read", Kind::Limit, bare, BARE_READ),
    ];
    Ok(installed_of(roster, only))
}

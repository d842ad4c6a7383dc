//! Failures as sentences: one form for whatever failed.

use colored::{ColoredString, Colorize};

use crate::error::{Deed, Failure, Lost, Object, Way};
use crate::report::words::{escaped, place, span};

/// `nsock: DEED OBJECT failed: REASON (errno N, TIME)`, whatever failed.
pub(super) fn failed(failure: &Failure) -> String {
    let object = match &failure.object {
        Object::Peer(peer) => place(peer),
        Object::Host(name) => escaped(name),
        Object::Named(name) => escaped(name),
        Object::File(path) => escaped(&path.display().to_string()),
    };
    let details: Vec<String> = [
        failure.errno.map(|number| format!("errno {number}")),
        failure.tries.map(|tries| format!("no answer to {tries} {}", if tries == 1 { "try" } else { "tries" })),
        failure.duration.map(span),
        failure.lost.map(lost),
    ]
    .into_iter()
    .flatten()
    .collect();
    let details = match details.is_empty() {
        true => String::new(),
        false => format!(" ({})", details.join(", ")),
    };
    let (deed, preposition) = (failure.deed.word(), preposition(failure.deed));
    let reason: ColoredString = escaped(&failure.reason).red();
    format!("nsock: {deed} {preposition} {object} failed: {reason}{details}\n")
}

/// The word that ties a deed to its object.
const fn preposition(deed: Deed) -> &'static str {
    match deed {
        Deed::Lookup | Deed::Start | Deed::Open | Deed::Set | Deed::Probe => "of",
        Deed::Bind | Deed::Connect | Deed::Send | Deed::Write => "to",
        Deed::Listen | Deed::Accept => "on",
        Deed::Connection => "with",
        Deed::Receive | Deed::Read => "from",
    }
}

fn lost(lost: Lost) -> String {
    let at_least = if lost.at_least { "at least " } else { "" };
    match lost.way {
        Way::Up => format!("{at_least}{} bytes not delivered", lost.bytes),
        Way::Down => format!("{at_least}{} bytes received not written", lost.bytes),
    }
}

//! This program started anew, to play a small role in a process of its own: a tool by bare calls, or a pipe's other
//! end.

use std::io;
use std::path::PathBuf;

use crate::{answer, http, pipes, probe, relay};

/// The first argument of a program started in a role. Behind it are the room, the role, and what that needs.
pub(crate) const FLAG: &str = "--bare";

/// Ourselves, to be started in a role.
pub(crate) fn program() -> Result<PathBuf, String> {
    std::env::current_exe().map_err(|error| format!("find this program: {error}"))
}

/// Plays the role.
pub(crate) fn act(args: impl Iterator<Item = String>) -> Result<(), String> {
    let words: Vec<String> = args.collect();
    let [room, role, rest @ ..] = &words.iter().map(String::as_str).collect::<Vec<_>>()[..] else {
        return Err(format!("no such role: {}", words.join(" ")));
    };
    let played = match *room {
        "pipes" => pipes::act(role),
        "relay" => relay::bare::act(role, rest),
        "answer" => answer::bare::act(role, rest),
        "probe" => probe::bare::act(role, rest),
        "http" => http::bare::act(role, rest),
        _ => Err(no_such_role()),
    };
    played.map_err(|error| format!("{}: {error}", words.join(" ")))
}

pub(crate) fn no_such_role() -> io::Error {
    io::Error::other("no such role")
}

//! Pipes at a tool's stdin and stdout, as large as a shell makes them, and who fills or empties them: this program
//! started anew, which writes and reads in blocks as most programs do.

use std::fs::File;
use std::io::{self, Read, Write};
use std::process::{Command, Stdio};

use rustix::stdio::{stdin, stdout};

use super::anew;
use super::carry::owned;
use super::payload::Payload;
use super::target;
use crate::common::process::Running;

/// What most programs read and write at once.
const BLOCK: usize = 128 << 10;

/// A pipe that brings the payload, and who fills it.
pub(crate) fn fed(payload: &Payload) -> Result<(Stdio, Running), String> {
    let (reader, writer) = io::pipe().map_err(|error| format!("make a pipe: {error}"))?;
    let mut command = role("feed")?;
    command.stdin(payload.open()?).stdout(writer);
    Ok((reader.into(), Running::start("feed", command)?))
}

/// A pipe that ends in the target, and who empties it.
pub(crate) fn drained(target: &File) -> Result<(Stdio, Running), String> {
    let (reader, writer) = io::pipe().map_err(|error| format!("make a pipe: {error}"))?;
    let mut command = role("drain")?;
    command.stdin(reader).stdout(target::stdout(target)?);
    Ok((writer.into(), Running::start("drain", command)?))
}

/// Whether so many bytes went through a pipe, by the word of who emptied it and has left.
pub(crate) fn check(drain: &Running, size: u64) -> Result<(), String> {
    target::check_count(&drain.words(), size)
}

pub(crate) fn act(role: &str) -> io::Result<()> {
    let (mut from, mut to) = (owned(stdin())?, owned(stdout())?);
    match role {
        "feed" => copy(&mut from, &mut to).map(drop),
        "drain" => copy(&mut from, &mut to).map(|total| eprintln!("{total}")),
        _ => Err(anew::no_such_role()),
    }
}

/// By read and write, as a program without tricks does; how much it was.
pub(crate) fn copy(from: &mut impl Read, to: &mut File) -> io::Result<u64> {
    let mut block = vec![0; BLOCK];
    let mut total = 0;
    loop {
        match from.read(&mut block)? {
            0 => return Ok(total),
            count => {
                to.write_all(&block[..count])?;
                total += count as u64;
            }
        }
    }
}

fn role(name: &str) -> Result<Command, String> {
    let mut command = Command::new(anew::program()?);
    command.args([anew::FLAG, "pipes", name]);
    Ok(command)
}

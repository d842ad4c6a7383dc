//! `--http` beside curl and wget: one file from nginx, into nothing, into a file, into a pipe. The server is an nginx
//! of our own, one process with sendfile, which serves the file from memory.

pub(crate) mod bare;
mod download;
mod nginx;
mod roster;

use clap::ValueEnum;

use crate::payload::Payloads;
use crate::settings::Settings;
use crate::summary::{self, Row};
use crate::{contest, tool};
use download::Download;
use nginx::Nginx;

/// The file of the second is one that the disk never sees. What its memory costs depends on who had that before: look
/// at the range.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Work {
    /// HTTP from nginx to null.
    #[value(name = "http.null")]
    Null,
    /// HTTP from nginx to a file.
    #[value(name = "http.file")]
    File,
    /// HTTP from nginx to a pipe.
    #[value(name = "http.pipe")]
    Pipe,
}

pub(crate) fn rows(settings: &Settings, payloads: &Payloads) -> Vec<Row> {
    let tools = tool::installed(&roster::ROSTER, &settings.only);
    summary::rows(settings, |work| {
        let payloads = payloads.both()?;
        let nginx = Nginx::start(payloads, settings.limit())?;
        Ok(contest::hold(&tools, settings.runs, &Download::new(work, settings, &nginx, payloads)))
    })
}

//! Bytes from one process over TCP or a Unix socket to another, the same tool at both ends, from the sender's start to
//! the last exit.

use std::fs::File;
use std::process::Stdio;
use std::time::Instant;

use super::roster::{Flags, Pair};
use crate::common::place::Place;
use crate::common::process::{Running, wait_for_all};
use crate::contest::Contest;
use crate::figures::{Run, Unit};
use crate::payload::Payload;
use crate::settings::Settings;
use crate::tool::Tool;
use crate::{pipes, target};

/// What the sender's stdin is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    File,
    Pipe,
}

/// What the receiver's stdout is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sink {
    Null,
    Pipe,
}

/// What lies between the tools.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Tcp,
    Unix,
}

/// Both ends, and the way between them.
#[derive(Clone, Copy)]
pub(crate) struct Ends {
    pub(crate) source: Source,
    pub(crate) way: Way,
    pub(crate) sink: Sink,
}

/// One of the works with everything it needs.
pub(crate) struct Transfer<'a> {
    ends: Ends,
    settings: &'a Settings,
    payload: &'a Payload,
    sample: &'a Payload,
}

impl<'a> Transfer<'a> {
    pub(crate) fn new(ends: Ends, settings: &'a Settings, [payload, sample]: &'a [Payload; 2]) -> Self {
        Self { ends, settings, payload, sample }
    }

    /// One run: who receives is listening before the clock starts, and it stops when all have left.
    fn run(&self, tool: &Tool<Flags>, payload: &Payload, target: &File) -> Result<f64, String> {
        let deadline = Instant::now() + self.settings.limit();
        let flags = self.flags(tool).ok_or("takes no part")?;
        let place = match self.ends.way {
            Way::Tcp => Place::tcp(),
            Way::Unix => Place::unix(),
        }?;
        let (stdout, mut drain) = self.sink(target)?;
        let mut command = tool.command(flags.receive, &place);
        command.stdin(Stdio::null()).stdout(stdout);
        let mut receiver = Running::start("receiver", command)?;
        place.wait_for_listener(&mut receiver, deadline)?;

        let (stdin, mut feed) = self.source(payload)?;
        let mut command = tool.command(flags.send, &place);
        command.stdin(stdin).stdout(Stdio::null());
        let clock = Instant::now();
        let mut sender = Running::start("sender", command)?;
        let mut everybody = vec![&mut sender, &mut receiver];
        everybody.extend(feed.as_mut());
        everybody.extend(drain.as_mut());
        wait_for_all(everybody, deadline)?;
        let seconds = clock.elapsed().as_secs_f64();
        drain.map_or(Ok(()), |drain| pipes::check(&drain, payload.size()))?;
        Ok(seconds)
    }

    /// The command lines for the way, if the tool knows it.
    fn flags(&self, tool: &Tool<Flags>) -> Option<Pair> {
        match self.ends.way {
            Way::Tcp => Some(tool.flags.tcp),
            Way::Unix => tool.flags.unix,
        }
    }

    /// The sender's stdin, and the process that feeds it.
    fn source(&self, payload: &Payload) -> Result<(Stdio, Option<Running>), String> {
        match self.ends.source {
            Source::File => Ok((payload.open()?.into(), None)),
            Source::Pipe => pipes::fed(payload).map(|(stdin, feed)| (stdin, Some(feed))),
        }
    }

    /// The receiver's stdout, and the process that drains it into the target.
    fn sink(&self, target: &File) -> Result<(Stdio, Option<Running>), String> {
        match self.ends.sink {
            Sink::Null => Ok((target::stdout(target)?, None)),
            Sink::Pipe => pipes::drained(target).map(|(stdout, drain)| (stdout, Some(drain))),
        }
    }
}

impl Contest for Transfer<'_> {
    type Flags = Flags;

    fn title(&self) -> String {
        let source = match self.ends.source {
            Source::File => "file",
            Source::Pipe => "pipe",
        };
        let way = match self.ends.way {
            Way::Tcp => "TCP",
            Way::Unix => "Unix stream socket",
        };
        let sink = match self.ends.sink {
            Sink::Null => "/dev/null",
            Sink::Pipe => "pipe",
        };
        format!("{source} → {way} → {sink}, {} MiB", self.payload.size() >> 20)
    }

    fn units(&self) -> Vec<Unit> {
        vec![Unit::Rate { amount: self.payload.gigabytes(), what: "GB" }]
    }

    fn invites(&self, tool: &Tool<Flags>) -> bool {
        self.flags(tool).is_some() && (self.ends.sink == Sink::Pipe || !tool.flags.wants_pipe)
    }

    /// The small sample into a file in place of /dev/null, compared byte by byte.
    fn prove(&self, tool: &Tool<Flags>) -> Result<(), String> {
        let target = target::file(self.settings.dir())?;
        self.run(tool, self.sample, &target)?;
        self.sample.compare(&target)
    }

    fn time(&self, tool: &Tool<Flags>) -> Result<Run, String> {
        Ok(vec![Some(self.run(tool, self.payload, &target::null()?)?)])
    }
}

//! Bytes from one process over TCP or a Unix socket to another, the same tool at both ends, from the sender's start to the last exit.

use std::fs::File;
use std::io::PipeReader;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::common::anew;
use crate::common::contest::Contest;
use crate::common::figures::Unit;
use crate::common::payload::Payload;
use crate::common::place::Place;
use crate::common::process::{Running, wait_for_all};
use crate::common::tool::Tool;
use crate::roster::{Flags, Pair};
use crate::settings::{Feed, Settings};

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
    pub(crate) fn new(ends: Ends, settings: &'a Settings, payload: &'a Payload, sample: &'a Payload) -> Self {
        Self { ends, settings, payload, sample }
    }

    /// One run: who receives is listening before the clock starts, and it stops when all have left.
    fn run(&self, tool: &Tool<Flags>, payload: &Payload, target: File) -> Result<f64, String> {
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
        drain.map_or(Ok(()), |drain| check_count(&drain, payload.size()))?;
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
        let file = payload.open()?;
        if self.ends.source == Source::File {
            return Ok((file.into(), None));
        }
        let (reader, writer) = self.pipe()?;
        let mut command = Command::new(anew::program()?);
        let role = match self.settings.feed {
            Feed::Splice => "feed-by-splice",
            Feed::Write => "feed-by-write",
        };
        command.args([anew::FLAG, role]).stdin(file).stdout(writer);
        Ok((reader.into(), Some(Running::start("feed", command)?)))
    }

    /// The receiver's stdout, and the process that drains it into the target.
    fn sink(&self, target: File) -> Result<(Stdio, Option<Running>), String> {
        if self.ends.sink == Sink::Null {
            return Ok((target.into(), None));
        }
        let (reader, writer) = self.pipe()?;
        let mut command = Command::new(anew::program()?);
        command.args([anew::FLAG, "drain"]).stdin(reader).stdout(target);
        Ok((writer.into(), Some(Running::start("drain", command)?)))
    }

    fn pipe(&self) -> Result<(PipeReader, std::io::PipeWriter), String> {
        let (reader, writer) = std::io::pipe().map_err(|error| format!("make a pipe: {error}"))?;
        let size = usize::try_from(self.settings.pipe).unwrap_or(usize::MAX);
        rustix::pipe::fcntl_setpipe_size(&writer, size)
            .map_err(|error| format!("make a pipe of {size} bytes: {error}"))?;
        Ok((reader, writer))
    }
}

impl Contest for Transfer<'_> {
    type Flags = Flags;

    fn title(&self) -> String {
        let source = match (self.ends.source, self.settings.feed) {
            (Source::File, _) => "file",
            (Source::Pipe, Feed::Splice) => "pipe",
            (Source::Pipe, Feed::Write) => "pipe (fed by write)",
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

    fn unit(&self) -> Unit {
        #[expect(clippy::cast_precision_loss, reason = "a size is far below 2^53")]
        let amount = self.payload.size() as f64 / 1e9;
        Unit::Rate { amount, name: "GB/s" }
    }

    fn rounds(&self) -> usize {
        self.settings.runs
    }

    fn invites(&self, tool: &Tool<Flags>) -> bool {
        self.flags(tool).is_some() && (self.ends.sink == Sink::Pipe || !tool.flags.wants_pipe)
    }

    /// The small sample into a file in place of /dev/null, compared byte by byte.
    fn prove(&self, tool: &Tool<Flags>) -> Result<(), String> {
        let complain = |error: std::io::Error| format!("make a file for the bytes: {error}");
        let target = tempfile::tempfile_in(self.settings.dir()).map_err(complain)?;
        self.run(tool, self.sample, target.try_clone().map_err(complain)?)?;
        self.sample.compare(&target)
    }

    fn time(&self, tool: &Tool<Flags>) -> Result<f64, String> {
        let null = File::options().write(true).open("/dev/null").map_err(|error| format!("open /dev/null: {error}"))?;
        self.run(tool, self.payload, null)
    }
}

/// The drain has said on stderr how many bytes it saw.
fn check_count(drain: &Running, size: u64) -> Result<(), String> {
    let count = drain.words();
    if count == size.to_string() {
        return Ok(());
    }
    Err(format!("LOST: {count} bytes of {size} arrived"))
}

//! One file from nginx by one client, from the client's start to the last exit.

use std::fs::File;
use std::io::{PipeReader, PipeWriter};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::common::anew;
use crate::common::contest::Contest;
use crate::common::figures::Unit;
use crate::common::payload::{Payload, path_of};
use crate::common::process::{Running, wait_for_all};
use crate::common::tool::Tool;
use crate::nginx::Nginx;
use crate::roster::Flags;
use crate::settings::{Drain, Settings, Work};

/// What is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    /// The time that passes.
    Clock,
    /// The processor time of the client.
    Cpu,
}

/// One of the works with everything it needs.
pub(crate) struct Download<'a> {
    work: Work,
    measure: Measure,
    settings: &'a Settings,
    nginx: &'a Nginx,
    payload: &'a Payload,
    sample: &'a Payload,
}

impl<'a> Download<'a> {
    pub(crate) fn new(
        work: Work,
        measure: Measure,
        settings: &'a Settings,
        nginx: &'a Nginx,
        [payload, sample]: [&'a Payload; 2],
    ) -> Self {
        Self { work, measure, settings, nginx, payload, sample }
    }

    /// One run into the target.
    fn run(&self, tool: &Tool<Flags>, payload: &Payload, target: &File) -> Result<f64, String> {
        let deadline = Instant::now() + self.settings.limit();
        self.nginx.forget()?;
        let (stdout, mut drain) = self.sink(target)?;
        let flags = tool.flags.get.replace("{file}", &payload.size().to_string());
        let mut command = tool.command(&flags.replace("{sink}", &path_of(target)), self.nginx.place());
        command.stdin(Stdio::null()).stdout(stdout);
        for proxy in ["http_proxy", "all_proxy", "ALL_PROXY"] {
            command.env_remove(proxy);
        }
        let clock = Instant::now();
        let mut client = Running::start("client", command)?;
        let mut everybody = vec![&mut client];
        everybody.extend(drain.as_mut());
        wait_for_all(everybody, deadline)?;
        let seconds = clock.elapsed().as_secs_f64();
        self.nginx.check_sent(payload.size())?;
        drain.map_or(Ok(()), |drain| check_count(&drain.words(), payload.size()))?;
        match self.measure {
            Measure::Clock => Ok(seconds),
            Measure::Cpu => client.cpu_seconds(),
        }
    }

    /// The client's stdout, and the process that drains it into the target.
    fn sink(&self, target: &File) -> Result<(Stdio, Option<Running>), String> {
        let target = target.try_clone().map_err(|error| format!("share the target: {error}"))?;
        if self.work != Work::Pipe {
            return Ok((target.into(), None));
        }
        let (reader, writer) = self.pipe()?;
        let mut command = Command::new(anew::program()?);
        let role = match self.settings.drain {
            Drain::Splice => "drain",
            Drain::Read => "drain-by-read",
        };
        command.args([anew::FLAG, role]).stdin(reader).stdout(target);
        Ok((writer.into(), Some(Running::start("drain", command)?)))
    }

    fn pipe(&self) -> Result<(PipeReader, PipeWriter), String> {
        let (reader, writer) = std::io::pipe().map_err(|error| format!("make a pipe: {error}"))?;
        let size = usize::try_from(self.settings.pipe).unwrap_or(usize::MAX);
        rustix::pipe::fcntl_setpipe_size(&writer, size)
            .map_err(|error| format!("make a pipe of {size} bytes: {error}"))?;
        Ok((reader, writer))
    }

    /// A file without a name.
    fn file(&self) -> Result<File, String> {
        tempfile::tempfile_in(self.settings.dir()).map_err(|error| format!("make a file for the bytes: {error}"))
    }
}

impl Contest for Download<'_> {
    type Flags = Flags;

    fn title(&self) -> String {
        let sink = match (self.work, self.settings.drain) {
            (Work::Null, _) => "/dev/null",
            (Work::File, _) => "file",
            (Work::Pipe, Drain::Read) => "pipe",
            (Work::Pipe, Drain::Splice) => "pipe (drained by splice)",
        };
        let what = match self.measure {
            Measure::Clock => "",
            Measure::Cpu => ", the client's CPU",
        };
        format!("nginx → HTTP → {sink}, {} MiB{what}", self.payload.size() >> 20)
    }

    fn unit(&self) -> Unit {
        #[expect(clippy::cast_precision_loss, reason = "a size is far below 2^53")]
        let amount = self.payload.size() as f64 / 1e9;
        let name = match self.measure {
            Measure::Clock => "GB/s",
            Measure::Cpu => "GB/CPU second",
        };
        Unit::Rate { amount, name }
    }

    fn rounds(&self) -> usize {
        self.settings.runs
    }

    fn rivals(&self) -> &'static [&'static str] {
        &["curl"]
    }

    fn invites(&self, tool: &Tool<Flags>) -> bool {
        tool.flags.can_do(self.work)
    }

    /// The small sample, into a file in place of /dev/null, compared byte by byte.
    fn prove(&self, tool: &Tool<Flags>) -> Result<(), String> {
        let target = self.file()?;
        self.run(tool, self.sample, &target)?;
        self.sample.compare(&target)
    }

    /// What a file holds and a drain sees is counted; of /dev/null the client's exit and nginx have the word.
    fn time(&self, tool: &Tool<Flags>) -> Result<f64, String> {
        if self.work == Work::File {
            let target = self.file()?;
            let figure = self.run(tool, self.payload, &target)?;
            let size = target.metadata().map_err(|error| format!("look at the file: {error}"))?.len();
            return check_count(&size.to_string(), self.payload.size()).map(|()| figure);
        }
        let null = File::options().write(true).open("/dev/null").map_err(|error| format!("open /dev/null: {error}"))?;
        self.run(tool, self.payload, &null)
    }
}

fn check_count(count: &str, size: u64) -> Result<(), String> {
    if count == size.to_string() {
        return Ok(());
    }
    Err(format!("LOST: {count} bytes of {size} arrived"))
}

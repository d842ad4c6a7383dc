//! One file from nginx by one client, from the client's start to the last exit.

use std::fs::File;
use std::process::Stdio;
use std::time::Instant;

use super::Work;
use super::nginx::Nginx;
use super::roster::Flags;
use crate::common::process::{Running, wait_for_all};
use crate::contest::Contest;
use crate::figures::{Run, Unit};
use crate::payload::{Payload, path_of};
use crate::settings::Settings;
use crate::tool::Tool;
use crate::{pipes, target};

/// One of the works with everything it needs.
pub(crate) struct Download<'a> {
    work: Work,
    settings: &'a Settings,
    nginx: &'a Nginx,
    payload: &'a Payload,
    sample: &'a Payload,
}

impl<'a> Download<'a> {
    pub(crate) fn new(
        work: Work,
        settings: &'a Settings,
        nginx: &'a Nginx,
        [payload, sample]: &'a [Payload; 2],
    ) -> Self {
        Self { work, settings, nginx, payload, sample }
    }

    /// One run into the target: the time that passes, in which the server may be the slower of the two, and the
    /// processor time of the client.
    fn run(&self, tool: &Tool<Flags>, payload: &Payload, target: &File) -> Result<Run, String> {
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
        drain.map_or(Ok(()), |drain| pipes::check(&drain, payload.size()))?;
        Ok(vec![Some(seconds), Some(client.cpu_seconds()?)])
    }

    /// The client's stdout, and the process that drains it into the target.
    fn sink(&self, target: &File) -> Result<(Stdio, Option<Running>), String> {
        match self.work {
            Work::Null | Work::File => Ok((target::stdout(target)?, None)),
            Work::Pipe => pipes::drained(target).map(|(stdout, drain)| (stdout, Some(drain))),
        }
    }
}

impl Contest for Download<'_> {
    type Flags = Flags;

    fn title(&self) -> String {
        let sink = match self.work {
            Work::Null => "/dev/null",
            Work::File => "file",
            Work::Pipe => "pipe",
        };
        format!("nginx → HTTP → {sink}, {} MiB, and the client's CPU", self.payload.size() >> 20)
    }

    fn units(&self) -> Vec<Unit> {
        let (amount, what) = (self.payload.gigabytes(), "GB");
        vec![Unit::Rate { amount, what }, Unit::CpuRate { amount, what }]
    }

    fn invites(&self, tool: &Tool<Flags>) -> bool {
        tool.flags.can_do(self.work)
    }

    /// The small sample, into a file in place of /dev/null, compared byte by byte.
    fn prove(&self, tool: &Tool<Flags>) -> Result<(), String> {
        let target = target::file(self.settings.dir())?;
        self.run(tool, self.sample, &target)?;
        self.sample.compare(&target)
    }

    /// What a file holds and a drain sees is counted; of /dev/null the client's exit and nginx have the word.
    fn time(&self, tool: &Tool<Flags>) -> Result<Run, String> {
        if self.work != Work::File {
            return self.run(tool, self.payload, &target::null()?);
        }
        let target = target::file(self.settings.dir())?;
        let run = self.run(tool, self.payload, &target)?;
        target::check_size(&target, self.payload.size()).map(|()| run)
    }
}

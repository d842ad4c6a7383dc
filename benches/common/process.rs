//! Child processes with an end in sight: whoever has not left by the deadline is killed and told of.
//! A child's stderr is a pipe; its end is the news that the child has left, its words say why.

use std::fs::{read_dir, read_to_string};
use std::io::{ErrorKind, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use super::group::Group;

/// How many bytes of a child's complaints are told.
const WORDS: usize = 1000;

/// A started child, killed if we drop it before it left.
pub(crate) struct Running {
    role: &'static str,
    child: Child,
    stderr: ChildStderr,
    words: Vec<u8>,
    left: bool,
    spent: Option<f64>,
    group: Option<Group>,
}

impl Running {
    /// Starts the command; the role ("sender") is its name in every complaint.
    pub(crate) fn start(role: &'static str, mut command: Command) -> Result<Self, String> {
        let started = command.stderr(Stdio::piped()).spawn();
        drop(command); // With it go our copies of the child's pipes, or nobody would ever see their end.
        let mut child = started.map_err(|error| format!("start {role}: {error}"))?;
        let stderr = child.stderr.take().expect("stderr was asked to be a pipe");
        Ok(Self { role, child, stderr, words: Vec::new(), left: false, spent: None, group: None })
    }

    /// The same for a server that may fork: whatever it leaves behind is killed with it.
    pub(crate) fn start_group(role: &'static str, mut command: Command) -> Result<Self, String> {
        command.process_group(0);
        let mut running = Self::start(role, command)?;
        running.group = Some(Group::of(running.child.id()));
        Ok(running)
    }

    /// The processes we started with this one: itself, and what it has forked if it was started as a group.
    pub(crate) fn members(&self) -> Vec<i32> {
        let alone = || i32::try_from(self.child.id()).into_iter().collect();
        self.group.as_ref().map_or_else(alone, Group::members)
    }

    pub(crate) fn role(&self) -> &'static str {
        self.role
    }

    /// Whether the child is gone by now; an error if it went with anything but 0.
    pub(crate) fn has_left(&mut self) -> Result<bool, String> {
        let mut ready = [PollFd::new(&self.stderr, PollFlags::IN)];
        match poll(&mut ready, Some(&Timespec::default())) {
            Ok(0) => Ok(false),
            Ok(_) => self.listen(),
            Err(error) => Err(format!("poll {}: {error}", self.role)),
        }
    }

    /// The processor time that its members use and have used, in seconds. Of a group not to be had once its
    /// first process was found to have left.
    pub(crate) fn cpu_seconds(&self) -> Result<f64, String> {
        if let Some(spent) = self.spent {
            return Ok(spent);
        }
        let times: Vec<f64> = self.members().into_iter().flat_map(cpu_of_threads).collect();
        if times.is_empty() {
            return Err(format!("/proc does not tell the processor time of {}", self.role));
        }
        Ok(times.into_iter().sum())
    }

    /// The beginning of what the child said on stderr, on one line.
    pub(crate) fn words(&self) -> String {
        let words = String::from_utf8_lossy(&self.words[..self.words.len().min(WORDS)]);
        words.lines().map(str::trim).collect::<Vec<_>>().join(" / ")
    }

    /// All the child said on stderr.
    pub(crate) fn complaints(&self) -> &[u8] {
        &self.words
    }

    /// All the child wrote to its stdout, if that was asked to be a pipe. Call it once the child has left.
    pub(crate) fn output(&mut self) -> Vec<u8> {
        let mut output = Vec::new();
        if let Some(stdout) = &mut self.child.stdout {
            let _ = stdout.read_to_end(&mut output);
        }
        output
    }

    /// Reads what stderr holds, once it is ready; true at its end, when the child has left in good order.
    fn listen(&mut self) -> Result<bool, String> {
        let mut chunk = [0; 4096];
        match self.stderr.read(&mut chunk) {
            Ok(0) => self.bury().map(|()| true),
            Ok(count) => {
                self.words.extend_from_slice(&chunk[..count]);
                Ok(false)
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(false),
            Err(error) => Err(format!("read the stderr of {}: {error}", self.role)),
        }
    }

    fn bury(&mut self) -> Result<(), String> {
        if self.group.is_none() {
            self.spent = spent_at_death(&self.child);
        }
        let status = self.child.wait().map_err(|error| format!("wait for {}: {error}", self.role))?;
        self.left = true;
        if status.success() {
            return Ok(());
        }
        Err(format!("{} left with {status}: {}", self.role, self.words()))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.left {
            drop(self.group.take());
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Waits until every child has left. The first that leaves badly, or the deadline, ends the waiting.
pub(crate) fn wait_for_all(mut children: Vec<&mut Running>, deadline: Instant) -> Result<(), String> {
    loop {
        children.retain(|child| !child.left);
        if children.is_empty() {
            return Ok(());
        }
        wait_for_news(&children, deadline)?;
        for child in &mut children {
            child.has_left()?;
        }
    }
}

fn wait_for_news(children: &[&mut Running], deadline: Instant) -> Result<(), String> {
    let left = deadline.saturating_duration_since(Instant::now());
    let mut ready: Vec<PollFd<'_>> = children.iter().map(|child| PollFd::new(&child.stderr, PollFlags::IN)).collect();
    match poll(&mut ready, Some(&timespec(left))) {
        Ok(0) => {
            let roles: Vec<_> = children.iter().map(|child| child.role).collect();
            Err(format!("hang: killed {}", roles.join(" and ")))
        }
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(format!("poll the children: {error}")),
    }
}

/// What its last thread used, waiting for it to be over but leaving it to be waited for.
fn spent_at_death(child: &Child) -> Option<f64> {
    let number = i32::try_from(child.id()).ok()?;
    let only_look = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    waitid(WaitId::Pid(Pid::from_raw(number)?), only_look).ok()?;
    cpu_of_threads(number).into_iter().reduce(|one, other| one + other)
}

/// A line reads `73512884 1206 41`: nanoseconds on a processor, nanoseconds of waiting for one, turns.
fn cpu_of_threads(process: i32) -> Vec<f64> {
    let Ok(threads) = read_dir(format!("/proc/{process}/task")) else {
        return Vec::new();
    };
    let lines = threads.flatten().filter_map(|thread| read_to_string(thread.path().join("schedstat")).ok());
    let nanoseconds = lines.filter_map(|line| line.split_whitespace().next()?.parse().ok());
    nanoseconds.map(|count| Duration::from_nanos(count).as_secs_f64()).collect()
}

fn timespec(time: Duration) -> Timespec {
    Timespec { tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX), tv_nsec: time.subsec_nanos().into() }
}

//! When an exchange of datagrams is over: nobody sends an end, so silence decides. Facts and a clock that is handed in.

use std::time::{Duration, Instant};

use super::side::{Role, Stdin};
use crate::plan::{Output, Relay};
use crate::value::duration::Patience;

/// An answer is waited for so long after the last datagram, once stdin has ended.
const QUIET: Duration = Duration::from_secs(1);

/// Why to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// All was sent, and nothing else was wanted.
    AllSent,
    /// stdin has ended, and it has been quiet since.
    Quiet,
    /// Silence for longer than the user allows.
    Idle,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Wait, until this time at the latest.
    Wait(Option<Instant>),
    /// Leave.
    Leave(Why),
}

/// The facts, and the rules for them.
#[derive(Debug)]
pub struct Quiet {
    role: Role,
    /// Whether stdin is read at all.
    reads: bool,
    send_only: bool,
    quit_after: Option<Patience>,
    idle: Option<Duration>,
    sent: bool,
    received: bool,
    last: Instant,
    stdin_end: Option<Instant>,
}

impl Quiet {
    /// The rules of an exchange that begins now.
    pub fn new(relay: &Relay, role: Role, stdin: Stdin, now: Instant) -> Self {
        Self {
            role,
            reads: stdin != Stdin::Unread,
            send_only: relay.output == Output::Nowhere,
            quit_after: relay.quit_after,
            idle: relay.idle,
            sent: false,
            received: false,
            last: now,
            stdin_end: None,
        }
    }

    /// The same rules without an end by silence: a server waits for its peers.
    pub fn for_ever(self) -> Self {
        Self { idle: None, quit_after: None, ..self }
    }

    /// A datagram was sent.
    pub fn sent(&mut self, now: Instant) {
        (self.sent, self.last) = (true, now);
    }

    /// A datagram came. Whether it was the first.
    pub fn received(&mut self, now: Instant) -> bool {
        self.last = now;
        !std::mem::replace(&mut self.received, true)
    }

    /// Some of what came was written out.
    pub fn moved(&mut self, now: Instant) {
        self.last = now;
    }

    /// stdin has ended, and all of it was sent.
    pub fn stdin_ended(&mut self, now: Instant) {
        self.stdin_end.get_or_insert(now);
    }

    /// Whether stdin has ended, and all of it was sent.
    pub fn stdin_done(&self) -> bool {
        self.stdin_end.is_some()
    }

    /// What to do now. `stuck`: stdout's reader has not taken what came, which is no silence of the peer's.
    pub fn step(&self, now: Instant, stuck: bool) -> Step {
        if stuck {
            return Step::Wait(None);
        }
        if self.send_only && self.stdin_end.is_some() {
            return Step::Leave(Why::AllSent);
        }
        let ends = [self.quiet_at().map(|at| (at, Why::Quiet)), self.idle_at()];
        match ends.into_iter().flatten().min_by_key(|(at, _)| *at) {
            Some((at, why)) if at <= now => Step::Leave(why),
            next => Step::Wait(next.map(|(at, _)| at)),
        }
    }

    /// When the answer to what stdin gave is no more waited for.
    fn quiet_at(&self) -> Option<Instant> {
        let since = self.stdin_end?.max(self.last);
        match (self.quit_after, self.role) {
            (Some(Patience::Forever), _) => None,
            // A listener has no end of its own, and one started with </dev/null has said nothing.
            (Some(Patience::For(time)), _) if self.sent || self.role == Role::Connecting => Some(since + time),
            (_, Role::Listening) => None,
            (_, Role::Connecting) if self.idle.is_some() => None, // -w is the quiet time
            (_, Role::Connecting) => Some(since + QUIET),
        }
    }

    fn idle_at(&self) -> Option<(Instant, Why)> {
        if self.role == Role::Listening && !self.received {
            return None; // --accept-timeout limits that
        }
        let at = self.stdin_end.map_or(self.last, |end| end.max(self.last)) + self.idle?;
        let done = match self.role {
            Role::Connecting if self.reads => self.stdin_end.is_some(),
            _ => self.received && (self.stdin_end.is_some() || !self.reads),
        };
        Some((at, if done { Why::Quiet } else { Why::Idle }))
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "an Instant has no other source; only its differences count")]
mod tests {
    use super::*;
    use crate::plan::{Bytes, HalfClose};

    const SECOND: Duration = Duration::from_secs(1);

    fn relay() -> Relay {
        Relay {
            stdin: true,
            output: Output::Stdout,
            half_close: HalfClose::Careful,
            quit_after: None,
            idle: None,
            chunks: None,
            stop: None,
            bytes: Bytes::default(),
            cut: None,
        }
    }

    fn quiet(relay: &Relay, role: Role) -> (Quiet, Instant) {
        let start = Instant::now();
        (Quiet::new(relay, role, Stdin::Pipe, start), start)
    }

    #[test]
    fn a_client_leaves_a_second_after_the_last_datagram() {
        let (mut quiet, start) = quiet(&relay(), Role::Connecting);
        assert_eq!(quiet.step(start + SECOND * 99, false), Step::Wait(None));
        quiet.sent(start);
        quiet.stdin_ended(start);
        assert_eq!(quiet.step(start, false), Step::Wait(Some(start + SECOND)));
        assert!(quiet.received(start + SECOND / 2) && !quiet.received(start + SECOND / 2));
        let end = start + SECOND * 3 / 2;
        assert_eq!(quiet.step(start + SECOND, false), Step::Wait(Some(end)));
        assert_eq!(quiet.step(end, true), Step::Wait(None));
        assert_eq!(quiet.step(end, false), Step::Leave(Why::Quiet));
    }

    #[test]
    fn the_user_sets_the_quiet_time() {
        for (quit_after, idle, end) in [
            (Some(Patience::For(SECOND * 3)), None, Some(3)),
            (Some(Patience::Forever), None, None),
            (None, Some(SECOND * 4), Some(4)),
            (Some(Patience::Forever), Some(SECOND * 4), Some(4)),
            (Some(Patience::For(SECOND * 3)), Some(SECOND * 4), Some(3)),
        ] {
            let (mut quiet, start) = quiet(&Relay { quit_after, idle, ..relay() }, Role::Connecting);
            quiet.stdin_ended(start);
            assert_eq!(quiet.step(start, false), Step::Wait(end.map(|end| start + SECOND * end)));
            if let Some(end) = end {
                assert_eq!(quiet.step(start + SECOND * end, false), Step::Leave(Why::Quiet));
            }
        }
    }

    #[test]
    fn silence_before_stdins_end_is_a_time_out() {
        let idle = Some(SECOND * 4);
        let (mut client, start) = quiet(&Relay { idle, ..relay() }, Role::Connecting);
        client.sent(start + SECOND);
        assert_eq!(client.step(start, false), Step::Wait(Some(start + SECOND * 5)));
        assert_eq!(client.step(start + SECOND * 5, false), Step::Leave(Why::Idle));
        let (mut listener, start) = quiet(&Relay { idle, ..relay() }, Role::Listening);
        assert_eq!(listener.step(start + SECOND * 9, false), Step::Wait(None));
        listener.received(start);
        assert_eq!(listener.step(start + SECOND * 4, false), Step::Leave(Why::Idle));
        listener.stdin_ended(start);
        assert_eq!(listener.step(start + SECOND * 4, false), Step::Leave(Why::Quiet));
    }

    #[test]
    fn a_listener_has_no_end_of_its_own_and_a_sender_no_other() {
        let (mut listener, start) = quiet(&relay(), Role::Listening);
        listener.received(start);
        listener.stdin_ended(start);
        assert_eq!(listener.step(start + SECOND * 999, false), Step::Wait(None));
        let (mut sender, start) = quiet(&Relay { output: Output::Nowhere, ..relay() }, Role::Connecting);
        assert_eq!(sender.step(start, false), Step::Wait(None));
        sender.stdin_ended(start);
        assert_eq!(sender.step(start, false), Step::Leave(Why::AllSent));
    }
}

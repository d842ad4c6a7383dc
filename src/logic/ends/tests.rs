//! The rules of a connection's end, on a clock that the test steps.

#![allow(clippy::disallowed_methods, reason = "an Instant has no other source; only its differences count")]

use super::*;

const RULES: Relay = Relay {
    stdin: true,
    output: Output::Stdout,
    half_close: HalfClose::Careful,
    quit_after: None,
    idle: None,
    chunks: None,
    stop: None,
    bytes: crate::plan::Bytes {
        filters: crate::filter::Filters { crlf: false, telnet: false, encoding: None },
        interval: None,
        label: false,
        label_color: None,
    },
    cut: None,
};

/// A connection on a clock that the test steps.
struct Scene {
    ends: Ends,
    now: Instant,
}

impl Scene {
    fn new(rules: Relay, role: Role, stdin: Stdin) -> Self {
        let now = Instant::now();
        Self { ends: Ends::new(Rc::new(rules), role, stdin, now), now }
    }

    fn pass(&mut self, millis: u64) -> &mut Self {
        self.now += Duration::from_millis(millis);
        self
    }

    fn gives(&mut self, text: &str) -> &mut Self {
        let total = self.ends.given + text.len() as u64;
        self.ends.see(text.as_bytes());
        self.ends.note_given(total, self.now);
        self.ends.note_moved(self.now);
        self
    }

    fn receives(&mut self, count: u64) -> &mut Self {
        let total = self.ends.received + count;
        self.ends.note_received(total, self.now);
        self.ends.note_moved(self.now);
        self
    }

    fn stdin_ends(&mut self) -> &mut Self {
        self.ends.note_stdin_end(self.now);
        self
    }

    fn peer_ends(&mut self) -> &mut Self {
        self.ends.note_peer_end(self.now);
        self
    }

    fn half_closes(&mut self) -> &mut Self {
        assert_eq!(self.step(), Step::HalfClose);
        self.ends.note_half_close();
        self
    }

    fn step(&self) -> Step {
        self.ends.step(self.now, Stuck::default())
    }

    fn waits(&self, millis: u64) {
        assert_eq!(self.step(), Step::Wait(Some(self.now + Duration::from_millis(millis))));
    }

    fn waits_for_ever(&self) {
        assert_eq!(self.step(), Step::Wait(None));
    }

    fn leaves(&self, why: Why) {
        assert_eq!(self.step(), Step::Leave(why));
    }
}

use Role::{Connecting, Listening};

#[test]
fn stdins_end_is_passed_on_and_the_peer_waited_for() {
    let mut scene = Scene::new(RULES, Connecting, Stdin::Pipe);
    scene.waits_for_ever();
    scene.gives("q").stdin_ends().half_closes().waits_for_ever();
    scene.pass(999_999).receives(5).waits_for_ever();
    scene.peer_ends().leaves(Why::BothEnded);
}

#[test]
fn a_terminal_leaves_at_the_peers_end() {
    for role in [Connecting, Listening] {
        Scene::new(RULES, role, Stdin::Terminal).peer_ends().leaves(Why::PeerEnded);
    }
}

#[test]
fn a_file_is_sent_to_its_end_after_the_peers() {
    let mut scene = Scene::new(RULES, Connecting, Stdin::File);
    scene.receives(1).peer_ends().pass(60_000).waits_for_ever();
    scene.stdin_ends().leaves(Why::BothEnded);
}

#[test]
fn a_silent_pipe_is_waited_for_two_seconds_after_an_answer() {
    let mut scene = Scene::new(RULES, Connecting, Stdin::Pipe);
    scene.receives(1).peer_ends().waits(2_000);
    scene.pass(1_900).gives("more").waits(2_000);
    scene.pass(2_000).leaves(Why::StdinSilent);
    // What it gave waits for a slow peer: that is no silence.
    assert_eq!(scene.ends.step(scene.now, Stuck { up: true, down: false }), Step::Wait(None));
}

#[test]
fn a_sink_that_shut_its_side_is_sent_to_for_ever() {
    Scene::new(RULES, Connecting, Stdin::Pipe).gives("x").peer_ends().pass(60_000).waits_for_ever();
}

#[test]
fn a_listener_takes_the_peers_end_for_a_half_close() {
    let mut scene = Scene::new(RULES, Listening, Stdin::Pipe);
    scene.receives(1).peer_ends().pass(60_000).waits_for_ever();
}

#[test]
fn a_listener_with_nothing_to_say_half_closes_after_its_peer() {
    let rules = Relay { quit_after: Some(Patience::For(Duration::ZERO)), ..RULES };
    for rules in [RULES, rules] {
        let mut scene = Scene::new(rules, Listening, Stdin::File);
        scene.stdin_ends().pass(60_000).receives(1).pass(60_000).waits_for_ever();
        scene.peer_ends().leaves(Why::BothEnded);
    }
    Scene::new(RULES, Listening, Stdin::File).gives("page").stdin_ends().half_closes();
}

#[test]
fn a_request_is_half_closed_upon_a_second_after_its_answer() {
    let mut scene = Scene::new(RULES, Connecting, Stdin::Pipe);
    scene.gives("GET / HTTP/1.1\r\n\r\n").stdin_ends().pass(60_000).waits_for_ever();
    scene.receives(9).waits(1_000);
    scene.pass(600).receives(9).waits(1_000);
    scene.pass(1_000).half_closes().waits_for_ever();
}

#[test]
fn the_user_may_half_close_at_once_or_never() {
    let at_once = Relay { half_close: HalfClose::AtOnce, ..RULES };
    Scene::new(at_once.clone(), Connecting, Stdin::Pipe).gives("GET / HTTP/1.1\r\n").stdin_ends().half_closes();
    Scene::new(at_once, Listening, Stdin::File).stdin_ends().half_closes();
    let never = Relay { half_close: HalfClose::Never, ..RULES };
    Scene::new(never, Connecting, Stdin::Pipe).gives("x").stdin_ends().waits_for_ever();
}

#[test]
fn quit_after_counts_from_either_end() {
    let rules = Relay { quit_after: Some(Patience::For(Duration::from_secs(3))), ..RULES };
    let mut scene = Scene::new(rules.clone(), Connecting, Stdin::Pipe);
    scene.gives("x").stdin_ends().half_closes().waits(3_000);
    scene.pass(3_000).leaves(Why::QuitAfter);
    let mut scene = Scene::new(rules, Listening, Stdin::Pipe);
    scene.receives(1).peer_ends().waits(3_000);
    scene.pass(3_000).leaves(Why::QuitAfter);
    let forever = Relay { quit_after: Some(Patience::Forever), ..RULES };
    Scene::new(forever, Connecting, Stdin::Terminal).receives(1).peer_ends().pass(60_000).waits_for_ever();
}

#[test]
fn silence_is_a_time_out_unless_it_follows_an_answer() {
    let rules = Relay { idle: Some(Duration::from_secs(5)), ..RULES };
    let mut scene = Scene::new(rules, Connecting, Stdin::Pipe);
    scene.waits(5_000);
    scene.pass(4_000).gives("x").waits(5_000);
    scene.pass(5_000).leaves(Why::Idle { answered: false });
    scene.receives(1).stdin_ends().half_closes();
    scene.pass(5_000).leaves(Why::Idle { answered: true });
}

#[test]
fn bytes_stuck_at_stdout_are_no_silence() {
    let rules = Relay { idle: Some(Duration::from_secs(5)), quit_after: Some(Patience::For(Duration::ZERO)), ..RULES };
    let mut scene = Scene::new(rules, Connecting, Stdin::Pipe);
    scene.gives("x").stdin_ends().half_closes().pass(60_000);
    assert_eq!(scene.ends.step(scene.now, Stuck { down: true, up: false }), Step::Wait(None));
    scene.leaves(Why::QuitAfter);
}

#[test]
fn without_stdin_the_peers_end_is_the_end() {
    let mut scene = Scene::new(Relay { stdin: false, ..RULES }, Connecting, Stdin::Unread);
    scene.receives(1).waits_for_ever();
    scene.peer_ends().leaves(Why::BothEnded);
}

#[test]
fn a_sender_leaves_when_all_is_sent() {
    let mut scene = Scene::new(Relay { output: Output::Nowhere, ..RULES }, Connecting, Stdin::File);
    scene.gives("x").waits_for_ever();
    scene.stdin_ends().leaves(Why::AllSent);
}

//! Every mode, fed by a peer on a clock that the test steps, cut anywhere.
#![allow(clippy::disallowed_methods, reason = "an Instant has no other source; only its differences count")]

use proptest::prelude::*;

use super::stop_word::SILENCE;
use super::*;

/// A talk with a session, as a server has it: what is not taken is offered again.
struct Talk {
    session: Box<dyn Session>,
    now: Instant,
    untaken: Vec<u8>,
    out: Out,
}

fn mode(flag: &str) -> &'static Mode {
    MODES.iter().find(|mode| mode.flag == flag).expect("a mode")
}

fn script(text: &str) -> Script {
    Script { text: Template::parse(text).expect("a text"), ..Script::default() }
}

impl Talk {
    fn new(flag: &str, script: Script) -> Self {
        let session = (mode(flag).begin)(Rc::new(script));
        Self { session, now: Instant::now(), untaken: Vec::new(), out: Out::default() }
    }

    fn hears(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        self.untaken.extend_from_slice(bytes.as_ref());
        self.offer();
        self
    }

    fn offer(&mut self) {
        while !self.untaken.is_empty() && !self.out.finished {
            let mut out = Out::default();
            let taken = self.session.data(&self.untaken, self.now, &mut out);
            let stalled = taken == 0 && out.bytes.is_empty();
            self.untaken.drain(..taken);
            self.out.bytes.extend(out.bytes);
            self.out.finished |= out.finished;
            if stalled {
                assert!(self.out.finished || self.session.deadline().is_some_and(|at| at > self.now), "it is stuck");
                break;
            }
        }
    }

    /// Time passes, with every deadline in it kept.
    fn pass(&mut self, millis: u64) -> &mut Self {
        let until = self.now + Duration::from_millis(millis);
        while let Some(at) = self.session.deadline().filter(|&at| at <= until && !self.out.finished) {
            self.now = self.now.max(at);
            self.session.tick(self.now, &mut self.out);
            self.offer();
        }
        self.now = until;
        self
    }

    fn ends(&mut self) -> &mut Self {
        assert!(self.untaken.is_empty());
        self.session.end(self.now, &mut self.out);
        self
    }

    /// What it has said since this was asked last.
    fn said(&mut self) -> String {
        String::from_utf8(std::mem::take(&mut self.out.bytes)).expect("text")
    }
}

fn datagram(flag: &str, script: Script, bytes: &[u8]) -> (Reaction, Vec<u8>) {
    let mut out = Vec::new();
    let reaction = (mode(flag).begin)(Rc::new(script)).datagram(bytes, &mut out);
    (reaction, out)
}

#[test]
fn a_line_is_answered_with_its_own_end() {
    let mut talk = Talk::new("hello", script("Hello, {}!"));
    assert_eq!(talk.hears("Michael\r\n").said(), "Hello, Michael!\r\n");
    assert_eq!(talk.hears("Bob\n\nAda\n").said(), "Hello, Bob!\nHello, !\nHello, Ada!\n");
}

#[test]
fn an_unfinished_line_is_answered_after_a_silence_or_at_the_end() {
    let mut talk = Talk::new("hello", script("Hello, {}!"));
    assert_eq!(talk.hears("Mic").pass(49).hears("hael").pass(49).said(), "");
    assert_eq!(talk.pass(1).said(), "Hello, Michael!");
    assert_eq!(talk.hears("Bob").ends().said(), "Hello, Bob!");
    assert!(talk.out.finished);
}

#[test]
fn the_end_alone_is_no_message() {
    let mut talk = Talk::new("reply", script("hi"));
    assert_eq!(talk.ends().said(), "");
    assert!(talk.out.finished);
}

#[test]
fn what_comes_before_a_silence_is_noticed_belongs_to_the_line() {
    let mut talk = Talk::new("reply", script("<{}>"));
    talk.hears("one");
    talk.now += SILENCE; // and this process was held up
    assert_eq!(talk.hears("two\n").said(), "<onetwo>\n");
}

#[test]
fn a_cr_alone_ends_no_line() {
    let mut talk = Talk::new("reply", script("<{}>"));
    assert_eq!(talk.hears("a\rb\r\n\r").ends().said(), "<a\rb>\r\n<\r>");
    assert_eq!(datagram("reply", script("<{}>"), b"a\r"), (Reaction::Answer, b"<a\r>".to_vec()));
}

#[test]
fn the_word_ends_the_talk_and_is_not_answered() {
    for (flag, said) in [("reply", "[Michael]\n"), ("echo", "Michael\n"), ("discard", "")] {
        for word in ["exit\n", "exit\r\n", "exit", "exit\r"] {
            let stop = Some(b"exit"[..].into());
            let mut talk = Talk::new(flag, Script { stop, ..script("[{}]") });
            let text = format!("Michael\n{word}");
            talk.hears(text);
            assert_eq!(talk.out.finished, word.ends_with('\n'), "{flag}");
            talk.pass(50);
            assert!(talk.out.finished, "{flag}");
            assert_eq!(talk.said().trim_end_matches("\r").trim_end_matches("exit"), said, "{flag}");
        }
    }
}

#[test]
fn every_mode_knows_the_same_word() {
    for (word, message, stops) in [
        ("exit", "exit\r\r\n", false), // a CR more than CRLF has
        ("exit\r", "exit\r\r\n", true),
        ("exit\r", "exit\r\n", false),
        ("exit\r", "exit\r", false), // of a CRLF, as it seems
        ("", "\r\n", true),
        ("", "\r", true),
    ] {
        for flag in ["echo", "reply", "discard"] {
            let script = || Script { stop: Some(word.as_bytes().into()), ..script("{}") };
            let mut talk = Talk::new(flag, script());
            talk.hears(message).pass(50);
            assert_eq!(talk.out.finished, stops, "{flag}: {message:?} of {word:?}");
            let (reaction, _) = datagram(flag, script(), message.as_bytes());
            assert_eq!(reaction == Reaction::Leave, stops, "{flag}: the datagram {message:?} of {word:?}");
        }
    }
}

#[test]
fn what_follows_the_word_is_not_answered() {
    for (flag, said) in [("reply", "[a]\n"), ("echo", "a\n")] {
        let stop = Some(b"exit"[..].into());
        let mut talk = Talk::new(flag, Script { stop, ..script("[{}]") });
        assert_eq!(talk.hears("a\nexit\nb\n").said(), said);
        assert!(talk.out.finished);
    }
}

#[test]
fn each_answer_is_thought_about() {
    let delay = Duration::from_secs(1);
    let mut talk = Talk::new("reply", Script { delay, ..script("<{}>") });
    assert_eq!(talk.hears("a\nb\nc").pass(999).said(), "");
    assert_eq!(talk.pass(1).said(), "<a>\n");
    assert_eq!(talk.pass(999).said(), "");
    assert_eq!(talk.pass(1).said(), "<b>\n");
    talk.pass(50); // then c is a message
    assert_eq!(talk.hears("d").pass(999).said(), "");
    assert_eq!(talk.pass(1).said(), "<c>");
    let mut echo = Talk::new("echo", Script { delay, ..script("") });
    assert_eq!(echo.hears("a").pass(999).said(), "");
    assert_eq!(echo.pass(1).said(), "a");
}

#[test]
fn the_end_waits_for_the_answer_under_way() {
    let delay = Duration::from_secs(1);
    let mut talk = Talk::new("reply", Script { delay, ..script("<{}>") });
    talk.hears("a").ends();
    assert!(!talk.out.finished);
    assert_eq!(talk.pass(1_000).said(), "<a>");
    assert!(talk.out.finished);
}

#[test]
fn a_line_without_an_end_is_answered_in_pieces() {
    let mut talk = Talk::new("reply", script("<{}>"));
    assert_eq!(talk.hears(vec![b'a'; 200_000]).ends().said().matches('<').count(), 4);
}

#[test]
fn long_answers_stop_the_intake() {
    let mut out = Out::default();
    let mut session = (mode("reply").begin)(Rc::new(script(&"x".repeat(1_000))));
    let taken = session.data(&[b'\n'; 64 * 1024], Instant::now(), &mut out);
    assert!((60..80).contains(&taken), "{taken}");
    assert!(out.bytes.len() < 70_000);
}

#[test]
fn a_datagram_is_a_message() {
    assert_eq!(datagram("echo", script(""), b""), (Reaction::Answer, b"".to_vec()));
    assert_eq!(datagram("echo", script(""), b"a\nb\n"), (Reaction::Answer, b"a\nb\n".to_vec()));
    assert_eq!(datagram("hello", script("Hello, {}!"), b"Bob"), (Reaction::Answer, b"Hello, Bob!".to_vec()));
    assert_eq!(datagram("reply", script("<{}>"), b"a\nb\r\n"), (Reaction::Answer, b"<a\nb>\r\n".to_vec()));
    assert_eq!(datagram("reply", script(""), b"a"), (Reaction::Answer, b"".to_vec()));
    assert_eq!(datagram("discard", script(""), b"a"), (Reaction::Silence, b"".to_vec()));
    for flag in ["echo", "reply", "discard"] {
        let stop = Some(b"exit"[..].into());
        assert_eq!(datagram(flag, Script { stop, ..script("") }, b"exit\n"), (Reaction::Leave, b"".to_vec()), "{flag}");
    }
}

#[test]
fn only_discard_without_a_word_is_blind() {
    for mode in &MODES {
        let looks = |script| (mode.begin)(Rc::new(script)).looks();
        assert_eq!(looks(script("")), mode.flag != "discard");
        assert!(looks(Script { stop: Some(b"x"[..].into()), ..script("") }));
    }
}

proptest! {
    /// However the stream is cut, and whatever is thought about, each line has its answer, in order.
    #[test]
    fn every_line_is_answered_however_it_is_cut(
        text in "[ab\r\n]{0,40}", cuts in prop::collection::vec(0usize..40, 0..8), delay in prop::sample::select(vec![0u64, 30, 1_000]),
    ) {
        let expected: String = text.split_inclusive('\n').map(|line| {
            let message = line.strip_suffix("\r\n").or(line.strip_suffix('\n')).unwrap_or(line);
            format!("<{message}>{}", &line[message.len()..])
        }).collect();
        let mut talk = Talk::new("reply", Script { delay: Duration::from_millis(delay), ..script("<{}>") });
        let mut at = 0;
        let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(text.len())).collect();
        cuts.sort_unstable();
        for cut in cuts {
            talk.hears(&text[at..cut]);
            at = cut;
        }
        talk.hears(&text[at..]);
        // Nothing is silent for long enough to cut a line before the end is there.
        while !talk.untaken.is_empty() {
            let at = talk.session.deadline().expect("what is not taken has its time");
            talk.pass((at - talk.now).as_millis() as u64);
        }
        talk.ends().pass(delay);
        prop_assert!(talk.out.finished);
        prop_assert_eq!(talk.said(), expected);
    }

    #[test]
    fn echo_gives_back_what_it_gets(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..50), 0..9)) {
        let mut talk = Talk::new("echo", script(""));
        for piece in &pieces {
            talk.hears(piece);
        }
        prop_assert_eq!(&talk.out.bytes, &pieces.concat());
        prop_assert!(talk.ends().out.finished);
    }
}

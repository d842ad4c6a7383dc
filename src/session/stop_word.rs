//! What a message is, and whether one of them is the word that ends the talk (`--stop`).
//!
//! A message is a line without its LF or CRLF. Who types no line end is understood too: an unfinished line is a message
//! after a short silence, or at the peer's end. A CR at its end is then taken for a CRLF whose LF is still to come.
//! Over UDP a datagram is a message, with a line end or without. No line is held: it is compared as it passes.

use std::rc::Rc;
use std::time::{Duration, Instant};

/// An unfinished line that is silent for so long is a message.
pub const SILENCE: Duration = Duration::from_millis(50);

/// Waits for one word among the messages of one peer.
#[derive(Debug)]
pub struct StopWord {
    word: Rc<[u8]>,
    /// How much of the word the line is so far; none once it is something else.
    matched: Option<usize>,
    /// The line so far ends with a CR, which may belong to its end.
    cr: bool,
    /// When the unfinished line is a message; none between lines.
    deadline: Option<Instant>,
}

impl StopWord {
    /// Waits for this word.
    pub fn new(word: impl Into<Rc<[u8]>>) -> Self {
        Self { word: word.into(), matched: Some(0), cr: false, deadline: None }
    }

    /// Looks at the next bytes of the stream; true once the word was a whole message. Bytes after it are not looked at.
    pub fn see(&mut self, bytes: &[u8], now: Instant) -> bool {
        self.find(bytes, now).is_some()
    }

    /// The same, with where in these bytes that message begins: 0 where it began before them.
    pub fn find(&mut self, bytes: &[u8], now: Instant) -> Option<usize> {
        let mut start = 0;
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            match piece.strip_suffix(b"\n") {
                Some(line) => {
                    self.compare(line);
                    if self.finish() {
                        return Some(start);
                    }
                }
                None => {
                    self.compare(piece);
                    self.deadline = Some(now + SILENCE);
                }
            }
            start += piece.len();
        }
        None
    }

    /// When an unfinished line is a message, if nothing more comes.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    /// Whether the silence has made a message of the word.
    pub fn tick(&mut self, now: Instant) -> bool {
        self.deadline.is_some_and(|at| at <= now) && self.finish()
    }

    /// Whether the peer's end has made a message of the word.
    pub fn end(&mut self) -> bool {
        self.deadline.is_some() && self.finish()
    }

    /// Whether a whole datagram is the word.
    pub fn datagram(&self, bytes: &[u8]) -> bool {
        bare(bytes) == &*self.word
    }

    /// Compares more of the line.
    fn compare(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        if self.cr {
            self.advance(b"\r"); // it was no line end
        }
        let line = bytes.strip_suffix(b"\r");
        self.cr = line.is_some();
        self.advance(line.unwrap_or(bytes));
    }

    fn advance(&mut self, bytes: &[u8]) {
        self.matched = self
            .matched
            .filter(|&matched| self.word[matched..].starts_with(bytes))
            .map(|matched| matched + bytes.len());
    }

    /// Ends the line: whether it was the word.
    fn finish(&mut self) -> bool {
        let whole = self.matched == Some(self.word.len());
        (self.matched, self.cr, self.deadline) = (Some(0), false, None);
        whole
    }
}

/// A message as it is compared with the word: without its LF, or CRLF, or the CR of who has not sent the LF yet.
pub fn bare(message: &[u8]) -> &[u8] {
    let message = message.strip_suffix(b"\n").unwrap_or(message);
    message.strip_suffix(b"\r").unwrap_or(message)
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "an Instant has no other source; only its differences count")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn word(word: &str) -> StopWord {
        StopWord::new(word.as_bytes())
    }

    /// Whether the word is a message of a whole stream without a silence.
    fn plain(word: &str, text: &str) -> bool {
        text.split_inclusive('\n').any(|line| {
            let line = line.strip_suffix('\n').unwrap_or(line);
            line.strip_suffix('\r').unwrap_or(line) == word
        })
    }

    #[test]
    fn the_word_is_a_whole_line_at_every_split() {
        for (text, stops) in [
            ("exit\n", true),
            ("exit\r\n", true),
            ("hello\nexit\nmore", true),
            ("\r\n\nexit\r\n", true),
            ("exit", true),
            ("exit\r", true),
            ("a\nexit", true),
            ("exit\r\r\n", false),
            ("exit \nexitexit\n", false),
            (" exit\nEXIT\n\rexit\n", false),
            ("ex\nit\nexi\n", false),
            ("ex\rit\nt", false),
            ("", false),
        ] {
            assert_eq!(plain("exit", text), stops, "{text:?}");
            let (bytes, now) = (text.as_bytes(), Instant::now());
            for first in 0..=bytes.len() {
                for second in first..=bytes.len() {
                    let mut stop = word("exit");
                    let mut seen = stop.see(&bytes[..first], now);
                    seen = seen || stop.see(&bytes[first..second], now);
                    seen = seen || stop.see(&bytes[second..], now);
                    assert_eq!(seen || stop.end(), stops, "{text:?} cut at {first} and {second}");
                }
            }
        }
    }

    #[test]
    fn an_unfinished_line_is_a_message_after_a_silence() {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let mut stop = word("exit");
        assert_eq!(stop.deadline(), None);
        assert!(!stop.see(b"a\nex", at(0)));
        assert_eq!(stop.deadline(), Some(at(50)));
        assert!(!stop.see(b"it", at(49)));
        assert_eq!(stop.deadline(), Some(at(99)));
        assert!(!stop.see(b"", at(99)));
        assert!(!stop.tick(at(98)));
        assert!(stop.tick(at(99)));
        assert_eq!(stop.deadline(), None);
        assert!(!stop.tick(at(99)) && !stop.end());
    }

    #[test]
    fn what_comes_before_a_silence_is_noticed_belongs_to_the_line() {
        let start = Instant::now();
        let mut stop = word("exit");
        assert!(!stop.see(b"exit", start));
        assert!(!stop.see(b"ing\n", start + SILENCE));
        let mut stop = word("exit");
        assert!(!stop.see(b"ex", start));
        assert!(stop.see(b"it\n", start + SILENCE));
    }

    #[test]
    fn between_lines_nothing_is_waited_for() {
        let mut stop = word("");
        let now = Instant::now();
        assert!(!stop.see(b"", now) && !stop.tick(now + SILENCE) && !stop.end());
        assert!(!stop.see(b"a\n", now));
        assert_eq!((stop.deadline(), stop.end()), (None, false));
        assert!(stop.see(b"\r\n", now));
    }

    #[test]
    fn a_datagram_is_a_message_with_a_line_end_or_without() {
        for (datagram, stops) in [
            ("exit", true),
            ("exit\n", true),
            ("exit\r\n", true),
            ("exit\r", true),
            ("exit\n\n", false),
            ("a\nexit\n", false),
            ("", false),
        ] {
            assert_eq!(word("exit").datagram(datagram.as_bytes()), stops, "{datagram:?}");
        }
        assert!(word("").datagram(b"") && word("").datagram(b"\r\n"));
    }

    proptest! {
        /// Against the plain answer: the lines of the pieces between silences.
        #[test]
        fn as_if_the_lines_were_held(
            pieces in prop::collection::vec(("[ab\r\n]{0,6}", prop::bool::weighted(0.2)), 0..20),
        ) {
            let mut now = Instant::now();
            for target in ["", "a", "ab", "a\r", "aab"] {
                let (mut stop, mut stream, mut seen, mut expected) = (word(target), String::new(), false, false);
                for (piece, silent) in &pieces {
                    if *silent {
                        now += SILENCE;
                        seen = seen || stop.tick(now);
                        expected |= plain(target, &std::mem::take(&mut stream));
                    }
                    seen = seen || stop.see(piece.as_bytes(), now);
                    stream += piece;
                }
                seen = seen || stop.end();
                prop_assert_eq!(seen, expected || plain(target, &stream));
            }
        }
    }
}

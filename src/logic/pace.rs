//! How fast lines are sent when the user wants time between them (`-i`): one line, then a pause.
//!
//! It knows only line ends. There is no pause within a line that was sent in pieces, and none is waited for after the
//! last line: who has nothing more to send does not ask.

use std::time::{Duration, Instant};

/// The pace of one direction.
#[derive(Debug)]
pub struct Pace {
    interval: Duration,
    next: Option<Instant>,
}

impl Pace {
    /// A pause of this length after each line; the first line need not wait.
    pub fn new(interval: Duration) -> Self {
        Self { interval, next: None }
    }

    /// How many of the bytes that wait may be sent now: the rest of one line at most, with its LF.
    pub fn allow(&mut self, bytes: &[u8], now: Instant) -> usize {
        self.next = self.next.filter(|&next| now < next);
        match self.next {
            Some(_) => 0,
            None => bytes.iter().position(|&byte| byte == b'\n').map_or(bytes.len(), |lf| lf + 1),
        }
    }

    /// Notes what was truly sent of them.
    pub fn sent(&mut self, bytes: &[u8], now: Instant) {
        if bytes.contains(&b'\n') {
            self.next = Some(now + self.interval);
        }
    }

    /// When more may be sent, if that is not now.
    pub fn next(&self) -> Option<Instant> {
        self.next
    }
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "an Instant has no other source; only its differences count")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_second_lies_between_lines() {
        let (mut pace, start) = (Pace::new(SECOND), Instant::now());
        assert_eq!(pace.next(), None);
        assert_eq!(pace.allow(b"one\ntwo\n", start), 4);
        pace.sent(b"one\n", start);
        assert_eq!(pace.allow(b"two\n", start), 0);
        assert_eq!(pace.next(), Some(start + SECOND));
        assert_eq!(pace.allow(b"two\n", start + SECOND / 2), 0);
        assert_eq!(pace.allow(b"two\n", start + SECOND), 4);
        assert_eq!(pace.next(), None);
    }

    #[test]
    fn the_pause_begins_when_the_line_was_sent_whole() {
        let (mut pace, start) = (Pace::new(SECOND), Instant::now());
        pace.sent(b"on", start);
        assert_eq!((pace.next(), pace.allow(b"e\ntwo", start)), (None, 2));
        pace.sent(b"e\n", start + SECOND * 5);
        assert_eq!(pace.next(), Some(start + SECOND * 6));
        assert_eq!(pace.allow(b"two", start + SECOND * 6), 3);
        pace.sent(b"two", start + SECOND * 6);
        assert_eq!(pace.allow(b"\n\n", start + SECOND * 6), 1);
        assert_eq!(pace.allow(b"", start + SECOND * 6), 0);
        pace.sent(b"", start + SECOND * 6);
        assert_eq!(pace.next(), None);
    }

    #[test]
    fn no_interval_is_no_pause() {
        let (mut pace, start) = (Pace::new(Duration::ZERO), Instant::now());
        pace.sent(b"one\n", start);
        assert_eq!(pace.allow(b"two\n", start), 4);
    }

    proptest! {
        /// However the bytes come and however few of them the socket takes: all are sent, and lines lie apart.
        #[test]
        fn lines_lie_apart_at_every_split(
            text in "[ab\n]{0,40}",
            reads in prop::collection::vec(1usize..9, 1..9), takes in prop::collection::vec(1usize..5, 1..9),
        ) {
            let (mut pace, mut now) = (Pace::new(SECOND), Instant::now());
            let (start, bytes) = (now, text.as_bytes());
            let (mut reads, mut takes) = (reads.iter().cycle(), takes.iter().cycle());
            let (mut read, mut sent) = (0, 0);
            while sent < bytes.len() {
                if read == sent {
                    read = bytes.len().min(read + reads.next().expect("a cycle"));
                }
                match pace.allow(&bytes[sent..read], now) {
                    0 => now = pace.next().expect("a time to look again"),
                    count => {
                        let count = count.min(*takes.next().expect("a cycle"));
                        let line = bytes[..sent].iter().filter(|&&byte| byte == b'\n').count() as u32;
                        prop_assert_eq!(now, start + SECOND * line);
                        prop_assert!(!bytes[sent..sent + count - 1].contains(&b'\n'));
                        pace.sent(&bytes[sent..sent + count], now);
                        sent += count;
                    }
                }
            }
        }
    }
}

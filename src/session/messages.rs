//! A stream cut into messages: a line, or what is unfinished of one after a short silence, or at the end. One is held
//! at a time, with its line end.

use std::time::Instant;

use super::stop_word::SILENCE;

/// A line that is longer is a message at this many bytes.
const LONGEST: usize = 64 * 1024;

#[derive(Debug, Default)]
pub(super) struct Messages {
    line: Vec<u8>,
    whole: bool,
    /// When silence makes an unfinished line whole.
    deadline: Option<Instant>,
}

impl Messages {
    /// Takes what belongs to the message under way; nothing while that is whole, until it is cleared. What comes before
    /// anybody has noticed a silence still belongs to it.
    pub(super) fn take(&mut self, bytes: &[u8], now: Instant) -> usize {
        if self.whole {
            return 0;
        }
        let room = &bytes[..bytes.len().min(LONGEST - self.line.len())];
        let count = room.iter().position(|&byte| byte == b'\n').map_or(room.len(), |lf| lf + 1);
        self.line.extend_from_slice(&room[..count]);
        self.whole = self.line.ends_with(b"\n") || self.line.len() == LONGEST;
        self.deadline = (!self.whole && !self.line.is_empty()).then_some(now + SILENCE);
        count
    }

    /// Whether there is a message.
    pub(super) fn is_whole(&self) -> bool {
        self.whole
    }

    /// Notices that the silence is over, if it is.
    pub(super) fn tick(&mut self, now: Instant) {
        if self.deadline.is_some_and(|at| at <= now) {
            self.end();
        }
    }

    /// Nothing more will come: what is there is whole.
    pub(super) fn end(&mut self) {
        self.deadline = None;
        self.whole = !self.line.is_empty();
    }

    /// The message so far.
    pub(super) fn line(&self) -> &[u8] {
        &self.line
    }

    /// Forgets the message. A long one's memory is not kept for the next.
    pub(super) fn clear(&mut self) {
        self.whole = false;
        self.line = Vec::new();
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.deadline
    }
}

/// A message and its line end: LF, CRLF, or none.
pub(super) fn split_end(line: &[u8]) -> (&[u8], &[u8]) {
    let text = line.strip_suffix(b"\r\n").or(line.strip_suffix(b"\n")).unwrap_or(line);
    line.split_at(text.len())
}

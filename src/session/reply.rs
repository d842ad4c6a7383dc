//! `--reply TEXT` and `--hello`: a text for each message, with the message in it and its line end after it.

use std::rc::Rc;
use std::time::Instant;

use super::messages::{Messages, split_end};
use super::pause::Pause;
use super::stop_word::bare;
use super::{Out, Reaction, Script, Session};

pub(super) struct Reply {
    script: Rc<Script>,
    messages: Messages,
    pause: Pause,
    ended: bool,
}

impl Reply {
    pub(super) fn new(script: Rc<Script>) -> Self {
        Self { script, messages: Messages::default(), pause: Pause::default(), ended: false }
    }

    /// Answers the message under way, if it is whole and its time has come.
    fn answer(&mut self, now: Instant, out: &mut Out) {
        if self.messages.is_whole() {
            if self.is_stop(self.messages.line()) {
                return out.finish();
            }
            let (message, end) = split_end(self.messages.line());
            if !self.pause.is_over(self.script.delay, now) {
                return;
            }
            self.script.text.fill(message, &mut out.bytes);
            out.send(end);
            self.messages.clear();
        }
        if self.ended && self.messages.line().is_empty() {
            out.finish();
        }
    }

    fn is_stop(&self, line: &[u8]) -> bool {
        self.script.stop.as_deref() == Some(bare(line))
    }
}

impl Session for Reply {
    fn data(&mut self, bytes: &[u8], now: Instant, out: &mut Out) -> usize {
        let mut taken = 0;
        self.answer(now, out);
        while taken < bytes.len() && !out.is_full() {
            match self.messages.take(&bytes[taken..], now) {
                0 => break, // the one before waits for its time
                count => taken += count,
            }
            self.answer(now, out);
        }
        taken
    }

    fn end(&mut self, now: Instant, out: &mut Out) {
        self.ended = true;
        self.messages.end();
        self.answer(now, out);
    }

    fn tick(&mut self, now: Instant, out: &mut Out) {
        self.messages.tick(now);
        self.answer(now, out);
    }

    fn deadline(&self) -> Option<Instant> {
        self.pause.deadline().or_else(|| self.messages.deadline())
    }

    fn datagram(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Reaction {
        if self.is_stop(bytes) {
            return Reaction::Leave;
        }
        let (message, end) = split_end(bytes);
        self.script.text.fill(message, out);
        out.extend_from_slice(end);
        Reaction::Answer
    }
}

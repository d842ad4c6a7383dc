//! `--echo`: the bytes that came (RFC 862).

use std::rc::Rc;
use std::time::Instant;

use super::pause::Pause;
use super::{Out, Reaction, Script, Session};
use crate::logic::message::StopWord;

pub(super) struct Echo {
    script: Rc<Script>,
    pause: Pause,
    stop: Option<Box<StopWord>>,
}

impl Echo {
    pub(super) fn new(script: Rc<Script>) -> Self {
        let stop = script.stop.clone().map(|word| Box::new(StopWord::new(word)));
        Self { script, pause: Pause::default(), stop }
    }
}

impl Session for Echo {
    fn data(&mut self, bytes: &[u8], now: Instant, out: &mut Out) -> usize {
        if !self.pause.is_over(self.script.delay, now) {
            return 0;
        }
        match self.stop.as_mut().and_then(|stop| stop.find(bytes, now)) {
            None => out.send(bytes),
            Some(start) => {
                out.send(&bytes[..start]);
                out.finish();
            }
        }
        bytes.len()
    }

    fn end(&mut self, _: Instant, out: &mut Out) {
        out.finish();
    }

    fn tick(&mut self, now: Instant, out: &mut Out) {
        if self.stop.as_mut().is_some_and(|stop| stop.tick(now)) {
            out.finish();
        }
    }

    fn deadline(&self) -> Option<Instant> {
        self.pause.deadline().or_else(|| self.stop.as_ref()?.deadline())
    }

    fn datagram(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Reaction {
        if self.stop.as_ref().is_some_and(|stop| stop.datagram(bytes)) {
            return Reaction::Leave;
        }
        out.extend_from_slice(bytes);
        Reaction::Answer
    }
}

//! `--echo`: the bytes that came (RFC 862).

use std::rc::Rc;
use std::time::Instant;

use super::pause::Pause;
use super::stop::Stop;
use super::{Out, Reaction, Script, Session};

pub(super) struct Echo {
    script: Rc<Script>,
    pause: Pause,
    stop: Stop,
}

impl Echo {
    pub(super) fn new(script: Rc<Script>) -> Self {
        Self { pause: Pause::default(), stop: Stop::new(&script), script }
    }
}

impl Session for Echo {
    fn data(&mut self, bytes: &[u8], now: Instant, out: &mut Out) -> usize {
        if !self.pause.is_over(self.script.delay, now) {
            return 0;
        }
        let echoed = self.stop.before(bytes, now, out);
        out.send(echoed);
        bytes.len()
    }

    fn tick(&mut self, now: Instant, out: &mut Out) {
        self.stop.tick(now, out);
    }

    fn deadline(&self) -> Option<Instant> {
        self.pause.deadline().or_else(|| self.stop.deadline())
    }

    fn datagram(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Reaction {
        if self.stop.is(bytes) {
            return Reaction::Leave;
        }
        out.extend_from_slice(bytes);
        Reaction::Answer
    }
}

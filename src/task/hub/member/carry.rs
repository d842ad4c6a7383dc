//! What is carried between a peer and the others: what it sends to the reader of all, what stdin gives to it.

use std::rc::Rc;
use std::time::Instant;

use super::{Member, Over, PATIENCE, READS};
use crate::error::{Deed, Way};
use crate::event::{By, Chunk, Event};
use crate::io::endpoint::Io;
use crate::task::Cx;
use crate::task::hub::Shared;
use crate::task::hub::queue::LIMIT;

impl Member {
    /// Reads what has come and passes it on, unless the reader has not taken what came before.
    pub(super) fn receive(&mut self, cx: &mut Cx<'_>, shared: &mut Shared) -> Result<(), Over> {
        for _ in 0..READS {
            if self.ended || shared.outlet.spout.stuck() {
                break;
            }
            match self.stream.io.read(cx.scratch) {
                Ok(Io::Blocked) => break,
                Ok(Io::Moved(count)) => {
                    self.pass_on(cx, shared, count)?;
                    if self.has_enough(cx.now) {
                        break;
                    }
                }
                Ok(Io::End) if self.wreck.is_some() => return Err(self.broke(None)),
                Ok(Io::End) => {
                    self.flush(cx, shared)?;
                    self.peer_ended(cx);
                    self.ends.note_peer_end(cx.now);
                }
                Err(error) => return Err(self.broke(Some(error))),
            }
        }
        Ok(())
    }

    pub(super) fn peer_ended(&mut self, cx: &mut Cx<'_>) {
        self.ended = true;
        self.stream.probe_peer();
        cx.tell(&Event::HalfClose { conn: self.conn, by: By::Peer });
    }

    /// Passes on so many bytes that lie in the scratch memory.
    pub(super) fn pass_on(&mut self, cx: &mut Cx<'_>, shared: &mut Shared, count: usize) -> Result<(), Over> {
        let bytes = &cx.scratch[..count];
        cx.report.dump(&Chunk {
            conn: self.conn,
            peer: &self.stream.peer,
            way: Way::Down,
            offset: self.ends.received(),
            bytes,
        });
        let mut filtered = Vec::new();
        let mut bytes = bytes;
        if let Some(extras) = &mut self.extras {
            if let Some(halt) = &mut extras.halt {
                halt.see(bytes, cx.now);
            }
            if !extras.receiving.is_empty() {
                extras.receiving.run(bytes, &mut filtered);
                // While some wait to be sent, telnet keeps the others, each once.
                if self.queue.is_empty() && !self.ends.half_closed() && self.wreck.is_none() {
                    self.queue.push(extras.receiving.answers().into());
                }
                bytes = &filtered;
            }
        }
        let shown = shared.outlet.give(self.conn, &self.stream.peer, bytes);
        self.offer(bytes, cx.now, &mut shared.out);
        self.count(cx, count);
        shown.map_err(Over::ReaderFailed)
    }

    /// Counts bytes that came.
    pub(super) fn count(&mut self, cx: &mut Cx<'_>, count: usize) {
        self.ends.note_moved(cx.now);
        if self.ends.note_received(self.ends.received() + count as u64, cx.now) {
            cx.tell(&Event::FirstByte { conn: self.conn, after: cx.now - self.began });
        }
    }

    /// Passes on what the filters still hold at the peer's end.
    pub(super) fn flush(&mut self, cx: &mut Cx<'_>, shared: &mut Shared) -> Result<(), Over> {
        let mut rest = Vec::new();
        if let Some(extras) = &mut self.extras {
            extras.receiving.end(&mut rest);
        }
        self.offer(&rest, cx.now, &mut shared.out);
        shared.outlet.give(self.conn, &self.stream.peer, &rest).map_err(Over::ReaderFailed)
    }

    /// Sends what waits, as far as the peer takes it. `company`: others listen, whom it holds up while its queue is
    /// full.
    pub(super) fn send(&mut self, cx: &mut Cx<'_>, company: bool) -> Result<(), Over> {
        while self.wreck.is_none()
            && let Some(front) = self.queue.front()
        {
            let front = Rc::clone(front);
            match self.write(cx, &front[self.queue.gone()..])? {
                0 => break,
                count => self.queue.advance(count),
            }
        }
        // A session is not asked for more while its peer takes nothing: its queue does not grow. But once it has said
        // its last, the peer has to go on taking.
        let waits = match &self.mind {
            None => company && self.is_full(),
            Some(mind) => mind.has_finished() && !self.queue.is_empty(),
        };
        self.full = match waits && self.wreck.is_none() {
            true => Some(self.full.unwrap_or(cx.now)),
            false => None,
        };
        match self.full {
            Some(since) if since + PATIENCE <= cx.now => Err(Over::Slow),
            _ => Ok(()),
        }
    }

    /// Writes once: how many bytes the peer took.
    #[inline(always)] // see `Endpoint::read`
    pub(super) fn write(&mut self, cx: &mut Cx<'_>, bytes: &[u8]) -> Result<usize, Over> {
        match self.stream.io.write(bytes) {
            Ok(Io::Moved(count)) => {
                let (conn, peer, offset) = (self.conn, &self.stream.peer, self.sent);
                cx.report.dump(&Chunk { conn, peer, way: Way::Up, offset, bytes: &bytes[..count] });
                self.sent += count as u64;
                self.ends.note_moved(cx.now);
                self.full = self.full.filter(|_| self.mind.is_none());
                Ok(count)
            }
            Ok(Io::Blocked | Io::End) => Ok(0),
            // What it has sent before is still read.
            Err(error) if !self.ended => {
                self.wreck = Some(Box::new(error));
                Ok(0)
            }
            Err(error) => Err(Over::Broke(Deed::Send, error)),
        }
    }

    /// Whether no more may be queued for now.
    pub(in crate::task::hub) fn is_full(&self) -> bool {
        self.queue.len() >= LIMIT
    }

    /// Queues what stdin gives.
    pub(in crate::task::hub) fn give(&mut self, chunk: &Rc<[u8]>, now: Instant) {
        self.ends.note_given(self.ends.given() + chunk.len() as u64, now);
        self.queue.push(Rc::clone(chunk));
    }

    /// Whether more of its file can be read for it.
    pub(in crate::task::hub) fn wants_file(&self, now: Instant) -> Option<u64> {
        let ready = self.listens() && self.queue.is_empty() && self.stream.io.writable() && self.pause(now).is_none();
        self.file.filter(|_| ready)
    }

    /// Queues what its file gives, as far as its time has come: how many bytes that is.
    pub(in crate::task::hub) fn give_file(&mut self, mut bytes: &[u8], now: Instant) -> usize {
        let mut filtered = Vec::new();
        match &mut self.extras {
            Some(extras) => {
                if let Some(pace) = &mut extras.pace {
                    bytes = &bytes[..pace.allow(bytes, now)];
                    pace.sent(bytes, now);
                }
                extras.sending.run(bytes, &mut filtered);
            }
            None => filtered.extend_from_slice(bytes),
        }
        self.give(&filtered.into(), now);
        bytes.len()
    }

    /// When more of its file may be sent, where time alone holds it.
    pub(super) fn pause(&self, now: Instant) -> Option<Instant> {
        let pace = self.extras.as_ref()?.pace.as_ref()?;
        pace.next().filter(|next| self.file.is_some() && *next > now)
    }

    /// Queues what the filters still hold at its file's end.
    pub(in crate::task::hub) fn end_file(&mut self, now: Instant) {
        let mut rest = Vec::new();
        if let Some(extras) = &mut self.extras {
            extras.sending.end(&mut rest);
        }
        self.give(&rest.into(), now);
    }
}

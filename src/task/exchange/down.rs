//! From the peers to stdout: each datagram whole, one after the other, and none received while stdout is stuck.

use super::talk::{Key, Talk};
use crate::error::{Deed, Exit, Failure, Object, Way};
use crate::event::{Chunk, Event};
use crate::filter::Chain;
use crate::io::endpoint::Endpoint;
use crate::io::spout::Spout;
use crate::logic::label::{self, Label};
use crate::logic::peers::Talker;
use crate::logic::side::Role;
use crate::net::datagram::{Batch, Datagram};
use crate::plan::Relay;
use crate::task::{Cx, Turn};

/// How many batches of each socket before others get their turn.
const BATCHES: usize = 8;

/// What is on its way to stdout.
pub(super) struct Down {
    /// Taken out only while it is worked on.
    batch: Option<Box<Batch>>,
    chain: Chain,
    /// stdout; while it is stuck nothing is received.
    pub(super) spout: Spout,
    label: Label,
    labels: bool,
    color: bool,
    /// No more is wanted (`-W`, `--stop`).
    pub(super) enough: bool,
    answered: bool,
}

impl Down {
    pub(super) fn new(relay: &Relay, stdout: Option<Endpoint>) -> Self {
        let spout = Spout::new(stdout);
        Self {
            batch: Some(Box::default()),
            chain: relay.bytes.filters.receiving(),
            label: Label::default(),
            labels: relay.bytes.label,
            color: relay.bytes.colors(spout.is_terminal()),
            spout,
            enough: false,
            answered: false,
        }
    }
}

impl Talk {
    /// True while there is more to receive at once; a turn when that was the end.
    pub(super) fn carry_down(&mut self, cx: &mut Cx<'_>) -> Result<bool, Turn> {
        for _ in 0..BATCHES {
            self.write_out(cx)?;
            if self.down.spout.stuck() || self.down.enough || self.is_full() || !self.receive(cx)? {
                return Ok(false);
            }
        }
        self.write_out(cx)?;
        Ok(!self.down.spout.stuck() && !self.is_full())
    }

    /// Writes what stdout takes.
    pub(super) fn write_out(&mut self, cx: &mut Cx<'_>) -> Result<(), Turn> {
        match self.down.spout.flush() {
            Ok(true) => self.quiet.moved(cx.now),
            Ok(false) => {}
            Err(error) => return Err(self.stdout_failed(cx, &error)),
        }
        Ok(())
    }

    /// Receives a batch from each socket. Whether anything came.
    fn receive(&mut self, cx: &mut Cx<'_>) -> Result<bool, Turn> {
        let Some(mut batch) = self.down.batch.take() else {
            return Ok(false);
        };
        let mut any = false;
        for wire in 0..self.wires.len() {
            match self.wires[wire].socket.receive(&mut batch) {
                Ok(count) => any |= count > 0,
                Err(error) => return Err(self.broke(cx, Deed::Receive, &error)),
            }
            for datagram in batch.iter() {
                if self.down.enough {
                    break;
                }
                self.take(cx, wire, datagram);
            }
        }
        self.down.batch = Some(batch);
        Ok(any)
    }

    /// Takes note of a datagram, and puts what is to be written of it after what is there.
    fn take(&mut self, cx: &mut Cx<'_>, wire: usize, datagram: Datagram<'_>) {
        let key = match self.role {
            Role::Connecting => Key::CONNECTED,
            Role::Listening => Key { wire, place: *datagram.from },
        };
        if self.is_own(&key) {
            return;
        }
        let (new, forgotten) = self.peers.hear(key, cx.now);
        if let Some((key, talker)) = forgotten {
            self.tell_forgotten(cx, key, &talker);
        }
        let Some(talker) = self.peers.talker(&key) else {
            return;
        };
        let offset = talker.received;
        talker.received += datagram.bytes.len() as u64;
        let talker = *talker;
        self.greet(cx, &key, &talker, new);
        self.quiet.received(cx.now);
        if cx.report.dumps() {
            let peer = &self.peer_of(&key);
            let (conn, bytes) = (talker.conn, datagram.bytes);
            cx.report.dump(&Chunk { conn, peer, way: Way::Down, offset, bytes });
        }
        if datagram.cut {
            let object = Object::Peer(self.peer_of(&key));
            let reason = format!("a datagram was longer than {} bytes, its rest is lost", datagram.bytes.len());
            self.trouble(cx, Failure::new(Deed::Receive, object, reason, Exit::Network));
        }
        if let Some(halt) = &mut self.halt {
            self.down.enough = !halt.see_datagram(datagram.bytes);
        }
        let mut filtered = Vec::new();
        let bytes = self.filter(&key, datagram.bytes, &mut filtered);
        if self.down.spout.is_read() {
            let label = self.down.labels.then(|| label::name(talker.conn, &self.peer_of(&key), self.down.color));
            self.down.label.run(talker.conn, label.as_deref(), bytes, self.down.spout.buffer());
        }
        if self.answerer.is_some() {
            self.answer(cx, key, bytes);
        } else if self.role == Role::Listening && key.place.has_name() {
            self.up.target = Some(key);
        }
    }

    /// Tells of a peer that was not heard before.
    fn greet(&mut self, cx: &mut Cx<'_>, key: &Key, talker: &Talker, new: bool) {
        let Some(local) = self.wires.get(key.wire).map(|wire| wire.addr.clone()) else {
            return;
        };
        match &self.peer {
            None if new => {
                cx.tell(&Event::Accept { conn: talker.conn, peer: self.peer_of(key), local });
                self.down.labels |= self.down.spout.is_terminal() && talker.conn > 1;
            }
            Some(peer) if !std::mem::replace(&mut self.down.answered, true) => {
                let took = cx.now - self.up.first_sent().unwrap_or(self.began);
                let (peer, lookup) = (peer.clone(), self.lookup);
                cx.tell(&Event::Connect { conn: talker.conn, peer, local, lookup, took });
            }
            _ => {}
        }
    }

    /// What the filters make of a datagram.
    fn filter<'a>(&mut self, key: &Key, bytes: &'a [u8], filtered: &'a mut Vec<u8>) -> &'a [u8] {
        let chain = &mut self.down.chain;
        if chain.is_empty() {
            return bytes;
        }
        chain.run(bytes, filtered);
        chain.end(filtered);
        let answers = chain.answers();
        if !answers.is_empty() && (self.peer.is_some() || key.place.has_name()) {
            self.up.answer(*key, answers);
        }
        filtered
    }
}

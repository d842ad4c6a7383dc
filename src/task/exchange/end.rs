//! How an exchange ends: what is told of it, what was lost by it, and the exit status that follows.

use std::io;

use super::talk::{Key, Talk};
use crate::error::{Deed, Exit, Failure, Lost, Object};
use crate::event::{By, Close, Event, How};
use crate::io::endpoint::Endpoint;
use crate::logic::peers::Talker;
use crate::logic::quiet::Why;
use crate::logic::side::Role;
use crate::task::ending::Ending;
use crate::task::{Cx, Stop, Turn};

/// The end of an exchange, as it is told of each of its peers.
#[derive(Clone, Copy)]
struct End(By, How, Exit);

impl Talk {
    /// The socket, or the way to the peer, is of no more use.
    pub(super) fn broke(&mut self, cx: &mut Cx<'_>, deed: Deed, error: &io::Error) -> Turn {
        if let Err(turn) = self.write_out(cx) {
            return turn; // stdout failed too, and that was told
        }
        self.ending(cx).broke(cx, deed, error);
        self.finish(cx, End(By::Peer, How::of(error), Exit::Network))
    }

    /// stdout's reader has left: the run ends, and that is no failure.
    pub(super) fn reader_left(&mut self, cx: &mut Cx<'_>) -> Turn {
        self.finish(cx, End(By::Local, How::Fin, self.worst))
    }

    /// Writing to stdout failed.
    pub(super) fn stdout_failed(&mut self, cx: &mut Cx<'_>, error: &io::Error) -> Turn {
        if self.down.spout.reader_left(error) {
            return self.reader_left(cx);
        }
        self.ending(cx).sink_failed(cx, error);
        self.finish(cx, End(By::Local, How::Error, Exit::Local))
    }

    /// What was asked for has come, and was written.
    pub(super) fn enough(&mut self, cx: &mut Cx<'_>) -> Turn {
        let exit = self.ending(cx).left(cx, "enough was received", self.worst);
        self.finish(cx, End(By::Local, How::Fin, exit))
    }

    /// No datagram came in the time that the user gave.
    pub(super) fn waited_in_vain(&mut self, cx: &mut Cx<'_>) -> Turn {
        let failure = Failure::new(Deed::Accept, self.object(), "timed out", Exit::Timeout);
        cx.fail(failure.after(cx.now - self.began))
    }

    /// The rules say that it is over.
    pub(super) fn leave(&mut self, cx: &mut Cx<'_>, why: Why) -> Turn {
        let (by, how, reason, exit) = match why {
            Why::AllSent => (By::Local, How::Fin, "left when all was sent", self.worst),
            Why::Quiet => (By::Local, How::Fin, "left after the last datagram", self.worst),
            Why::Idle => (By::Idle, How::Timeout, "silent for too long", Exit::Timeout),
        };
        let exit = self.ending(cx).left(cx, reason, exit);
        self.finish(cx, End(by, how, exit))
    }

    /// The whole run ends now, whatever is under way.
    pub(super) fn cut_short(&mut self, cx: &mut Cx<'_>, stop: Stop) {
        let (by, how, _) = stop.told();
        if self.carry_down(cx).is_err() {
            return; // it was told
        }
        self.ending(cx).cut_short(cx, stop);
        self.finish(cx, End(by, how, stop.exit()));
    }

    /// A peer is forgotten.
    pub(super) fn tell_forgotten(&self, cx: &mut Cx<'_>, key: Key, talker: &Talker) {
        self.tell_closed(cx, key, talker, By::Idle, How::Timeout);
    }

    pub(super) fn tell_closed(&self, cx: &mut Cx<'_>, key: Key, talker: &Talker, by: By, how: How) {
        cx.tell(&Event::Close(Box::new(Close {
            conn: talker.conn,
            peer: self.peer_of(&key),
            accepted: self.role == Role::Listening,
            by,
            how,
            sent: talker.sent,
            received: talker.received,
            duration: cx.now - talker.began,
            path: None,
            remark: None,
        })));
    }

    /// Closes everything and tells how it went.
    fn finish(&mut self, cx: &mut Cx<'_>, End(by, how, exit): End) -> Turn {
        let missed: u64 = self.wires.iter_mut().map(|wire| u64::from(wire.socket.dropped())).sum();
        if missed > 0 {
            cx.tell(&Event::Missed { datagrams: missed });
        }
        if let Some(datagrams) = self.answerer.as_ref().map(|answerer| answerer.unanswered).filter(|&count| count > 0) {
            cx.tell(&Event::Unanswered { datagrams });
        }
        while let Some((key, talker)) = self.peers.forget() {
            self.tell_closed(cx, key, &talker, by, how);
        }
        self.close_stdin(cx);
        self.down.spout.close(cx.watch);
        self.wires.clear();
        Turn::End(exit)
    }

    pub(super) fn close_stdin(&mut self, cx: &mut Cx<'_>) {
        if let Some(stdin) = self.local.stdin.take() {
            stdin.close(cx.watch);
        }
    }

    fn ending(&self, cx: &Cx<'_>) -> Ending {
        // What was not sent was for somebody, though the exchange may be with everybody.
        let hearer = self.up.parcels.first().map(|parcel| parcel.to).filter(|_| self.peer.is_none());
        Ending {
            object: hearer.map_or_else(|| self.object(), |key| Object::Peer(self.peer_of(&key))),
            sink: self.local.sink.clone(),
            took: cx.now - self.began,
            unsent: self.unsent(),
            unwritten: Lost::down(self.down.spout.held(), false),
        }
    }

    /// What stdin gave, or as a file still has, and was not sent. A listener that nobody spoke to has read none of it.
    fn unsent(&self) -> Option<Lost> {
        let (left, at_least) = match (&self.local.stdin, self.up.target) {
            (Some(stdin), Some(_)) => Endpoint::left(stdin),
            _ => (0, false),
        };
        Lost::up(self.up.held() + left, at_least)
    }
}

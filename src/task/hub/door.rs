//! Who comes in: as many as there is room for, and the limits allow.

use super::member::{Member, Over};
use super::voice::Source;
use super::{Hub, MEMBERS};
use crate::error::{Deed, Exit, Failure};
use crate::event::{Conn, Event};
use crate::net::acceptor::Accepted;
use crate::net::stream::Stream;
use crate::task::{Cx, Turn};

/// How many peers are accepted before those who are here have their turn.
const GREETINGS: usize = 64;

impl Hub {
    /// Accepts who waits, as far as the limits allow. True when more may wait.
    pub(super) fn accept(&mut self, cx: &mut Cx<'_>) -> Result<bool, Turn> {
        for _ in 0..GREETINGS {
            let Some(acceptor) = &mut self.acceptor else {
                return Ok(false);
            };
            if self.members.len() >= self.many.at_once {
                return Ok(false);
            }
            let accepted = acceptor.accept(cx.now);
            let failed = |error| Failure::system(Deed::Accept, acceptor.object(), error, Exit::Local);
            match accepted {
                Accepted::Peer(stream) => self.greet(cx, stream),
                Accepted::Nobody => return Ok(false),
                Accepted::Exhausted(error) => {
                    cx.trouble(failed(&error));
                    return Ok(false);
                }
                Accepted::Failed(error) => return Err(cx.fail(failed(&error))),
            }
        }
        Ok(true)
    }

    fn greet(&mut self, cx: &mut Cx<'_>, stream: Stream) {
        self.limit = None;
        let host = stream.peer.addr.ip();
        if let Some(host) = host {
            let here = self.hosts.get(&host).copied().unwrap_or(0);
            if here >= self.many.per_host {
                cx.tell(&Event::TurnedAway { peer: stream.peer, limit: self.many.per_host });
                return;
            }
            self.hosts.insert(host, here + 1);
        }
        self.accepted += 1;
        let conn: Conn = self.accepted;
        cx.tell(&Event::Accept { conn, peer: stream.peer.clone(), local: stream.local() });
        let mut member = Member::new(conn, stream, &self.relay, self.kind, cx.now);
        member.file = match &self.source {
            Source::Each(_, offset) => Some(*offset),
            _ => None,
        };
        if let Some(answer) = &self.answer {
            member = member.answered_by(answer);
        }
        let key = self.members.insert(member);
        match self.members[key].stream().io.watch(cx.watch, MEMBERS + key) {
            Ok(()) => self.call(key),
            Err(error) => self.lose(cx, key, &Over::Broke(Deed::Connection, error)),
        }
        if self.accepted >= self.many.in_all {
            self.acceptor = None;
        }
    }
}

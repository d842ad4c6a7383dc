//! How a peer of a hub ends: what is told of it, what was lost by it, and the exit status that follows.

use super::{Member, Over};
use crate::error::{Deed, Exit, Failure, Lost, Object};
use crate::event::{By, Close, Event, How, Weight};
use crate::task::Cx;

impl Member {
    /// Tells how it ended: the exit status that follows. `rest`: what is left of its file. `alone`: nobody else comes.
    pub(in crate::task::hub) fn tell_end(&self, cx: &mut Cx<'_>, over: &Over, rest: u64, alone: bool) -> Exit {
        if self.unmappable() > 0 {
            let reason = format!("{} characters are not in its encoding, and went as ?", self.unmappable());
            cx.trouble(self.failure(&reason));
        }
        let lost = Lost::up(self.queue.len() as u64 + rest, false);
        let (by, how, failure) = match over {
            Over::Left(by, how) => {
                let reason = if *by == By::Idle { "silent for too long" } else { "left before all was sent" };
                (*by, *how, lost.map(|_| self.failure(reason).losing(lost)))
            }
            Over::Unheard | Over::ReaderFailed(_) => (By::Local, How::Fin, None),
            Over::Slow => (
                By::Local,
                How::Timeout,
                Some(self.failure("too slow for the others, its queue stayed full").losing(lost)),
            ),
            Over::Broke(deed, error) => {
                let object = Object::Peer(self.stream.peer.clone());
                let failure = Failure::system(*deed, object, error, Exit::Network);
                let matters = lost.is_some() || !self.ended;
                (By::Peer, How::of(error), matters.then(|| failure.losing(lost)))
            }
        };
        // Who serves many is not to be blamed for how one of them leaves.
        let served = self.mind.is_some() && !alone;
        let exit = match (&failure, by) {
            _ if served => Exit::Done,
            (_, By::Idle) => Exit::Timeout,
            (Some(_), _) => Exit::Network,
            _ => Exit::Done,
        };
        if let Some(failure) = failure {
            let weight = if served { Weight::Refused } else { Weight::Trouble };
            cx.failed(weight, failure.after(cx.now - self.began));
        }
        cx.tell(&Event::Close(Box::new(Close {
            conn: self.conn,
            peer: self.stream.peer.clone(),
            accepted: true,
            by,
            how,
            sent: self.sent,
            received: self.ends.received(),
            duration: cx.now - self.began,
            path: self.stream.path(),
            remark: None,
        })));
        exit
    }

    /// Characters that its encoding does not have.
    fn unmappable(&self) -> u64 {
        self.extras.as_ref().map_or(0, |extras| extras.sending.unmappable())
    }

    fn failure(&self, reason: &str) -> Failure {
        Failure::new(Deed::Send, Object::Peer(self.stream.peer.clone()), reason, Exit::Network)
    }
}

//! What this host or the network refuses: told, and the end only where nothing else can come of it.

use std::io;
use std::time::Duration;

use super::parcels::Parcel;
use super::talk::{Key, Talk};
use crate::error::{Deed, Exit, Failure, Lost, Object};
use crate::event::Weight;
use crate::logic::side::{Role, Stdin};
use crate::net::datagram::Refusal;
use crate::task::{Cx, Turn};

/// A refusal is told at most so often while nothing ends by it.
const TOLD_AGAIN: Duration = Duration::from_secs(1);

impl Talk {
    /// The first that waited cannot be sent, which says nothing of the others unless the peer is gone.
    pub(super) fn not_sent(&mut self, cx: &mut Cx<'_>, error: &io::Error) -> Result<(), Turn> {
        let gone = [libc::ECONNREFUSED, libc::ECONNRESET, libc::ENOTCONN, libc::EPIPE].map(Some);
        if self.peer.is_some() && self.proto.is_unix() && gone.contains(&error.raw_os_error()) {
            return Err(self.broke(cx, Deed::Send, error)); // its socket will not be there again
        }
        if let Some(Parcel { to, bytes, .. }) = self.up.parcels.pop() {
            let failure = Failure::system(Deed::Send, Object::Peer(self.peer_of(&to)), error, Exit::Network);
            let failure = failure.after(cx.now - self.began).losing(Lost::up(bytes.len() as u64, false));
            match self.answerer {
                Some(_) => cx.failed(Weight::Refused, failure), // who serves many goes on
                None => self.trouble(cx, failure),
            }
        }
        Ok(())
    }

    /// Tells what the network refused; a turn when nothing else can come of it.
    pub(super) fn hear_refusals(&mut self, cx: &mut Cx<'_>) -> Result<(), Turn> {
        for wire in 0..self.wires.len() {
            while let Some(refusal) = self.wires[wire].socket.refusal() {
                self.hear_refusal(cx, wire, &refusal)?;
            }
        }
        Ok(())
    }

    fn hear_refusal(&mut self, cx: &mut Cx<'_>, wire: usize, refusal: &Refusal) -> Result<(), Turn> {
        let error = io::Error::from_raw_os_error(refusal.errno);
        if self.role == Role::Listening {
            let object = match refusal.to {
                Some(place) => Object::Peer(self.peer_of(&Key { wire, place })),
                None => self.object(),
            };
            let failure = Failure::system(Deed::Send, object, &error, Exit::Network);
            cx.failed(Weight::Refused, failure);
            return Ok(());
        }
        // Who still types, or feeds a pipe, may reach a server that starts later; a file has nobody to wait for that.
        let waits = matches!(self.up.kind, Stdin::Terminal | Stdin::Pipe) && !self.quiet.stdin_done();
        if !waits {
            return Err(self.broke(cx, Deed::Send, &error));
        }
        self.worst = Exit::Network;
        if self.refused.is_none_or(|told| told + TOLD_AGAIN <= cx.now) {
            self.refused = Some(cx.now);
            let failure = Failure::system(Deed::Send, self.object(), &error, Exit::Network);
            self.trouble(cx, failure.after(cx.now - self.began));
        }
        Ok(())
    }
}

//! One connection under way, from the first SYN to how it went.

use std::io;
use std::time::Instant;

use mio::Interest;
use socket2::Socket;

use super::socket::{Origin, addr, begin_connect, connect_failed};
use super::stream::Stream;
use crate::cli::peer::{Peer, Proto};
use crate::error::Failure;
use crate::io::watch::Watch;

/// A connection under way.
#[derive(Debug)]
pub struct Attempt {
    socket: Socket,
    peer: Peer,
    began: Instant,
}

/// How far it is.
pub enum Progress {
    /// Not known yet; an event will tell.
    Pending(Attempt),
    /// It stands.
    Stands(Stream),
    /// It failed.
    Failed(Failure),
}

impl Attempt {
    /// Begins to connect. An event under this number tells that it is known how that went.
    ///
    /// # Errors
    /// What the system says at once.
    pub fn begin(peer: &Peer, local: &Origin, watch: Watch<'_>, source: usize, now: Instant) -> Result<Self, Failure> {
        let socket = begin_connect(peer, local)?;
        watch.add(&socket, source, Interest::WRITABLE).map_err(|error| connect_failed(peer, &error, true))?;
        Ok(Self { socket, peer: peer.clone(), began: now })
    }

    /// To whom.
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Since when.
    pub fn began(&self) -> Instant {
        self.began
    }

    /// Asks how it went.
    pub fn settle(self, watch: Watch<'_>, now: Instant) -> Progress {
        match self.outcome() {
            Ok(false) => Progress::Pending(self),
            Ok(true) => {
                watch.remove(&self.socket); // it will be watched anew, by who carries its bytes
                Progress::Stands(Stream::new(self.socket, self.peer))
            }
            Err(failure) => Progress::Failed(failure.after(now - self.began)),
        }
    }

    /// Whether the connection stands; not while it is pending.
    fn outcome(&self) -> Result<bool, Failure> {
        let failed = |error: &io::Error| connect_failed(&self.peer, error, false);
        if let Some(error) = self.socket.take_error().unwrap_or_else(Some) {
            return Err(failed(&error));
        }
        match self.socket.peer_addr() {
            Err(error) if error.raw_os_error() == Some(libc::ENOTCONN) => return Ok(false),
            peer => peer.map_err(|error| failed(&error))?,
        };
        let local = addr(&self.socket.local_addr().map_err(|error| failed(&error))?);
        // A port of this host that the kernel also chose as our own: TCP joins a socket to itself (RFC 9293, 3.5).
        match self.peer.proto != Proto::Tcp || local != self.peer.addr {
            true => Ok(true),
            false => Err(Failure {
                reason: "Connection refused: nobody listens, the socket met itself".into(),
                ..failed(&io::Error::from_raw_os_error(libc::ECONNREFUSED))
            }),
        }
    }
}

//! One connection under way, from the first SYN to how it went.

use std::io;
use std::time::Instant;

use mio::Interest;
use socket2::Socket;

use super::name::addr;
use super::socket::{Origin, begin_connect, connect_failed, open_from};
use super::stream::Stream;
use super::unix::SocketFile;
use crate::error::Failure;
use crate::io::watch::Watch;
use crate::value::peer::{Peer, Proto};

/// A connection under way.
#[derive(Debug)]
pub struct Attempt {
    file: Option<SocketFile>,
    socket: Socket,
    peer: Peer,
    began: Instant,
    postponed: bool,
}

/// How far it is.
pub enum Progress {
    /// Not known yet; an event will tell.
    Pending(Attempt),
    /// It stands; and the file of our own name, if it has one, which is to go with it.
    Stands(Stream, Option<SocketFile>),
    /// It failed.
    Failed(Failure),
}

impl Attempt {
    /// Begins to connect. An event under this number tells that it is known how that went.
    ///
    /// # Errors
    /// What the system says at once.
    pub fn begin(peer: &Peer, local: &Origin, watch: Watch<'_>, source: usize, now: Instant) -> Result<Self, Failure> {
        let (socket, file) = open_from(peer, local)?;
        Self { file, socket, peer: peer.clone(), began: now, postponed: false }.again(watch, source, now)
    }

    /// The same, of one that was [postponed](Self::is_postponed).
    ///
    /// # Errors
    /// What the system says at once.
    pub fn again(mut self, watch: Watch<'_>, source: usize, now: Instant) -> Result<Self, Failure> {
        self.began = now;
        self.postponed = match begin_connect(&self.socket, &self.peer) {
            Err(failure) if failure.errno == Some(libc::EAGAIN) => true,
            begun => begun.map(|()| false)?,
        };
        if !self.postponed {
            let no = |error: io::Error| connect_failed(&self.peer, &error, true);
            watch.add(&self.socket, source, Interest::WRITABLE).map_err(no)?;
        }
        Ok(self)
    }

    /// Whether it has yet to begin: a Unix listener's backlog is full, and no event will tell when it is not
    /// (connect(2)).
    pub fn is_postponed(&self) -> bool {
        self.postponed
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
                Progress::Stands(Stream::new(self.socket, self.peer), self.file)
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
        let peer = match self.socket.peer_addr() {
            Err(error) if error.raw_os_error() == Some(libc::ENOTCONN) => return Ok(false),
            peer => peer.map_err(|error| failed(&error))?,
        };
        let local = self.socket.local_addr().map_err(|error| failed(&error))?;
        // A port of this host that the kernel also chose as our own: TCP joins a socket to itself (RFC 9293, 3.5). The
        // system is asked for the peer, since 0.0.0.0 is 127.0.0.1 by then.
        match self.peer.proto != Proto::Tcp || addr(&local) != addr(&peer) {
            true => Ok(true),
            false => Err(Failure {
                reason: "Connection refused: nobody listens, the socket met itself".into(),
                ..failed(&io::Error::from_raw_os_error(libc::ECONNREFUSED))
            }),
        }
    }
}

//! What a service says first on a connection that stands, up to a bound and without blocking. How long it is waited for
//! is the caller's; so is what its bytes mean.

use std::io;
use std::net::Shutdown;

use mio::Interest;
use rustix::io::Errno;
use rustix::net::RecvFlags;
use socket2::Socket;

use super::knock::Opened;
use crate::io::watch::Watch;

/// What is read and dropped at the close, at most.
const DROPPED: usize = 64 * 1024;

/// A connection whose first bytes are waited for.
#[derive(Debug)]
pub struct Banner {
    socket: Socket,
    bytes: Vec<u8>,
    limit: usize,
    ended: bool,
}

impl Banner {
    /// Waits for at most so many bytes; an event for this source tells of them.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn new(Opened(socket): Opened, limit: usize, watch: Watch<'_>, source: usize) -> io::Result<Self> {
        // A probe's close is a reset; who has spoken is owed an end in order.
        socket.set_linger(None)?;
        watch.add(&socket, source, Interest::READABLE)?;
        Ok(Self { socket, bytes: Vec::new(), limit, ended: false })
    }

    /// What was said until now.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Takes what is there, and says whether more may come: not after the bound, the peer's end, or any error.
    pub fn listen(&mut self) -> bool {
        let mut buf = [0; 1024];
        while !self.ended && self.bytes.len() < self.limit {
            let room = buf.len().min(self.limit - self.bytes.len());
            match rustix::net::recv(&self.socket, &mut buf[..room], RecvFlags::DONTWAIT) {
                Ok((0, _)) => self.ended = true,
                Ok((count, _)) => self.bytes.extend(&buf[..count]),
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => return true,
                Err(_) => self.ended = true,
            }
        }
        false
    }

    /// Closes in order, and tells what was said. What the peer goes on to say is read and dropped as far as it is here:
    /// unread, it would turn our FIN into a reset (RFC 2525, 2.17).
    pub fn close(self, watch: Watch<'_>) -> Vec<u8> {
        watch.remove(&self.socket);
        let _ = self.socket.shutdown(Shutdown::Write); // fails only where the peer has reset
        let (mut buf, mut dropped) = ([0; 4096], 0);
        while dropped < DROPPED {
            match rustix::net::recv(&self.socket, &mut buf[..], RecvFlags::DONTWAIT) {
                Ok((0, _)) | Err(_) => break,
                Ok((count, _)) => dropped += count,
            }
        }
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{Ipv4Addr, TcpListener, TcpStream};
    use std::time::Duration;

    use mio::{Events, Poll};

    use super::super::knock::{Knock, Knocks};
    use super::super::socket::Origin;
    use super::*;

    struct Probe {
        poll: Poll,
        banner: Banner,
        service: TcpStream,
    }

    impl Probe {
        fn new(limit: usize) -> Self {
            let poll = Poll::new().expect("a poll");
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a listener");
            let watch = Watch::new(poll.registry(), 0);
            let addr = listener.local_addr().expect("its address");
            let Knock::Open(opened) = Knocks::new(Origin::default(), 1).ask(addr, watch) else { panic!("it is open") };
            let banner = Banner::new(opened, limit, watch, 0).expect("it is watched");
            let (service, _) = listener.accept().expect("a peer");
            Self { poll, banner, service }
        }

        fn say(&mut self, bytes: &[u8]) {
            self.service.write_all(bytes).expect("it is heard");
        }

        /// Listens when an event told to.
        fn listen(&mut self) -> bool {
            let mut events = Events::with_capacity(4);
            self.poll.poll(&mut events, Some(Duration::from_secs(10))).expect("poll");
            assert!(!events.is_empty(), "nothing came");
            self.banner.listen()
        }

        /// Closes, and tells what was heard and how the service saw the end.
        fn close(mut self) -> (Vec<u8>, io::Result<usize>) {
            let heard = self.banner.close(Watch::new(self.poll.registry(), 0));
            (heard, self.service.read(&mut [0; 8]))
        }
    }

    #[test]
    fn what_is_said_first_is_heard_and_the_end_is_in_order() {
        let mut probe = Probe::new(256);
        assert!(probe.banner.listen(), "it has said nothing yet");
        probe.say(b"220 hello\r\n");
        assert!(probe.listen());
        probe.say(b"more");
        assert!(probe.listen());
        let (heard, end) = probe.close();
        assert_eq!(heard, b"220 hello\r\nmore");
        assert_eq!(end.expect("an end in order"), 0);
    }

    #[test]
    fn no_more_is_taken_than_the_bound_and_the_rest_resets_nothing() {
        let mut probe = Probe::new(4);
        probe.say(&[b'x'; 5_000]);
        assert!(!probe.listen());
        let (heard, end) = probe.close();
        assert_eq!(heard, b"xxxx");
        assert_eq!(end.expect("an end in order"), 0);
    }

    #[test]
    fn a_service_that_ends_has_said_all() {
        let mut probe = Probe::new(256);
        probe.say(b"busy");
        probe.service.shutdown(Shutdown::Write).expect("it ends");
        while probe.listen() {}
        assert_eq!(probe.banner.bytes(), b"busy");
    }
}

//! Datagrams one by one, as every system can, with the answers of `linux/many.rs`: what was moved before an error
//! counts, and the error is told when it is the first datagram's.

use std::io::{self, IoSliceMut};
use std::os::fd::AsFd;

use rustix::net::{RecvAncillaryBuffer, RecvFlags, ReturnFlags, SendFlags, recvmsg, send as send_connected, sendto};

use super::Outgoing;
use super::batch::{Batch, Head, slots};
use super::place::Place;

/// Receives what is there, and says how many datagrams that was; 0 is none, for an error is one. The error of a later
/// datagram's call is the second answer: the system tells it but once.
pub(super) fn receive(socket: impl AsFd, batch: &mut Batch) -> io::Result<(usize, Option<io::Error>)> {
    batch.filled = 0;
    for (slot, head) in slots(&mut batch.memory).zip(batch.heads.iter_mut()) {
        let mut iov = [IoSliceMut::new(slot)];
        match recvmsg(&socket, &mut iov, &mut RecvAncillaryBuffer::default(), RecvFlags::empty()) {
            Ok(message) => {
                let cut = message.flags.contains(ReturnFlags::TRUNC);
                *head = Head { from: Place::of(message.address), len: message.bytes, cut };
                batch.filled += 1;
            }
            Err(error) if batch.filled == 0 => return Err(error.into()),
            Err(error) => return Ok((batch.filled, Some(error.into()))),
        }
    }
    Ok((batch.filled, None))
}

/// Sends from the first on, and says how many were accepted; the error is that of the first.
pub(in crate::net) fn send(socket: impl AsFd, datagrams: &[Outgoing<'_>]) -> io::Result<usize> {
    let mut sent = 0;
    for datagram in datagrams {
        let done = match datagram.to {
            Some(to) => to.to_system().and_then(|to| Ok(sendto(&socket, datagram.bytes, SendFlags::empty(), &to)?)),
            None => send_connected(&socket, datagram.bytes, SendFlags::empty()).map_err(io::Error::from),
        };
        match done {
            Ok(_) => sent += 1,
            Err(error) if sent == 0 => return Err(error),
            Err(_) => break,
        }
    }
    Ok(sent)
}

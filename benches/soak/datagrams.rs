//! One caller of a server of datagrams, soon gone: each is a new peer. What is lost is asked again.

use std::io::{Error, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use crate::load::Chance;

/// How long an answer may take before the question is asked again, and how often that is done.
const AGAIN: Duration = Duration::from_millis(200);
const TRIES: usize = 50;

/// One call: how many bytes of answers were right.
pub(crate) fn call(server: SocketAddr, chance: &mut Chance) -> Result<u64, String> {
    talk(server, chance).map_err(|error| error.to_string())
}

fn talk(server: SocketAddr, chance: &mut Chance) -> Result<u64, Error> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.connect(server)?;
    socket.set_read_timeout(Some(AGAIN))?;
    let (tag, mut right) = (chance.next().to_be_bytes(), 0);
    for number in 0..1 + chance.below(4) as u64 {
        let count = [0, 1, 500, 1_400, 9_000, 65_491][chance.below(6)];
        let tag = [tag, number.to_be_bytes()].concat();
        let question = [&tag[..], &chance.bytes(count)].concat();
        right += ask(&socket, &tag, &question)?;
    }
    match chance.below(4) {
        0 => drop(socket.send(&chance.bytes(900))), // gone before the answer
        1 => drop(socket.send(&[])),
        _ => {}
    }
    Ok(right)
}

/// Asks until it is answered. What has another tag is an answer to an earlier question, or to who had this port before.
fn ask(socket: &UdpSocket, tag: &[u8], question: &[u8]) -> Result<u64, Error> {
    let mut heard = vec![0; 1 << 16];
    for _ in 0..TRIES {
        socket.send(question)?;
        loop {
            match socket.recv(&mut heard) {
                Ok(count) if heard[..count] == *question => return Ok(count as u64),
                Ok(count) if !heard[..count].starts_with(tag) => {}
                Ok(_) => return Err(Error::new(ErrorKind::InvalidData, "SPOILT: an answer is another")),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
    }
    Err(Error::new(ErrorKind::TimedOut, format!("no answer to {TRIES} tries")))
}

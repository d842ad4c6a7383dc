//! This program started anew to send a GET, skip the head and move the rest: the limit of the machine by bare calls.
//! It survives no error, and sees to it that its answer was whole.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use rustix::stdio::stdout;

use crate::carry::{self, owned, widen};
use crate::{anew, pipes};

/// The longest head of an answer.
const HEAD: usize = 4096;

pub(crate) fn act(role: &str, rest: &[&str]) -> io::Result<()> {
    let [port, file] = *rest else {
        return Err(anew::no_such_role());
    };
    match role {
        "half-full" => get(port, file, |socket| carry::half_full(socket)),
        "each-fill" => get(port, file, |socket| carry::each_fill(socket)),
        "straight" => get(port, file, |socket| carry::straight(socket)),
        "read" => get(port, file, |mut socket| pipes::copy(&mut socket, &mut owned(stdout())?)),
        _ => Err(anew::no_such_role()),
    }
}

/// Asks for the file, takes the head of the answer, and leaves the rest up to the connection's end to who carries it.
fn get(port: &str, file: &str, carry: impl Fn(&TcpStream) -> io::Result<u64>) -> io::Result<()> {
    widen(stdout());
    let mut socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port.parse().map_err(io::Error::other)?))?;
    write!(socket, "GET /{file} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n")?;
    let length = skip_head(&socket)?;
    match carry(&socket)? {
        count if count == length => Ok(()),
        count => Err(io::Error::other(format!("{count} bytes of {length} came"))),
    }
}

/// Takes the head and nothing behind it; what it says of the body's length.
fn skip_head(mut socket: &TcpStream) -> io::Result<u64> {
    let mut bytes = [0; HEAD];
    let mut size = 0;
    let head = loop {
        let seen = socket.peek(&mut bytes)?;
        let end = bytes[..seen].windows(4).position(|four| four == b"\r\n\r\n");
        match end {
            Some(end) => break &mut bytes[..end + 4],
            None if seen == size => return Err(io::Error::other("no head came")), // nginx sends it in one piece
            None => size = seen,
        }
    };
    socket.read_exact(head)?;
    let text = String::from_utf8_lossy(head);
    let length = text.lines().find_map(|line| line.strip_prefix("Content-Length: ")?.parse().ok());
    length.ok_or_else(|| io::Error::other("the head tells no length"))
}

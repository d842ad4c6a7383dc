//! This program started anew in one small role: the limit of the machine by bare calls, or a pipe's drain.
//! None survives an error, and none knows of any tool. A receiver sees to it that its answer was whole.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};

use rustix::stdio::{stdin, stdout};

use crate::common::bare::{self, owned, widen};

/// What most programs read at once from a pipe, and write.
const BLOCK: usize = 128 << 10;

/// The longest head of an answer.
const HEAD: usize = 4096;

/// Plays the role named in the arguments behind the flag.
pub(crate) fn act(mut args: impl Iterator<Item = String>) -> Result<(), String> {
    let role = args.next().unwrap_or_default();
    let (port, file) = (args.next().unwrap_or_default(), args.next().unwrap_or_default());
    let get = |carry: fn(&TcpStream) -> io::Result<u64>| get(&port, &file, carry);
    let done = match role.as_str() {
        "half-full" => get(|socket| bare::half_full(socket)),
        "each-fill" => get(|socket| bare::each_fill(socket)),
        "straight" => get(|socket| bare::straight(socket)),
        "read" => get(read),
        "drain" => bare::drain(),
        "drain-by-read" => drain_by_read(),
        _ => Err(io::Error::other("no such role")),
    };
    done.map_err(|error| format!("{role}: {error}"))
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

/// By read and write, as a program without tricks does.
fn read(mut socket: &TcpStream) -> io::Result<u64> {
    copy(&mut socket)
}

/// The pipe at stdin to stdout the same way; how much it was is said on stderr.
fn drain_by_read() -> io::Result<()> {
    let total = copy(&mut owned(stdin())?)?;
    eprintln!("{total}");
    Ok(())
}

fn copy(from: &mut impl Read) -> io::Result<u64> {
    let mut sink = owned(stdout())?;
    let mut block = vec![0; BLOCK];
    let mut total = 0;
    loop {
        match from.read(&mut block)? {
            0 => return Ok(total),
            count => {
                sink.write_all(&block[..count])?;
                total += count as u64;
            }
        }
    }
}

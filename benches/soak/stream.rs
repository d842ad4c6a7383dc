//! One caller of a stream server, in one of many manners: polite, slow, rude or gone. What it is answered is looked at,
//! where it waits for it at all.

use std::io::{Error, ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::thread::sleep;
use std::time::Duration;

use socket2::{Domain, Socket, Type};

use crate::load::Chance;

/// How long a call of the system may move nothing.
const STALL: Duration = Duration::from_secs(20);

/// What is to be heard.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Voice {
    Echo,
    Hello,
}

/// What a caller does: how many bytes of answers were right.
type Act = fn(Voice, SocketAddr, &mut Chance) -> Result<u64, Error>;

/// What callers do, and how that is called where it fails.
const MANNERS: [(&str, Act); 8] = [
    ("talking", talk),
    ("talking", talk),
    ("half-closing", half_close),
    ("reading slowly", read_slowly),
    ("reading nothing and resetting", flood),
    ("resetting", reset),
    ("saying nothing", say_nothing),
    ("leaving", leave),
];

/// One call: how many bytes of answers were right.
pub(crate) fn call(voice: Voice, server: SocketAddr, chance: &mut Chance) -> Result<u64, String> {
    let (manner, act) = MANNERS[chance.below(MANNERS.len())];
    act(voice, server, chance).map_err(|error| format!("{manner}: {error}"))
}

impl Voice {
    fn greeting(self) -> &'static [u8] {
        match self {
            Self::Echo => b"",
            Self::Hello => b"Welcome!",
        }
    }

    /// Any bytes; of a voice that answers lines, whole ones: what is unfinished is a message once it is silent.
    fn question(self, chance: &mut Chance, most: usize) -> Vec<u8> {
        let count = 1 + chance.below(most);
        let mut bytes = chance.bytes(count);
        if self == Self::Hello {
            let every = 1 + chance.below(200);
            bytes.iter_mut().step_by(every).for_each(|byte| *byte = b'\n');
            bytes.push(b'\n');
        }
        bytes
    }

    fn answer(self, question: &[u8]) -> Vec<u8> {
        match self {
            Self::Echo => question.to_vec(),
            Self::Hello => question.split_inclusive(|&byte| byte == b'\n').flat_map(greet).collect(),
        }
    }
}

fn greet(line: &[u8]) -> Vec<u8> {
    let text = line.strip_suffix(b"\r\n").or(line.strip_suffix(b"\n")).unwrap_or(line);
    [b"Hello, ", text, b"!", &line[text.len()..]].concat()
}

/// Connects, and takes as much at a time as this; the greeting is heard.
fn connect(voice: Voice, server: SocketAddr, buffer: Option<usize>) -> Result<TcpStream, Error> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    if let Some(size) = buffer {
        socket.set_recv_buffer_size(size)?;
    }
    socket.connect_timeout(&server.into(), STALL)?;
    let mut stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(STALL))?;
    stream.set_write_timeout(Some(STALL))?;
    stream.set_nodelay(true)?;
    expect(&mut stream, voice.greeting())?;
    Ok(stream)
}

/// Reads what is to come.
fn expect(stream: &mut TcpStream, expected: &[u8]) -> Result<u64, Error> {
    let mut heard = vec![0; expected.len()];
    stream.read_exact(&mut heard).map_err(|error| match error.kind() {
        ErrorKind::WouldBlock => Error::new(ErrorKind::TimedOut, format!("no answer for {} s", STALL.as_secs())),
        _ => error,
    })?;
    match heard == expected {
        true => Ok(heard.len() as u64),
        false => Err(Error::new(ErrorKind::InvalidData, "SPOILT: an answer is another")),
    }
}

fn expect_end(stream: &mut TcpStream) -> Result<(), Error> {
    match stream.read(&mut [0; 64])? {
        0 => Ok(()),
        count => Err(Error::new(ErrorKind::InvalidData, format!("SPOILT: {count} bytes more than the answer"))),
    }
}

/// Our close is a reset.
fn cut_off(stream: TcpStream) -> Result<(), Error> {
    Socket::from(stream).set_linger(Some(Duration::ZERO))
}

/// Questions and answers in turn, and a close.
fn talk(voice: Voice, server: SocketAddr, chance: &mut Chance) -> Result<u64, Error> {
    let (mut stream, mut right) = (connect(voice, server, None)?, 0);
    for _ in 0..1 + chance.below(20) {
        let question = voice.question(chance, 3_000);
        stream.write_all(&question)?;
        right += expect(&mut stream, &voice.answer(&question))?;
    }
    Ok(right)
}

/// A question, our end, and then all of the answer and its end.
fn half_close(voice: Voice, server: SocketAddr, chance: &mut Chance) -> Result<u64, Error> {
    let mut stream = connect(voice, server, None)?;
    let mut question = voice.question(chance, 3_000);
    if chance.below(2) == 0 {
        question.extend(b"unfinished");
    }
    stream.write_all(&question)?;
    stream.shutdown(Shutdown::Write)?;
    let right = expect(&mut stream, &voice.answer(&question))?;
    expect_end(&mut stream)?;
    Ok(right)
}

/// Much is asked before anything is read, and then little at a time.
fn read_slowly(voice: Voice, server: SocketAddr, chance: &mut Chance) -> Result<u64, Error> {
    let mut stream = connect(voice, server, Some(4_096))?;
    let asked = ask_until_stuck(voice, &mut stream, chance)?;
    sleep(Duration::from_millis(chance.below(400) as u64));
    let mut right = 0;
    for (number, piece) in voice.answer(&asked).chunks(10_000).enumerate() {
        right += expect(&mut stream, piece)?;
        if number < 20 {
            sleep(Duration::from_millis(chance.below(10) as u64));
        }
    }
    stream.shutdown(Shutdown::Write)?;
    expect_end(&mut stream)?;
    Ok(right)
}

/// Asks until nobody takes more, or it is much: what was taken. Lines are few, so that none is taken in part; their
/// answers are many.
fn ask_until_stuck(voice: Voice, stream: &mut TcpStream, chance: &mut Chance) -> Result<Vec<u8>, Error> {
    if voice == Voice::Hello {
        let question = vec![b'\n'; 1 + chance.below(30_000)];
        return stream.write_all(&question).map(|()| question);
    }
    let question = chance.bytes(400_000);
    let mut asked = 0;
    stream.set_nonblocking(true)?;
    while asked < question.len() {
        match stream.write(&question[asked..]) {
            Ok(count) => asked += count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => break,
            Err(error) => return Err(error),
        }
    }
    stream.set_nonblocking(false)?;
    Ok(question[..asked].to_vec())
}

/// Much is asked, nothing is read, and a reset throws it all away.
fn flood(voice: Voice, server: SocketAddr, chance: &mut Chance) -> Result<u64, Error> {
    let mut stream = connect(voice, server, Some(4_096))?;
    ask_until_stuck(voice, &mut stream, chance)?;
    sleep(Duration::from_millis(chance.below(50) as u64));
    cut_off(stream)?;
    Ok(0)
}

/// A reset, in the middle of a question or before it.
fn reset(voice: Voice, server: SocketAddr, chance: &mut Chance) -> Result<u64, Error> {
    let mut stream = connect(voice, server, None)?;
    if chance.below(2) == 0 {
        let count = chance.below(5_000);
        stream.write_all(&chance.bytes(count))?;
    }
    cut_off(stream)?;
    Ok(0)
}

/// Connected for a while, without a word.
fn say_nothing(voice: Voice, server: SocketAddr, chance: &mut Chance) -> Result<u64, Error> {
    let stream = connect(voice, server, None)?;
    sleep(Duration::from_millis(chance.below(300) as u64));
    drop(stream);
    Ok(0)
}

/// A last word: whoever waits for one ends, others hear it as any; or gone before the greeting was read.
fn leave(voice: Voice, server: SocketAddr, chance: &mut Chance) -> Result<u64, Error> {
    if chance.below(2) == 0 {
        return TcpStream::connect_timeout(&server, STALL).map(|_| 0);
    }
    let mut stream = connect(voice, server, None)?;
    let question = voice.question(chance, 500);
    stream.write_all(&[&question[..], b"exit\nnot answered\n"].concat())?;
    match voice {
        Voice::Echo => expect(&mut stream, &[&question[..], b"exit\nnot answered\n"].concat()),
        Voice::Hello => {
            let right = expect(&mut stream, &voice.answer(&question))?;
            expect_end(&mut stream)?;
            Ok(right)
        }
    }
}

//! What a server answers: one file a mode, and the table that the command line is made from; and what an HTTP client
//! says and hears (`http/`). Pure: bytes and `now` come in, bytes and a deadline go out; who the peer is and how bytes
//! travel nobody here knows.

mod discard;
mod echo;
pub mod http;
mod messages;
mod pause;
mod reply;
mod stop;
pub mod stop_word;
mod template;

use std::fmt;
use std::rc::Rc;
use std::time::{Duration, Instant};

pub use template::{Template, unescape};

/// A talk with one peer, in which this side only answers.
pub trait Session {
    /// Bytes came. How many of them it takes: the rest is offered again once what it has sent is on its way, or at its
    /// deadline, so that who answers slowly, or at length, stops the intake and nothing grows.
    fn data(&mut self, bytes: &[u8], now: Instant, out: &mut Out) -> usize;

    /// Nothing more will come, and all that came was taken.
    fn end(&mut self, now: Instant, out: &mut Out) {
        let _ = now;
        out.finish();
    }

    /// Its deadline has come.
    fn tick(&mut self, now: Instant, out: &mut Out);

    /// When it wants to be called, whether bytes come or not.
    fn deadline(&self) -> Option<Instant>;

    /// What a datagram is answered with: `out` is empty, and stays so where the answer is an empty datagram.
    fn datagram(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Reaction;

    /// Whether it looks at bytes; where not, they may be counted and dropped.
    fn looks(&self) -> bool {
        true
    }
}

/// What a session has to say to its peer.
#[derive(Debug, Default)]
pub struct Out {
    /// The bytes to send.
    pub bytes: Vec<u8>,
    /// After them the talk is over.
    pub finished: bool,
}

/// So much of an answer is enough for now.
const FULL: usize = 64 * 1024;

impl Out {
    /// Whether to send this before more is taken, or the talk is over.
    fn is_full(&self) -> bool {
        self.finished || self.bytes.len() >= FULL
    }

    fn send(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn finish(&mut self) {
        self.finished = true;
    }
}

/// What a datagram leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// It is answered.
    Answer,
    /// It is not.
    Silence,
    /// It was the word that ends the talk.
    Leave,
}

/// A mode of answering, as the user chooses it.
pub struct Mode {
    /// Its flag, without dashes.
    pub flag: &'static str,
    /// What the flag's value is called, where it has one: the text to answer with.
    pub value: Option<&'static str>,
    /// One line of help.
    pub help: &'static str,
    /// Whether what is received is copied to stdout.
    pub shows: bool,
    /// Whether it ever sends an answer.
    pub answers: bool,
    /// What is not said on the command line.
    pub text: &'static str,
    /// As `text`, of `--greeting`.
    pub greeting: &'static str,
    /// As `text`, of `--stop`.
    pub stop: Option<&'static str>,
    /// Begins a talk.
    pub begin: fn(Rc<Script>) -> Box<dyn Session>,
}

/// Every mode there is.
pub const MODES: [Mode; 4] = [
    Mode {
        flag: "echo",
        value: None,
        help: "Answer with the bytes that came",
        shows: false,
        answers: true,
        text: "",
        greeting: "",
        stop: None,
        begin: |script| Box::new(echo::Echo::new(script)),
    },
    Mode {
        flag: "hello",
        value: None,
        help: "Greet with Welcome!, answer each line with Hello, LINE!, close at the line exit",
        shows: false,
        answers: true,
        text: "Hello, {}!",
        greeting: "Welcome!",
        stop: Some("exit"),
        begin: |script| Box::new(reply::Reply::new(script)),
    },
    Mode {
        flag: "reply",
        value: Some("TEXT"),
        help: "Answer each line with TEXT, {} in it being the line, \\n \\r \\t \\0 \\xHH as in C; show what came",
        shows: true,
        answers: true,
        text: "",
        greeting: "",
        stop: None,
        begin: |script| Box::new(reply::Reply::new(script)),
    },
    Mode {
        flag: "discard",
        value: None,
        help: "Read, count and forget",
        shows: false,
        answers: false,
        text: "",
        greeting: "",
        stop: None,
        begin: |script| Box::new(discard::Discard::new(&script)),
    },
];

impl fmt::Debug for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.flag)
    }
}

/// What all talks of a run have in common.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// What a peer of a stream is greeted with.
    pub greeting: Vec<u8>,
    /// What a message is answered with.
    pub text: Template,
    /// The message that ends a talk.
    pub stop: Option<Rc<[u8]>>,
    /// How long to think before each answer.
    pub delay: Duration,
}

#[cfg(test)]
mod tests;

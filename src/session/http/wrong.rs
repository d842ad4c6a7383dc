//! What can be wrong with an answer: one clause each, as the reason in an error line.

use std::fmt;

use super::HEAD_LIMIT;

/// Why an answer cannot be taken for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The peer ended without a byte of it.
    Nothing,
    /// It does not begin with `HTTP/`.
    NotHttp,
    /// Its first line is no status line.
    StatusLine,
    /// A line of its head is no field.
    Field,
    /// Its head is too long.
    LongHead,
    /// Its heads are together: interim ones, and the one that did not end.
    LongHeads,
    /// Its heads and trailers are together.
    LongTrailers,
    /// A Content-Length that is no number, or more than can be counted.
    Length(String),
    /// Several that differ.
    Lengths,
    /// Both Content-Length and Transfer-Encoding.
    LengthAndCoding,
    /// Transfer-Encoding before HTTP/1.1.
    OldCoding,
    /// `chunked` twice, or with something after it.
    Coding(String),
    /// A line that should begin with the size of a chunk.
    ChunkSize,
    /// One that does not end.
    ChunkLine,
    /// What follows a chunk is no line end.
    ChunkEnd,
    /// What follows the last chunk is no field.
    Trailer,
    /// The peer ended within the head.
    EndInHead,
    /// So many bytes before the end of the body.
    EndInBody(u64),
    /// Before the last chunk.
    EndInChunks,
    /// Behind it, before the empty line.
    EndInTrailers,
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("no answer came before the end"),
            Self::NotHttp => f.write_str("what came is not HTTP"),
            Self::StatusLine => f.write_str("its first line is no status line of HTTP/1"),
            Self::Field => f.write_str("a line of its head is malformed"),
            Self::LongHead => write!(f, "its head is longer than {HEAD_LIMIT} bytes"),
            Self::LongHeads => write!(f, "its head and interim ones (1xx) are longer than {HEAD_LIMIT} bytes together"),
            Self::LongTrailers => write!(f, "its head and trailers are longer than {HEAD_LIMIT} bytes together"),
            Self::Length(text) => write!(f, "Content-Length '{text}' is no length"),
            Self::Lengths => f.write_str("two values of Content-Length contradict each other"),
            Self::LengthAndCoding => f.write_str("it has both Content-Length and Transfer-Encoding"),
            Self::OldCoding => f.write_str("it has Transfer-Encoding, which HTTP/1.0 has not"),
            Self::Coding(text) => write!(f, "Transfer-Encoding '{text}' makes no sense"),
            Self::ChunkSize => f.write_str("the line of a chunk's size is malformed"),
            Self::ChunkLine => f.write_str("the line of a chunk's size does not end"),
            Self::ChunkEnd => f.write_str("a chunk is longer than its size"),
            Self::Trailer => f.write_str("its trailers are malformed"),
            Self::EndInHead => f.write_str("it was cut short within its head"),
            Self::EndInBody(left) => write!(f, "it was cut short, {left} bytes before its end"),
            Self::EndInChunks => f.write_str("it was cut short before its last chunk"),
            Self::EndInTrailers => {
                f.write_str("it was cut short after its last chunk, before the empty line that ends it")
            }
        }
    }
}

//! What is told of an HTTP request, before and after.

use std::rc::Rc;
use std::time::Duration;

use super::{Conn, Field, Head};
use crate::value::peer::Peer;

/// An HTTP request that is about to be sent.
#[derive(Clone, Debug)]
pub struct Request {
    /// On which connection.
    pub conn: Conn,
    /// What is to be done.
    pub method: String,
    /// With what.
    pub target: String,
    /// Its fields, in order.
    pub fields: Vec<Field>,
    /// How long its body is, where that is known.
    pub body: Option<u64>,
}

/// What came of an HTTP request, whole or not.
#[derive(Clone, Debug)]
pub struct Answered {
    /// On which connection.
    pub conn: Conn,
    /// Who answered.
    pub peer: Peer,
    /// The head of the final answer, where one came.
    pub head: Option<Rc<Head>>,
    /// The fields after the last chunk.
    pub trailers: Vec<Field>,
    /// Whether all of it came, and was written.
    pub complete: bool,
    /// How long the lookup took, if there was one.
    pub lookup: Option<Duration>,
    /// How long the handshake took.
    pub connect: Duration,
    /// How long sending the request took, from connected on; none where it was not sent whole.
    pub request: Option<Duration>,
    /// When the first byte came, from the beginning of all on.
    pub first_byte: Option<Duration>,
    /// When it was over, from the beginning of all on.
    pub total: Duration,
    /// Bytes that the socket accepted.
    pub sent: u64,
    /// Bytes that came.
    pub received: u64,
    /// Bytes of it that were written: the body, or all of it where that was asked for.
    pub written: u64,
    /// Bytes that came after its end, and were not written.
    pub after: u64,
}

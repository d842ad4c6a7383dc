//! A request over HTTP.

use std::time::Duration;

use super::{Connect, Output};
use crate::session::http::Request;
use crate::value::data::Data;

/// An HTTP request to send.
#[derive(Clone, Debug)]
pub struct Http {
    /// The connection it goes over.
    pub to: Connect,
    /// All of it but its body.
    pub request: Request,
    /// Its body.
    pub data: Option<Data>,
    /// Whether the answer is written as it comes, instead of its body.
    pub raw: bool,
    /// Whether a status of 400 and above is a failure.
    pub fail: bool,
    /// Where the answer goes.
    pub output: Output,
    /// How long the connection may be silent.
    pub idle: Option<Duration>,
}

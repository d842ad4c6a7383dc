//! A request over HTTP.

use super::Connect;
use crate::cli::value::data::Data;
use crate::session::http::Request;

/// An HTTP request to send.
#[derive(Clone, Debug)]
pub struct Http {
    /// Where to.
    pub to: Connect,
    /// All of it but its body.
    pub request: Request,
    /// Its body.
    pub data: Option<Data>,
    /// Whether the answer is written as it comes, instead of its body.
    pub raw: bool,
    /// Whether a status of 400 and above is a failure.
    pub fail: bool,
}

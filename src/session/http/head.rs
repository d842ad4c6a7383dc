//! The head of an answer: where it ends, and what it says (RFC 9112 sections 2 to 5). Each line may end with LF alone.

use httparse::{EMPTY_HEADER, ParserConfig, Status};

use super::wrong::Wrong;

/// A name and its value, as they were sent; what is no UTF-8 is replaced.
pub type Field = (String, String);

/// The head of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Its first line.
    pub line: String,
    /// The digit after `HTTP/1.`.
    pub minor: u8,
    /// Three digits, from 100 on.
    pub status: u16,
    /// Its fields, in order.
    pub fields: Vec<Field>,
}

impl Head {
    /// Reads a head that ends with its empty line.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Wrong> {
        let mut headers = vec![EMPTY_HEADER; bytes.iter().filter(|&&byte| byte == b'\n').count()];
        let mut response = httparse::Response::new(&mut headers);
        let mut config = ParserConfig::default();
        // A user agent takes a folded line for one (RFC 9112 section 5.2).
        config.allow_obsolete_multiline_headers_in_responses(true);
        match config.parse_response(&mut response, bytes) {
            Ok(Status::Complete(length)) if length == bytes.len() => {}
            Err(httparse::Error::Version | httparse::Error::Status) => return Err(Wrong::StatusLine),
            _ => return Err(Wrong::Field),
        }
        let (Some(minor), Some(status @ 100..)) = (response.version, response.code) else {
            return Err(Wrong::StatusLine);
        };
        let line = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
        let line = String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned();
        Ok(Self { line, minor, status, fields: fields(response.headers) })
    }

    /// What stands after the status in its first line.
    pub fn reason(&self) -> &str {
        self.line.splitn(3, ' ').nth(2).unwrap_or_default()
    }

    /// Whether another head follows (RFC 9110 section 15.2). After 101 another protocol does.
    pub(super) fn is_interim(&self) -> bool {
        matches!(self.status, 100 | 102..=199)
    }

    /// The values of a field, in order.
    pub(super) fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// Whether a first line, with its end, can be a status line: so that who sends nonsense is not waited for.
pub(super) fn begins_well(line: &[u8]) -> bool {
    httparse::Response::new(&mut []).parse(line) == Ok(Status::Partial)
}

/// Reads trailers that end with their empty line.
pub(super) fn trailers(bytes: &[u8]) -> Result<Vec<Field>, Wrong> {
    let mut headers = vec![EMPTY_HEADER; bytes.iter().filter(|&&byte| byte == b'\n').count()];
    match httparse::parse_headers(bytes, &mut headers) {
        Ok(Status::Complete((length, headers))) if length == bytes.len() => Ok(fields(headers)),
        _ => Err(Wrong::Trailer),
    }
}

fn fields(headers: &[httparse::Header<'_>]) -> Vec<Field> {
    let value = |bytes| {
        let text = String::from_utf8_lossy(bytes);
        match text.contains('\n') {
            true => text.split('\n').map(str::trim).collect::<Vec<_>>().join(" "),
            false => text.into_owned(),
        }
    };
    headers.iter().map(|header| (header.name.to_owned(), value(header.value))).collect()
}

/// Looks for the empty line that ends a head, or trailers.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Line {
    /// At a line's begin.
    #[default]
    Empty,
    /// After a CR there.
    Cr,
    /// Within a line.
    Full,
}

impl Line {
    /// How many of these bytes there are up to the end of an empty line, which is looked for from its begin; none where
    /// it does not end here.
    pub(super) fn find_empty(&mut self, bytes: &[u8]) -> Option<usize> {
        for (at, byte) in bytes.iter().enumerate() {
            *self = match (*self, byte) {
                (Self::Empty | Self::Cr, b'\n') => return Some(at + 1),
                (_, b'\n') => Self::Empty,
                (Self::Empty, b'\r') => Self::Cr,
                _ => Self::Full,
            };
        }
        None
    }
}

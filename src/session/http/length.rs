//! How long the body of an answer is (RFC 9112 section 6.3). Where two fields contradict each other nobody knows, and
//! who guesses can be led astray: that is an error.

use super::head::Head;
use super::wrong::Wrong;

/// What ends a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Length {
    /// So many bytes; none is none.
    Exactly(u64),
    /// Its last chunk.
    Chunked,
    /// The peer's end.
    ToEnd,
}

/// The length of the body behind a head; `bodiless` where HEAD was asked.
pub(super) fn length(head: &Head, bodiless: bool) -> Result<Length, Wrong> {
    if bodiless || matches!(head.status, 100..=199 | 204 | 304) {
        return Ok(Length::Exactly(0));
    }
    let said = content_length(head)?;
    if head.values("transfer-encoding").next().is_none() {
        return Ok(said.map_or(Length::ToEnd, Length::Exactly));
    }
    match said {
        Some(_) => Err(Wrong::LengthAndCoding), // "ought to be handled as an error"
        None if head.minor == 0 => Err(Wrong::OldCoding), // section 6.1: "as if the framing is faulty"
        None => coding(head),
    }
}

/// The one value of Content-Length. The same one more than once is none (RFC 9110 section 8.6).
fn content_length(head: &Head) -> Result<Option<u64>, Wrong> {
    let mut found = None;
    for text in head.values("content-length").flat_map(|value| value.split(',')).map(ows) {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let length = text.parse().ok().filter(|_| digits).ok_or_else(|| Wrong::Length(text.into()))?;
        if found.is_some_and(|found: u64| found != length) {
            return Err(Wrong::Lengths);
        }
        found = Some(length);
    }
    Ok(found)
}

/// What the transfer codings make of it: `chunked` must be the last, and there once (section 6.1).
fn coding(head: &Head) -> Result<Length, Wrong> {
    let codings: Vec<&str> = head.values("transfer-encoding").flat_map(|value| value.split(',')).map(ows).collect();
    let chunked = |coding: &str| coding.split(';').next().is_some_and(|name| ows(name).eq_ignore_ascii_case("chunked"));
    match codings.iter().position(|coding| chunked(coding)) {
        None => Ok(Length::ToEnd), // of another coding, which ends with the connection
        Some(at) if at + 1 == codings.len() && !codings[at].contains(';') => Ok(Length::Chunked),
        Some(_) => Err(Wrong::Coding(codings.join(", "))),
    }
}

/// Without the blanks that may stand around a value.
fn ows(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

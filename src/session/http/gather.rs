//! A head while it comes, cut anywhere: its bytes up to the empty line, and whether they can become a head at all.

use super::HEAD_LIMIT;
use super::head::{Head, Line, begins_well};
use super::wrong::Wrong;

/// How every answer begins.
const NAME: &[u8] = b"HTTP/";

/// What came of a head.
#[derive(Debug, Default)]
pub(super) struct Gather {
    bytes: Vec<u8>,
    line: Line,
    first_line_seen: bool,
}

impl Gather {
    /// Takes a piece of what comes, and says how much: at most one line, until the first one is known to be good. The
    /// head, once it is whole. `room` is what heads may still need of our memory.
    pub(super) fn step(&mut self, bytes: &[u8], room: &mut usize) -> (usize, Result<Option<Head>, Wrong>) {
        let first_end = bytes.iter().position(|&byte| byte == b'\n').filter(|_| !self.first_line_seen);
        let bytes = first_end.map_or(bytes, |at| &bytes[..=at]);
        let bytes = &bytes[..bytes.len().min(*room)];
        let end = self.line.find_empty(bytes);
        let count = end.unwrap_or(bytes.len());
        *room -= count;
        self.bytes.extend_from_slice(&bytes[..count]);
        let known = self.bytes.len().min(NAME.len());
        let head = if self.bytes[..known] != NAME[..known] {
            Err(Wrong::NotHttp)
        } else if first_end.is_some() && !begins_well(&self.bytes) {
            Err(Wrong::StatusLine)
        } else if end.is_some() {
            Head::parse(&self.bytes).map(Some)
        } else if *room > 0 {
            Ok(None)
        } else if self.bytes.len() == HEAD_LIMIT {
            Err(Wrong::LongHead)
        } else {
            Err(Wrong::LongHeads) // what this one has not used up interim ones have
        };
        self.first_line_seen |= first_end.is_some();
        (count, head)
    }

    /// Whether nothing of it has come.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// How many bytes it holds.
    pub(super) fn held(&self) -> usize {
        self.bytes.len()
    }

    /// Its bytes; then another may come.
    pub(super) fn take(&mut self) -> Vec<u8> {
        std::mem::take(self).bytes
    }
}

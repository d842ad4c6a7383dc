//! How a stream is cut into datagrams: at each read, at a size, or after each line. It does not know who sends them.

use crate::value::size::{Cut, LARGEST_DATAGRAM};

/// One read is one datagram of at most so many bytes, where nothing else was asked for.
pub const READ: usize = 16_384;

/// Cuts what is read.
#[derive(Debug)]
pub struct Cutter {
    cut: Option<Cut>,
    held: Vec<u8>,
}

impl Cutter {
    /// Cuts this way; at each read where none.
    pub fn new(cut: Option<Cut>) -> Self {
        Self { cut, held: Vec::new() }
    }

    /// Bytes that wait for the rest of their datagram.
    pub fn held(&self) -> usize {
        self.held.len()
    }

    /// Takes what was read, not nothing, and gives each datagram that is complete.
    pub fn take(&mut self, mut bytes: &[u8], mut give: impl FnMut(&[u8])) {
        let Some(cut) = self.cut else {
            return give(bytes);
        };
        while let Some(count) = self.complete(cut, bytes) {
            let (piece, rest) = bytes.split_at(count);
            match self.held.is_empty() {
                true => give(piece),
                false => {
                    self.held.extend_from_slice(piece);
                    give(&self.held);
                    self.held.clear();
                }
            }
            bytes = rest;
        }
        self.held.extend_from_slice(bytes);
    }

    /// How many more of these bytes make the datagram complete, if they do.
    fn complete(&self, cut: Cut, bytes: &[u8]) -> Option<usize> {
        let room = |size: usize| size - self.held.len();
        match cut {
            Cut::Size(size) => (bytes.len() >= room(size)).then(|| room(size)),
            Cut::Line => {
                let room = room(LARGEST_DATAGRAM);
                let line = bytes.iter().take(room).position(|&byte| byte == b'\n').map(|lf| lf + 1);
                line.or_else(|| (bytes.len() >= room).then_some(room))
            }
        }
    }

    /// The stream has ended: what is held is the last datagram, if it is anything.
    pub fn end(&mut self, give: impl FnOnce(&[u8])) {
        if !self.held.is_empty() {
            give(&self.held);
            self.held.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(cut: Option<Cut>, reads: &[&[u8]]) -> Vec<Vec<u8>> {
        let mut cutter = Cutter::new(cut);
        let mut all = Vec::new();
        for read in reads {
            cutter.take(read, |datagram| all.push(datagram.to_vec()));
        }
        cutter.end(|datagram| all.push(datagram.to_vec()));
        assert_eq!(cutter.held(), 0);
        all
    }

    #[test]
    fn a_read_is_a_datagram() {
        assert_eq!(cut(None, &[b"one", b"t\nwo"]), [&b"one"[..], b"t\nwo"]);
    }

    #[test]
    fn lines_keep_their_ends_and_a_long_one_is_cut() {
        assert_eq!(cut(Some(Cut::Line), &[b"a\r\n\nb", b"c\nd"]), [&b"a\r\n"[..], b"\n", b"bc\n", b"d"]);
        let long = vec![b'x'; LARGEST_DATAGRAM];
        assert_eq!(cut(Some(Cut::Line), &[&long, b"y\nz\n"]), [&long[..], b"y\n", b"z\n"]);
    }

    proptest! {
        #[test]
        fn sizes_and_lines_are_the_same_however_they_come(
            text in "[ab\n]{0,60}", reads in prop::collection::vec(1usize..9, 1..9), size in 1usize..7,
        ) {
            let bytes = text.as_bytes();
            let (mut rest, mut pieces, mut lens) = (bytes, Vec::new(), reads.iter().cycle());
            while !rest.is_empty() {
                let (piece, more) = rest.split_at(rest.len().min(*lens.next().expect("a cycle")));
                pieces.push(piece);
                rest = more;
            }
            let sized: Vec<_> = bytes.chunks(size).map(<[u8]>::to_vec).collect();
            prop_assert_eq!(cut(Some(Cut::Size(size)), &pieces), sized);
            let lines: Vec<_> = bytes.split_inclusive(|&byte| byte == b'\n').map(<[u8]>::to_vec).collect();
            prop_assert_eq!(cut(Some(Cut::Line), &pieces), lines);
        }
    }
}

//! What changes bytes on their way, because the user asked for it: line ends, telnet, encodings.
//!
//! Filters stand in a [`Chain`], one for each direction of a connection. A chain sees the bytes as they come, cut
//! anywhere, and gives the same as if they had come in one piece. It knows neither where they come from nor who takes
//! them; what telnet answers to the peer is asked for with [`Chain::answers`].

mod chunked;
mod crlf;
mod encoding;
mod telnet;

pub use encoding::encoding;
pub use encoding_rs::Encoding;

use chunked::Chunked;
use crlf::Crlf;
use encoding::{Decode, Encode};
use telnet::{Telnet, TelnetEscape};

/// Which filters the user asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filters {
    /// Send LF as CRLF (`-C`).
    pub crlf: bool,
    /// Speak telnet, refusing every option (`-t`).
    pub telnet: bool,
    /// The peer's text is of this encoding, ours is UTF-8 (`--encoding`).
    pub encoding: Option<&'static Encoding>,
}

impl Filters {
    /// The chain for what the peer sends: telnet wraps the text, so it is taken off first.
    pub fn receiving(&self) -> Chain {
        let filters =
            [self.telnet.then(Telnet::default).map(Filter::Telnet), self.encoding.map(Decode::new).map(Filter::Decode)];
        Chain { filters: filters.into_iter().flatten().collect() }
    }

    /// The chain for what is sent to the peer: lines end as text, and telnet's escapes are of the bytes that leave.
    pub fn sending(&self) -> Chain {
        let filters = [
            self.crlf.then(Crlf::default).map(Filter::Crlf),
            self.encoding.map(Encode::new).map(Filter::Encode),
            self.telnet.then_some(Filter::TelnetEscape(TelnetEscape)),
        ];
        Chain { filters: filters.into_iter().flatten().collect() }
    }
}

/// An ordered list of filters for one direction of one connection.
///
/// Of n bytes at most 4n + 16 are made: an encoding may switch its state for each character (ISO-2022-JP: five bytes
/// of one LF after a kanji of three), and what was held of an earlier read, three bytes at most, may come out too.
#[derive(Default)]
pub struct Chain {
    filters: Vec<Filter>,
}

impl std::fmt::Debug for Chain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Chain of {}", self.filters.len())
    }
}

impl Chain {
    /// The chain for the body of an HTTP request whose length nobody knows: it goes in chunks.
    pub fn chunked() -> Self {
        Self { filters: vec![Filter::Chunked(Chunked::default())] }
    }

    /// Whether bytes leave as they come.
    pub fn is_empty(&self) -> bool {
        self.filters.is_empty()
    }

    /// Appends to `out` what becomes of the next bytes.
    pub fn run(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        through(&mut self.filters, bytes, out);
    }

    /// Appends to `out` what is still held, to be sent before the half-close. Then the chain begins anew, so that a
    /// datagram is filtered by one `run` and one `end`.
    pub fn end(&mut self, out: &mut Vec<u8>) {
        let mut filters = self.filters.as_mut_slice();
        while let Some((first, rest)) = filters.split_first_mut() {
            let mut held = Vec::new();
            first.end(&mut held);
            through(rest, &held, out);
            filters = rest;
        }
    }

    /// What telnet answers to the peer since it was asked last: at most 1,536 bytes, however long nobody asks.
    pub fn answers(&mut self) -> Vec<u8> {
        let mut answers = Vec::new();
        for filter in &mut self.filters {
            if let Filter::Telnet(telnet) = filter {
                telnet.answer(&mut answers);
            }
        }
        answers
    }

    /// How many characters could not be sent in the encoding asked for, and became `?`.
    pub fn unmappable(&self) -> u64 {
        self.filters
            .iter()
            .map(|filter| if let Filter::Encode(encode) = filter { encode.unmappable() } else { 0 })
            .sum()
    }
}

/// One filter of a chain.
enum Filter {
    Chunked(Chunked),
    Crlf(Crlf),
    Telnet(Telnet),
    TelnetEscape(TelnetEscape),
    Decode(Decode),
    Encode(Encode),
}

impl Filter {
    fn run(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        match self {
            Self::Chunked(chunked) => chunked.run(bytes, out),
            Self::Crlf(crlf) => crlf.run(bytes, out),
            Self::Telnet(telnet) => telnet.run(bytes, out),
            Self::TelnetEscape(escape) => escape.run(bytes, out),
            Self::Decode(decode) => decode.run(bytes, out),
            Self::Encode(encode) => encode.run(bytes, out),
        }
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        match self {
            Self::Chunked(chunked) => chunked.end(out),
            Self::Crlf(crlf) => crlf.end(),
            Self::Telnet(telnet) => telnet.end(),
            Self::TelnetEscape(_) => {}
            Self::Decode(decode) => decode.end(out),
            Self::Encode(encode) => encode.end(out),
        }
    }
}

/// Runs bytes through filters, the first one first.
fn through(filters: &mut [Filter], bytes: &[u8], out: &mut Vec<u8>) {
    match filters {
        _ if bytes.is_empty() => {}
        [] => out.extend_from_slice(bytes),
        [last] => last.run(bytes, out),
        [first, rest @ ..] => {
            let mut between = Vec::new();
            first.run(bytes, &mut between);
            through(rest, &between, out);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a chain makes of bytes that come in these pieces.
    pub(super) fn filtered<'a>(chain: &mut Chain, pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
        let mut out = Vec::new();
        for piece in pieces {
            let before = out.len();
            chain.run(piece, &mut out);
            assert!(out.len() - before <= 4 * piece.len() + 16, "{} of {}", out.len() - before, piece.len());
        }
        let before = out.len();
        chain.end(&mut out);
        assert!(out.len() - before <= 16);
        out
    }

    /// Asserts what becomes of bytes, byte by byte and cut at every pair of places; the chain begins anew each time.
    pub(super) fn becomes(chain: &mut Chain, bytes: &[u8], expected: &[u8]) {
        assert_eq!(filtered(chain, bytes.chunks(1)), expected, "{bytes:x?} byte by byte");
        for first in 0..=bytes.len() {
            for second in first..=bytes.len() {
                let pieces = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                assert_eq!(filtered(chain, pieces), expected, "{bytes:x?} cut at {first} and {second}");
            }
        }
    }

    /// Bytes cut into pieces of these lengths, and the rest.
    pub(super) fn cut<'a>(mut bytes: &'a [u8], lengths: &[usize]) -> Vec<&'a [u8]> {
        let mut pieces = Vec::new();
        for length in lengths {
            let (piece, rest) = bytes.split_at((*length).min(bytes.len()));
            pieces.push(piece);
            bytes = rest;
        }
        pieces.push(bytes);
        pieces
    }

    /// Every filter that can be asked for, with this encoding.
    fn all(label: &str) -> Filters {
        Filters { crlf: true, telnet: true, encoding: Some(encoding(label).expect("an encoding")) }
    }

    #[test]
    fn without_a_filter_bytes_leave_as_they_come() {
        let mut chain = Filters::default().sending();
        assert!(chain.is_empty());
        becomes(&mut chain, b"a\n\xff", b"a\n\xff");
        assert_eq!((chain.answers().capacity(), chain.unmappable()), (0, 0));
        assert!(!Filters { telnet: true, ..Filters::default() }.receiving().is_empty());
    }

    #[test]
    fn what_one_filter_makes_the_next_one_takes() {
        // ÿ is 0xFF in Latin-1, which telnet doubles on the wire.
        becomes(&mut all("latin1").sending(), "aÿ\r\né\n".as_bytes(), b"a\xff\xff\r\n\xe9\r\n");
        becomes(&mut all("latin1").receiving(), b"a\xff\xff\xff\xfb\x01\xe9\n", "aÿé\n".as_bytes());
    }

    #[test]
    fn what_is_held_at_the_end_passes_the_later_filters() {
        // A character that was cut off becomes `?`, and the encoding goes back to ASCII.
        becomes(&mut all("iso-2022-jp").sending(), b"\xe6\x97\xa5\xe6\x97", b"\x1b$BF|\x1b(B?");
        becomes(&mut all("iso-2022-jp").sending(), "日\n".as_bytes(), b"\x1b$BF|\x1b(B\r\n");
        becomes(&mut all("gbk").receiving(), b"\xff\xf1\xc4\xff\xf1\xe3\xc4", "你\u{fffd}".as_bytes());
        let (gbk, latin1) = (encoding("gbk").expect("known"), encoding("latin1").expect("known"));
        let filters = vec![Filter::Decode(Decode::new(gbk)), Filter::Encode(Encode::new(latin1))];
        becomes(&mut Chain { filters }, b"a\xc4", b"a?");
    }

    proptest! {
        /// Which also holds the bound on what is made, for every encoding that grows.
        #[test]
        fn any_cut_makes_the_same(
            text in "[a\n\r¥\\\\日α\u{ff}é?]{0,40}", tail in prop::collection::vec(any::<u8>(), 0..20),
            lengths in prop::collection::vec(0usize..9, 0..20),
            label in prop::sample::select(vec!["iso-2022-jp", "gb18030", "latin1", "big5", "euc-kr", "utf-8"]),
        ) {
            let bytes = [text.as_bytes(), &tail].concat();
            for mut chain in [all(label).sending(), all(label).receiving()] {
                let whole = filtered(&mut chain, [&bytes[..]]);
                let (answers, unmappable) = (chain.answers(), chain.unmappable());
                let mut chain = if chain.filters.len() == 3 { all(label).sending() } else { all(label).receiving() };
                prop_assert_eq!(filtered(&mut chain, cut(&bytes, &lengths)), whole);
                prop_assert_eq!((chain.answers(), chain.unmappable()), (answers, unmappable));
            }
        }
    }
}

//! Does what is sent begin with an HTTP/1 request line (RFC 9112 section 3)? Told byte by byte, holding none of them.
//!
//! It matters because servers drop a request when its sender half-closes early; see [`crate::logic::ends`].

/// The longest method and target that are taken for a request (RFC 9112 asks servers to accept 8,000 octets).
const METHOD_LIMIT: u16 = 32;
const TARGET_LIMIT: u16 = 8_192;

const VERSION: &[u8] = b"HTTP/1.";

/// What is known so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RequestLine {
    /// So many bytes of what may be a method.
    Method(u16),
    /// So many bytes of what may be a target.
    Target(u16),
    /// So many bytes of what may be a version, `HTTP/1.x` and the line's end.
    Version(u8),
    /// It is one.
    Yes,
    /// It is none.
    No,
}

/// Nothing seen.
impl Default for RequestLine {
    fn default() -> Self {
        Self::Method(0)
    }
}

impl RequestLine {
    /// Whether more bytes could change the answer.
    pub const fn open(self) -> bool {
        !matches!(self, Self::Yes | Self::No)
    }

    /// Looks at the next bytes.
    pub fn see(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if !self.open() {
                return;
            }
            *self = self.next(byte);
        }
    }

    fn next(self, byte: u8) -> Self {
        const DIGIT: u8 = VERSION.len() as u8;
        match (self, byte) {
            (Self::Method(n), b'A'..=b'Z' | b'-') if n < METHOD_LIMIT => Self::Method(n + 1),
            (Self::Method(1..), b' ') => Self::Target(0),
            (Self::Target(n), 0x21..=0x7e | 0x80..) if n < TARGET_LIMIT => Self::Target(n + 1),
            (Self::Target(1..), b' ') => Self::Version(0),
            (Self::Version(n), _) if n < DIGIT && byte == VERSION[usize::from(n)] => Self::Version(n + 1),
            (Self::Version(DIGIT), b'0'..=b'9') => Self::Version(DIGIT + 1),
            (Self::Version(n), b'\r') if n == DIGIT + 1 => Self::Version(n + 1),
            (Self::Version(n), b'\n') if n > DIGIT => Self::Yes,
            _ => Self::No,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(text: &[u8]) -> RequestLine {
        let mut line = RequestLine::default();
        line.see(text);
        line
    }

    #[test]
    fn request_lines_are_known_at_every_split() {
        for text in ["GET / HTTP/1.1\r\nHost: h\r\n", "M-SEARCH * HTTP/1.0\n", "POST /a?b=%20 HTTP/1.1\r\n"] {
            for cut in 0..text.len() {
                let mut line = RequestLine::default();
                line.see(&text.as_bytes()[..cut]);
                line.see(&text.as_bytes()[cut..]);
                assert_eq!(line, RequestLine::Yes, "{text:?} cut at {cut}");
            }
        }
    }

    #[test]
    fn other_bytes_are_not() {
        for text in [
            "get / HTTP/1.1\r\n",
            "GET /\r\n",
            "GET  HTTP/1.1\r\n",
            "GET / HTTP/2\r\n",
            "GET / HTTP/1.1 \r\n",
            "GET / HTTP/1.\r\n",
            "\r\nGET / HTTP/1.1\r\n",
            " / HTTP/1.1\r\n",
            "SSH-2.0-OpenSSH_9.6\r\n",
            "GET / HTTP/1.1\r\r\n",
        ] {
            assert_eq!(judge(text.as_bytes()), RequestLine::No, "{text:?}");
        }
    }

    #[test]
    fn an_unfinished_line_stays_open_and_a_long_one_does_not() {
        assert!(judge(b"GET / HTTP/1.1").open());
        assert!(judge(b"").open());
        assert_eq!(judge(&[b'A'; 40]), RequestLine::No);
        let long = [b"GET /".as_slice(), &[b'a'; 9_000]].concat();
        assert_eq!(judge(&long), RequestLine::No);
    }
}

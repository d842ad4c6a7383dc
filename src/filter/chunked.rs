//! Bytes of unknown length as the chunks of an HTTP/1.1 body (RFC 9112 section 7.1): one for each piece that comes.

/// Puts bytes in chunks.
#[derive(Default)]
pub(super) struct Chunked {
    ended: bool,
}

impl Chunked {
    /// Appends the next bytes, which are some, as a chunk.
    pub(super) fn run(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        out.extend_from_slice(format!("{:x}\r\n", bytes.len()).as_bytes());
        out.extend_from_slice(bytes);
        out.extend_from_slice(b"\r\n");
    }

    /// Appends the last chunk, once.
    pub(super) fn end(&mut self, out: &mut Vec<u8>) {
        if !std::mem::replace(&mut self.ended, true) {
            out.extend_from_slice(b"0\r\n\r\n");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Chain;

    #[test]
    fn each_piece_is_a_chunk_and_the_end_comes_once() {
        let (mut chain, mut out) = (Chain::chunked(), Vec::new());
        chain.run(b"hello world, bye", &mut out);
        chain.run(b"", &mut out);
        chain.run(b"!", &mut out);
        chain.end(&mut out);
        chain.end(&mut out);
        assert_eq!(out, b"10\r\nhello world, bye\r\n1\r\n!\r\n0\r\n\r\n");
    }
}

//! Bytes as an annotated hex dump (`-x`): a header line for each chunk, then its bytes, sixteen a row.
//!
//! ```text
//! # 12:00:01.5 received from 192.0.2.7 80: 18 bytes at 4096
//! 00001000: 48 54 54 50 2f 31 2e 31-20 32 30 30 20 4f 4b 0d  HTTP/1.1 200 OK.
//! 00001010: 0a 0d                                            ..
//! ```
//!
//! A row's offset is its first byte's place in the stream, so that the rows of one direction of one connection make its
//! bytes again: take the rows under its headers, two hex digits a byte, the offset says where. A row is never of two
//! chunks, so a chunk's last row may be short. `xxd -r` reads the rows once the headers, which begin with `#`, are out;
//! two blanks between the groups would end a row for it, hence the dash.

use std::fmt::Write;
use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;

use super::words::spaced;
use crate::error::{Deed, Exit, Failure, Object, Way};
use crate::event::Chunk;
use crate::plan::Hex;

const ROW: usize = 16;

/// Where bytes are dumped.
pub(super) enum Dump {
    /// Among what else is told.
    Stderr,
    /// Here.
    File(File),
}

impl Dump {
    /// Opens what was asked for. A FIFO is not waited for: without a reader it is an error, and when it is full the
    /// dump ends.
    pub(super) fn open(hex: &Hex) -> Result<Self, Failure> {
        let Hex::File(path) = hex else {
            return Ok(Self::Stderr);
        };
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true).custom_flags(libc::O_NONBLOCK);
        match options.open(path) {
            Ok(file) => Ok(Self::File(file)),
            Err(error) => Err(Failure::system(Deed::Write, Object::File(path.clone()), &error, Exit::Local)),
        }
    }

    /// Dumps a chunk. What it gives is for stderr.
    pub(super) fn take(&mut self, chunk: &Chunk<'_>) -> Result<String, Failure> {
        let way = match chunk.way {
            Way::Up => "sent to",
            Way::Down => "received from",
        };
        let mut text = String::new();
        dump(&mut text, &format!("{} {way} {}", super::now(), spaced(chunk.peer)), chunk.offset, chunk.bytes);
        let Self::File(file) = self else {
            return Ok(text);
        };
        match file.write_all(text.as_bytes()) {
            Ok(()) => Ok(String::new()),
            Err(error) => Err(Failure::system(Deed::Write, Object::Named("the dump".into()), &error, Exit::Local)),
        }
    }
}

/// Appends the dump of a chunk that lies at this offset of its stream. The header says when, which way and with whom,
/// on one line; how many bytes and where is added here.
pub fn dump(out: &mut String, header: &str, offset: u64, bytes: &[u8]) {
    let _ = writeln!(out, "# {header}: {} bytes at {offset}", bytes.len());
    for (row, at) in bytes.chunks(ROW).zip((offset..).step_by(ROW)) {
        let _ = write!(out, "{at:08x}:");
        for column in 0..ROW {
            let _ = match row.get(column) {
                Some(byte) if column == ROW / 2 => write!(out, "-{byte:02x}"),
                Some(byte) => write!(out, " {byte:02x}"),
                None => write!(out, "   "),
            };
        }
        out.push_str("  ");
        out.extend(row.iter().map(|&byte| if matches!(byte, b' '..=b'~') { char::from(byte) } else { '.' }));
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a dump was made of: of each row where it lies and its bytes. Reads columns, as `xxd -r` does.
    fn read(dump: &str) -> Vec<(u64, Vec<u8>)> {
        let rows = dump.lines().filter(|line| !line.starts_with('#'));
        rows.map(|row| {
            let (offset, rest) = row.split_once(": ").expect("an offset");
            let digits = rest[..ROW * 3 - 1].split([' ', '-']).filter(|digits| !digits.is_empty());
            let bytes = digits.map(|byte| u8::from_str_radix(byte, 16).expect("a byte")).collect();
            (u64::from_str_radix(offset, 16).expect("an offset"), bytes)
        })
        .collect()
    }

    #[test]
    fn a_chunk_is_a_header_and_rows() {
        let mut out = String::new();
        dump(&mut out, "12:00:01.5 received from 192.0.2.7 80", 4_096, b"HTTP/1.1 200 OK\r\n\xff~\x7f");
        dump(&mut out, "12:00:02.0 sent to 192.0.2.7 80", u64::from(u32::MAX) + 1, b"");
        dump(&mut out, "12:00:02.1 sent to 192.0.2.7 80", u64::from(u32::MAX) + 1, b"123456789");
        let expected = "\
# 12:00:01.5 received from 192.0.2.7 80: 20 bytes at 4096
00001000: 48 54 54 50 2f 31 2e 31-20 32 30 30 20 4f 4b 0d  HTTP/1.1 200 OK.
00001010: 0a ff 7e 7f                                      ..~.
# 12:00:02.0 sent to 192.0.2.7 80: 0 bytes at 4294967296
# 12:00:02.1 sent to 192.0.2.7 80: 9 bytes at 4294967296
100000000: 31 32 33 34 35 36 37 38-39                       123456789
";
        assert_eq!(out, expected);
    }

    #[test]
    fn every_split_reads_back() {
        let bytes: Vec<u8> = (0..40).collect();
        for at in 0..=bytes.len() {
            let mut out = String::new();
            dump(&mut out, "a", 0, &bytes[..at]);
            dump(&mut out, "b", at as u64, &bytes[at..]);
            let rows: Vec<u8> = read(&out).into_iter().flat_map(|(_, row)| row).collect();
            assert_eq!(rows, bytes, "cut at {at}");
        }
    }

    proptest! {
        /// Two streams dumped in turn, cut anywhere: the rows of each make it again.
        #[test]
        fn streams_read_back(
            chunks in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..50)), 0..20),
            start in prop::sample::select(vec![0, 5, u64::from(u32::MAX) - 20]),
        ) {
            let (mut whole, mut back) = ([Vec::new(), Vec::new()], [Vec::new(), Vec::new()]);
            for (up, chunk) in chunks {
                let (whole, back) = (&mut whole[usize::from(up)], &mut back[usize::from(up)]);
                let mut out = String::new();
                dump(&mut out, "a header: 00000000: 41", start + whole.len() as u64, &chunk);
                whole.extend(chunk);
                for (offset, row) in read(&out) {
                    prop_assert_eq!(offset, start + back.len() as u64);
                    prop_assert!((1..=ROW).contains(&row.len()));
                    back.extend(row);
                }
            }
            prop_assert_eq!(back, whole);
        }
    }
}

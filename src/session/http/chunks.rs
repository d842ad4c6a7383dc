//! The chunked transfer coding taken off (RFC 9112 section 7.1): sizes, extensions, which are skipped, and trailers.
//! Lines end with CRLF here and with nothing else: where two readers differ about that, one of them is led astray.

use super::head::{Field, Line, trailers};
use super::wrong::Wrong;

/// So long may the line of a size be, with its extensions.
const LINE_LIMIT: usize = 16 * 1024;

/// A body in chunks, under way.
#[derive(Debug)]
pub(super) struct Chunks {
    part: Part,
    /// Bytes of the line under way.
    line: usize,
    trailers: Vec<u8>,
}

/// What the next bytes are, and how many.
#[derive(Clone, Copy, Debug)]
pub(super) enum Piece {
    /// Of the body.
    Data(usize),
    /// What stands round it; none of it once the body is over.
    Frame(usize),
}

#[derive(Clone, Copy, Debug)]
enum Part {
    /// A size, so far; none before its first digit.
    Size(Option<u64>),
    /// Blanks after it, then an extension or the line's end.
    Blank(u64),
    /// An extension.
    Extension(u64),
    /// The LF of its line.
    SizeLf(u64),
    /// So many bytes of data.
    Data(u64),
    /// The CR, then the LF after them.
    DataCr,
    DataLf,
    /// What follows the last chunk.
    Trailers(Line),
    Done,
}

impl Chunks {
    pub(super) fn new() -> Self {
        Self { part: Part::Size(None), line: 0, trailers: Vec::new() }
    }

    /// Takes a piece of what comes. `room` is what trailers may still need of our memory.
    pub(super) fn step(&mut self, bytes: &[u8], room: &mut usize) -> Result<Piece, Wrong> {
        match &mut self.part {
            Part::Done => Ok(Piece::Frame(0)),
            Part::Data(left) => {
                let count = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                *left -= count as u64;
                if *left == 0 {
                    self.part = Part::DataCr;
                }
                Ok(Piece::Data(count))
            }
            Part::Trailers(line) => {
                let end = line.find_empty(bytes);
                let count = end.unwrap_or(bytes.len());
                *room = room.checked_sub(count).ok_or(Wrong::LongTrailers)?;
                self.trailers.extend_from_slice(&bytes[..count]);
                if end.is_some() {
                    self.part = Part::Done;
                }
                Ok(Piece::Frame(count))
            }
            _ => {
                let Some(&byte) = bytes.first() else { return Ok(Piece::Frame(0)) };
                self.line += 1;
                if self.line > LINE_LIMIT {
                    return Err(Wrong::ChunkLine);
                }
                self.part = self.part.after(byte)?;
                if matches!(self.part, Part::Data(_) | Part::Trailers(_)) {
                    self.line = 0;
                }
                Ok(Piece::Frame(1))
            }
        }
    }

    /// How many bytes it holds.
    pub(super) fn held(&self) -> usize {
        self.trailers.len()
    }

    /// What it lacks when the peer ends here.
    pub(super) fn lacking(&self) -> Wrong {
        match self.part {
            Part::Trailers(_) => Wrong::EndInTrailers,
            _ => Wrong::EndInChunks,
        }
    }

    pub(super) fn is_done(&self) -> bool {
        matches!(self.part, Part::Done)
    }

    /// What stood behind the last chunk.
    pub(super) fn trailers(&self) -> Result<Vec<Field>, Wrong> {
        trailers(&self.trailers)
    }
}

impl Part {
    /// What comes after a byte that is no data.
    fn after(self, byte: u8) -> Result<Self, Wrong> {
        match (self, byte) {
            (Self::Size(size), b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                let digit = (byte as char).to_digit(16).map_or(0, u64::from);
                let size = size.unwrap_or(0).checked_mul(16).and_then(|size| size.checked_add(digit));
                size.map(|size| Self::Size(Some(size))).ok_or(Wrong::ChunkSize)
            }
            // Some servers pad sizes with blanks.
            (Self::Size(Some(size)) | Self::Blank(size), b' ' | b'\t') => Ok(Self::Blank(size)),
            (Self::Size(Some(size)) | Self::Blank(size), b';') => Ok(Self::Extension(size)),
            (Self::Size(Some(size)) | Self::Blank(size) | Self::Extension(size), b'\r') => Ok(Self::SizeLf(size)),
            (Self::Extension(size), b'\t' | b' '..=b'~' | 0x80..) => Ok(Self::Extension(size)),
            (Self::SizeLf(0), b'\n') => Ok(Self::Trailers(Line::default())),
            (Self::SizeLf(size), b'\n') => Ok(Self::Data(size)),
            (Self::DataCr, b'\r') => Ok(Self::DataLf),
            (Self::DataLf, b'\n') => Ok(Self::Size(None)),
            (Self::DataCr | Self::DataLf, _) => Err(Wrong::ChunkEnd),
            _ => Err(Wrong::ChunkSize),
        }
    }
}

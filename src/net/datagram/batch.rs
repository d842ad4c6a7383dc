//! Memory for the datagrams that one call receives: each whole, in a slot of its own, with its sender. It does not know
//! the socket.

use super::place::Place;

/// So many datagrams are received or sent by one call.
pub const BATCH: usize = 32;

/// The longest datagram that is sure to be whole; UDP has none longer.
pub const LONGEST: usize = 65_535;

/// From slot to slot. One cache line more than a power of two: slots that begin at the same offset of a page would
/// push each other out of the processor's cache.
const STRIDE: usize = LONGEST + 1 + 64;

/// Up to [`BATCH`] datagrams.
///
/// One allocation of [`Batch::MEMORY`] bytes, whose pages cost nothing before a datagram was written to them: 32 pages
/// where datagrams are short, all of it once long ones came.
#[derive(Debug)]
pub struct Batch {
    pub(in crate::net) memory: Vec<u8>,
    pub(in crate::net) heads: Box<[Head; BATCH]>,
    pub(in crate::net) filled: usize,
}

/// What is known of a datagram beside its bytes.
#[derive(Clone, Copy, Debug)]
pub(in crate::net) struct Head {
    pub(in crate::net) from: Place,
    pub(in crate::net) len: usize,
    pub(in crate::net) cut: bool,
}

/// A datagram that was received.
#[derive(Clone, Copy, Debug)]
pub struct Datagram<'a> {
    /// Its sender.
    pub from: &'a Place,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// It was longer than [`LONGEST`], and its rest is lost. Only Unix datagrams can be.
    pub cut: bool,
}

impl Default for Batch {
    fn default() -> Self {
        let nobody = Head { from: Place::Unix(None), len: 0, cut: false };
        Self { memory: vec![0; Self::MEMORY], heads: Box::new([nobody; BATCH]), filled: 0 }
    }
}

impl Batch {
    /// The bytes it reserves, beside 4 KiB for the senders.
    pub const MEMORY: usize = BATCH * STRIDE;

    /// Its datagrams, in the order they came.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Datagram<'_>> + Clone {
        let heads = self.heads[..self.filled].iter();
        heads.zip(self.memory.chunks_exact(STRIDE)).map(|(head, slot)| Datagram {
            from: &head.from,
            bytes: &slot[..head.len],
            cut: head.cut,
        })
    }
}

/// The slots of a batch's memory, each for one datagram.
pub(in crate::net) fn slots(memory: &mut [u8]) -> impl Iterator<Item = &mut [u8]> {
    memory.chunks_exact_mut(STRIDE).map(|slot| &mut slot[..LONGEST])
}

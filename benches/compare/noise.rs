//! Bytes of which no block equals another, so that a lost, doubled or foreign one is seen.

/// A xorshift generator.
pub(crate) struct Noise(u64);

impl Noise {
    /// Every seed has bytes of its own.
    pub(crate) fn new(seed: u64) -> Self {
        Self(0x9E37_79B9_7F4A_7C15_u64.rotate_left(u32::try_from(seed % 64).unwrap_or(0)))
    }

    /// Fills the block, but for what is left of it behind its last whole word.
    pub(crate) fn fill(&mut self, block: &mut [u8]) {
        for word in block.chunks_exact_mut(8) {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            word.copy_from_slice(&self.0.to_ne_bytes());
        }
    }
}

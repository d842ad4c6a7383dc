//! What the fuzz targets share: reading an input as a few choices and bytes, and cutting those anywhere.

/// An input, read from its front. What is missing at its end is zero, or empty.
pub struct Input<'a>(pub &'a [u8]);

impl<'a> Input<'a> {
    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        self.bytes(1).first().copied().unwrap_or_default()
    }

    /// One of these.
    pub fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::from(self.byte()) % choices.len()]
    }

    /// The next bytes, so many at most.
    pub fn bytes(&mut self, count: usize) -> &'a [u8] {
        let (bytes, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        bytes
    }

    /// A few bytes: how many they are stands before them.
    pub fn few(&mut self) -> &'a [u8] {
        let count = self.byte();
        self.bytes(count.into())
    }

    /// The same as text; what is no UTF-8 becomes U+FFFD.
    pub fn text(&mut self) -> String {
        String::from_utf8_lossy(self.few()).into_owned()
    }

    /// The bytes up to a LF, which is taken too.
    pub fn line(&mut self) -> &'a [u8] {
        let count = self.0.iter().position(|&byte| byte == b'\n').unwrap_or(self.0.len());
        let line = self.bytes(count);
        self.bytes(1);
        line
    }

    /// Lengths of pieces, fifteen at most.
    pub fn lengths(&mut self) -> &'a [u8] {
        let count = self.byte() % 16;
        self.bytes(count.into())
    }
}

/// Bytes cut into pieces of these lengths, over and over; of many bytes the pieces are longer. A length of 0 is an
/// empty piece.
pub fn cut<'a>(mut bytes: &'a [u8], lengths: &[u8]) -> Vec<&'a [u8]> {
    let (mut pieces, unit) = (Vec::new(), 1 + bytes.len() / 1_000);
    for &length in lengths.iter().cycle().take(lengths.len() + bytes.len() / unit) {
        let (piece, rest) = bytes.split_at((usize::from(length) * unit).min(bytes.len()));
        pieces.push(piece);
        bytes = rest;
        if bytes.is_empty() {
            return pieces;
        }
    }
    pieces.push(bytes);
    pieces
}

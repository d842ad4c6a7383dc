//! Bytes that a sink has not taken yet.

/// Bytes that wait, and what has gone of them.
#[derive(Debug, Default)]
pub(super) struct Held {
    bytes: Vec<u8>,
    start: usize,
}

impl Held {
    pub(super) fn is_empty(&self) -> bool {
        self.bytes().is_empty()
    }

    /// What still waits.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Memory to append to.
    pub(super) fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// The first so many have gone. The memory stays, for the next.
    pub(super) fn drop_first(&mut self, count: usize) {
        self.start += count;
        if self.is_empty() {
            self.clear();
        }
    }

    /// All is forgotten.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.start = 0;
    }
}

/// The same where it is seldom that any wait: costs a pointer while none do.
#[derive(Debug, Default)]
pub(super) struct SeldomHeld(Option<Box<Held>>);

impl SeldomHeld {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// What still waits.
    pub(super) fn bytes(&self) -> &[u8] {
        self.0.as_ref().map_or(&[], |held| held.bytes())
    }

    pub(super) fn append(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.0.get_or_insert_default().buffer().extend_from_slice(bytes);
        }
    }

    /// The first so many have gone; with the last the memory goes.
    pub(super) fn drop_first(&mut self, count: usize) {
        self.0.take_if(|held| {
            held.drop_first(count);
            held.is_empty()
        });
    }
}

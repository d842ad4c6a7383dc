//! The word that ends a talk, for modes that answer bytes as they come.

use std::time::Instant;

use super::stop_word::StopWord;
use super::{Out, Script};

/// Waits for the word, if there is one. Costs a pointer where there is none.
pub(super) struct Stop(Option<Box<StopWord>>);

impl Stop {
    pub(super) fn new(script: &Script) -> Self {
        Self(script.stop.clone().map(|word| Box::new(StopWord::new(word))))
    }

    /// Whether there is one.
    pub(super) fn is_awaited(&self) -> bool {
        self.0.is_some()
    }

    /// Those of the next bytes that come before the word; after it the talk is over.
    pub(super) fn before<'a>(&mut self, bytes: &'a [u8], now: Instant, out: &mut Out) -> &'a [u8] {
        match self.0.as_mut().and_then(|word| word.find(bytes, now)) {
            None => bytes,
            Some(start) => {
                out.finish();
                &bytes[..start]
            }
        }
    }

    /// The silence after an unfinished line may make it the word.
    pub(super) fn tick(&mut self, now: Instant, out: &mut Out) {
        if self.0.as_mut().is_some_and(|word| word.tick(now)) {
            out.finish();
        }
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        self.0.as_ref()?.deadline()
    }

    /// Whether a datagram is the word.
    pub(super) fn is(&self, datagram: &[u8]) -> bool {
        self.0.as_ref().is_some_and(|word| word.datagram(datagram))
    }
}

//! What waits for one peer: chunks that all peers share, so that a crowd of slow ones costs what one of them does.

use std::collections::VecDeque;
use std::rc::Rc;

/// So many bytes may wait for a peer.
pub(super) const LIMIT: usize = 256 * 1024;

/// Chunks in order. Costs a pointer while empty.
#[derive(Debug, Default)]
pub(super) struct Queue(Option<Box<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    chunks: VecDeque<Rc<[u8]>>,
    /// How much of the first chunk has gone.
    gone: usize,
    size: usize,
}

impl Queue {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(super) fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |waiting| waiting.size)
    }

    pub(super) fn push(&mut self, chunk: Rc<[u8]>) {
        if !chunk.is_empty() {
            let waiting = self.0.get_or_insert_default();
            waiting.size += chunk.len();
            waiting.chunks.push_back(chunk);
        }
    }

    /// The chunk to send next.
    pub(super) fn front(&self) -> Option<&Rc<[u8]>> {
        self.0.as_ref()?.chunks.front()
    }

    /// How much of it has gone.
    pub(super) fn gone(&self) -> usize {
        self.0.as_ref().map_or(0, |waiting| waiting.gone)
    }

    /// Notes that so many of them have gone.
    pub(super) fn advance(&mut self, count: usize) {
        self.0.take_if(|waiting| {
            waiting.gone += count;
            waiting.size -= count;
            if waiting.chunks.front().is_some_and(|chunk| chunk.len() == waiting.gone) {
                waiting.chunks.pop_front();
                waiting.gone = 0;
            }
            waiting.chunks.is_empty()
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out_in_order() {
        let mut queue = Queue::default();
        for chunk in [&b"one"[..], b"", b"two"] {
            queue.push(chunk.into());
        }
        assert_eq!(queue.len(), 6);
        let mut out = Vec::new();
        while let Some(front) = queue.front() {
            let rest = &front[queue.gone()..];
            let count = rest.len().min(2);
            out.extend_from_slice(&rest[..count]);
            queue.advance(count);
        }
        assert_eq!(out, b"onetwo");
        assert!(queue.is_empty());
    }
}

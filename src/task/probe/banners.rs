//! Open ports whose services are given a moment to say something first (`--banner`).

use std::time::{Duration, Instant};

use slab::Slab;

use crate::logic::sweep::Verdict;
use crate::logic::timers::Timers;
use crate::net::banner::Banner;
use crate::net::knock::Opened;
use crate::task::Cx;

/// So much of what a service says is told.
const LIMIT: usize = 256;

/// A line that is this old will not become longer: nothing says where a banner ends.
const SILENCE: Duration = Duration::from_millis(100);

/// The first source number; the others follow it.
pub(super) const FIRST: usize = 16;

/// Services that are listened to.
#[derive(Default)]
pub(super) struct Banners {
    waiting: Slab<(Banner, Verdict)>,
    timers: Timers,
    ready: Vec<usize>,
}

impl Banners {
    pub(super) fn count(&self) -> usize {
        self.waiting.len()
    }

    /// Listens to an open port, until this time at most. The verdict, where that cannot be done.
    pub(super) fn begin(
        &mut self,
        cx: &mut Cx<'_>,
        opened: Opened,
        verdict: Verdict,
        until: Instant,
    ) -> Option<Verdict> {
        let entry = self.waiting.vacant_entry();
        let key = entry.key();
        match Banner::new(opened, LIMIT, cx.watch, FIRST + key) {
            Ok(banner) => {
                entry.insert((banner, verdict));
                self.timers.set(key, Some(until));
                None
            }
            Err(_) => Some(verdict),
        }
    }

    /// Takes note of an event.
    pub(super) fn mark(&mut self, source: usize) {
        self.ready.push(source - FIRST);
    }

    /// When the next one has said enough.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// Those that have said what they say, or nothing for too long.
    pub(super) fn done(&mut self, cx: &mut Cx<'_>) -> Vec<(Verdict, Vec<u8>)> {
        let mut over = Vec::new();
        for key in std::mem::take(&mut self.ready) {
            let Some((banner, _)) = self.waiting.get_mut(key) else { continue };
            match banner.listen() {
                false => over.extend(self.end(cx, key)),
                true if banner.bytes().is_empty() => {}
                true => self.timers.set(key, Some(cx.now + SILENCE)),
            }
        }
        while let Some(key) = self.timers.pop(cx.now) {
            over.extend(self.end(cx, key));
        }
        over
    }

    /// All of them, whatever they have said.
    pub(super) fn all(&mut self, cx: &mut Cx<'_>) -> Vec<(Verdict, Vec<u8>)> {
        let keys: Vec<usize> = self.waiting.iter().map(|(key, _)| key).collect();
        keys.into_iter().filter_map(|key| self.end(cx, key)).collect()
    }

    fn end(&mut self, cx: &mut Cx<'_>, key: usize) -> Option<(Verdict, Vec<u8>)> {
        self.timers.set(key, None);
        let (banner, verdict) = self.waiting.try_remove(key)?;
        Some((verdict, banner.close(cx.watch)))
    }
}

//! Open ports whose services are given a moment to say something first (`--banner`).

use std::time::{Duration, Instant};

use slab::Slab;

use crate::logic::sweep::Verdict;
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
    waiting: Slab<Waiting>,
    ready: Vec<usize>,
}

struct Waiting {
    banner: Banner,
    verdict: Verdict,
    until: Instant,
}

impl Banners {
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
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
        match Banner::new(opened, LIMIT, cx.watch, FIRST + entry.key()) {
            Ok(banner) => {
                entry.insert(Waiting { banner, verdict, until });
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
        self.waiting.iter().map(|(_, waiting)| waiting.until).min()
    }

    /// Those that have said what they say, or nothing for too long; all of them at the end of the run.
    pub(super) fn done(&mut self, cx: &mut Cx<'_>, all: bool) -> Vec<(Verdict, Vec<u8>)> {
        for key in std::mem::take(&mut self.ready) {
            let Some(waiting) = self.waiting.get_mut(key) else { continue };
            waiting.until = match waiting.banner.listen() {
                false => cx.now,
                true if waiting.banner.bytes().is_empty() => waiting.until,
                true => waiting.until.min(cx.now + SILENCE),
            };
        }
        let due = |waiting: &Waiting| all || waiting.until <= cx.now;
        let over: Vec<usize> = self.waiting.iter().filter(|(_, waiting)| due(waiting)).map(|(key, _)| key).collect();
        over.into_iter()
            .map(|key| {
                let Waiting { banner, verdict, .. } = self.waiting.remove(key);
                (verdict, banner.close(cx.watch))
            })
            .collect()
    }
}

//! Deadlines of many tasks, which are known by small numbers, in one heap, with one armed entry a task.
//!
//! A deadline that moves later (each byte moves an idle timer) leaves its entry where it is; the entry is looked at
//! when it fires and armed anew. So moving a deadline later costs nothing. One that moves earlier leaves an entry that
//! means nothing any more; when these are most of the heap they are thrown out.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

/// So many entries that mean nothing are no matter.
const SLACK: usize = 64;

/// The deadlines, by task number.
#[derive(Default)]
pub struct Timers {
    heap: BinaryHeap<Reverse<(Instant, usize)>>,
    tasks: Vec<Timer>,
}

#[derive(Clone, Copy, Default)]
struct Timer {
    wanted: Option<Instant>,
    armed: Option<Instant>,
}

impl Timers {
    /// Sets or clears the deadline of a task.
    pub fn set(&mut self, task: usize, deadline: Option<Instant>) {
        if task >= self.tasks.len() {
            if deadline.is_none() {
                return;
            }
            self.tasks.resize(task + 1, Timer::default());
        }
        let timer = &mut self.tasks[task];
        timer.wanted = deadline;
        if let Some(deadline) = deadline
            && timer.armed.is_none_or(|armed| deadline < armed)
        {
            timer.armed = Some(deadline);
            self.heap.push(Reverse((deadline, task)));
            if self.heap.len() > 2 * self.tasks.len() + SLACK {
                self.tidy();
            }
        }
    }

    fn tidy(&mut self) {
        let armed = |(task, timer): (usize, &Timer)| Some(Reverse((timer.armed?, task)));
        self.heap.clear();
        self.heap.extend(self.tasks.iter().enumerate().filter_map(armed));
    }

    /// When to look next; a deadline that has moved later since may make this too early, never too late.
    pub fn next(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }

    /// Takes out one task whose deadline has passed.
    pub fn pop(&mut self, now: Instant) -> Option<usize> {
        while let Some(&Reverse((at, task))) = self.heap.peek()
            && at <= now
        {
            self.heap.pop();
            let timer = &mut self.tasks[task];
            if timer.armed != Some(at) {
                continue; // an earlier deadline was armed over this one
            }
            timer.armed = None;
            let wanted = timer.wanted.take();
            match wanted {
                Some(deadline) if deadline <= now => return Some(task),
                later => self.set(task, later),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    #[test]
    #[allow(clippy::disallowed_methods, reason = "an Instant has no other source; only its differences count")]
    fn a_deadline_moved_later_fires_once_and_late() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut timers = Timers::default();
        timers.set(3, Some(at(10)));
        timers.set(3, Some(at(50)));
        assert_eq!(timers.next(), Some(at(10)));
        assert_eq!(timers.pop(at(20)), None);
        assert_eq!(timers.next(), Some(at(50)));
        assert_eq!(timers.pop(at(50)), Some(3));
        assert_eq!(timers.pop(at(99)), None);
        assert_eq!(timers.next(), None);
    }

    /// A pause of 50 ms after each byte, beside `-w 1h`: the far deadline is armed each time the near one has passed.
    #[test]
    #[allow(clippy::disallowed_methods, reason = "an Instant has no other source; only its differences count")]
    fn near_and_far_deadlines_in_turn_leave_nothing_behind() {
        let mut now = Instant::now();
        let mut timers = Timers::default();
        for _ in 0..10_000 {
            timers.set(1, Some(now + Duration::from_secs(3600)));
            timers.set(1, Some(now + Duration::from_millis(50)));
            now += Duration::from_millis(50);
            assert_eq!(timers.pop(now), Some(1));
            assert!(timers.heap.len() <= 2 * 2 + SLACK, "{}", timers.heap.len());
        }
    }

    proptest! {
        /// Against the plain answer: a table of deadlines that is searched each time.
        #[test]
        #[allow(clippy::disallowed_methods, reason = "an Instant has no other source; only its differences count")]
        fn fires_what_a_table_would(steps in prop::collection::vec((0usize..5, prop::option::of(0u64..60), 0u64..9), 1..80)) {
            let mut now = Instant::now();
            let mut timers = Timers::default();
            let mut table = [None; 5];
            for (task, ahead, pass) in steps {
                let deadline = ahead.map(|ms| now + Duration::from_millis(ms));
                timers.set(task, deadline);
                table[task] = deadline;
                now += Duration::from_millis(pass);
                let mut fired = Vec::new();
                while let Some(task) = timers.pop(now) {
                    fired.push(task);
                }
                fired.sort_unstable();
                let mut due = Vec::new();
                for (task, deadline) in table.iter_mut().enumerate() {
                    if deadline.is_some_and(|at| at <= now) {
                        *deadline = None;
                        due.push(task);
                    }
                }
                prop_assert_eq!(fired, due);
                prop_assert!(table.iter().flatten().all(|&at| timers.next().is_some_and(|next| next <= at)));
            }
        }
    }
}

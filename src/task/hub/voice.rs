//! What is said to the peers: stdin, to all who are here, or a file, whole to each.

use std::rc::Rc;
use std::time::Instant;

use super::Hub;
use crate::error::{Deed, Exit, Failure, Object};
use crate::io::endpoint::{Endpoint, Io};
use crate::logic::pace::Pace;
use crate::task::Cx;

/// How often stdin is read before the peers have their turn.
const READS: usize = 16;

/// Where what is sent comes from.
pub(super) enum Source {
    /// A stream that all hear.
    Shared(Endpoint),
    /// A file that each hears whole, from this offset on.
    Each(Endpoint, u64),
    /// Nothing any more, or nothing at all.
    Silent,
}

impl Hub {
    /// Reads a peer's file on for it. Returns whether the peer has something to do at once; then it is due again.
    pub(super) fn read_on(&mut self, cx: &mut Cx<'_>, key: usize) -> bool {
        let Some(member) = self.members.get_mut(key) else {
            return false;
        };
        let (mut busy, mut failed) = (false, None);
        if let (Source::Each(file, _), Some(offset)) = (&self.source, member.wants_file(cx.now)) {
            busy = true;
            member.file = match file.read_at(cx.scratch, offset) {
                Ok(count) if count > 0 => {
                    let given = member.give_file(&cx.scratch[..count], cx.now);
                    Some(offset + given as u64)
                }
                Ok(_) => {
                    member.end_file(cx.now);
                    None
                }
                Err(error) => {
                    failed = Some(error);
                    member.end_file(cx.now); // what was read before still goes out
                    None
                }
            };
        }
        busy |= !self.shared.outlet.spout.stuck() && member.is_busy();
        if let Some(error) = failed {
            self.trouble(cx, Failure::system(Deed::Read, Object::stdin(), &error, Exit::Local));
        }
        if busy {
            self.call(key);
        }
        busy
    }

    /// Reads stdin for all peers, as long as there is room in each one's queue. True when there is more to read.
    pub(super) fn hear(&mut self, cx: &mut Cx<'_>) -> bool {
        if matches!(self.source, Source::Silent) && self.held.is_empty() {
            return false;
        }
        for _ in 0..READS {
            if !self.is_heard() {
                return false;
            }
            if !self.held.is_empty() {
                if !self.speak(cx) {
                    return false;
                }
                continue;
            }
            let Source::Shared(stdin) = &mut self.source else {
                return false;
            };
            let ended = match stdin.read(cx.scratch) {
                Ok(Io::Blocked) => return false,
                Ok(Io::Moved(count)) => {
                    self.sending.run(&cx.scratch[..count], &mut self.held);
                    false
                }
                Ok(Io::End) => true,
                Err(error) => {
                    self.trouble(cx, Failure::system(Deed::Read, Object::stdin(), &error, Exit::Local));
                    true
                }
            };
            if ended {
                self.sending.end(&mut self.held);
                if let Source::Shared(stdin) = std::mem::replace(&mut self.source, Source::Silent) {
                    stdin.close(cx.watch);
                }
                self.call_all();
            }
        }
        true
    }

    /// Whether somebody listens, and everybody who does has room.
    pub(super) fn is_heard(&self) -> bool {
        let mut listeners = self.members.iter().filter(|(_, member)| member.listens()).peekable();
        listeners.peek().is_some() && !listeners.any(|(_, member)| member.is_full())
    }

    /// When more of what is held may be said, where time alone holds it.
    pub(super) fn pause(&self) -> Option<Instant> {
        self.pace.as_ref().and_then(Pace::next).filter(|_| !self.held.is_empty() && self.is_heard())
    }

    /// Says what is held to all peers, as far as its time has come.
    fn speak(&mut self, cx: &mut Cx<'_>) -> bool {
        let now = match &mut self.pace {
            Some(pace) => {
                let now = pace.allow(&self.held, cx.now);
                pace.sent(&self.held[..now], cx.now);
                now
            }
            None => self.held.len(),
        };
        if now == 0 {
            return false;
        }
        let rest = self.held.split_off(now);
        let chunk: Rc<[u8]> = std::mem::replace(&mut self.held, rest).into();
        let hearers: Vec<usize> =
            self.members.iter().filter(|(_, member)| member.listens()).map(|(key, _)| key).collect();
        for key in hearers {
            self.members[key].give(&chunk, cx.now);
            self.call(key);
        }
        true
    }
}

//! How a hub ends, and how it loses a peer: what is told of it, and the exit status that follows.

use std::io;

use super::Hub;
use super::member::Over;
use super::voice::Source;
use crate::error::{Deed, Exit, Failure, Lost, Object};
use crate::event::{By, How};
use crate::task::ending::Ending;
use crate::task::{Cx, Stop, Turn};

impl Hub {
    /// Something went wrong; the others are served on, and the exit status will say so.
    pub(super) fn trouble(&mut self, cx: &mut Cx<'_>, failure: Failure) {
        self.note(failure.exit);
        cx.trouble(failure);
    }

    /// What has gone wrong first counts.
    fn note(&mut self, exit: Exit) {
        if self.worst == Exit::Done {
            self.worst = exit;
        }
    }

    pub(super) fn lose(&mut self, cx: &mut Cx<'_>, key: usize, over: &Over) {
        let mut member = self.members.remove(key);
        self.timers.set(key, None);
        if let Some(host) = member.stream().peer.addr.ip()
            && let Some(here) = self.hosts.get_mut(&host)
        {
            *here -= 1;
            if *here == 0 {
                self.hosts.remove(&host);
            }
        }
        self.gone.add(&member.traffic(cx.now));
        let rest = match (&self.source, member.file) {
            (Source::Each(file, start), Some(offset)) => file.left().0.saturating_sub(offset - start),
            _ => 0,
        };
        let exit = member.tell_end(cx, over, rest, self.many.alone);
        self.note(exit);
    }

    /// Tells what stdin gave, or still has, and nobody heard.
    pub(super) fn tell_unsaid(&mut self, cx: &mut Cx<'_>) {
        let lost = self.unsaid();
        if lost.is_some() {
            let failure = Failure::new(Deed::Read, Object::stdin(), "the last peer has left", Exit::Network);
            self.trouble(cx, failure.losing(lost));
        }
    }

    /// What stdin gave, or still has, for nobody in particular. Before somebody is there none of it is read.
    fn unsaid(&self) -> Option<Lost> {
        let left = match &self.source {
            Source::Shared(stdin) if self.accepted > 0 => stdin.left().0,
            _ => 0,
        };
        Lost::up(self.held.len() as u64 + left, left > 0)
    }

    /// All have come that were to come, they are served, and nothing was lost: only our close is under way.
    pub(super) fn is_settled(&self) -> bool {
        let served = self.acceptor.is_none() && self.members.iter().all(|(_, member)| member.is_settled());
        served && !self.shared.outlet.spout.stuck() && self.unsaid().is_none()
    }

    /// stdout's reader has left: the run ends, and that is no failure.
    pub(super) fn reader_left(&mut self, cx: &mut Cx<'_>) -> Turn {
        self.end(cx, None, self.worst)
    }

    /// Writing to stdout failed.
    pub(super) fn sink_failed(&mut self, cx: &mut Cx<'_>, error: &io::Error) -> Turn {
        if self.shared.outlet.spout.reader_left(error) {
            return self.reader_left(cx);
        }
        self.ending(cx).sink_failed(cx, error);
        self.end(cx, Some((By::Local, How::Error)), Exit::Local)
    }

    /// The whole run ends now, whatever is under way.
    pub(super) fn cut_short(&mut self, cx: &mut Cx<'_>, stop: Stop) {
        let (by, how, reason) = stop.told();
        if stop == Stop::Deadline && self.is_settled() {
            self.end(cx, Some((By::Local, How::Fin)), self.worst);
            return;
        }
        let _ = self.shared.outlet.spout.flush();
        match &self.acceptor {
            Some(acceptor) if self.members.is_empty() && self.unsaid().is_none() && stop == Stop::Deadline => {
                cx.error(Failure::new(Deed::Accept, acceptor.object(), reason, Exit::Timeout));
            }
            _ => self.ending(cx).cut_short(cx, stop),
        }
        self.end(cx, Some((by, how)), stop.exit());
    }

    /// Everybody goes, `left` in this way; nobody's bytes are told where stdout's reader has left.
    pub(super) fn end(&mut self, cx: &mut Cx<'_>, left: Option<(By, How)>, exit: Exit) -> Turn {
        let all: Vec<usize> = self.members.iter().map(|(key, _)| key).collect();
        for key in all {
            self.lose(cx, key, &left.map_or(Over::Unheard, |(by, how)| Over::Left(by, how)));
        }
        if self.sending.unmappable() > 0 {
            let reason =
                format!("{} characters are not in the peers' encoding, and went as ?", self.sending.unmappable());
            cx.trouble(Failure::new(Deed::Send, Object::Named("all peers".into()), reason, Exit::Done));
        }
        self.shared.outlet.spout.close(cx.watch);
        Turn::End(exit)
    }

    /// Of what all peers share. What each one loses is told of it.
    fn ending(&self, cx: &Cx<'_>) -> Ending {
        let peers = match self.members.len() {
            1 => "1 peer".into(),
            count => format!("{count} peers"),
        };
        Ending {
            object: Object::Named(peers),
            sink: self.sink.clone(),
            took: cx.now - self.began,
            unsent: self.unsaid(),
            unwritten: Lost::down(self.shared.outlet.spout.held(), true),
        }
    }
}

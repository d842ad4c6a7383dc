//! How a conversation ends, whatever carried it: each loss is told, and the exit status follows.

use std::io;
use std::time::Duration;

use super::{Cx, Stop};
use crate::error::{Deed, Exit, Failure, Lost, Object};

/// What is known of a conversation at its end.
pub(super) struct Ending {
    /// The peer, or the address where it was to come.
    pub(super) object: Object,
    /// stdout, or the file in its place.
    pub(super) sink: Object,
    /// How long it lasted.
    pub(super) took: Duration,
    /// What of stdin did not go out.
    pub(super) unsent: Option<Lost>,
    /// What came and was not written.
    pub(super) unwritten: Option<Lost>,
}

impl Ending {
    /// It is left for this reason. Returns the exit status, which is not 0 where something was lost.
    pub(super) fn left(self, cx: &mut Cx<'_>, reason: &str, exit: Exit) -> Exit {
        let lossless = self.unsent.is_none() && self.unwritten.is_none();
        let exit = if exit == Exit::Done && !lossless { Exit::Network } else { exit };
        if exit == Exit::Timeout && lossless {
            let failure = Failure::new(Deed::Connection, self.object.clone(), reason, exit);
            cx.error(failure.after(self.took));
        }
        self.tell_losses(cx, reason, exit);
        exit
    }

    /// The run is cut short.
    pub(super) fn cut_short(self, cx: &mut Cx<'_>, stop: Stop) {
        self.left(cx, stop.told().2, stop.exit());
    }

    /// Its connection broke at this deed.
    pub(super) fn broke(mut self, cx: &mut Cx<'_>, deed: Deed, error: &io::Error) {
        let failure = Failure::system(deed, self.object.clone(), error, Exit::Network);
        cx.error(failure.after(self.took).losing(self.unsent.take()));
        self.tell_losses(cx, "left when the connection failed", Exit::Network);
    }

    /// What came cannot be written.
    pub(super) fn sink_failed(mut self, cx: &mut Cx<'_>, error: &io::Error) {
        let failure = Failure::system(Deed::Write, self.sink.clone(), error, Exit::Local);
        cx.error(failure.losing(self.unwritten.take()));
        self.tell_losses(cx, "what came could not be written", Exit::Local);
    }

    fn tell_losses(self, cx: &mut Cx<'_>, reason: &str, exit: Exit) {
        if self.unsent.is_some() {
            let failure = Failure::new(Deed::Send, self.object, reason, exit);
            cx.error(failure.after(self.took).losing(self.unsent));
        }
        if self.unwritten.is_some() {
            cx.error(Failure::new(Deed::Write, self.sink, reason, exit).losing(self.unwritten));
        }
    }
}

//! The request on its way to the server.

use super::Http;
use crate::error::{Deed, Exit, Failure, Way};
use crate::event::{Chunk, Event, Request};
use crate::filter::Chain;
use crate::io::flow::{Broken, Flowed, Means, Side};
use crate::session::http::Content;
use crate::task::eye::Eye;
use crate::task::{Cx, Turn};

impl Http {
    /// Tells the request and puts all of it that is here on its way.
    pub(super) fn say_head(&mut self, cx: &mut Cx<'_>) {
        let fields = self.request.fields(self.body.content);
        let mut bytes = self.request.head(&fields);
        let text = std::mem::take(&mut self.body.text);
        if self.request.is_chunked(self.body.content) && self.body.source.is_none() {
            let mut chain = Chain::chunked();
            chain.run(&text, &mut bytes);
            chain.end(&mut bytes);
        } else {
            bytes.extend_from_slice(&text);
        }
        cx.tell(&Event::Request(Box::new(Request {
            conn: self.conn,
            method: self.request.method.clone(),
            target: self.request.target.clone(),
            fields,
            body: match self.body.content {
                Content::None => Some(0),
                Content::Length(length) => Some(length),
                Content::Unknown => None,
            },
        })));
        let (conn, peer) = (self.conn, &self.stream.peer);
        cx.report.dump(&Chunk { conn, peer, way: Way::Up, offset: 0, bytes: &bytes });
        self.up.inject(&bytes);
    }

    /// True while there is more to carry at once; a turn when the body cannot be read.
    pub(super) fn carry_up(&mut self, cx: &mut Cx<'_>) -> Result<bool, Turn> {
        if !self.is_sending() {
            return Ok(false);
        }
        let look =
            &mut Eye::new(cx.report, (self.conn, &self.stream.peer), Way::Up, self.up.given() + self.up.held(), cx.now);
        let means = &mut Means { look, scratch: cx.scratch, now: cx.now };
        let flowed = match &mut self.body.source {
            Some(source) => self.up.pump(source, &mut self.stream.io, means),
            None => self.up.flush(&mut self.stream.io, cx.now).map(|flowed| match self.up.held() {
                0 => Flowed::Ended,
                _ => flowed,
            }),
        };
        match flowed {
            Ok(Flowed::Waiting) => Ok(false),
            Ok(Flowed::Busy) => Ok(true),
            Ok(Flowed::Ended) => {
                self.check_length(cx)?;
                self.phases.sent = Some((cx.clock)());
                self.close_source(cx);
                Ok(false)
            }
            Err(Broken { side: Side::Source, error }) => {
                let failure = Failure::system(Deed::Read, self.body.name.clone(), &error, Exit::Local);
                Err(self.fail(cx, failure))
            }
            // Perhaps the server has answered and left: what it said comes first.
            Err(Broken { side: Side::Sink, error }) => {
                self.fault = Some((Deed::Send, error)); // what is left of the body is counted if it matters
                Ok(true)
            }
        }
    }

    /// A file that has become shorter than the head says: the server would wait for the rest for ever.
    fn check_length(&mut self, cx: &mut Cx<'_>) -> Result<(), Turn> {
        let Content::Length(length) = self.body.content else {
            return Ok(());
        };
        match length.saturating_sub(self.up.taken()) {
            missing @ 1.. if self.body.source.is_some() => {
                let reason = format!("it ended {missing} bytes before the length that it had");
                let failure = Failure::new(Deed::Read, self.body.name.clone(), reason, Exit::Local);
                Err(self.fail(cx, failure))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn close_source(&mut self, cx: &mut Cx<'_>) {
        if let Some(source) = self.body.source.take() {
            source.close(cx.watch);
        }
    }
}

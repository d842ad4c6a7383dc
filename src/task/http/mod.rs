//! One HTTP request over a connection that stands, and its answer. What is sent and what an answer means the rules of
//! [`session::http`](crate::session::http) say; here is who carries the bytes: the request's body goes through a flow,
//! a file's by sendfile, and so does an answer's body that nobody need look at. This side never half-closes: node's
//! server and nginx's proxy drop a request whose sender does (measured: 0 bytes of answer).

mod body;
mod carry;
mod down;
mod end;
mod up;

use std::io;
use std::rc::Rc;
use std::time::{Duration, Instant};

use self::body::Body;
use super::dial::Connected;
use super::local::Local;
use super::{Cx, Stop, Task, Turn};
use crate::error::{Deed, Exit, Failure, Object};
use crate::event::{Conn, Field, Head, Traffic};
use crate::filter::Chain;
use crate::io::endpoint::{Endpoint, Ready};
use crate::io::flow::{Flow, Works};
use crate::io::spout::Spout;
use crate::net::stream::Stream;
use crate::plan::{self, Output};
use crate::session::http::{Content, Request, Response};

const PEER: usize = 0;
const SOURCE: usize = 1;
const STDOUT: usize = 2;

/// A request and its answer.
pub struct Http {
    conn: Conn,
    stream: Stream,
    request: Request,
    body: Body,
    up: Flow,
    response: Response,
    /// Where the answer goes.
    sink: Spout,
    sink_name: Object,
    /// Carries a body that is not looked at.
    down: Option<Flow>,
    /// Whether a status of 400 and above is a failure.
    fail: bool,
    idle: Option<Duration>,
    head: Option<Rc<Head>>,
    trailers: Vec<Field>,
    count: Count,
    phases: Phases,
    last_moved: Instant,
    /// What the server had not acknowledged then.
    outstanding: Option<u64>,
    /// Since when what comes is no answer.
    adrift: Option<Instant>,
    /// What the connection broke at.
    fault: Option<(Deed, io::Error)>,
    began: bool,
}

/// Bytes, but for those that a flow counts by itself.
#[derive(Default)]
struct Count {
    received: u64,
    shown: u64,
    after: u64,
}

/// When which phase ended.
struct Phases {
    began: Instant,
    lookup: Option<Duration>,
    connect: Duration,
    stood: Instant,
    sent: Option<Instant>,
    first_byte: Option<Instant>,
}

impl Http {
    /// Makes the task for a connection that was made from here.
    ///
    /// # Errors
    /// The file with the request's body cannot be opened.
    pub fn heir(plan: plan::Http, local: Local) -> Result<impl FnOnce(Connected) -> Box<dyn Task> + use<>, Failure> {
        let body = Body::open(plan.data)?;
        let (request, raw, fail, idle) = (plan.request, plan.raw, plan.fail, plan.idle);
        let sink_name = match &plan.output {
            Output::File(path) => Object::File(path.clone()),
            _ => Object::Named("stdout".into()),
        };
        Ok(move |it: Connected| -> Box<dyn Task> {
            Box::new(Self {
                conn: it.conn,
                stream: it.stream,
                up: upward(&request, body.content),
                response: Response::new(request.is_head(), raw),
                request,
                body,
                sink: Spout::new(local.stdout),
                sink_name,
                down: None,
                fail,
                idle,
                head: None,
                trailers: Vec::new(),
                count: Count::default(),
                phases: Phases {
                    began: it.began,
                    lookup: it.lookup,
                    connect: it.took,
                    stood: it.now,
                    sent: None,
                    first_byte: None,
                },
                last_moved: it.now,
                outstanding: None,
                adrift: None,
                fault: None,
                began: false,
            })
        })
    }

    fn begin(&mut self, cx: &mut Cx<'_>) -> io::Result<()> {
        self.began = true;
        self.stream.io.watch(cx.watch, PEER)?;
        if let Some(source) = &mut self.body.source {
            source.watch(cx.watch, SOURCE)?;
        }
        if let Some(sink) = self.sink.endpoint() {
            sink.watch(cx.watch, STDOUT)?;
        }
        self.say_head(cx);
        self.phases.stood = (cx.clock)(); // what telling costs is no part of the request's time
        Ok(())
    }

    fn object(&self) -> Object {
        Object::Peer(self.stream.peer.clone())
    }
}

/// The flow of a request.
fn upward(request: &Request, content: Content) -> Flow {
    let chain = if request.is_chunked(content) { Chain::chunked() } else { Chain::default() };
    let flow = Flow::new(false, Works { chain, pace: None });
    match content {
        Content::Length(length) => flow.at_most(length),
        Content::None | Content::Unknown => flow,
    }
}

impl Task for Http {
    fn mark(&mut self, source: usize, ready: Ready) {
        let endpoint = match source {
            PEER => Some(&mut self.stream.io),
            SOURCE => self.body.source.as_mut(),
            _ => self.sink.endpoint(),
        };
        if let Some(endpoint) = endpoint {
            endpoint.mark(ready);
        }
    }

    fn run(&mut self, cx: &mut Cx<'_>) -> Turn {
        if !self.began
            && let Err(error) = self.begin(cx)
        {
            return self.broke(cx, Deed::Connection, &error);
        }
        self.carry(cx)
    }

    fn traffic(&self, now: Instant) -> Traffic {
        let rest = self.body.source.as_ref().map(Endpoint::left).filter(|(_, more)| !more).map(|(left, _)| left);
        Traffic {
            sent: self.up.given(),
            received: self.received(),
            expected: rest.map(|rest| self.up.given() + self.up.held() + rest),
            awaited: self.response.pass().flatten().map(|left| self.count.received.saturating_add(left)),
            elapsed: now - self.phases.stood,
            ..Traffic::default()
        }
    }

    fn stop(&mut self, cx: &mut Cx<'_>, stop: Stop) {
        self.cut_short(cx, stop);
    }
}

//! One HTTP request over a connection that stands, and its answer. What is sent and what an answer means the rules of
//! [`session::http`](crate::session::http) say; here is who carries the bytes: the request's body goes through a flow, a
//! file's by sendfile, and so does an answer's body that nobody need look at. This side never half-closes: node's server
//! and nginx's proxy drop a request whose sender does (measured: 0 bytes of answer).

mod body;
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
use crate::cli::plan::{self, Output};
use crate::error::{Deed, Exit, Failure, Object};
use crate::event::{Conn, Field, Head, Traffic};
use crate::filter::Chain;
use crate::io::endpoint::{Endpoint, Ready};
use crate::io::flow::{Flow, Works};
use crate::io::spout::Spout;
use crate::net::stream::Stream;
use crate::session::http::{Content, Request, Response};

const PEER: usize = 0;
const SOURCE: usize = 1;
const STDOUT: usize = 2;

/// What is no answer, or has no end that is known, is worth a look; silent for so long, no more of it is waited for.
const ADRIFT_SILENCE: Duration = Duration::from_secs(1);

/// And no more than for so long, however it drips.
const ADRIFT_LIMIT: Duration = Duration::from_secs(5);

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

    /// Carries what can be carried both ways, then looks whether that was all.
    fn carry(&mut self, cx: &mut Cx<'_>) -> Turn {
        if self.sink.broken() {
            return self.reader_left(cx);
        }
        let before = self.moved();
        let up = self.carry_up(cx);
        let down = up.and_then(|up| Ok(self.carry_down(cx)? | up));
        let busy = match down {
            Ok(busy) => busy,
            Err(turn) => return turn,
        };
        if before != self.moved() {
            self.last_moved = cx.now;
        }
        let stuck = self.held() > 0;
        if !stuck && self.response.is_over() {
            match self.fault.take_if(|_| self.response.wrong().is_none()) {
                Some((deed, error)) if self.owes() => return self.broke(cx, deed, &error),
                None if self.owes() => {} // the server wants it, as it has said
                _ => return self.conclude(cx),
            }
        }
        if !stuck && let Some((deed, error)) = self.fault.take_if(|(deed, _)| *deed == Deed::Receive) {
            return self.broke(cx, deed, &error);
        }
        if busy {
            return Turn::Again;
        }
        if stuck {
            return Turn::Wait(self.up.wake()); // while stdout's reader has not taken what came, silence does not count
        }
        let adrift = self.response.is_adrift().then(|| *self.adrift.get_or_insert(cx.now));
        let limit = match adrift {
            Some(since) => {
                let silence = self.idle.map_or(ADRIFT_SILENCE, |idle| idle.min(ADRIFT_SILENCE));
                Some((self.last_moved + silence).min(since + ADRIFT_LIMIT))
            }
            None => self.idle.map(|time| self.last_moved + time),
        };
        match limit {
            Some(limit) if limit <= cx.now => self.silent(cx),
            _ => Turn::Wait(limit.into_iter().chain(self.up.wake()).min()),
        }
    }

    /// Whether the request must be sent to its end though its answer is here: the server has not refused it.
    fn owes(&self) -> bool {
        let welcome = self.head.as_ref().is_some_and(|head| (200..400).contains(&head.status));
        self.phases.sent.is_none() && welcome && self.response.wrong().is_none()
    }

    /// Counts every byte that moves, so that silence is known.
    fn moved(&self) -> u64 {
        let down = self.down.as_ref().map_or(0, |flow| flow.taken() + flow.given());
        self.up.given() + self.count.received + self.count.shown + down - self.sink.held()
    }

    /// What stdout's reader has not taken.
    fn held(&self) -> u64 {
        self.sink.held() + self.down.as_ref().map_or(0, Flow::held)
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
            elapsed: now - self.phases.stood,
            ..Traffic::default()
        }
    }

    fn stop(&mut self, cx: &mut Cx<'_>, stop: Stop) {
        self.cut_short(cx, stop);
    }
}

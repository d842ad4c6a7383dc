//! From the words of the command line to an exit status.

use std::ffi::OsString;

use crate::cli::plan::{Deed, Listen as Listening, Plan};
use crate::cli::{self, NoPlan};
use crate::error::{self, Exit, Failure, Object};
use crate::event::{Event, Tell, Weight};
use crate::io::stdio;
use crate::reactor::Reactor;
use crate::report::{self, Report};
use crate::task::Task;
use crate::task::dial::Dial;
use crate::task::exchange::Exchange;
use crate::task::http::Http;
use crate::task::link::Link;
use crate::task::listen::Listen;
use crate::task::local::Local;
use crate::task::probe::Probe;

/// Does what the command line says.
pub fn run(words: impl IntoIterator<Item = OsString>) -> Exit {
    match cli::parse(words) {
        Ok(plan) => carry_out(plan),
        Err(NoPlan::Asked(text)) => match stdio::print(&text) {
            Ok(()) => Exit::Done,
            Err(error) => {
                report::refuse(&format_args!("write to stdout failed: {}", error::reason(&error)));
                Exit::Local
            }
        },
        Err(NoPlan::Wrong(usage)) => {
            report::refuse(&usage);
            Exit::Usage
        }
    }
}

/// The task that the whole run is.
fn first_task(plan: Plan, local: Local) -> Result<Box<dyn Task>, Failure> {
    Ok(match plan.deed {
        Deed::Connect(to) if to.proto.is_datagram() => Box::new(Exchange::client(to, plan.relay, local)),
        Deed::Listen(on) if on.proto.is_datagram() => Box::new(Exchange::listener(on, plan.relay, local)),
        Deed::Connect(to) => Box::new(Dial::new(to, Link::heir(plan.relay, local))),
        Deed::Listen(on) => Box::new(Listen::new(on, plan.relay, local)),
        Deed::Probe(what) => Box::new(Probe::new(*what, plan.voice.level > 0 || plan.voice.json, local)),
        Deed::Http(http) => Box::new(Dial::new(http.to.clone(), Http::heir(*http, &plan.relay, local)?)),
    })
}

/// The local end. A mode that shows nothing leaves stdin and stdout alone.
fn open(plan: &Plan) -> Result<Local, Failure> {
    match &plan.deed {
        Deed::Listen(Listening { answer: Some(answer), .. }) if !answer.mode.shows => Ok(Local::none()),
        _ => Local::open(&plan.relay),
    }
}

fn carry_out(plan: Plan) -> Exit {
    let mut report = match Report::new(&plan.voice) {
        Ok(report) => report,
        Err(failure) => return failure.exit, // it was told
    };
    let deadline = plan.deadline;
    let task = match open(&plan).and_then(|local| first_task(plan, local)) {
        Ok(task) => task,
        Err(failure) => {
            let exit = failure.exit;
            report.tell(&Event::failed(Weight::Fatal, failure));
            return exit;
        }
    };
    let done = Reactor::new().and_then(|reactor| reactor.run(task, deadline, &mut report));
    done.unwrap_or_else(|error| {
        let object = Object::Named("the event loop".into());
        let failure = Failure::system(error::Deed::Start, object, &error, Exit::Local);
        report.tell(&Event::failed(Weight::Fatal, failure));
        Exit::Local
    })
}

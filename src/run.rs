//! From the words of the command line to an exit status.

use std::ffi::OsString;

use crate::cli::plan::{Deed, Listen as Listening, Plan};
use crate::cli::{self, Stop};
use crate::error::{self, Exit, Failure, Object};
use crate::event::{Event, Tell};
use crate::io::stdio;
use crate::reactor::Reactor;
use crate::report::{self, Report};
use crate::task::Task;
use crate::task::dial::Dial;
use crate::task::exchange::Exchange;
use crate::task::link::Link;
use crate::task::listen::Listen;
use crate::task::local::Local;
use crate::task::probe::Probe;

/// Does what the command line says.
pub fn run(words: impl IntoIterator<Item = OsString>) -> Exit {
    match cli::parse(words) {
        Ok(plan) => carry_out(plan),
        Err(Stop::Asked(text)) => match stdio::print(&text) {
            Ok(()) => Exit::Done,
            Err(error) => {
                report::refuse(&format_args!("write to stdout failed: {}", error::reason(&error)));
                Exit::Local
            }
        },
        Err(Stop::Wrong(usage)) => {
            report::refuse(&usage);
            Exit::Usage
        }
    }
}

/// The local end. A mode that shows nothing leaves stdin and stdout alone.
fn open(plan: &Plan) -> Result<Local, Failure> {
    match &plan.deed {
        Deed::Listen(Listening { answer: Some(answer), .. }) if !answer.mode.shows => Ok(Local::default()),
        _ => Local::open(&plan.relay),
    }
}

fn carry_out(plan: Plan) -> Exit {
    let mut report = match Report::new(&plan.voice) {
        Ok(report) => report,
        Err(failure) => return failure.exit, // it was told
    };
    let local = match open(&plan) {
        Ok(local) => local,
        Err(failure) => {
            let exit = failure.exit;
            report.tell(&Event::Error(Box::new(failure)));
            return exit;
        }
    };
    let task: Box<dyn Task> = match plan.deed {
        Deed::Connect(to) if to.proto.is_datagram() => Box::new(Exchange::client(to, plan.relay, local)),
        Deed::Listen(on) if on.proto.is_datagram() => Box::new(Exchange::listener(on, plan.relay, local)),
        Deed::Connect(to) => Box::new(Dial::new(to, Link::heir(plan.relay, local))),
        Deed::Listen(on) => Box::new(Listen::new(on, plan.relay, local)),
        Deed::Probe(what) => Box::new(Probe::new(*what, plan.voice.level > 0 || plan.voice.json, local)),
    };
    let done = Reactor::new().and_then(|reactor| reactor.run(task, plan.deadline, &mut report));
    done.unwrap_or_else(|error| {
        let object = Object::Named("the event loop".into());
        let failure = Failure::system(error::Deed::Start, object, &error, Exit::Local);
        report.tell(&Event::Error(Box::new(failure)));
        Exit::Local
    })
}

//! From the words of the command line to an exit status.

use std::ffi::OsString;

use crate::cli::{self, NoPlan};
use crate::error::{self, Deed, Exit, Failure, Object};
use crate::event::{Event, Tell, Weight};
use crate::io::stdio;
use crate::plan::{Output, Plan, Relay, Work};
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

fn carry_out(plan: Plan) -> Exit {
    let mut report = match Report::new(&plan.voice) {
        Ok(report) => report,
        Err(failure) => return failure.exit, // it was told
    };
    let tells = plan.voice.level > 0 || plan.voice.json;
    let task = match first_task(plan.work, tells) {
        Ok(task) => task,
        Err(failure) => {
            let exit = failure.exit;
            report.tell(&Event::failed(Weight::Fatal, failure));
            return exit;
        }
    };
    let done = Reactor::new().and_then(|reactor| reactor.run(task, plan.deadline, &mut report));
    done.unwrap_or_else(|error| {
        let object = Object::Named("the event loop".into());
        let failure = Failure::system(Deed::Start, object, &error, Exit::Local);
        report.tell(&Event::failed(Weight::Fatal, failure));
        Exit::Local
    })
}

/// The task that the whole run is. `tells`: what a probe finds is told too.
fn first_task(work: Work, tells: bool) -> Result<Box<dyn Task>, Failure> {
    let open = |relay: &Relay| Local::open(relay.stdin, &relay.output);
    Ok(match work {
        Work::Connect(to, relay) => {
            let local = open(&relay)?;
            match to.proto.is_datagram() {
                true => Box::new(Exchange::client(to, relay, local)),
                false => Box::new(Dial::new(to, Link::heir(relay, local))),
            }
        }
        Work::Listen(on, relay) => {
            // A mode that shows nothing leaves stdin and stdout alone.
            let shows = on.answer.as_ref().is_none_or(|answer| answer.mode.shows);
            let local = if shows { open(&relay)? } else { Local::none() };
            match on.proto.is_datagram() {
                true => Box::new(Exchange::listener(on, relay, local)),
                false => Box::new(Listen::new(on, relay, local)),
            }
        }
        Work::Probe(what) => Box::new(Probe::new(*what, tells, Local::open(false, &Output::Stdout)?)),
        Work::Http(http) => {
            let local = Local::open(false, &http.output)?;
            Box::new(Dial::new(http.to.clone(), Http::heir(*http, local)?))
        }
    })
}

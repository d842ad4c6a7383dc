//! An HTTP request and its answer as people read them: heads line by line, and one sentence when it is over.

use std::fmt::Write;
use std::time::Duration;

use colored::Colorize;

use super::progress::size;
use super::words::{escaped, span, who};
use crate::event::{Answered, Field, Head, Request};

/// What stands before each line that came, where the request's are told too.
pub(super) fn came(level: u8) -> &'static str {
    if level > 0 { "< " } else { "" }
}

/// The request, each line marked.
pub(super) fn request(request: &Request) -> String {
    let line = format!("> {} {} HTTP/1.1\n", escaped(&request.method).bold(), escaped(&request.target));
    line + &fields(&request.fields, "> ")
}

/// The head of an answer.
pub(super) fn head(head: &Head, level: u8) -> String {
    let line = escaped(&head.line);
    let line = if head.status < 400 { line.green() } else { line.red() };
    format!("{}{line}\n", came(level)) + &fields(&head.fields, came(level))
}

/// Fields, one a line.
pub(super) fn fields(fields: &[Field], mark: &str) -> String {
    let mut lines = String::new();
    for (name, value) in fields {
        let _ = writeln!(lines, "{mark}{}: {}", escaped(name).bold(), escaped(value)); // memory can be written
    }
    lines
}

/// How it went.
pub(super) fn answered(it: &Answered) -> String {
    let port = it.peer.addr.port().map_or(String::new(), |port| format!(" {}", port.to_string().bold()));
    let whom = format!("from {}{port}", who(&it.peer));
    let Some(head) = &it.head else {
        return unanswered(it, &whom);
    };
    let body = it.first_byte.map_or(it.total, |first| it.total.saturating_sub(first));
    let rate = it.received as f64 / body.as_secs_f64().max(1e-6);
    let rate = if it.written > 0 { format!(", {}/s", size(rate)) } else { String::new() };
    let details = format!("{}, {} bytes{rate}", phases(it, None), it.written);
    let end = if it.complete { "complete".green() } else { "cut short".red() };
    let unsent = if it.request.is_none() { "; it came before the request was sent whole" } else { "" };
    let after = match it.after {
        0 => String::new(),
        bytes => format!("; {bytes} bytes came after its end, and were not written"),
    };
    format!("Response {} {whom} {end} ({details}){unsent}{after}\n", head.status)
}

/// How far it came, where no final answer did.
fn unanswered(it: &Answered, whom: &str) -> String {
    let before = it.request.map(|request| it.lookup.unwrap_or_default() + it.connect + request);
    let waited = before.map(|before| it.total.saturating_sub(before));
    let unsent = if it.request.is_none() { "; the request was not sent whole" } else { "" };
    let details = format!("{}, {} bytes sent, {} received", phases(it, waited), it.sent, it.received);
    format!("{} {whom} ({details}){unsent}\n", "No response".red())
}

/// What took how long; `waited` for a head that did not come.
fn phases(it: &Answered, waited: Option<Duration>) -> String {
    let phases = [
        ("lookup", it.lookup),
        ("connect", Some(it.connect)),
        ("request", it.request),
        ("first byte", it.first_byte),
        ("waited", waited),
        ("total", Some(it.total)),
    ];
    let told = phases.into_iter().filter_map(|(name, time)| time.map(|time| format!("{name} {}", span(time))));
    told.collect::<Vec<_>>().join(", ")
}

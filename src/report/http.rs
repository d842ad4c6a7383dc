//! An HTTP request and its answer as people read them: heads line by line, and one sentence when it is over.

use std::fmt::Write;
use std::time::Duration;

use colored::Colorize;

use super::human::{escaped, span, who};
use super::progress::size;
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

/// How it went; nothing where no answer came, which was told as an error.
pub(super) fn answered(it: &Answered) -> String {
    let Some(head) = &it.head else {
        return String::new();
    };
    let phase = |name: &str, time: Option<Duration>| time.map(|time| format!("{name} {}", span(time)));
    let body = it.first_byte.map_or(it.total, |first| it.total.saturating_sub(first));
    let rate = it.received as f64 / body.as_secs_f64().max(1e-6);
    let details: Vec<String> = [
        phase("lookup", it.lookup),
        phase("connect", Some(it.connect)),
        phase("request", it.request),
        phase("first byte", it.first_byte),
        phase("total", Some(it.total)),
        Some(format!("{} bytes", it.written)),
        (it.written > 0).then(|| format!("{}/s", size(rate))),
    ]
    .into_iter()
    .flatten()
    .collect();
    let end = if it.complete { "complete".green() } else { "cut short".red() };
    let port = it.peer.addr.port().map_or(String::new(), |port| format!(" {}", port.to_string().bold()));
    let unsent = if it.request.is_none() { "; it came before the request was sent whole" } else { "" };
    let after = match it.after {
        0 => String::new(),
        bytes => format!("; {bytes} bytes came after its end, and were not written"),
    };
    format!("Response {} from {}{port} {end} ({}){unsent}{after}\n", head.status, who(&it.peer), details.join(", "))
}

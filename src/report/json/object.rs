//! One event as one line: an object of fields, whose text drives no terminal.

use std::fmt::Write;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::logic::escape::drives;
use crate::value::peer::{Addr, Peer};

/// The line of an event: when, which, and then its fields, which may come in several parts.
pub(super) fn line<const N: usize>(event: &str, parts: [Value; N]) -> String {
    let time = json!({ "time": crate::report::now(), "event": event });
    let mut object = Map::new();
    for part in [time].into_iter().chain(parts) {
        if let Value::Object(fields) = part {
            object.extend(fields);
        }
    }
    harmless(Value::Object(object).to_string()) + "\n"
}

/// A peer: its name, if it has one, and its address.
pub(super) fn end(peer: &Peer) -> Value {
    json!({ "host": peer.host.as_deref(), "addr": peer.addr.to_string(), "port": peer.addr.port() })
}

/// An address.
pub(super) fn at(addr: &Addr) -> Value {
    json!({ "addr": addr.to_string(), "port": addr.port() })
}

/// Our own address.
pub(super) fn near(local: &Addr) -> Value {
    json!({ "local_addr": local.to_string(), "local_port": local.port() })
}

/// Seconds to the microsecond: what the clock of the loop is good for.
pub(super) fn seconds(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e6
}

/// JSON escapes C0 only (RFC 8259, 7). What else drives a terminal is escaped too; and some readers of lines end one at
/// U+2028 and U+2029. Outside of strings there is none of them.
fn harmless(json: String) -> String {
    let odd = |c: char| drives(c) || matches!(c, '\u{2028}' | '\u{2029}');
    match json.contains(odd) {
        false => json, // nearly always
        true => json.chars().fold(String::with_capacity(json.len() + 16), |mut text, c| {
            let _ = match odd(c) {
                true => write!(text, "\\u{:04x}", u32::from(c)),
                false => text.write_char(c),
            };
            text
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Deed, Exit, Failure, Object};
    use crate::event::{Event, Weight};
    use crate::report::json::lines;

    #[test]
    fn no_text_drives_the_terminal_or_ends_the_line() {
        let text = "a\u{1b}[2J\u{7f}\u{9b}2J\u{85}\u{2028}\u{202e}\n\"é";
        let failure = Failure::new(Deed::Lookup, Object::Host(text.into()), "", Exit::Name);
        let line = lines(&Event::failed(Weight::Fatal, failure));
        assert!(line.contains(r#""a\u001b[2J\u007f\u009b2J\u0085\u2028\u202e\n\"é""#), "{line}");
        assert!(!line.trim_end().contains(char::is_control), "{line}");
        let object: Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(object["host"], text);
    }
}

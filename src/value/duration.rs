//! TIME as users write it: `3`, `0.5` (seconds), `500ms`, `2m`, `1m30s`.

use std::time::Duration;

/// The units that are read. humantime knows more, but reads `1M` as a month: no netcat user means that.
const UNITS: [&str; 23] = [
    "ns", "nsec", "us", "usec", "ms", "msec", "millis", "s", "sec", "secs", "second", "seconds", "m", "min", "mins",
    "minute", "minutes", "h", "hr", "hour", "hours", "d", "days",
];

/// A hundred years: adding it to the clock cannot overflow.
const LONGEST: Duration = Duration::from_secs(36_500 * 86_400);

/// Parses a TIME that is not negative.
///
/// # Errors
/// A sentence that says what is wrong with the text.
pub fn parse(text: &str) -> Result<Duration, String> {
    if text.starts_with('-') {
        return Err("a time cannot be negative".into());
    }
    let bare = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let time = if bare {
        text.parse().ok().map(|seconds: f64| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
    } else {
        if let Some(unit) =
            text.split(|c: char| !c.is_alphabetic()).find(|unit| !unit.is_empty() && !UNITS.contains(unit))
        {
            return Err(format!("'{unit}' is no unit of time; write seconds (3, 0.5) or 500ms, 2m, 1m30s"));
        }
        sum(text.trim_end())
    };
    match time {
        Some(time) if time <= LONGEST => Ok(time),
        Some(_) => Err("longer than a hundred years".into()),
        None => Err("not a time; write seconds (3, 0.5) or 500ms, 2m, 1m30s".into()),
    }
}

/// The sum of times as `1m30s`. humantime gets one after the other: of several it panics where their sum overflows
/// (2.4.0).
fn sum(mut text: &str) -> Option<Duration> {
    let mut total = None;
    while !text.is_empty() {
        let unit = text.find(char::is_alphabetic)?;
        let end = text[unit..].find(|c: char| !c.is_alphabetic()).map_or(text.len(), |count| unit + count);
        let time = humantime::parse_duration(&text[..end]).ok()?;
        total = Some(total.unwrap_or(Duration::ZERO).saturating_add(time));
        text = &text[end..];
    }
    total
}

/// Parses the time between keepalive probes: whole seconds, as the system has it (tcp(7)).
///
/// # Errors
/// As [`parse`], and where it is less than a second or more than the system allows.
pub fn parse_keepalive(text: &str) -> Result<Duration, String> {
    match parse(text)? {
        time if time < Duration::from_secs(1) => Err("keepalive probes are at least 1s apart".into()),
        time if time > Duration::from_secs(32_767) => Err("keepalive probes are at most 32767s apart".into()),
        time => Ok(time),
    }
}

/// Parses a time limit: a TIME that leaves time for something.
///
/// # Errors
/// As [`parse`], and for 0.
pub fn parse_limit(text: &str) -> Result<Duration, String> {
    match parse(text)? {
        Duration::ZERO => Err("a limit of 0 leaves no time".into()),
        time => Ok(time),
    }
}

/// How long to wait for something that may never come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// As long as it takes.
    Forever,
    /// This long.
    For(Duration),
}

/// Parses a TIME, or `-1` for ever.
///
/// # Errors
/// As [`parse`].
pub fn parse_patience(text: &str) -> Result<Patience, String> {
    match text {
        "-1" => Ok(Patience::Forever),
        _ => parse(text).map(Patience::For).map_err(|why| format!("{why}; -1 is for ever")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_units_are_read() {
        for (text, millis) in [
            ("3", 3_000),
            ("0.5", 500),
            (".5", 500),
            ("500ms", 500),
            ("2m", 120_000),
            ("1m30s", 90_000),
            ("1h 1m 0.5s ", 3_660_500),
            ("0", 0),
            ("1d", 86_400_000),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_says_why() {
        for (text, why) in [
            ("soon", "'soon' is no unit"),
            ("-3", "negative"),
            ("1M", "'M' is no unit"),
            ("2weeks", "'weeks' is no unit"),
            ("", "not a time"),
            ("1.2.3", "not a time"),
            ("1e9", "'e' is no unit"),
            ("inf", "'inf' is no unit"),
            ("99999999999999999999", "hundred years"),
            ("99999d", "hundred years"),
            ("18446744073709551615.5s0.5s", "hundred years"),
            ("5124095576030431h15.5s500ms", "hundred years"),
            ("1m 30", "not a time"),
            (" ", "not a time"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn minus_one_is_for_ever_only_where_asked() {
        assert_eq!(parse_patience("-1"), Ok(Patience::Forever));
        assert_eq!(parse_patience("2"), Ok(Patience::For(Duration::from_secs(2))));
        assert!(parse_patience("-2").is_err());
    }
}

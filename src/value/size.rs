//! Sizes as users write them: `512`, `64k` (65,536), `1M`; and how stdin is cut into datagrams.

/// The largest datagram that UDP over IPv4 carries (RFC 768, less both headers).
pub const LARGEST_DATAGRAM: usize = 65_507;

/// Parses a size in bytes, at least 1.
///
/// # Errors
/// A sentence that says what is wrong with the text.
pub fn parse(text: &str) -> Result<usize, String> {
    let (digits, unit) = match text.char_indices().next_back() {
        Some((at, 'k' | 'K')) => (&text[..at], 1 << 10),
        Some((at, 'm' | 'M')) => (&text[..at], 1 << 20),
        Some((at, 'g' | 'G')) => (&text[..at], 1 << 30),
        _ => (text, 1),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err("not a size; write bytes, or 64k, 1M".into());
    }
    match digits.parse::<usize>().ok().and_then(|count| count.checked_mul(unit)) {
        Some(0) => Err("a size is at least 1".into()),
        // The system's own options take no more (int).
        Some(size) if i32::try_from(size).is_ok() => Ok(size),
        _ => Err("a size is less than 2G".into()),
    }
}

/// How stdin is cut into datagrams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// At so many bytes.
    Size(usize),
    /// After each line.
    Line,
}

/// Parses how stdin is cut into datagrams.
///
/// # Errors
/// A sentence that says what is wrong with the text.
pub fn cut(text: &str) -> Result<Cut, String> {
    if text == "line" {
        return Ok(Cut::Line);
    }
    match parse(text).map_err(|why| format!("{why}, or line"))? {
        size @ ..=LARGEST_DATAGRAM => Ok(Cut::Size(size)),
        _ => Err(format!("a datagram has at most {LARGEST_DATAGRAM} bytes")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_their_units() {
        assert_eq!(parse("512"), Ok(512));
        assert_eq!(parse("64k"), Ok(65_536));
        assert_eq!(parse("1M"), Ok(1 << 20));
        for (text, why) in [
            ("", "not a size"),
            ("k", "not a size"),
            ("-1", "not a size"),
            ("0", "at least 1"),
            ("2G", "less than 2G"),
            ("99999999999999999999", "less than 2G"),
            ("1é", "not a size"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn datagrams_are_cut_by_size_or_line() {
        assert_eq!(cut("line"), Ok(Cut::Line));
        assert_eq!(cut("1k"), Ok(Cut::Size(1_024)));
        assert!(cut("64k").is_err_and(|why| why.contains("65507")));
    }
}

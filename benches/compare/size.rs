//! Sizes as the command line has them.

/// 500M, 2G: suffixes are powers of 1024.
pub(crate) fn parse(text: &str) -> Result<u64, String> {
    let (digits, unit) = match text.strip_suffix(['K', 'M', 'G']) {
        Some(digits) if text.ends_with('K') => (digits, 1 << 10),
        Some(digits) if text.ends_with('M') => (digits, 1 << 20),
        Some(digits) => (digits, 1 << 30),
        None => (text, 1),
    };
    let count: u64 = digits.parse().map_err(|error| format!("{error}"))?;
    count.checked_mul(unit).filter(|&size| size > 0).ok_or_else(|| "out of range".into())
}

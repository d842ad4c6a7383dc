//! Names of the type of service (RFC 1349) and of differentiated services (RFC 2474, RFC 2597, RFC 3246).

const NAMES: [(&str, u8); 27] = [
    ("lowdelay", 0x10),
    ("throughput", 0x08),
    ("reliability", 0x04),
    ("critical", 0xa0),
    ("inetcontrol", 0xc0),
    ("netcontrol", 0xe0),
    ("ef", 0xb8),
    ("cs0", 0x00),
    ("cs1", 0x20),
    ("cs2", 0x40),
    ("cs3", 0x60),
    ("cs4", 0x80),
    ("cs5", 0xa0),
    ("cs6", 0xc0),
    ("cs7", 0xe0),
    ("af11", 0x28),
    ("af12", 0x30),
    ("af13", 0x38),
    ("af21", 0x48),
    ("af22", 0x50),
    ("af23", 0x58),
    ("af31", 0x68),
    ("af32", 0x70),
    ("af33", 0x78),
    ("af41", 0x88),
    ("af42", 0x90),
    ("af43", 0x98),
];

/// Parses a name, or a number from 0 to 255, decimal or hexadecimal.
///
/// # Errors
/// A sentence that says what is wrong with the text.
pub fn parse(text: &str) -> Result<u8, String> {
    if let Some((_, value)) = NAMES.iter().find(|(name, _)| text.eq_ignore_ascii_case(name)) {
        return Ok(*value);
    }
    let (digits, radix) = text.strip_prefix("0x").map_or((text, 10), |digits| (digits, 16));
    let number = u8::from_str_radix(digits, radix).ok().filter(|_| !digits.starts_with('+'));
    number.ok_or_else(|| "neither a type of service (lowdelay, ef, af11, cs1 ...) nor a number from 0 to 255".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers_are_read() {
        assert_eq!(parse("lowdelay"), Ok(0x10));
        assert_eq!(parse("EF"), Ok(0xb8));
        assert_eq!(parse("0x20"), Ok(0x20));
        assert_eq!(parse("32"), Ok(32));
        for text in ["", "256", "fast", "0x100", "-1", "+5", "0x+5", "0x", "0x-0"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}

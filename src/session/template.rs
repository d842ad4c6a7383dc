//! The text of an answer, with places for the message, as it is written on the command line.

/// A text with places in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template {
    /// What stands before, between and after the places.
    parts: Vec<Vec<u8>>,
}

impl Template {
    /// Reads a text: `{}` is a place, `{{}}` is `{}`, and C's escapes are understood.
    ///
    /// # Errors
    /// The escape that there is not.
    pub fn parse(text: &str) -> Result<Self, String> {
        unescape(text)?; // a wrong escape is named as it is written, though a place cut it in two
        let (mut parts, mut part) = (Vec::new(), Vec::new());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{}") {
            let literal = before.strip_suffix('{').zip(after.strip_prefix('}'));
            let (before, after) = literal.unwrap_or((before, after));
            part.extend(unescape(before)?);
            match literal {
                Some(_) => part.extend(b"{}"),
                None => parts.push(std::mem::take(&mut part)),
            }
            rest = after;
        }
        part.extend(unescape(rest)?);
        parts.push(part);
        Ok(Self { parts })
    }

    /// Appends the text with a message in its places.
    pub fn fill(&self, message: &[u8], out: &mut Vec<u8>) {
        for (n, part) in self.parts.iter().enumerate() {
            if n > 0 {
                out.extend_from_slice(message);
            }
            out.extend_from_slice(part);
        }
    }
}

/// The bytes that a text with C's escapes stands for: `\n \r \t \0 \xHH \\`.
///
/// # Errors
/// The escape that there is not.
pub fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        bytes.extend_from_slice(before.as_bytes());
        let mut chars = after.chars();
        let byte = match chars.next() {
            Some('n') => b'\n',
            Some('r') => b'\r',
            Some('t') => b'\t',
            Some('0') => 0,
            Some('\\') => b'\\',
            Some('x') => {
                let digits = after.get(1..3).filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
                let value = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
                chars = after.get(3..).unwrap_or_default().chars();
                value.ok_or("\\x is to be followed by two hexadecimal digits")?
            }
            other => {
                let escape = other.map_or_else(|| "\\ at the end".into(), |other| format!("\\{other}"));
                return Err(format!("{escape} is no escape; there are \\n \\r \\t \\0 \\xHH \\\\"));
            }
        };
        bytes.push(byte);
        rest = chars.as_str();
    }
    bytes.extend_from_slice(rest.as_bytes());
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str, message: &str) -> String {
        let mut out = Vec::new();
        Template::parse(text).expect("a text").fill(message.as_bytes(), &mut out);
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn each_place_holds_the_message() {
        for (text, answer) in [
            ("hi", "hi"),
            ("Hello, {}!", "Hello, Bob!"),
            ("{}{}", "BobBob"),
            ("{{}}", "{}"),
            ("{{}} {} {{}}{}", "{} Bob {}Bob"),
            ("{{{}}}", "{{}}"), // from the left: {, then {{}} without its first
            ("{ } {a} } {", "{ } {a} } {"),
            ("", ""),
        ] {
            assert_eq!(filled(text, "Bob"), answer, "{text}");
        }
    }

    #[test]
    fn a_message_is_no_template() {
        assert_eq!(filled("<{}>", "{} \\n"), "<{} \\n>");
    }

    #[test]
    fn escapes_are_those_of_c() {
        assert_eq!(unescape(r"a\n\r\t\0\\\x41\xfFé").as_deref(), Ok(&b"a\n\r\t\0\\A\xff\xc3\xa9"[..]));
        for (text, why) in
            [(r"\q", r"\q is no escape"), ("\\", "at the end"), (r"\x4", "two"), (r"\xg0", "two"), (r"\xé", "two")]
        {
            assert!(unescape(text).is_err_and(|error| error.contains(why)), "{text}");
        }
        assert_eq!(filled(r"\x7b}\n{}\\{}", "Bob"), "{}\nBob\\Bob");
        assert!(Template::parse(r"a\{}").is_err_and(|error| error.starts_with(r"\{ is no escape")));
    }
}

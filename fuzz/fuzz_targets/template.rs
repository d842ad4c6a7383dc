//! The text of an answer and its escapes: a reading character by character gives the same, and what is escaped reads
//! back. Input: the text and the message, a line each.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nsock::session::{Template, unescape};

fuzz_target!(|data: &[u8]| {
    let back = unescape(&data.iter().map(|byte| format!("\\x{byte:02x}")).collect::<String>());
    assert_eq!(back.as_deref(), Ok(data));
    let (text, message) = data.split_at(data.iter().position(|&byte| byte == b'\n').unwrap_or(data.len()));
    let Ok(text) = str::from_utf8(text) else {
        return;
    };
    let back = unescape(&text.replace('\\', "\\\\"));
    assert_eq!(back.as_deref(), Ok(text.as_bytes()));
    assert_eq!(unescape(text).ok(), plain(text, None));
    let template = Template::parse(text);
    let filled = template.ok().map(|template| {
        let mut out = b"before".to_vec();
        template.fill(message, &mut out);
        out.split_off(6)
    });
    assert_eq!(filled, plain(text, Some(message)));
});

/// The text as it is read from the left, with a message in its places where there is one.
fn plain(text: &str, message: Option<&[u8]>) -> Option<Vec<u8>> {
    let (mut out, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((&first, after)) = rest.split_first() {
        rest = match (message, rest) {
            (Some(_), [b'{', b'{', b'}', b'}', after @ ..]) => {
                out.extend(b"{}");
                after
            }
            (Some(message), [b'{', b'}', after @ ..]) => {
                out.extend(message);
                after
            }
            (_, [b'\\', b'x', high, low, after @ ..]) => {
                let digit = |&digit: &u8| char::from(digit).to_digit(16);
                out.push((digit(high)? * 16 + digit(low)?) as u8);
                after
            }
            (_, [b'\\', escape, after @ ..]) => {
                let (_, byte) = [(b'n', b'\n'), (b'r', b'\r'), (b't', b'\t'), (b'0', 0), (b'\\', b'\\')]
                    .into_iter()
                    .find(|(known, _)| known == escape)?;
                out.push(byte);
                after
            }
            (_, [b'\\']) => return None,
            _ => {
                out.push(first);
                after
            }
        };
    }
    Some(out)
}

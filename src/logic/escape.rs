//! Foreign text that cannot drive the reader's terminal: what names, reasons and banners are when they are shown.

/// Whether a character drives a terminal: a control, or one that changes the order in which others are shown (Unicode's
/// explicit directional formatting).
pub fn drives(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text with such characters written as Rust writes them.
pub fn escaped(text: &str) -> String {
    text.chars()
        .flat_map(|c| match drives(c) {
            true => c.escape_default().collect::<Vec<_>>(),
            false => vec![c],
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_drives_the_terminal() {
        assert_eq!(escaped("a\u{1b}[2Jb\u{9b}c\nd é"), "a\\u{1b}[2Jb\\u{9b}c\\nd é");
        assert_eq!(escaped("a\u{202e}b"), "a\\u{202e}b");
    }
}

//! `--data`: bytes to send, as TEXT, or as @FILE and @- what a file or stdin has. A list of hosts is named in the same
//! way.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// Bytes to send that the user names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// These.
    Text(String),
    /// Those of a file.
    File(PathBuf),
    /// Those of stdin.
    Stdin,
}

impl Data {
    /// Parses a text, `@FILE` or `@-`.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn parse(word: &OsStr) -> Result<Self, String> {
        match word.as_bytes() {
            b"@" => Err("@ lacks the name of a file; @- is stdin".into()),
            b"@-" => Ok(Self::Stdin),
            [b'@', file @ ..] => Ok(Self::File(OsStr::from_bytes(file).into())),
            _ => text(word).map(|text| Self::Text(text.into())),
        }
    }
}

/// The text that a word is; only the name of a file may be something else.
///
/// # Errors
/// A sentence that says that it is none.
pub fn text(word: &OsStr) -> Result<&str, String> {
    word.to_str().ok_or_else(|| format!("'{}' is not UTF-8 text", word.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(word: &[u8]) -> Result<Data, String> {
        Data::parse(OsStr::from_bytes(word))
    }

    #[test]
    fn an_at_sign_names_a_file_or_stdin() {
        assert_eq!(parse(b"a@b"), Ok(Data::Text("a@b".into())));
        assert_eq!(parse(b""), Ok(Data::Text(String::new())));
        assert_eq!(parse(b"@a b"), Ok(Data::File("a b".into())));
        assert_eq!(parse(b"@-"), Ok(Data::Stdin));
        assert!(parse(b"@").is_err_and(|why| why.contains("lacks the name")));
    }

    #[test]
    fn the_name_of_a_file_may_be_any_bytes_but_no_text_may() {
        assert_eq!(parse(b"@\xff"), Ok(Data::File(OsStr::from_bytes(b"\xff").into())));
        assert_eq!(parse(b"a\xff"), Err("'a\u{fffd}' is not UTF-8 text".into()));
    }
}

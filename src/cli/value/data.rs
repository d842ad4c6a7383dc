//! `--data`: bytes to send, as TEXT, or as @FILE and @- what a file or stdin has.

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
    pub fn parse(text: &str) -> Result<Self, String> {
        match text.strip_prefix('@') {
            Some("") => Err("@ lacks the name of a file; @- is stdin".into()),
            Some("-") => Ok(Self::Stdin),
            Some(file) => Ok(Self::File(file.into())),
            None => Ok(Self::Text(text.into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_at_sign_names_a_file_or_stdin() {
        assert_eq!(Data::parse("a@b"), Ok(Data::Text("a@b".into())));
        assert_eq!(Data::parse(""), Ok(Data::Text(String::new())));
        assert_eq!(Data::parse("@a b"), Ok(Data::File("a b".into())));
        assert_eq!(Data::parse("@-"), Ok(Data::Stdin));
        assert!(Data::parse("@").is_err_and(|why| why.contains("lacks the name")));
    }
}

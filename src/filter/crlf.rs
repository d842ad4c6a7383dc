//! LF becomes CRLF, for servers that want their lines so (`-C`). A CRLF stays what it is, and so does a CR by itself.

/// Ends lines with CRLF.
#[derive(Default)]
pub(super) struct Crlf {
    after_cr: bool,
}

impl Crlf {
    /// Appends the next bytes, each LF with its CR.
    pub(super) fn run(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            let (line, ended) = piece.strip_suffix(b"\n").map_or((piece, false), |line| (line, true));
            out.extend_from_slice(line);
            // The CR may have come in an earlier read than its LF.
            let after_cr = line.last().map_or(self.after_cr, |&byte| byte == b'\r');
            if ended {
                out.extend_from_slice(if after_cr { b"\n" } else { b"\r\n" });
            }
            self.after_cr = after_cr && !ended;
        }
    }

    /// Begins anew.
    pub(super) fn end(&mut self) {
        self.after_cr = false;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{becomes, cut, filtered};
    use super::super::{Chain, Filters};

    fn chain() -> Chain {
        Filters { crlf: true, ..Filters::default() }.sending()
    }

    #[test]
    fn every_line_ends_with_one_cr_and_lf() {
        for (given, sent) in [
            ("a\nb\n", "a\r\nb\r\n"),
            ("a\r\nb\r\n", "a\r\nb\r\n"),
            ("\n\n\r\n\n", "\r\n\r\n\r\n\r\n"),
            ("a\rb\r\rc\r", "a\rb\r\rc\r"),
            ("\r\r\n\n", "\r\r\n\r\n"),
            ("unfinished", "unfinished"),
            ("", ""),
        ] {
            becomes(&mut chain(), given.as_bytes(), sent.as_bytes());
        }
    }

    proptest! {
        #[test]
        fn as_if_in_one_piece(text in "[a\r\n]{0,60}", lengths in prop::collection::vec(0usize..7, 0..30)) {
            let plain = text.replace("\r\n", "\n").replace('\n', "\r\n");
            prop_assert_eq!(filtered(&mut chain(), cut(text.as_bytes(), &lengths)), plain.as_bytes());
        }
    }
}

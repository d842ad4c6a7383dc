//! Who said what: each line that goes to one reader begins with the name of the peer it came from.

/// The lines of many speakers on their way to one reader.
#[derive(Debug, Default)]
pub struct Labels {
    /// Who spoke last, if the line is not finished.
    open: Option<u64>,
}

impl Labels {
    /// Appends what a speaker says, each line with its name before it. A line that another has not finished is finished
    /// first: no line is of two.
    pub fn say(&mut self, speaker: u64, name: &str, bytes: &[u8], out: &mut Vec<u8>) {
        if self.open.is_some_and(|open| open != speaker) {
            out.push(b'\n');
            self.open = None;
        }
        for line in bytes.split_inclusive(|&byte| byte == b'\n') {
            if self.open.is_none() {
                out.extend_from_slice(name.as_bytes());
                out.extend_from_slice(b": ");
            }
            out.extend_from_slice(line);
            self.open = (!line.ends_with(b"\n")).then_some(speaker);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(talk: &[(u64, &str)]) -> String {
        let (mut labels, mut out) = (Labels::default(), Vec::new());
        for (speaker, text) in talk {
            labels.say(*speaker, ["a", "b"][*speaker as usize], text.as_bytes(), &mut out);
        }
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn each_line_has_its_speaker() {
        assert_eq!(said(&[(0, "one\ntwo\n"), (1, "three\n")]), "a: one\na: two\nb: three\n");
        assert_eq!(said(&[(0, ""), (1, "\n")]), "b: \n");
    }

    #[test]
    fn a_line_that_comes_in_pieces_is_labelled_once() {
        assert_eq!(said(&[(0, "on"), (0, "e\ntw"), (0, "o\n")]), "a: one\na: two\n");
    }

    #[test]
    fn no_line_is_of_two_speakers() {
        assert_eq!(said(&[(0, "unfinished"), (1, "mine\n"), (0, " more\n")]), "a: unfinished\nb: mine\na:  more\n");
    }
}

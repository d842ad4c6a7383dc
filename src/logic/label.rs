//! Each line prefixed with the peer it came from (`--label`): what stands before it, and where.

use super::escape::escaped;
use crate::value::peer::{Addr, Peer, UnixName};

/// What stands before a peer's lines: its address, or its number where it has none. No name that a peer chose drives
/// the terminal. In colour each peer has its own, of six.
pub fn name(conn: u64, peer: &Peer, color: bool) -> String {
    let name = match &peer.addr {
        Addr::Unix(UnixName::Unnamed) => format!("peer {conn}"),
        addr => {
            let mut name = escaped(&addr.to_string());
            if let Some(port) = addr.port() {
                name += &format!(" {port}");
            }
            name
        }
    };
    match color {
        true => format!("\x1b[{}m{name}\x1b[0m: ", 31 + conn % 6),
        false => name + ": ",
    }
}

/// Labels the lines of many peers that share one output.
#[derive(Debug, Default)]
pub struct Label {
    /// Whose unfinished line stands last in the output.
    open: Option<u64>,
}

impl Label {
    /// Appends what a peer sent, each line after the label where there is one. Another peer's unfinished line is ended
    /// first, once there are labels.
    pub fn run(&mut self, peer: u64, label: Option<&str>, bytes: &[u8], out: &mut Vec<u8>) {
        let Some(last) = bytes.last() else {
            return;
        };
        match label {
            None => out.extend_from_slice(bytes),
            Some(label) => {
                if self.open.take_if(|open| *open != peer).is_some() {
                    out.push(b'\n');
                }
                for (n, line) in bytes.split_inclusive(|&byte| byte == b'\n').enumerate() {
                    if n > 0 || self.open.is_none() {
                        out.extend_from_slice(label.as_bytes());
                    }
                    out.extend_from_slice(line);
                }
            }
        }
        self.open = (*last != b'\n').then_some(peer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::peer::Proto;

    #[test]
    fn no_name_drives_the_terminal() {
        let peer = Peer::at(Proto::Unix, Addr::Unix(UnixName::Abstract("a\u{1b}[2J\u{202e}".as_bytes().into())));
        assert_eq!(name(1, &peer, false), "@a\\u{1b}[2J\\u{202e}: ");
    }

    #[test]
    fn each_line_has_its_label_and_no_line_two() {
        let (mut label, mut out) = (Label::default(), Vec::new());
        label.run(1, None, b"plain", &mut out);
        label.run(2, Some("b: "), b"one\ntw", &mut out);
        label.run(2, Some("b: "), b"o\n", &mut out);
        label.run(1, Some("a: "), b"", &mut out);
        label.run(1, Some("a: "), b"x", &mut out);
        label.run(2, Some("b: "), b"\n\n", &mut out);
        assert_eq!(String::from_utf8_lossy(&out), "plain\nb: one\nb: two\na: x\nb: \nb: \n");
    }
}

//! Questions in the manner of DNS: a header of twelve bytes, then one name with its type and class (RFC 1035, 4.1).

const IN: u16 = 1;

/// RFC 1035, 4.1: the name servers of the root. Whoever speaks DNS answers it, if only by REFUSED; `version.bind` of
/// class CH is dropped by some, and taken for an attack by those who watch.
pub(super) fn dns() -> Vec<u8> {
    const RECURSE: u16 = 0x0100; // as every stub asks; some resolvers answer nothing else
    const NS: u16 = 2;
    question(RECURSE, &[], NS, IN)
}

/// RFC 6763, 9: which services there are. From a port that is not 5353 it is answered to who asks (RFC 6762, 6.7), and
/// the top bit of the class asks for that too (5.4).
pub(super) fn mdns() -> Vec<u8> {
    const PTR: u16 = 12;
    const UNICAST: u16 = 0x8000;
    question(0, &["_services", "_dns-sd", "_udp", "local"], PTR, UNICAST | IN)
}

/// RFC 1002, 4.2.17: the status of the node, whatever its names are: `*` and fifteen NUL, each byte written as two
/// letters from A on (RFC 1001, 14.1).
pub(super) fn netbios() -> Vec<u8> {
    const NBSTAT: u16 = 0x21;
    question(0, &["CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"], NBSTAT, IN)
}

fn question(flags: u16, labels: &[&str], kind: u16, class: u16) -> Vec<u8> {
    const ID: u16 = u16::from_be_bytes(*b"ns");
    let header = [ID, flags, 1, 0, 0, 0];
    let mut bytes: Vec<u8> = header.iter().flat_map(|word| word.to_be_bytes()).collect();
    for label in labels {
        bytes.push(label.len() as u8);
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
    bytes.extend([kind, class].iter().flat_map(|word| word.to_be_bytes()));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Name, type and class of the one question.
    fn read(bytes: &[u8]) -> (String, u16, u16) {
        assert_eq!(bytes[4..12], [0, 1, 0, 0, 0, 0, 0, 0], "one question, no answer");
        let (mut at, mut name) = (12, String::new());
        while bytes[at] != 0 {
            let label = &bytes[at + 1..=at + usize::from(bytes[at])];
            name += &format!("{}.", label.escape_ascii());
            at += 1 + label.len();
        }
        let word = |at: usize| u16::from_be_bytes([bytes[at], bytes[at + 1]]);
        assert_eq!(bytes.len(), at + 5);
        (name, word(at + 1), word(at + 3))
    }

    #[test]
    fn dns_asks_for_the_roots_servers() {
        assert_eq!((dns()[2], read(&dns())), (1, (String::new(), 2, 1)));
    }

    #[test]
    fn mdns_asks_for_services_and_an_answer_to_us_alone() {
        assert_eq!(read(&mdns()), ("_services._dns-sd._udp.local.".into(), 12, 0x8001));
    }

    #[test]
    fn netbios_asks_for_the_star() {
        let (name, kind, class) = read(&netbios());
        let letters: Vec<u8> = name.trim_end_matches('.').bytes().map(|letter| letter - b'A').collect();
        let decoded: Vec<u8> = letters.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect();
        assert_eq!((decoded, kind, class), ([&b"*"[..], &[0; 15]].concat(), 0x21, 1));
    }
}

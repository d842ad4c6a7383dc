//! Questions in ASN.1's encoding (X.690): a tag, a length, and what is in it.

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const NULL: u8 = 0x05;
const OBJECT: u8 = 0x06;
const ENUMERATED: u8 = 0x0a;
const TIME: u8 = 0x18;
const GENERAL_STRING: u8 = 0x1b;
const SEQUENCE: u8 = 0x30;

/// RFC 1157, 4.1.2: version 1, community `public`, get sysDescr.0 (RFC 3418).
pub(super) fn snmp() -> Vec<u8> {
    const GET_REQUEST: u8 = 0xa0;
    const SYS_DESCR: [u8; 8] = [0x2b, 6, 1, 2, 1, 1, 1, 0]; // 1.3.6.1.2.1.1.1.0
    let variable = tlv(SEQUENCE, &[tlv(OBJECT, &[SYS_DESCR.into()]), tlv(NULL, &[])]);
    let (id, status, index) = (small(1), small(0), small(0));
    let get = tlv(GET_REQUEST, &[id, status, index, tlv(SEQUENCE, &[variable])]);
    tlv(SEQUENCE, &[small(0), text(OCTET_STRING, "public"), get])
}

/// RFC 4511, 4.5.1: search the root, as Active Directory is pinged over UDP (MS-ADTS, 6.3.3).
pub(super) fn ldap() -> Vec<u8> {
    const SEARCH: u8 = 0x63;
    const BOOLEAN: u8 = 0x01;
    const PRESENT: u8 = 0x87;
    let (base, scope, aliases) = (text(OCTET_STRING, ""), tlv(ENUMERATED, &[vec![0]]), tlv(ENUMERATED, &[vec![0]]));
    let (size, time, types_only) = (small(0), small(0), tlv(BOOLEAN, &[vec![0]]));
    let (filter, attributes) = (text(PRESENT, "objectclass"), tlv(SEQUENCE, &[]));
    let search = tlv(SEARCH, &[base, scope, aliases, size, time, types_only, filter, attributes]);
    tlv(SEQUENCE, &[small(1), search])
}

/// RFC 4120, 5.4.1: a request for a ticket in a realm that nobody has. The answer is an error.
pub(super) fn kerberos() -> Vec<u8> {
    const AS_REQUEST: u8 = 0x6a;
    const PRINCIPAL: u8 = 1;
    const SERVICE: u8 = 2;
    const AES256: u8 = 18;
    let name = |kind: u8, parts: &[&str]| {
        let parts: Vec<_> = parts.iter().map(|part| text(GENERAL_STRING, part)).collect();
        tlv(SEQUENCE, &[field(0, small(kind)), field(1, tlv(SEQUENCE, &parts))])
    };
    let body = [
        field(0, tlv(BIT_STRING, &[vec![0; 5]])), // no options: no unused bits, and 32 that are 0
        field(1, name(PRINCIPAL, &["nsock"])),
        field(2, text(GENERAL_STRING, "NSOCK.INVALID")),
        field(3, name(SERVICE, &["krbtgt", "NSOCK.INVALID"])),
        field(5, text(TIME, "19700101000000Z")), // as long as can be, 5.4.1
        field(7, small(1)),
        field(8, tlv(SEQUENCE, &[small(AES256)])),
    ];
    let request = [field(1, small(5)), field(2, small(10)), field(4, tlv(SEQUENCE, &body))];
    tlv(AS_REQUEST, &[tlv(SEQUENCE, &request)])
}

/// A tag, a length, and what is in it.
fn tlv(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    let inner = parts.concat();
    let mut bytes = vec![tag];
    match u8::try_from(inner.len()) {
        Ok(len @ 0..=0x7f) => bytes.push(len),
        Ok(len) => bytes.extend([0x81, len]), // X.690, 8.1.3.5
        Err(_) => {
            bytes.push(0x82);
            bytes.extend((inner.len() as u16).to_be_bytes());
        }
    }
    bytes.extend(inner);
    bytes
}

/// A number below 128.
fn small(number: u8) -> Vec<u8> {
    tlv(INTEGER, &[vec![number]])
}

fn text(tag: u8, text: &str) -> Vec<u8> {
    tlv(tag, &[text.into()])
}

/// A field with a number of its own.
fn field(number: u8, inner: Vec<u8>) -> Vec<u8> {
    tlv(0xa0 | number, &[inner])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The tags in order, each inner one indented, with short contents; checks every length.
    fn read(mut bytes: &[u8], depth: usize, told: &mut Vec<(usize, u8, Vec<u8>)>) {
        while let [tag, len, rest @ ..] = bytes {
            let (len, rest) = match len {
                0x81 => (usize::from(rest[0]), &rest[1..]),
                len => (usize::from(*len), rest),
            };
            let (inner, next) = rest.split_at(len);
            match tag & 0x20 {
                0 => told.push((depth, *tag, inner.into())),
                _ => {
                    told.push((depth, *tag, Vec::new()));
                    read(inner, depth + 1, told);
                }
            }
            bytes = next;
        }
        assert!(bytes.is_empty(), "a tag without a length");
    }

    fn leaves(bytes: &[u8], tag: u8) -> Vec<Vec<u8>> {
        let mut told = Vec::new();
        read(bytes, 0, &mut told);
        assert_eq!(told.iter().filter(|(depth, ..)| *depth == 0).count(), 1, "one message");
        told.into_iter().filter(|leaf| leaf.1 == tag).map(|leaf| leaf.2).collect()
    }

    #[test]
    fn snmp_gets_the_description_of_the_system() {
        assert_eq!(leaves(&snmp(), OCTET_STRING), [b"public"]);
        assert_eq!(leaves(&snmp(), OBJECT), [[0x2b, 6, 1, 2, 1, 1, 1, 0]]);
        assert_eq!(snmp()[..2], [0x30, 38]);
    }

    #[test]
    fn ldap_searches_the_root_for_anything() {
        assert_eq!(leaves(&ldap(), OCTET_STRING), [b""]);
        assert_eq!(leaves(&ldap(), 0x87), [b"objectclass"]);
        assert_eq!(leaves(&ldap(), ENUMERATED), [[0], [0]]);
    }

    #[test]
    fn kerberos_asks_for_a_ticket_of_the_realm_it_names() {
        let names = leaves(&kerberos(), GENERAL_STRING);
        assert_eq!(names, [&b"nsock"[..], b"NSOCK.INVALID", b"krbtgt", b"NSOCK.INVALID"]);
        assert_eq!(leaves(&kerberos(), INTEGER), [[5], [10], [1], [2], [1], [18]]);
        assert_eq!(leaves(&kerberos(), TIME), [b"19700101000000Z"]);
    }

    #[test]
    fn long_contents_have_long_lengths() {
        assert_eq!(tlv(4, &[vec![0; 127]])[..2], [4, 127]);
        assert_eq!(tlv(4, &[vec![0; 128]])[..3], [4, 0x81, 128]);
        assert_eq!(tlv(4, &[vec![0; 300]])[..4], [4, 0x82, 1, 44]);
    }
}

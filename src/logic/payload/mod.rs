//! What a UDP service is asked, so that it answers: nearly all of them are silent to what they cannot read.
//!
//! Each question is the smallest one whose answer is small too and changes nothing at the other side. Left out is what
//! cannot be asked so: DHCP, which would hand out an address, WireGuard, silent to all whose key it does not know.

mod der;
mod names;

/// The datagram that the usual service of a port answers; empty where none is known.
pub fn payload(port: u16) -> Vec<u8> {
    TABLE.iter().find(|row| row.0 == port).map_or_else(Vec::new, |row| row.2())
}

/// The port that was asked, where its service answers from another: TFTP takes a new one for each transfer (RFC 1350,
/// 4), and its answers are ERROR, DATA or OACK.
pub fn asked_port(from: u16, answer: &[u8]) -> u16 {
    match answer {
        [0, 3 | 5 | 6, _, _, ..] => TFTP,
        _ => from,
    }
}

const TFTP: u16 = 69;

/// Port, service, question.
type Row = (u16, &'static str, fn() -> Vec<u8>);

const TABLE: [Row; 24] = [
    (7, "echo", || b"nsock".to_vec()), // RFC 862
    (53, "domain", names::dns),
    (TFTP, "tftp", tftp),
    (88, "kerberos", der::kerberos),
    (111, "sunrpc", || rpc(100_000, 2)), // RFC 1833, 3: PMAPPROC_NULL
    (123, "ntp", ntp),
    (137, "netbios-ns", names::netbios),
    (161, "snmp", der::snmp),
    (389, "ldap", der::ldap),
    (443, "https", quic),
    (500, "isakmp", ike),
    (520, "route", rip),
    (623, "asf-rmcp", rmcp),
    (853, "domain-s", quic),        // RFC 9250, 4.1.1
    (1434, "ms-sql-m", || vec![3]), // MS-SQLR, 2.2.2: CLNT_UCAST_EX
    (1812, "radius", radius),
    (1900, "ssdp", ssdp),
    (2049, "nfs", || rpc(100_003, 3)), // RFC 1813, 3.3.0: NFSPROC3_NULL
    (3478, "stun", stun),
    (4500, "ipsec-nat-t", || [&[0; 4][..], &ike()].concat()), // RFC 3948, 2.2: the marker that says it is not ESP
    (5060, "sip", sip),
    (5353, "mdns", names::mdns),
    (5683, "coap", || vec![0x40, 0, b'n', b's']), // RFC 7252, 4.3: an empty confirmable message, answered by Reset
    (11_211, "memcached", memcached),
];

/// RFC 1350, 5: a read request. The answer is an error, since nobody has such a file.
fn tftp() -> Vec<u8> {
    b"\x00\x01nsock-asks-whether-you-are-there\0octet\0".to_vec()
}

/// RFC 5531, 9: a call of procedure 0, which does nothing and which every program has (12.1).
fn rpc(program: u32, version: u32) -> Vec<u8> {
    const CALL: u32 = 0;
    const RPC_VERSION: u32 = 2;
    const NO_AUTH: [u32; 2] = [0, 0];
    let [flavor, len] = NO_AUTH;
    let words = [0x6e73_6f63, CALL, RPC_VERSION, program, version, 0, flavor, len, flavor, len];
    words.iter().flat_map(|word: &u32| word.to_be_bytes()).collect()
}

/// RFC 4330, 5: a client's request, all zero but version and mode. Version 3: servers of version 4 answer it too, while
/// those of version 3 drop what is newer.
fn ntp() -> Vec<u8> {
    const VERSION: u8 = 3;
    const CLIENT: u8 = 3;
    let mut header = vec![0; 48];
    header[0] = VERSION << 3 | CLIENT;
    header
}

/// RFC 9000, 6: a packet of a version that nobody has (15: all of 0x?a?a?a?a) is answered with the versions there are,
/// if it is as long as a first packet must be (14.1).
fn quic() -> Vec<u8> {
    const LONG_HEADER: u8 = 0xc0;
    let ids = [&[8][..], b"nsock-to", &[8], b"nsock-us"].concat(); // 17.2: each with its length
    let mut packet = [&[LONG_HEADER, 0x1a, 0x2a, 0x3a, 0x4a][..], &ids].concat();
    packet.resize(1_200, 0);
    packet
}

/// RFC 7296, 1.2: IKE_SA_INIT with one proposal. The answer is the responder's half, or a notification.
fn ike() -> Vec<u8> {
    const SA: u8 = 33;
    const KEY_EXCHANGE: u8 = 34;
    const NONCE: u8 = 40;
    const GROUP_14: u8 = 14;
    // 3.3: AES-CBC with 128 bits, PRF and integrity by HMAC-SHA2-256, group 14.
    let transforms = [
        &[3, 0, 0, 12, 1, 0, 0, 12, 0x80, 14, 0, 128][..],
        &[3, 0, 0, 8, 2, 0, 0, 5],
        &[3, 0, 0, 8, 3, 0, 0, 12],
        &[0, 0, 0, 8, 4, 0, 0, GROUP_14],
    ]
    .concat();
    let proposal = [&[0, 0, 0, 8 + transforms.len() as u8, 1, 1, 0, 4][..], &transforms].concat();
    // 3.1, 3.2: each payload says what the next one is.
    let payloads = [
        generic(KEY_EXCHANGE, &proposal),
        generic(NONCE, &[&[0, GROUP_14, 0, 0][..], &[2; 256]].concat()),
        generic(0, &[b'n'; 32]),
    ]
    .concat();
    let (initiator, responder) = (b"nsock-ik", [0; 8]);
    let len = (28 + payloads.len() as u32).to_be_bytes();
    [&initiator[..], &responder, &[SA, 0x20, 34, 0x08], &[0; 4], &len, &payloads].concat()
}

/// RFC 7296, 3.2: the generic payload header, and what it heads.
fn generic(next: u8, body: &[u8]) -> Vec<u8> {
    [&[next, 0][..], &(4 + body.len() as u16).to_be_bytes(), body].concat()
}

/// RFC 2453, 3.9.1: version 2, a request for the whole table: one entry, of no family and infinite metric.
fn rip() -> Vec<u8> {
    let mut message = vec![1, 2, 0, 0];
    message.resize(23, 0);
    message.push(16);
    message
}

/// ASF 2.0, 3.2.4: a presence ping, which every IPMI controller answers without a session (IPMI 2.0, 13.2.3).
fn rmcp() -> Vec<u8> {
    const RMCP: [u8; 4] = [6, 0, 0xff, 6];
    const ASF: [u8; 4] = 4542_u32.to_be_bytes();
    [&RMCP[..], &ASF, &[0x80, 0, 0, 0]].concat()
}

/// RFC 2865, 4.1: an access request. Only a server that knows this host as its client answers.
fn radius() -> Vec<u8> {
    let attributes = [&[1, 7][..], b"nsock", &[2, 18], &[b'n'; 16], &[32, 7], b"nsock"].concat(); // 5.1, 5.2, 5.32
    let len = (20 + attributes.len() as u16).to_be_bytes();
    [&[1, b'n'][..], &len, b"nsock-asks-nsock", &attributes].concat()
}

/// UPnP Device Architecture 1.1, 1.3.2. Devices of version 1.0 want the MX, too.
fn ssdp() -> Vec<u8> {
    b"M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\nST: upnp:rootdevice\r\n\r\n"
        .to_vec()
}

/// RFC 8489, 5: a binding request without attributes.
fn stun() -> Vec<u8> {
    const BINDING: [u8; 4] = [0, 1, 0, 0];
    const MAGIC: [u8; 4] = 0x2112_a442_u32.to_be_bytes();
    [&BINDING[..], &MAGIC, b"nsock-asks-u"].concat()
}

/// RFC 3261, 11.1. With `rport` the answer comes to the port that asked (RFC 3581, 4).
fn sip() -> Vec<u8> {
    b"OPTIONS sip:nsock@nsock.invalid SIP/2.0\r\n\
        Via: SIP/2.0/UDP nsock.invalid;branch=z9hG4bKnsock;rport\r\n\
        Max-Forwards: 70\r\n\
        From: <sip:nsock@nsock.invalid>;tag=nsock\r\n\
        To: <sip:nsock@nsock.invalid>\r\n\
        Call-ID: nsock@nsock.invalid\r\n\
        CSeq: 1 OPTIONS\r\n\
        Contact: <sip:nsock@nsock.invalid>\r\n\
        Accept: application/sdp\r\n\
        Content-Length: 0\r\n\r\n"
        .to_vec()
}

/// memcached's doc/protocol.txt, `UDP protocol`: request id, first datagram of one, and a reserved word.
fn memcached() -> Vec<u8> {
    b"ns\x00\x00\x00\x01\x00\x00version\r\n".to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn be16(bytes: &[u8], at: usize) -> usize {
        usize::from(u16::from_be_bytes([bytes[at], bytes[at + 1]]))
    }

    #[test]
    fn each_port_has_one_row_and_they_are_in_order() {
        assert!(TABLE.windows(2).all(|rows| rows[0].0 < rows[1].0));
    }

    #[test]
    fn every_question_is_there_and_fits_one_packet() {
        for (port, service, _) in TABLE {
            let len = payload(port).len();
            assert!((1..=1_232).contains(&len), "{service}: {len} bytes"); // IPv6's least packet less its headers
        }
        assert_eq!(payload(9), b"");
        assert_eq!(payload(51_820), b"");
    }

    #[test]
    fn tftp_is_known_by_its_answer_from_whatever_port() {
        assert_eq!(asked_port(40_000, b"\x00\x05\x00\x01File not found\0"), 69);
        assert_eq!(asked_port(53, b"ns\x81\x80"), 53);
        assert_eq!(asked_port(9, b""), 9);
    }

    #[test]
    fn an_rpc_call_is_of_version_2_and_asks_nothing() {
        let call = payload(111);
        assert_eq!(call.len(), 40);
        assert_eq!((&call[4..8], &call[8..12], &call[20..24]), (&[0; 4][..], &[0, 0, 0, 2][..], &[0; 4][..]));
        assert_eq!(u32::from_be_bytes(call[12..16].try_into().expect("4 bytes")), 100_000);
    }

    #[test]
    fn ntp_is_a_clients_version_3() {
        let ask = payload(123);
        assert_eq!((ask.len(), ask[0] >> 6, ask[0] >> 3 & 7, ask[0] & 7), (48, 0, 3, 3));
    }

    #[test]
    fn quic_is_long_enough_and_of_a_reserved_version() {
        let packet = payload(443);
        assert_eq!((packet.len(), packet[0] & 0xc0), (1_200, 0xc0));
        assert!(packet[1..5].iter().all(|byte| byte & 0x0f == 0x0a));
        let to = usize::from(packet[5]);
        assert_eq!((&packet[6..6 + to], &packet[7 + to..15 + to]), (&b"nsock-to"[..], &b"nsock-us"[..]));
    }

    #[test]
    fn ikes_payloads_lead_from_one_to_the_next_to_the_end() {
        let message = payload(500);
        assert_eq!(u32::from_be_bytes(message[24..28].try_into().expect("4 bytes")) as usize, message.len());
        let (mut next, mut at, mut seen) = (message[16], 28, Vec::new());
        while next != 0 {
            seen.push(next);
            next = message[at];
            at += be16(&message, at + 2);
        }
        assert_eq!((seen, at), (vec![33, 34, 40], message.len()));
        let proposal = &message[32..76];
        assert_eq!((be16(proposal, 2), proposal[7]), (proposal.len(), 4));
        let (mut at, mut kinds) = (8, Vec::new());
        while at < proposal.len() {
            kinds.push(proposal[at + 4]);
            at += be16(proposal, at + 2);
        }
        assert_eq!(kinds, [1, 2, 3, 4]);
        assert_eq!(payload(4500)[4..], message);
    }

    #[test]
    fn lengths_within_are_true() {
        let radius = payload(1812);
        assert_eq!(be16(&radius, 2), radius.len());
        let (mut at, mut attributes) = (20, Vec::new());
        while at < radius.len() {
            attributes.push(radius[at]);
            at += usize::from(radius[at + 1]);
        }
        assert_eq!((attributes, at), (vec![1, 2, 32], radius.len()));
        let stun = payload(3478);
        assert_eq!((stun.len(), be16(&stun, 2)), (20, 0));
        let rip = payload(520);
        assert_eq!((rip.len(), rip[0], be16(&rip, 4), rip[23]), (24, 1, 0, 16));
        assert_eq!(payload(623).len(), 12);
    }

    #[test]
    fn texts_end_as_their_protocols_want() {
        for port in [1900, 5060] {
            let text = String::from_utf8(payload(port)).expect("text");
            assert!(text.ends_with("\r\n\r\n") && !text.contains("\r\n "), "{text}");
            assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
        }
        assert!(payload(11_211).ends_with(b"\r\n"));
        assert!(payload(69).ends_with(b"\0octet\0"));
    }
}

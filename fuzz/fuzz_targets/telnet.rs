//! The telnet filter: any cut shows and answers the same as one piece, as RFC 854 read plainly has it; what is made is
//! bounded; what is escaped reads back. Input: lengths of pieces, then the bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nsock::filter::{Chain, Filters};
use nsock_fuzz::{Input, cut};

const IAC: u8 = 255;
const DONT: u8 = 254;
const DO: u8 = 253;
const WONT: u8 = 252;
const WILL: u8 = 251;
const SB: u8 = 250;
const SE: u8 = 240;

const TELNET: Filters = Filters { crlf: false, telnet: true, encoding: None };

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let (lengths, bytes) = (input.lengths(), input.0);
    let (shown, answers) = plain(bytes);
    assert_eq!(receive(bytes.chunks(1)), (shown.clone(), answers.concat()), "byte by byte");

    let mut chain = TELNET.receiving();
    let whole = pass(&mut chain, [bytes]);
    assert_eq!(whole, shown);
    let said = chain.answers();
    assert!(said.len() <= 1536 && said.len() <= bytes.len());

    let mut chain = TELNET.receiving();
    assert_eq!(pass(&mut chain, cut(bytes, lengths)), shown);
    assert_eq!(chain.answers(), said, "asked for at the end");
    assert!(chain.answers().is_empty());
    assert!(receive(cut(bytes, lengths)).1.len() <= bytes.len(), "more answers than requests");
    chain.run(b"a", &mut Vec::new());
    assert_eq!(pass(&mut chain, cut(bytes, lengths)), shown, "anew");

    let sent = pass(&mut TELNET.sending(), cut(bytes, lengths));
    let mut chain = TELNET.receiving();
    assert_eq!(pass(&mut chain, [&sent[..]]), bytes);
    assert!(chain.answers().is_empty());
});

/// What is shown, and what was answered after each piece.
fn receive<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<u8>, Vec<u8>) {
    let (mut chain, mut shown, mut said) = (TELNET.receiving(), Vec::new(), Vec::new());
    for piece in pieces {
        chain.run(piece, &mut shown);
        said.extend(chain.answers());
    }
    (shown, said)
}

/// What a chain makes of pieces. It begins anew after them.
fn pass<'a>(chain: &mut Chain, pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in pieces {
        let before = out.len();
        chain.run(piece, &mut out);
        assert!(out.len() - before <= 2 * piece.len());
    }
    let before = out.len();
    chain.end(&mut out);
    assert_eq!(out.len(), before, "telnet holds nothing");
    out
}

/// The data and the answers of a whole stream.
fn plain(mut bytes: &[u8]) -> (Vec<u8>, Vec<[u8; 3]>) {
    let (mut data, mut answers, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    loop {
        bytes = match bytes {
            [] | [IAC] | [IAC, DO | DONT | WILL | WONT] => return (data, answers),
            [IAC, IAC, rest @ ..] => {
                data.push(IAC);
                rest
            }
            [IAC, verb @ (DO | WILL), option, rest @ ..] => {
                if !refused.contains(&(*verb, *option)) {
                    refused.push((*verb, *option));
                    answers.push([IAC, if *verb == DO { WONT } else { DONT }, *option]);
                }
                rest
            }
            [IAC, verb @ (DONT | WONT), option, rest @ ..] => {
                let taken_back = (if *verb == DONT { DO } else { WILL }, *option);
                refused.retain(|&one| one != taken_back);
                rest
            }
            [IAC, SB, inside @ ..] => after_subnegotiation(inside),
            [IAC, _, rest @ ..] => rest,
            [byte, rest @ ..] => {
                data.push(*byte);
                rest
            }
        };
    }
}

fn after_subnegotiation(mut inside: &[u8]) -> &[u8] {
    loop {
        inside = match inside {
            [] | [IAC] => return &[],
            [IAC, SE, rest @ ..] => return rest,
            [IAC, DO | DONT | WILL | WONT | SB, ..] => return inside,
            [IAC, _, rest @ ..] | [_, rest @ ..] => rest,
        };
    }
}

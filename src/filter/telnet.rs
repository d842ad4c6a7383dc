//! Telnet's commands (RFC 854, 855), kept out of what is shown: every option is refused, everything else ignored.
//!
//! It knows commands, not line ends: CR NUL stays CR NUL.
//!
//! Can two sides refuse each other for ever? We never ask for an option, and never answer WONT or DONT, so whatever we
//! say answers a request. A request is answered once: RFC 854 asks that a rejected one is not repeated until something
//! changes, and a peer that repeats it all the same gets silence, or it would be answered for ever. When the peer takes
//! the request back (DONT after DO, WONT after WILL) something has changed, and the next request is answered again. So
//! a flood of both draws at most half of its own length in answers; and while nobody takes them, an answer that waits
//! already does not wait twice, which bounds them to three bytes for each option and kind.

const IAC: u8 = 255;
const DONT: u8 = 254;
const DO: u8 = 253;
const WONT: u8 = 252;
const WILL: u8 = 251;
const SB: u8 = 250;
const SE: u8 = 240;

/// Takes the commands out of what is received.
#[derive(Default)]
pub(super) struct Telnet {
    state: State,
    wont: Refusals,
    dont: Refusals,
}

/// What the next byte is part of.
#[derive(Clone, Copy, Default)]
enum State {
    #[default]
    Data,
    /// IAC was seen.
    Command,
    /// IAC and one of DO, DONT, WILL, WONT were seen: the option follows.
    Verb(u8),
    /// In a subnegotiation, whatever its length.
    Sub,
    /// In a subnegotiation, IAC was seen.
    SubCommand,
}

impl Telnet {
    /// Appends what is data of the next bytes.
    pub(super) fn run(&mut self, mut bytes: &[u8], out: &mut Vec<u8>) {
        loop {
            if matches!(self.state, State::Data) {
                let data = bytes.iter().position(|&byte| byte == IAC).unwrap_or(bytes.len());
                out.extend_from_slice(&bytes[..data]);
                bytes = &bytes[data..];
            }
            let Some((&byte, rest)) = bytes.split_first() else { return };
            self.state = self.next(byte, out);
            bytes = rest;
        }
    }

    /// Begins anew with the bytes; what was refused stays refused.
    pub(super) fn end(&mut self) {
        self.state = State::Data;
    }

    /// Appends the answers that wait.
    pub(super) fn answer(&mut self, out: &mut Vec<u8>) {
        self.wont.answer(WONT, out);
        self.dont.answer(DONT, out);
    }

    fn next(&mut self, byte: u8, out: &mut Vec<u8>) -> State {
        match (self.state, byte) {
            (State::Data, IAC) => return State::Command,
            (State::Data, _) | (State::Command, IAC) => out.push(byte),
            // RFC 855 knows IAC SE as a subnegotiation's only end. A request inside means that the end was left off,
            // as BSD's telnet takes it too; else all that follows were lost.
            (State::Command | State::SubCommand, DO | DONT | WILL | WONT) => return State::Verb(byte),
            (State::Command | State::SubCommand, SB) => return State::Sub,
            (State::Sub, IAC) => return State::SubCommand,
            (State::Command, _) | (State::SubCommand, SE) => {}
            (State::Sub | State::SubCommand, _) => return State::Sub,
            (State::Verb(DO), option) => self.wont.asked(option),
            (State::Verb(WILL), option) => self.dont.asked(option),
            (State::Verb(DONT), option) => self.wont.taken_back(option),
            (State::Verb(_), option) => self.dont.taken_back(option),
        }
        State::Data
    }
}

/// What is refused with one verb.
#[derive(Default)]
struct Refusals {
    refused: Options,
    waiting: Options,
}

impl Refusals {
    fn asked(&mut self, option: u8) {
        if self.refused.insert(option) {
            self.waiting.insert(option);
        }
    }

    fn taken_back(&mut self, option: u8) {
        self.refused.remove(option);
    }

    fn answer(&mut self, verb: u8, out: &mut Vec<u8>) {
        let waiting = std::mem::take(&mut self.waiting);
        if waiting.is_empty() {
            return; // nearly always
        }
        for option in (0..=u8::MAX).filter(|&option| waiting.contains(option)) {
            out.extend_from_slice(&[IAC, verb, option]);
        }
    }
}

/// A set of options.
#[derive(Default)]
struct Options([u128; 2]);

impl Options {
    fn is_empty(&self) -> bool {
        self.0 == [0; 2]
    }

    fn contains(&self, option: u8) -> bool {
        self.0[usize::from(option >> 7)] & bit(option) != 0
    }

    /// Whether it was not in the set before.
    fn insert(&mut self, option: u8) -> bool {
        let new = !self.contains(option);
        self.0[usize::from(option >> 7)] |= bit(option);
        new
    }

    fn remove(&mut self, option: u8) {
        self.0[usize::from(option >> 7)] &= !bit(option);
    }
}

const fn bit(option: u8) -> u128 {
    1 << (option & 0x7f)
}

/// Doubles 0xFF in what is sent, so that it is no command.
pub(super) struct TelnetEscape;

impl TelnetEscape {
    /// Appends the next bytes.
    pub(super) fn run(&self, bytes: &[u8], out: &mut Vec<u8>) {
        for piece in bytes.split_inclusive(|&byte| byte == IAC) {
            out.extend_from_slice(piece);
            if piece.last() == Some(&IAC) {
                out.push(IAC);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{becomes, cut, filtered};
    use super::super::{Chain, Filters};
    use super::*;

    const NOP: u8 = 241;
    const AYT: u8 = 246;
    const NOTHING: [u8; 0] = [];

    fn receiving() -> Chain {
        Filters { telnet: true, ..Filters::default() }.receiving()
    }

    fn sending() -> Chain {
        Filters { telnet: true, ..Filters::default() }.sending()
    }

    /// What is answered to bytes, whole.
    fn answers(chain: &mut Chain, bytes: &[u8]) -> Vec<u8> {
        chain.run(bytes, &mut Vec::new());
        chain.answers()
    }

    #[test]
    fn commands_never_show_wherever_they_are_cut() {
        for (given, shown) in [
            (&[b'a', IAC, IAC, b'b'][..], &[b'a', 255, b'b'][..]),
            (&[IAC, IAC, IAC, IAC], &[255, 255]),
            (&[b'a', IAC, DO, 24, IAC, WILL, IAC, b'b', IAC, WONT, 1, IAC, DONT, 1, b'c'], b"abc"),
            (&[IAC, AYT, b'a', IAC, NOP, b'b', IAC, 7, b'c', IAC, SE, b'd'], b"abcd"),
            (&[b'a', IAC, SB, 24, 1, IAC, IAC, SE, IAC, SE, b'b'], b"ab"),
            (&[b'a', IAC, SB, IAC, IAC, IAC, SE, b'b', IAC], b"ab"),
            (&[b'a', IAC, SB, 31, IAC, NOP, b'x', IAC, 7, b'y', IAC, SE, b'b'], b"ab"),
            (b"a\r\0b\r\n", b"a\r\0b\r\n"),
            (&[b'a', IAC, SB, 24, 1, 2, 3], b"a"),
            (&[b'a', IAC, DO], b"a"),
            // The end was left off: what follows is not lost.
            (&[IAC, SB, 24, 1, IAC, DO, 1, b'a', IAC, SB, 24, IAC, SB, 25, IAC, SE, b'b'], b"ab"),
        ] {
            becomes(&mut receiving(), given, shown);
        }
    }

    #[test]
    fn every_option_is_refused_wherever_the_request_is_cut() {
        let given = [b'a', IAC, DO, 24, b'b', IAC, WILL, 200, IAC, DO, IAC, IAC, DONT, 3, IAC, WONT, 3];
        for at in 0..=given.len() {
            let mut chain = receiving();
            let mut said = answers(&mut chain, &given[..at]);
            said.extend(answers(&mut chain, &given[at..]));
            said.extend(chain.answers());
            let mut said: Vec<&[u8]> = said.chunks(3).collect();
            said.sort_unstable();
            assert_eq!(said, [[IAC, WONT, 24], [IAC, WONT, IAC], [IAC, DONT, 200]], "cut at {at}");
        }
    }

    #[test]
    fn a_request_that_is_repeated_is_not_answered_again_until_it_was_taken_back() {
        let mut chain = receiving();
        assert_eq!(answers(&mut chain, &[IAC, DO, 1, IAC, DO, 1]), [IAC, WONT, 1]);
        assert_eq!(answers(&mut chain, &[IAC, DO, 1]), NOTHING);
        assert_eq!(answers(&mut chain, &[IAC, WONT, 1, IAC, DO, 1]), NOTHING);
        assert_eq!(answers(&mut chain, &[IAC, WILL, 1]), [IAC, DONT, 1]);
        assert_eq!(answers(&mut chain, &[IAC, DONT, 1]), NOTHING);
        assert_eq!(answers(&mut chain, &[IAC, DO, 1]), [IAC, WONT, 1]);
        chain.end(&mut Vec::new());
        assert_eq!(answers(&mut chain, &[IAC, DO, 1]), NOTHING);
    }

    #[test]
    fn two_who_refuse_fall_silent() {
        let (mut here, mut there) = (receiving(), receiving());
        let mut said = answers(&mut here, &[IAC, DO, 1, IAC, WILL, 3]);
        assert_eq!(said.len(), 6);
        said = answers(&mut there, &said);
        assert_eq!(answers(&mut here, &said), NOTHING);
    }

    #[test]
    fn a_flood_that_nobody_answers_holds_no_more_than_one_answer_each() {
        let mut chain = receiving();
        for _ in 0..3 {
            for option in 0..=u8::MAX {
                let flood = [IAC, DO, option, IAC, DONT, option, IAC, WILL, option, IAC, WONT, option].repeat(9);
                chain.run(&flood, &mut Vec::new());
            }
        }
        assert_eq!(chain.answers().len(), 2 * 256 * 3);
        assert_eq!(chain.answers().capacity(), 0);
    }

    #[test]
    fn what_is_sent_is_no_command() {
        becomes(&mut sending(), &[b'a', IAC, DO, IAC, IAC, b'b'], &[b'a', IAC, IAC, DO, IAC, IAC, IAC, IAC, b'b']);
        assert_eq!(sending().answers().capacity(), 0);
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

    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![4 => Just(IAC), 4 => SE..=IAC, 3 => 0u8..3, 1 => any::<u8>()];
        prop::collection::vec(byte, 0..80)
    }

    proptest! {
        #[test]
        fn as_if_in_one_piece(bytes in bytes(), lengths in prop::collection::vec(0usize..7, 0..30)) {
            let (data, answers) = plain(&bytes);
            let mut chain = receiving();
            let (mut shown, mut said) = (Vec::new(), Vec::new());
            for byte in bytes.chunks(1) {
                chain.run(byte, &mut shown);
                said.extend(chain.answers()); // asked at once, they come in the order of the requests
            }
            prop_assert_eq!(&shown, &data);
            prop_assert_eq!(said, answers.concat());
            prop_assert_eq!(filtered(&mut receiving(), cut(&bytes, &lengths)), data);
        }

        #[test]
        fn what_is_escaped_reads_back(bytes in bytes(), lengths in prop::collection::vec(0usize..7, 0..30)) {
            let sent = filtered(&mut sending(), cut(&bytes, &lengths));
            let mut chain = receiving();
            prop_assert_eq!(filtered(&mut chain, [&sent[..]]), bytes);
            prop_assert_eq!(chain.answers(), NOTHING);
        }
    }
}

//! Text of other encodings: what is received becomes UTF-8, and what is sent leaves in the peer's encoding.
//!
//! The names and tables are those of the WHATWG Encoding Standard, as `encoding_rs` has them: `latin1` is windows-1252,
//! `gbk` decodes all of GB18030.

use encoding_rs::{Decoder, DecoderResult, Encoder, EncoderResult, Encoding, UTF_8};

/// How much text is converted at a time, on the stack.
const PIECE: usize = 2_048;

/// The encoding of this name.
///
/// # Errors
/// A sentence that says why it cannot be used.
pub fn encoding(label: &str) -> Result<&'static Encoding, String> {
    match Encoding::for_label_no_replacement(label.as_bytes()) {
        Some(encoding) if encoding.output_encoding() == encoding => Ok(encoding),
        Some(encoding) => Err(format!("{} can be read but not sent; it is not supported", encoding.name())),
        None => Err(format!("'{label}' is no encoding that is known; write gbk, big5, shift_jis, latin1, koi8-r, ...")),
    }
}

/// Makes UTF-8 of received text; what is malformed becomes U+FFFD.
pub(super) struct Decode {
    decoder: Decoder,
}

impl Decode {
    pub(super) fn new(encoding: &'static Encoding) -> Self {
        Self { decoder: decoder(encoding) }
    }

    /// Appends the next bytes as UTF-8; a character that is not complete waits for its rest.
    pub(super) fn run(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        self.decode(bytes, false, out);
    }

    /// Appends U+FFFD for a character whose rest never came, and begins anew.
    pub(super) fn end(&mut self, out: &mut Vec<u8>) {
        self.decode(&[], true, out);
        self.decoder = decoder(self.decoder.encoding());
    }

    fn decode(&mut self, mut bytes: &[u8], last: bool, out: &mut Vec<u8>) {
        let mut text = [0; PIECE];
        loop {
            let (result, read, written, _) = self.decoder.decode_to_utf8(bytes, &mut text, last);
            out.extend_from_slice(&text[..written]);
            bytes = &bytes[read..];
            if result == encoding_rs::CoderResult::InputEmpty {
                return;
            }
        }
    }
}

/// A decoder that takes the user's word for the encoding. The one that looks for a byte order mark would go over to
/// UTF-16 whenever a peer begins with FF FE; so a mark is a character like others, and passes.
fn decoder(encoding: &'static Encoding) -> Decoder {
    encoding.new_decoder_without_bom_handling()
}

/// Sends UTF-8 in another encoding; what that cannot say, and what is no UTF-8, becomes `?`.
pub(super) struct Encode {
    utf8: Decoder,
    encoder: Encoder,
    unmappable: u64,
}

impl Encode {
    pub(super) fn new(encoding: &'static Encoding) -> Self {
        Self { utf8: decoder(UTF_8), encoder: encoding.new_encoder(), unmappable: 0 }
    }

    /// How many times `?` stands for something else.
    pub(super) fn unmappable(&self) -> u64 {
        self.unmappable
    }

    /// Appends the next bytes in the encoding; a character that is not complete waits for its rest.
    pub(super) fn run(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        self.recode(bytes, false, out);
    }

    /// Appends what leads back to the encoding's first state, and begins anew.
    pub(super) fn end(&mut self, out: &mut Vec<u8>) {
        self.recode(&[], true, out);
        self.encode("", true, out);
        self.utf8 = decoder(UTF_8);
        self.encoder = self.encoder.encoding().new_encoder();
    }

    fn recode(&mut self, mut bytes: &[u8], last: bool, out: &mut Vec<u8>) {
        let mut text = String::with_capacity(PIECE.min(bytes.len() + 4));
        loop {
            text.clear();
            let (result, read) = self.utf8.decode_to_string_without_replacement(bytes, &mut text, last);
            bytes = &bytes[read..];
            self.encode(&text, false, out);
            match result {
                DecoderResult::InputEmpty => return,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => self.question_mark(out),
            }
        }
    }

    fn encode(&mut self, mut text: &str, last: bool, out: &mut Vec<u8>) {
        let mut bytes = [0; PIECE];
        loop {
            let (result, read, written) = self.encoder.encode_from_utf8_without_replacement(text, &mut bytes, last);
            out.extend_from_slice(&bytes[..written]);
            text = &text[read..];
            match result {
                EncoderResult::InputEmpty => return,
                EncoderResult::OutputFull => {}
                EncoderResult::Unmappable(_) => self.question_mark(out),
            }
        }
    }

    /// By way of the encoder: in some of its states a plain `?` byte would be half of another character.
    fn question_mark(&mut self, out: &mut Vec<u8>) {
        self.unmappable += 1;
        self.encode("?", false, out);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::{becomes, cut, filtered};
    use super::super::{Chain, Filters};
    use super::encoding;

    const LABELS: [&str; 12] = [
        "gbk",
        "gb18030",
        "big5",
        "latin1",
        "shift_jis",
        "euc-jp",
        "euc-kr",
        "iso-2022-jp",
        "koi8-r",
        "ibm866",
        "utf-8",
        "x-user-defined",
    ];

    fn filters(label: &str) -> Filters {
        Filters { encoding: Some(encoding(label).expect("an encoding")), ..Filters::default() }
    }

    fn receiving(label: &str) -> Chain {
        filters(label).receiving()
    }

    fn sending(label: &str) -> Chain {
        filters(label).sending()
    }

    #[test]
    fn encodings_are_known_by_their_labels() {
        for label in LABELS {
            assert!(encoding(label).is_ok(), "{label}");
        }
        assert_eq!(encoding(" Latin1 "), encoding("windows-1252"));
        for label in ["", "klingon", "replacement", "iso-2022-kr", "utf-7", "cp437"] {
            let why = encoding(label).expect_err("not known");
            assert!(why.starts_with(&format!("'{label}' is no encoding that is known; ")), "{why}");
        }
        for (label, name) in [("utf-16", "UTF-16LE"), ("ucs-2", "UTF-16LE"), ("utf-16be", "UTF-16BE")] {
            let why = encoding(label).expect_err("not sent");
            assert_eq!(why, format!("{name} can be read but not sent; it is not supported"));
        }
    }

    #[test]
    fn received_text_is_shown_as_utf_8() {
        for (label, received, shown) in [
            ("gbk", &b"\xc4\xe3\xba\xc3\n"[..], "你好\n"),
            ("big5", b"\xa7A\xa6n", "你好"),
            ("big5", b"\x88\x62x", "\u{ca}\u{304}x"),
            ("latin1", b"caf\xe9\xff", "caféÿ"),
            ("iso-2022-jp", b"a\x1b$BF|\x1b(Bb", "a日b"),
            ("gb18030", b"\x81\x30\x84\x36", "\u{a5}"),
            ("gb18030", b"a\x81\x30\x84!", "a\u{fffd}0\u{fffd}!"),
            ("shift_jis", b"\x93\xfa\x93", "日\u{fffd}"),
            ("utf-8", b"\xe6\x97\xa5\xe6\x97a\xff", "日\u{fffd}a\u{fffd}"),
        ] {
            becomes(&mut receiving(label), received, shown.as_bytes());
        }
    }

    #[test]
    fn a_byte_order_mark_changes_nothing() {
        becomes(&mut receiving("utf-8"), b"\xef\xbb\xbfa", "\u{feff}a".as_bytes());
        becomes(&mut receiving("utf-8"), b"\xff\xfea\0", "\u{fffd}\u{fffd}a\0".as_bytes());
        becomes(&mut receiving("latin1"), b"\xff\xfea\0", "ÿþa\0".as_bytes());
        becomes(&mut receiving("gbk"), b"\xef\xbb\xbf\n", "锘\u{fffd}\n".as_bytes());
    }

    #[test]
    fn stdin_is_sent_in_the_encoding() {
        for (label, given, sent) in [
            ("gbk", "你好\n", &b"\xc4\xe3\xba\xc3\n"[..]),
            ("big5", "你好", b"\xa7A\xa6n"),
            ("latin1", "café", b"caf\xe9"),
            ("iso-2022-jp", "a日b日", b"a\x1b$BF|\x1b(Bb\x1b$BF|\x1b(B"),
            ("gb18030", "\u{1f600}", b"\x94\x39\xfc\x36"),
            ("utf-8", "日\u{feff}", "日\u{feff}".as_bytes()),
        ] {
            let mut chain = sending(label);
            becomes(&mut chain, given.as_bytes(), sent);
            assert_eq!(chain.unmappable(), 0);
        }
    }

    #[test]
    fn what_cannot_be_sent_is_a_question_mark_and_counted() {
        for (label, given, sent, count) in [
            ("latin1", "a日本\u{1f600}b".as_bytes(), &b"a???b"[..], 3),
            ("iso-2022-jp", "日\u{1f600}日".as_bytes(), b"\x1b$BF|\x1b(B?\x1b$BF|\x1b(B", 1),
            ("latin1", b"a\xffb\xe6\x97c\xe6", b"a?b?c?", 3),
            ("gb18030", b"\xff", b"?", 1),
            ("utf-8", b"\xff\xf0\x9f", b"??", 2),
        ] {
            for at in 0..=given.len() {
                let mut chain = sending(label);
                assert_eq!(filtered(&mut chain, [&given[..at], &given[at..]]), sent, "{given:x?} cut at {at}");
                assert_eq!(chain.unmappable(), count, "{given:x?} cut at {at}");
            }
            becomes(&mut sending(label), given, sent);
        }
    }

    #[test]
    fn much_text_at_once_passes() {
        let text = "日本語\n".repeat(5_000);
        let sent = filtered(&mut sending("iso-2022-jp"), [text.as_bytes()]);
        assert_eq!(filtered(&mut receiving("iso-2022-jp"), [&sent[..]]), text.as_bytes());
    }

    /// What is to be sent of the whole of stdin, and how many times `?` stands for something else.
    fn plain(label: &str, bytes: &[u8]) -> (Vec<u8>, u64) {
        let encoding = encoding(label).expect("an encoding");
        let (mut text, mut count) = (String::new(), 0);
        for chunk in bytes.utf8_chunks() {
            for c in chunk.valid().chars() {
                let unmappable = encoding.encode(&c.to_string()).2;
                count += u64::from(unmappable);
                text.push(if unmappable { '?' } else { c });
            }
            if !chunk.invalid().is_empty() {
                count += 1;
                text.push('?');
            }
        }
        (encoding.encode(&text).0.into_owned(), count)
    }

    /// Any bytes, and often those that mean something to ISO-2022-JP and GB18030.
    fn bytes() -> impl Strategy<Value = Vec<u8>> {
        let byte = prop_oneof![any::<u8>(), prop::sample::select(b"\x1b$(BJ@I0\x81\n".to_vec())];
        prop::collection::vec(byte, 0..60)
    }

    proptest! {
        #[test]
        fn received_as_if_in_one_piece(
            bytes in bytes(),
            lengths in prop::collection::vec(0usize..7, 0..30), label in prop::sample::select(LABELS.to_vec()),
        ) {
            let plain = encoding(label).expect("an encoding").decode_without_bom_handling(&bytes).0.into_owned();
            prop_assert_eq!(filtered(&mut receiving(label), cut(&bytes, &lengths)), plain.as_bytes());
        }

        #[test]
        fn sent_as_if_in_one_piece(
            text in "[a?\n¥\\\\日本ｱαéÿ\u{a5}\u{203e}\u{1f600}\u{e}]{0,30}",
            tail in prop::collection::vec(any::<u8>(), 0..20),
            lengths in prop::collection::vec(0usize..7, 0..30), label in prop::sample::select(LABELS.to_vec()),
        ) {
            let bytes = [text.as_bytes(), &tail, text.as_bytes()].concat();
            let mut chain = sending(label);
            let sent = filtered(&mut chain, cut(&bytes, &lengths));
            prop_assert_eq!((sent, chain.unmappable()), plain(label, &bytes));
        }
    }
}

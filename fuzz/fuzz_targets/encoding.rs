//! Encodings, with `-C` and telnet in the same chain or without: any cut makes the same as one piece, what is made is
//! bounded, what is received is UTF-8, and by itself the filter does what the encoding's own tables say. Input: which
//! encoding, which filters beside it, lengths of pieces, then the bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nsock::filter::{Chain, Encoding, Filters, encoding};
use nsock_fuzz::{Input, cut};

/// Every encoding that can be sent.
const LABELS: [&str; 37] = [
    "utf-8",
    "gbk",
    "gb18030",
    "big5",
    "shift_jis",
    "euc-jp",
    "euc-kr",
    "iso-2022-jp",
    "x-user-defined",
    "koi8-r",
    "koi8-u",
    "ibm866",
    "macintosh",
    "x-mac-cyrillic",
    "iso-8859-2",
    "iso-8859-3",
    "iso-8859-4",
    "iso-8859-5",
    "iso-8859-6",
    "iso-8859-7",
    "iso-8859-8",
    "iso-8859-8-i",
    "iso-8859-10",
    "iso-8859-13",
    "iso-8859-14",
    "iso-8859-15",
    "iso-8859-16",
    "windows-874",
    "windows-1250",
    "windows-1251",
    "windows-1252",
    "windows-1253",
    "windows-1254",
    "windows-1255",
    "windows-1256",
    "windows-1257",
    "windows-1258",
];

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let encoding = encoding(input.one_of(&LABELS)).expect("an encoding");
    let beside = input.byte();
    let filters = Filters { crlf: beside & 1 > 0, telnet: beside & 2 > 0, encoding: Some(encoding) };
    let (lengths, bytes) = (input.lengths(), input.0);

    let received = any_cut(|| filters.receiving(), bytes, lengths).0;
    assert!(str::from_utf8(&received).is_ok());
    let sent = any_cut(|| filters.sending(), bytes, lengths);
    if !filters.telnet {
        assert_eq!(received, encoding.decode_without_bom_handling(bytes).0.as_bytes());
        if !filters.crlf {
            assert_eq!(sent, plain(encoding, bytes));
        }
    }
});

/// What a chain makes of bytes, however they are cut, and how much of it is `?` for something else.
fn any_cut(chain: impl Fn() -> Chain, bytes: &[u8], lengths: &[u8]) -> (Vec<u8>, u64) {
    let pass = |pieces: Vec<&[u8]>| {
        let mut chain = chain();
        (filtered(&mut chain, &pieces), chain.unmappable(), filtered(&mut chain, &pieces))
    };
    let (whole, unmappable, anew) = pass(vec![bytes]);
    assert_eq!(whole, anew, "after its end the chain begins anew");
    for pieces in [cut(bytes, lengths), bytes.chunks(1).collect()] {
        let (made, count, anew) = pass(pieces);
        assert_eq!((&made, count), (&whole, unmappable));
        assert_eq!(made, anew);
    }
    (whole, unmappable)
}

fn filtered(chain: &mut Chain, pieces: &[&[u8]]) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in pieces {
        let before = out.len();
        chain.run(piece, &mut out);
        assert!(out.len() - before <= 4 * piece.len() + 16, "{} of {}", out.len() - before, piece.len());
    }
    let before = out.len();
    chain.end(&mut out);
    assert!(out.len() - before <= 16);
    out
}

/// What is to be sent of the whole of stdin, and how many times `?` stands for something else.
fn plain(encoding: &'static Encoding, bytes: &[u8]) -> (Vec<u8>, u64) {
    let (mut text, mut count) = (String::new(), 0);
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            let unmappable = encoding.encode(c.encode_utf8(&mut [0; 4])).2;
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

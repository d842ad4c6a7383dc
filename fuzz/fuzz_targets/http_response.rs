//! An answer of arbitrary bytes, cut at arbitrary places: the machine never panics, never holds more than its bound,
//! never shows more than came, and the cuts do not matter.
//!
//! The first byte of the input chooses the settings, the second how many cuts there are, then a byte for each of them.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nsock::session::http::{HEAD_LIMIT, Out, Response};

/// What came of the pieces: what was shown and told, how many bytes were the answer's, and how it ended.
fn feed<'a>(settings: u8, pieces: impl Iterator<Item = &'a [u8]>) -> String {
    let mut response = Response::new(settings & 1 != 0, settings & 2 != 0);
    let mut out = Out::default();
    let mut taken = 0;
    for piece in pieces {
        let count = response.data(piece, &mut out);
        assert!(count <= piece.len());
        assert!(count == piece.len() || response.is_over(), "what is not over takes all");
        assert!(response.held() <= HEAD_LIMIT);
        taken += count;
    }
    if settings & 4 != 0 {
        response.end(&mut out);
        assert!(response.is_over());
    }
    assert!(out.shown.len() <= taken, "more was shown than came");
    format!("{out:?} {taken} {:?} {} {:?}", response.wrong(), response.is_over(), response.pass())
}

fuzz_target!(|input: &[u8]| {
    let [settings, cuts, rest @ ..] = input else { return };
    let (cuts, bytes) = rest.split_at(usize::from(*cuts).min(rest.len()));
    let whole = feed(*settings, std::iter::once(bytes));
    let mut pieces = Vec::new();
    let mut left = bytes;
    for cut in cuts {
        let (piece, rest) = left.split_at(usize::from(*cut).min(left.len()));
        pieces.push(piece);
        left = rest;
    }
    pieces.push(left);
    assert_eq!(feed(*settings, pieces.into_iter()), whole, "the cuts matter");
    assert_eq!(feed(*settings, bytes.chunks(1)), whole, "byte by byte");
});

//! The word that ends a talk: however the stream is cut, it is found exactly where a whole message is the word, and
//! where that message begins is told. Input: the word (its length before it), lengths of pieces, steps of bytes and
//! silence.
#![no_main]

use std::time::{Duration, Instant};

use libfuzzer_sys::fuzz_target;
use nsock::session::stop_word::{SILENCE, StopWord};
use nsock_fuzz::{Input, cut};

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let (word, lengths) = (input.few(), input.lengths());
    let mut steps = Vec::new();
    while !input.0.is_empty() {
        let silent = input.byte() % 4 == 0;
        steps.push((input.few(), silent));
    }
    let expected = plain(word, &steps);
    assert_eq!(seen(word, &steps, |bytes| vec![bytes]), expected);
    assert_eq!(seen(word, &steps, |bytes| cut(bytes, lengths)), expected);
    assert_eq!(seen(word, &steps, |bytes| bytes.chunks(1).collect()), expected);
    for (bytes, _) in &steps {
        at_once(word, bytes);
    }
});

/// Whether the word is a message of the stream.
fn seen<'a>(word: &[u8], steps: &[(&'a [u8], bool)], cut: impl Fn(&'a [u8]) -> Vec<&'a [u8]>) -> bool {
    let (mut stop, mut now) = (StopWord::new(word), Instant::now());
    for &(bytes, silent) in steps {
        if cut(bytes).into_iter().any(|piece| stop.see(piece, now)) {
            return true;
        }
        assert!(stop.deadline().is_none_or(|at| at <= now + SILENCE));
        now += if silent { SILENCE } else { SILENCE - Duration::from_millis(1) };
        // Silent time adds up where nothing comes.
        if stop.deadline().is_some_and(|at| at <= now) && stop.tick(now) {
            return true;
        }
        assert!(!stop.tick(now));
    }
    stop.end()
}

/// The same of a stream that is held.
fn plain(word: &[u8], steps: &[(&[u8], bool)]) -> bool {
    let (mut stretches, mut silent) = (vec![Vec::new()], Duration::ZERO);
    for &(bytes, long) in steps {
        if !bytes.is_empty() {
            if silent >= SILENCE {
                stretches.push(Vec::new());
            }
            silent = Duration::ZERO;
            stretches.last_mut().expect("one").extend_from_slice(bytes);
        }
        silent += if long { SILENCE } else { SILENCE - Duration::from_millis(1) };
    }
    stretches.iter().any(|stretch| lines(stretch).any(|(_, line)| line == word))
}

/// Each line without its end, and where it begins. One that is not there is none.
fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    bytes.split_inclusive(|&byte| byte == b'\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, bare(line)))
    })
}

fn bare(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// In one piece the place of the message is known; and it may be a datagram.
fn at_once(word: &[u8], bytes: &[u8]) {
    let found = StopWord::new(word).find(bytes, Instant::now());
    let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |lf| lf + 1);
    assert_eq!(found, lines(&bytes[..whole]).find(|(_, line)| *line == word).map(|(start, _)| start));
    assert_eq!(StopWord::new(word).datagram(bytes), bare(bytes) == word);
}

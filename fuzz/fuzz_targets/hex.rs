//! The hex dump: its rows give the bytes of each stream again, where they lay, whatever the chunks and headers are.
//! Input: where the streams begin, then chunks of either.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nsock::report::hex::dump;
use nsock_fuzz::Input;

const ROW: usize = 16;

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let start = input.one_of(&[0, 5, 4_096, u64::from(u32::MAX) - 20, 1 << 40]);
    let (mut whole, mut back) = ([const { Vec::<u8>::new() }; 2], [const { Vec::<u8>::new() }; 2]);
    while !input.0.is_empty() {
        let up = usize::from(input.byte() & 1);
        let chunk = input.few();
        let (whole, back) = (&mut whole[up], &mut back[up]);
        let (mut out, at) = (String::new(), start + whole.len() as u64);
        dump(&mut out, "00000000: 41 a header", at, chunk);
        whole.extend(chunk);
        let (header, rows) = out.split_once('\n').expect("a header");
        assert_eq!(header, format!("# 00000000: 41 a header: {} bytes at {at}", chunk.len()));
        assert_eq!(rows.lines().count(), chunk.len().div_ceil(ROW));
        assert!(rows.is_empty() || rows.ends_with('\n'));
        for (offset, row, text) in rows.lines().map(read) {
            assert_eq!(offset, start + back.len() as u64);
            assert!((1..=ROW).contains(&row.len()));
            assert_eq!(text.len(), row.len());
            assert!(
                text.bytes()
                    .zip(&row)
                    .all(|(shown, &byte)| shown == byte || (shown == b'.' && !(b' '..=b'~').contains(&byte)))
            );
            back.extend(row);
        }
        assert_eq!(back, whole);
    }
});

/// Where a row lies, its bytes and its text. Reads columns, as `xxd -r` does.
fn read(row: &str) -> (u64, Vec<u8>, &str) {
    let (offset, rest) = row.split_once(": ").expect("an offset");
    let (columns, text) = rest.split_at(ROW * 3 - 1);
    let digits = columns.split([' ', '-']).filter(|digits| !digits.is_empty());
    let bytes = digits.map(|byte| u8::from_str_radix(byte, 16).expect("a byte")).collect();
    (u64::from_str_radix(offset, 16).expect("an offset"), bytes, text.strip_prefix("  ").expect("two blanks"))
}

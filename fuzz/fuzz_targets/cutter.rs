//! A stream cut into datagrams: at a size or after each line the same comes however it was read, and what is held stays
//! below one datagram. Input: which way, a size, lengths of reads, how often the bytes, then the bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use nsock::logic::cutter::Cutter;
use nsock::value::size::{Cut, LARGEST_DATAGRAM};
use nsock_fuzz::{Input, cut};

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let size = usize::from(input.byte()) + 1;
    let way = input.one_of(&[None, Some(Cut::Size(size)), Some(Cut::Line), Some(Cut::Size(LARGEST_DATAGRAM))]);
    let lengths = input.lengths();
    let many = input.byte() == 255;
    let bytes = input.0.repeat(if many { 150_000 / input.0.len().max(1) + 1 } else { 1 });
    let reads: Vec<&[u8]> = match many {
        false => cut(&bytes, lengths),
        true => bytes.chunks(LARGEST_DATAGRAM - size / 2 + 1).collect(),
    };
    let reads: Vec<&[u8]> = reads.into_iter().filter(|read| !read.is_empty()).collect();

    let mut cutter = Cutter::new(way);
    let mut made: Vec<Vec<u8>> = Vec::new();
    for read in &reads {
        cutter.take(read, |datagram| made.push(datagram.to_vec()));
        assert!(cutter.held() < LARGEST_DATAGRAM);
    }
    cutter.end(|datagram| made.push(datagram.to_vec()));
    assert_eq!(cutter.held(), 0);
    let expected: Vec<&[u8]> = match way {
        None => reads,
        Some(Cut::Size(size)) => bytes.chunks(size).collect(),
        Some(Cut::Line) => {
            bytes.split_inclusive(|&byte| byte == b'\n').flat_map(|line| line.chunks(LARGEST_DATAGRAM)).collect()
        }
    };
    assert!(made == expected);
});

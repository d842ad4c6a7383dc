//! Bytes to be sent: a file without a name (nothing stays behind, whatever happens), all of it in memory.

use std::cell::OnceCell;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

use super::noise::Noise;
use super::target;
use crate::common::machine;

/// Size of the payload of the runs that are looked at byte by byte; no multiple of any page or buffer.
const SAMPLE: u64 = (64 << 20) + 12_345;

const BLOCK: usize = 1 << 20;

/// What is sent: in the timed runs, and in those that are looked at. Made for the first who asks.
pub(crate) struct Payloads {
    dir: PathBuf,
    size: u64,
    made: OnceCell<Result<[Payload; 2], String>>,
}

impl Payloads {
    pub(crate) fn new(dir: PathBuf, size: u64) -> Self {
        Self { dir, size, made: OnceCell::new() }
    }

    /// The payload and the sample.
    pub(crate) fn both(&self) -> Result<&[Payload; 2], String> {
        let make = || Ok([Payload::new(&self.dir, self.size)?, Payload::new(&self.dir, SAMPLE)?]);
        self.made.get_or_init(make).as_ref().map_err(Clone::clone)
    }
}

/// A file full of noise, and its size.
pub(crate) struct Payload {
    file: File,
    size: u64,
}

impl Payload {
    /// Refuses what neither the disk nor the memory could hold: a file read from disk would measure the disk.
    fn new(dir: &Path, size: u64) -> Result<Self, String> {
        let complain = |error: io::Error| format!("make {size} bytes in {}: {error}", dir.display());
        let room = rustix::fs::statvfs(dir).map_err(|errno| complain(errno.into()))?;
        let room = room.f_bavail.saturating_mul(room.f_frsize).min(machine::free_memory());
        if room < size + size / 4 {
            return Err(format!("{size} bytes would not fit {} and memory: set --size or --dir", dir.display()));
        }
        let mut file = tempfile::tempfile_in(dir).map_err(complain)?;
        fill(&mut file, size).map_err(complain)?;
        file.sync_all().map_err(complain)?; // Or it would be written out while we measure.
        Ok(Self { file, size })
    }

    #[expect(clippy::cast_precision_loss, reason = "a size is far below 2^53")]
    pub(crate) fn gigabytes(&self) -> f64 {
        self.size as f64 / 1e9
    }

    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// The file opened anew, at its beginning: a duplicate would share its offset with the last run.
    pub(crate) fn open(&self) -> Result<File, String> {
        reopen(&self.file).map_err(|error| format!("open the payload: {error}"))
    }

    /// By which another process of ours can open it, as long as we live.
    pub(crate) fn path(&self) -> String {
        path_of(&self.file)
    }

    /// Whether the file received holds just these bytes.
    pub(crate) fn compare(&self, received: &File) -> Result<(), String> {
        target::check_size(received, self.size)?;
        match first_difference(&self.file, received) {
            Ok(None) => Ok(()),
            Ok(Some(block)) => Err(format!("SPOILT: a difference in MiB {block}")),
            Err(error) => Err(format!("compare the bytes: {error}")),
        }
    }
}

/// The name of a file that has none.
pub(crate) fn path_of(file: &File) -> String {
    format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd())
}

fn reopen(file: &File) -> io::Result<File> {
    File::open(path_of(file))
}

fn fill(file: &mut File, size: u64) -> io::Result<()> {
    let mut noise = Noise::new(0);
    let mut block = vec![0; BLOCK];
    let mut missing = size;
    while missing > 0 {
        noise.fill(&mut block);
        let count = usize::try_from(missing).unwrap_or(usize::MAX).min(BLOCK);
        file.write_all(&block[..count])?;
        missing -= count as u64;
    }
    Ok(())
}

fn first_difference(one: &File, other: &File) -> io::Result<Option<usize>> {
    let (mut one, mut other) = (reopen(one)?, reopen(other)?);
    for block in 0.. {
        let mine = next_block(&mut one)?;
        if mine != next_block(&mut other)? {
            return Ok(Some(block));
        }
        if mine.is_empty() {
            break;
        }
    }
    Ok(None)
}

fn next_block(file: &mut File) -> io::Result<Vec<u8>> {
    let mut block = Vec::with_capacity(BLOCK);
    file.take(BLOCK as u64).read_to_end(&mut block)?;
    Ok(block)
}

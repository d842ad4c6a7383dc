//! The kernel's queue of a UDP listener: how full it is, and whether it ever was too full.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// What waits for the listener in the kernel, and what the kernel could not keep.
pub(crate) struct Backlog {
    pub(crate) bytes: usize,
    pub(crate) drops: u64,
}

/// The kernel's table of UDP sockets, kept open: a look at it takes a few microseconds.
pub(crate) struct Queue {
    table: File,
    local: String,
}

impl Queue {
    pub(crate) fn of(port: u16) -> io::Result<Self> {
        Ok(Self { table: File::open("/proc/net/udp")?, local: format!(":{port:04X}") })
    }

    /// None if nobody has the port (any more).
    pub(crate) fn look(&self) -> io::Result<Option<Backlog>> {
        let mut text = [0; 16 << 10];
        let count = self.table.read_at(&mut text, 0)?;
        let text = String::from_utf8_lossy(&text[..count]);
        Ok(text.lines().find_map(|line| self.read(line)))
    }

    /// `7: 0100007F:1F90 00000000:0000 07 00000000:00000900 00:00000000 00000000 0 0 1338 2 0000000000000000 0`:
    /// after the state stand the bytes to send and those received, and at the very end the drops.
    fn read(&self, line: &str) -> Option<Backlog> {
        let mut fields = line.split_whitespace().skip(1);
        fields.next().filter(|local| local.ends_with(&self.local))?;
        let (_, received) = fields.nth(2)?.split_once(':')?;
        Some(Backlog { bytes: usize::from_str_radix(received, 16).ok()?, drops: fields.last()?.parse().ok()? })
    }
}

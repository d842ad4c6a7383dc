//! Many bytes over one connection to a server that wants none of them, from the connection to the server's own end of
//! it: then it has taken all. The sender is ourselves, and sends pages by sendfile without a copy, the cheapest way.

use std::fs::File;
use std::io::{self, Read, Write};
use std::net::Shutdown;

use rustix::fs::sendfile;

use super::caller::Way;
use super::roster::Flags;
use super::server::{Server, as_hang};
use super::watch::Watch;
use crate::contest::Contest;
use crate::figures::{Run, Unit};
use crate::noise::Noise;
use crate::settings::Settings;
use crate::tool::Tool;

/// Bytes of the file, sent again and again.
const BLOCK: usize = 1 << 20;

/// Bytes of the untimed run; no multiple of anything.
const SAMPLE: u64 = (16 << 20) + 12_345;

/// The work with everything it needs.
pub(crate) struct Discard<'a> {
    settings: &'a Settings,
    block: File,
}

impl<'a> Discard<'a> {
    pub(crate) fn new(settings: &'a Settings) -> Result<Self, String> {
        let block = block().map_err(|error| format!("make a file to send: {error}"))?;
        Ok(Self { settings, block })
    }

    fn run(&self, tool: &Tool<Flags>, size: u64) -> Result<Run, String> {
        let mut server = Server::start(tool, tool.flags.discard, Way::Tcp, self.settings.limit())?;
        let watch = Watch::start(&server)?;
        self.pour(&server, size).map_err(|error| server.explain(as_hang(error).to_string()))?;
        Ok(watch.read(&server)?.map(Some).to_vec())
    }

    fn pour(&self, server: &Server, size: u64) -> io::Result<()> {
        let mut connection = server.connect()?;
        let mut missing = size;
        while missing > 0 {
            let wanted = usize::try_from(missing).unwrap_or(BLOCK).min(BLOCK);
            match sendfile(&connection, &self.block, Some(&mut 0), wanted)? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                count => missing -= count as u64,
            }
        }
        connection.shutdown(Shutdown::Write)?;
        match connection.read(&mut [0]) {
            Ok(0) => Ok(()),
            Ok(_) => Err(io::Error::other("it answered")),
            Err(error) => Err(io::Error::other(format!("it never closed its side: {}", as_hang(error)))),
        }
    }
}

impl Contest for Discard<'_> {
    type Flags = Flags;

    fn title(&self) -> String {
        format!("{} MiB to nowhere over one TCP connection, and the server's CPU", self.settings.size >> 20)
    }

    fn units(&self) -> Vec<Unit> {
        #[expect(clippy::cast_precision_loss, reason = "a size is far below 2^53")]
        let (amount, what) = (self.settings.size as f64 / 1e9, "GB");
        vec![Unit::Rate { amount, what }, Unit::CpuRate { amount, what }]
    }

    fn invites(&self, tool: &Tool<Flags>) -> bool {
        tool.flags.discard.is_some()
    }

    fn prove(&self, tool: &Tool<Flags>) -> Result<(), String> {
        self.run(tool, SAMPLE).map(drop)
    }

    fn time(&self, tool: &Tool<Flags>) -> Result<Run, String> {
        self.run(tool, self.settings.size)
    }
}

fn block() -> io::Result<File> {
    let mut file = tempfile::tempfile()?;
    let mut block = vec![0; BLOCK];
    Noise::new(0).fill(&mut block);
    file.write_all(&block)?;
    file.sync_all()?; // Or it would be written out while we measure.
    Ok(file)
}

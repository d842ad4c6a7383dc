//! Many bytes echoed to three clients at once, every byte of them looked at: what it takes from the first connection to
//! the last byte.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::thread::{self, ScopedJoinHandle};

use super::caller::Way;
use super::roster::Flags;
use super::server::{Server, as_hang};
use super::watch::Watch;
use crate::common::memory::{Share, held};
use crate::contest::Contest;
use crate::figures::{Run, Unit};
use crate::noise::Noise;
use crate::settings::Settings;
use crate::tool::Tool;

const CLIENTS: usize = 3;

/// Bytes that each gets back.
const SIZE: usize = 40 << 20;

/// How much a client reads or writes at once.
const BLOCK: usize = 128 << 10;

/// The work with everything it needs, the bytes of each client among it.
pub(crate) struct Bytes<'a> {
    settings: &'a Settings,
    payloads: Vec<Vec<u8>>,
}

impl<'a> Bytes<'a> {
    pub(crate) fn new(settings: &'a Settings) -> Self {
        let payload = |seed| {
            let mut bytes = vec![b'.'; SIZE];
            Noise::new(seed).fill(&mut bytes);
            bytes
        };
        Self { settings, payloads: (0..CLIENTS as u64).map(payload).collect() }
    }

    fn run(&self, tool: &Tool<Flags>) -> Result<Run, String> {
        let mut server = Server::start(tool, tool.flags.tcp_echo, Way::Tcp, self.settings.limit())?;
        let watch = Watch::start(&server)?;
        let connections = self.echo(&server).map_err(|error| server.explain(error))?;
        let [passed, used] = watch.read(&server)?;
        let memory = held(&server.members(), Share::Peak);
        drop(connections); // Before that the server's children were still there to be asked.
        if memory == 0 {
            return Err("/proc does not tell its memory".into());
        }
        #[expect(clippy::cast_precision_loss, reason = "memory is far below 2^53 bytes")]
        Ok(vec![Some(passed), Some(memory as f64), Some(used)])
    }

    /// The connections, every byte of which has come back. Nobody ends his side before: some tools then forget the
    /// rest.
    fn echo(&self, server: &Server) -> Result<Vec<TcpStream>, String> {
        let connections: io::Result<Vec<_>> = self.payloads.iter().map(|_| server.connect()).collect();
        let connections = connections.map_err(|error| format!("connect: {error}"))?;
        thread::scope(|scope| {
            let mut deeds = Vec::new();
            for (connection, bytes) in connections.iter().zip(&self.payloads) {
                deeds.push(scope.spawn(|| send(connection, bytes)));
                deeds.push(scope.spawn(|| compare(connection, bytes)));
            }
            deeds.into_iter().map(end_of).collect::<Result<Vec<()>, String>>()
        })?;
        Ok(connections)
    }
}

impl Contest for Bytes<'_> {
    type Flags = Flags;

    fn title(&self) -> String {
        format!(
            "{} MiB echoed to each of {CLIENTS} clients at once, the server's memory (VmHWM, all processes) and CPU",
            SIZE >> 20
        )
    }

    fn units(&self) -> Vec<Unit> {
        #[expect(clippy::cast_precision_loss, reason = "a size is far below 2^53")]
        let amount = (SIZE * CLIENTS) as f64 / 1e9;
        let what = "GB";
        let memory = Unit::Bytes { unit: f64::from(1 << 20), name: "MiB" };
        vec![Unit::Rate { amount, what }, memory, Unit::CpuRate { amount, what }]
    }

    fn invites(&self, tool: &Tool<Flags>) -> bool {
        tool.flags.tcp_echo.is_some()
    }

    /// Every byte is looked at.
    fn time(&self, tool: &Tool<Flags>) -> Result<Run, String> {
        self.run(tool)
    }
}

fn send(mut connection: &TcpStream, bytes: &[u8]) -> Result<(), String> {
    bytes
        .chunks(BLOCK)
        .try_for_each(|block| connection.write_all(block))
        .map_err(|error| format!("send: {}", as_hang(error)))
}

fn compare(mut connection: &TcpStream, bytes: &[u8]) -> Result<(), String> {
    let mut block = vec![0; BLOCK];
    let mut done = 0;
    while done < bytes.len() {
        let room = BLOCK.min(bytes.len() - done);
        match connection.read(&mut block[..room]) {
            Ok(0) => return Err(format!("LOST: {done} bytes of {} came back", bytes.len())),
            Ok(count) if block[..count] == bytes[done..done + count] => done += count,
            Ok(_) => return Err(format!("SPOILT: a difference after byte {done}")),
            Err(error) => return Err(format!("{done} bytes of {} came back: {}", bytes.len(), as_hang(error))),
        }
    }
    Ok(())
}

fn end_of(deed: ScopedJoinHandle<'_, Result<(), String>>) -> Result<(), String> {
    deed.join().unwrap_or_else(|_| Err("a client panicked".into()))
}

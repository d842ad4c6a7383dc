//! Many bytes echoed to three clients at once, every byte of them looked at: what it takes from the first connection to
//! the last byte.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::thread::{self, ScopedJoinHandle};

use crate::caller::Way;
use crate::common::contest::Contest;
use crate::common::figures::Unit;
use crate::common::noise::Noise;
use crate::common::tool::Tool;
use crate::measure::Measure;
use crate::roster::Flags;
use crate::server::{Server, as_hang};
use crate::settings::Settings;

const CLIENTS: u64 = 3;

/// How much a client reads or writes at once.
const BLOCK: usize = 128 << 10;

/// The work with everything it needs, the bytes of each client among it.
pub(crate) struct Bytes<'a> {
    settings: &'a Settings,
    measure: Measure,
    payloads: Vec<Vec<u8>>,
}

impl<'a> Bytes<'a> {
    pub(crate) fn new(settings: &'a Settings, measure: Measure) -> Self {
        let size = usize::try_from(settings.size).unwrap_or(usize::MAX);
        let payload = |seed| {
            let mut bytes = vec![b'.'; size];
            Noise::new(seed).fill(&mut bytes);
            bytes
        };
        Self { settings, measure, payloads: (0..CLIENTS).map(payload).collect() }
    }

    fn total(&self) -> u64 {
        self.settings.size * CLIENTS
    }

    fn run(&self, tool: &Tool<Flags>) -> Result<f64, String> {
        let mut server = Server::start(tool, tool.flags.tcp_echo, Way::Tcp, self.settings.limit())?;
        let watch = self.measure.start(&server)?;
        let connections = self.echo(&server).map_err(|error| server.explain(error))?;
        let figure = watch.read(&server);
        drop(connections); // Before that the server's children were still there to be asked.
        figure
    }

    /// The connections, every byte of which has come back. Nobody ends his side before: some tools then forget the rest.
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
        let what = self.measure.words();
        format!("{} MiB echoed to each of {CLIENTS} clients at once over TCP{what}", self.settings.size >> 20)
    }

    fn unit(&self) -> Unit {
        #[expect(clippy::cast_precision_loss, reason = "a size is far below 2^53")]
        let amount = self.total() as f64 / 1e9;
        self.measure.unit(amount, ["GB/s", "GB/CPU second"])
    }

    fn rounds(&self) -> usize {
        self.settings.runs
    }

    fn invites(&self, tool: &Tool<Flags>) -> bool {
        tool.flags.tcp_echo.is_some()
    }

    /// Every byte is looked at in the timed runs too.
    fn prove(&self, tool: &Tool<Flags>) -> Result<(), String> {
        self.run(tool).map(drop)
    }

    fn time(&self, tool: &Tool<Flags>) -> Result<f64, String> {
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

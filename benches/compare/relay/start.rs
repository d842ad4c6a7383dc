//! One line there and back, over TCP or as one datagram: what a whole process costs, from its start to its exit.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;

use super::roster::Flags;
use crate::common::process::{Running, wait_for_all};
use crate::contest::Contest;
use crate::figures::{Run, Unit};
use crate::settings::Settings;
use crate::tool::Tool;

/// So many for one of other works.
const RUNS: usize = 20;

const LINE: &[u8] = b"hello\n";

/// How the line travels.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    Tcp,
    Udp,
}

/// A server in a thread of ours, and a file with the line to say.
pub(crate) struct Start<'a> {
    settings: &'a Settings,
    way: Way,
    port: u16,
    line: NamedTempFile,
}

impl<'a> Start<'a> {
    pub(crate) fn new(settings: &'a Settings, way: Way) -> Result<Self, String> {
        Self::open(settings, way).map_err(|error| format!("set up the server: {error}"))
    }

    fn open(settings: &'a Settings, way: Way) -> io::Result<Self> {
        let mut line = NamedTempFile::new_in(settings.dir())?;
        line.write_all(LINE)?;
        let port = match way {
            Way::Tcp => start_server()?,
            Way::Udp => start_echo()?,
        };
        Ok(Self { settings, way, port, line })
    }

    /// The command line that asks, if the tool has one.
    fn flags(&self, tool: &Tool<Flags>) -> Option<&'static str> {
        match self.way {
            Way::Tcp => tool.flags.ask,
            Way::Udp => tool.flags.udp_ask,
        }
    }

    fn ask(&self, tool: &Tool<Flags>, flags: &str) -> Result<f64, String> {
        let stdin = File::open(self.line.path()).map_err(|error| format!("open the line: {error}"))?;
        let mut command = tool.command(flags, self.port);
        command.stdin(stdin).stdout(Stdio::piped());
        let clock = Instant::now();
        let mut client = Running::start("client", command)?;
        wait_for_all(vec![&mut client], clock + self.settings.limit())?;
        let seconds = clock.elapsed().as_secs_f64();
        match client.output() {
            answer if answer == LINE => Ok(seconds),
            answer => Err(format!("LOST: {} bytes of {} arrived", answer.len(), LINE.len())),
        }
    }
}

impl Contest for Start<'_> {
    type Flags = Flags;

    fn title(&self) -> String {
        match self.way {
            Way::Tcp => "one line there and back, the whole process".into(),
            Way::Udp => "one datagram there and back, the whole process".into(),
        }
    }

    fn units(&self) -> Vec<Unit> {
        vec![Unit::Milliseconds]
    }

    fn rounds(&self, runs: usize) -> usize {
        RUNS * runs // of some milliseconds each
    }

    fn invites(&self, tool: &Tool<Flags>) -> bool {
        self.flags(tool).is_some()
    }

    fn time(&self, tool: &Tool<Flags>) -> Result<Run, String> {
        let flags = self.flags(tool).ok_or("takes no part")?;
        Ok(vec![Some(self.ask(tool, flags)?)])
    }
}

fn start_server() -> io::Result<u16> {
    let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = server.local_addr()?.port();
    thread::spawn(move || serve(&server));
    Ok(port)
}

fn start_echo() -> io::Result<u16> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = socket.local_addr()?.port();
    thread::spawn(move || echo(&socket));
    Ok(port)
}

/// Sends every datagram back. An error is about a client that has left: the next one is served.
fn echo(socket: &UdpSocket) {
    let mut datagram = [0; 65536];
    loop {
        if let Ok((count, client)) = socket.recv_from(&mut datagram) {
            let _ = socket.send_to(&datagram[..count], client);
        }
    }
}

/// Answers each connection's line with the same line; what goes wrong there, the client shows.
fn serve(server: &TcpListener) {
    for connection in server.incoming().flatten() {
        let _ = answer(connection);
    }
}

fn answer(mut connection: TcpStream) -> io::Result<()> {
    connection.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut line = Vec::new();
    BufReader::new(&connection).read_until(b'\n', &mut line)?;
    connection.write_all(&line)
}

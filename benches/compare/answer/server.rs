//! A tool that listens on a port of its own. Its descendants die with it.

use std::io::{self, Error, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::caller::Way;
use super::roster::Flags;
use crate::common::place::Place;
use crate::common::process::Running;
use crate::tool::Tool;

/// How long a blocking call may move nothing.
const STALL: Duration = Duration::from_secs(5);

/// The first process of a server, and where it listens.
pub(crate) struct Server {
    running: Running,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Returns once it listens; the flags are the tool's for the work.
    pub(crate) fn start(tool: &Tool<Flags>, flags: Option<&str>, way: Way, limit: Duration) -> Result<Self, String> {
        let flags = flags.ok_or("takes no part")?;
        let place = match way {
            Way::Tcp => Place::tcp(),
            Way::Udp => Place::udp(),
        }?;
        let (Place::Tcp(port) | Place::Udp(port)) = place else {
            unreachable!("it was asked for as a port");
        };
        let mut command = tool.command(flags, &place);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let mut running = Running::start_group("server", command)?;
        place.wait_for_listener(&mut running, Instant::now() + limit)?;
        Ok(Self { running, address: (Ipv4Addr::LOCALHOST, port).into() })
    }

    /// A blocking connection that does not wait for ever.
    pub(crate) fn connect(&self) -> io::Result<TcpStream> {
        let connection = TcpStream::connect_timeout(&self.address, STALL)?;
        connection.set_read_timeout(Some(STALL))?;
        connection.set_write_timeout(Some(STALL))?;
        Ok(connection)
    }

    /// It and what it has forked.
    pub(crate) fn members(&self) -> Vec<i32> {
        self.running.members()
    }

    /// The processor time that it and what it has forked have used so far.
    pub(crate) fn cpu_seconds(&self) -> Result<f64, String> {
        self.running.cpu_seconds()
    }

    /// What went wrong, with what the server itself says about it.
    pub(crate) fn explain(&mut self, error: String) -> String {
        if let Err(end) = self.running.has_left() {
            return format!("{error}; {end}");
        }
        match self.running.words() {
            words if words.is_empty() => error,
            words => format!("{error}; it says: {}", words.chars().take(200).collect::<String>()),
        }
    }
}

/// What a timeout of [`Server::connect`] means.
pub(crate) fn as_hang(error: Error) -> Error {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => {
            Error::new(ErrorKind::TimedOut, format!("hang: nothing moved for {} s", STALL.as_secs()))
        }
        _ => error,
    }
}

//! A server that is soaked, and what it has while nobody wants anything of it.

use std::fs::read_dir;
use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::common::memory::{Share, held};
use crate::common::place::Place;
use crate::common::process::Running;

/// How long a server may take to begin, and to close what its peers have left.
const PATIENCE: Duration = Duration::from_secs(5);

/// For so long its rest is watched.
const REST: Duration = Duration::from_secs(2);

/// What a server answers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Echo,
    Hello,
    Datagrams,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Echo, Self::Hello, Self::Datagrams];

    pub(crate) const fn flags(self) -> &'static str {
        match self {
            Self::Echo => "-l -k --echo",
            Self::Hello => "-l -k --hello",
            Self::Datagrams => "-u -l --echo",
        }
    }
}

/// A server, and where it listens.
pub(crate) struct Server {
    pub(crate) kind: Kind,
    pub(crate) address: SocketAddr,
    running: Running,
    /// The descriptors it began with.
    descriptors: usize,
}

/// What a server has at rest.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Rest {
    /// Bytes.
    pub(crate) memory: u64,
    pub(crate) descriptors: usize,
    /// Milliseconds of processor time in each second.
    pub(crate) cpu: f64,
}

impl Server {
    /// Returns once it listens.
    pub(crate) fn start(kind: Kind) -> Result<Self, String> {
        let place = match kind {
            Kind::Echo | Kind::Hello => Place::tcp(),
            Kind::Datagrams => Place::udp(),
        }?;
        let (Place::Tcp(port) | Place::Udp(port)) = place else {
            unreachable!("it was asked for as a port");
        };
        let mut command = Command::new(env!("CARGO_BIN_EXE_nsock"));
        command.args(kind.flags().split(' ')).args(["127.0.0.1", &port.to_string()]);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let mut running = Running::start_group(kind.flags(), command)?;
        place.wait_for_listener(&mut running, Instant::now() + PATIENCE)?;
        let mut server = Self { kind, address: (Ipv4Addr::LOCALHOST, port).into(), running, descriptors: 0 };
        server.descriptors = server.descriptors()?;
        Ok(server)
    }

    fn descriptors(&mut self) -> Result<usize, String> {
        if self.running.has_left()? {
            return Err(format!("{} left", self.kind.flags()));
        }
        let count = |pid: i32| read_dir(format!("/proc/{pid}/fd")).map_or(0, Iterator::count);
        Ok(self.running.members().into_iter().map(count).sum())
    }

    /// Waits until it has closed what its peers have left, for a while.
    fn settle(&mut self, deadline: Instant) -> Result<(), String> {
        while self.descriptors()? > self.descriptors && Instant::now() < deadline {
            sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

/// What each has at rest, all watched at once.
pub(crate) fn rest(servers: &mut [Server]) -> Result<Vec<Rest>, String> {
    let deadline = Instant::now() + PATIENCE;
    servers.iter_mut().try_for_each(|server| server.settle(deadline))?;
    sleep(Duration::from_millis(500)); // what is done once the last one is gone
    let before = servers.iter().map(|server| server.running.cpu_seconds()).collect::<Result<Vec<_>, _>>()?;
    let clock = Instant::now();
    sleep(REST);
    let rest = |(server, before): (&mut Server, f64)| {
        let used = server.running.cpu_seconds()? - before;
        let memory = held(&server.running.members(), Share::Resident);
        Ok(Rest { memory, descriptors: server.descriptors()?, cpu: used * 1e3 / clock.elapsed().as_secs_f64() })
    };
    servers.iter_mut().zip(before).map(rest).collect()
}

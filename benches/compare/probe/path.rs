//! Two hosts and the path between them: two namespaces, a tun device in each, and a carrier between the devices.
//! All of it ends with us: the namespaces have no name, the devices go with their descriptors.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use tappers::{Interface, Tun};

use super::carrier::Carrier;
use super::listeners::Listeners;
use super::space::Space;

/// Of the ports 1 to 1000 of the far host: well-known ones and others, the first and the last.
pub(crate) const OPEN: [u16; 10] = [1, 22, 80, 143, 389, 443, 600, 777, 993, 1000];

const HERE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 1);
const THERE: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 2);

/// How long the first packet may take.
const PATIENCE: Duration = Duration::from_secs(5);

pub(crate) struct Path {
    /// Where the tools are started.
    pub(crate) here: Space,
    listeners: Listeners,
    _there: Space,
    _carrier: Carrier,
}

impl Path {
    /// Of so much delay each way; so many of 100 packets are lost, and which, is the seed's decision.
    pub(crate) fn new(one_way: Duration, loss: f64, seed: u64) -> Result<Self, String> {
        let (here, near) = host(HERE, THERE)?;
        let (there, far) = host(THERE, HERE)?;
        let listeners = there.inside(|| Listeners::open(THERE, &OPEN))?;
        there.feed("nft", &["-f", "-"], &rules(&listeners.ports))?;
        let carrier = Carrier::start([near, far], one_way, loss / 100.0, seed)?;
        Ok(Self { here, listeners, _there: there, _carrier: carrier })
    }

    pub(crate) fn open_ports(&self) -> &BTreeSet<u16> {
        &self.listeners.ports
    }

    /// What a connection takes.
    pub(crate) fn trip(&self) -> Result<Duration, String> {
        self.here.inside(|| {
            let clock = Instant::now();
            TcpStream::connect_timeout(&SocketAddr::from((THERE, OPEN[0])), PATIENCE)
                .map(|_| clock.elapsed())
                .map_err(|error| format!("connect over the path: {error}"))
        })
    }
}

/// Its device queues however many packets a tool sends at once: only the dice lose any. No packet of IPv6 goes by.
fn host(own: Ipv4Addr, other: Ipv4Addr) -> Result<(Space, Tun), String> {
    let space = Space::new()?;
    let tun = space.inside(|| {
        Interface::new("path")
            .and_then(Tun::new_named)
            .and_then(|mut tun| tun.set_nonblocking(true).map(|()| tun))
            .map_err(|error| format!("make a tun device: {error}"))
    })?;
    let address = format!("addr add {own} peer {other} dev path");
    let lines = format!("{address}\nlink set path addrgenmode none\nlink set path txqueuelen 10000 up\n");
    space.feed("ip", &["-batch", "-"], &lines)?;
    Ok((space, tun))
}

fn rules(open: &BTreeSet<u16>) -> String {
    let ports: Vec<String> = open.iter().map(u16::to_string).collect();
    let ports = ports.join(", ");
    let chain = format!("type filter hook input priority 0; policy drop;\ntcp dport {{ {ports} }} accept");
    format!("table ip wall {{\nchain in {{\n{chain}\n}}\n}}\n")
}

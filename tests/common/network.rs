//! Networks of a test's own: network namespaces, the path between two of them, and rules in them. They take root; where
//! they cannot be made the test is skipped, and told; with `NSOCK_PEERS=required` it fails where only the making
//! failed.

#![allow(
    dead_code,
    clippy::disallowed_methods,
    reason = "each test file uses a part of this, and a test has a clock of its own"
)]

use std::fs::File;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::os::fd::AsFd;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::common::{LIMIT, NSOCK, Program, task};
use super::needs;

/// A network namespace, gone with this.
pub(crate) struct Net {
    name: String,
}

impl Net {
    /// One in which there is nothing but `lo`; or none, and a word about it.
    pub(crate) fn new() -> Option<Self> {
        let lack = match (rustix::process::geteuid().is_root(), needs::find("ip"), needs::find("nft")) {
            (false, _, _) => "a network of its own takes root",
            (_, None, _) => "ip is not installed",
            (_, _, None) => "nft is not installed",
            _ => return Self::make(),
        };
        needs::skip(lack);
        None
    }

    fn make() -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let net = Self { name: format!("nsock-probe-{}-{number}", std::process::id()) };
        let made = system(&format!("ip netns add {}", net.name)).and_then(|_| net.ip("link set lo up"));
        or_skip(&made).then_some(net)
    }

    /// nsock in it.
    pub(crate) fn nsock(&self, args: &[&str]) -> Program {
        self.program(&[NSOCK]).args(args)
    }

    /// A program in it.
    pub(crate) fn program(&self, words: &[&str]) -> Program {
        let ip = needs::find("ip").expect("it made the namespace");
        Program::new(ip).args(["netns", "exec", &self.name]).args(words)
    }

    /// Does something in it; sockets that are made stay in it.
    #[track_caller]
    pub(crate) fn inside<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let space = File::open(Path::new("/run/netns").join(&self.name)).expect("open a namespace");
        let thread = task(move || {
            move_into_link_name_space(space.as_fd(), Some(LinkNameSpaceType::Network)).expect("setns");
            work()
        });
        thread.join()
    }

    /// Runs `ip` in it.
    pub(crate) fn ip(&self, words: &str) -> Result<String, String> {
        system(&format!("ip -n {} {words}", self.name))
    }

    /// Rules for what comes in, the first that fits.
    #[track_caller]
    pub(crate) fn rules(&self, rules: &[&str]) {
        let nft = format!("ip netns exec {} nft", self.name);
        let chain = "add chain inet here in { type filter hook input priority 0 ; }";
        for words in ["add table inet here".into(), chain.into()]
            .into_iter()
            .chain(rules.iter().map(|rule| format!("add rule inet here in {rule}")))
        {
            system(&format!("{nft} {words}")).expect("a rule");
        }
    }

    /// How many packets the rules with a counter met.
    #[track_caller]
    pub(crate) fn counted(&self) -> u64 {
        let rules = system(&format!("ip netns exec {} nft list table inet here", self.name)).expect("its rules");
        let words: Vec<&str> = rules.split_whitespace().collect();
        let counts = words.windows(3).filter(|words| words[..2] == ["counter", "packets"]);
        counts.map(|words| words[2].parse::<u64>().expect("a number")).sum()
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        let _ = system(&format!("ip netns del {}", self.name)); // it may be the one that could not be made
    }
}

/// Two networks and the wire between them.
pub(crate) struct Wire {
    pub(crate) here: Net,
    pub(crate) there: Net,
}

/// The addresses at its ends.
pub(crate) const HERE: &str = "192.0.2.1";
pub(crate) const THERE: &str = "192.0.2.2";
pub(crate) const HERE6: &str = "2001:db8::1";
pub(crate) const THERE6: &str = "2001:db8::2";

impl Wire {
    /// A new one, whose ends say by ICMP whatever they have to say; or none, and a word about it.
    pub(crate) fn new() -> Option<Self> {
        let wire = Self { here: Net::new()?, there: Net::new()? };
        or_skip(&wire.lay()).then_some(wire)
    }

    fn lay(&self) -> Result<(), String> {
        let Self { here, there } = self;
        here.ip(&format!("link add wire type veth peer name wire netns {}", there.name))?;
        for (net, addr, addr6) in [(here, HERE, HERE6), (there, THERE, THERE6)] {
            net.ip(&format!("addr add {addr}/24 dev wire"))?;
            net.ip(&format!("addr add {addr6}/64 dev wire nodad"))?;
            net.ip("link set wire up")?;
            // Else a host that has just sent six of them sends one a second.
            net.set("net/ipv4/icmp_ratelimit", "0")?;
            net.set("net/ipv6/icmp/ratelimit", "0")?;
        }
        here.inside(|| [THERE, THERE6].into_iter().try_for_each(carries))
    }
}

/// Waits until a new wire carries packets to this address and back: neighbour discovery takes a second on one that has
/// just come up.
fn carries(host: &str) -> Result<(), String> {
    let addr = SocketAddr::new(host.parse().expect("an address"), 9);
    let began = Instant::now();
    loop {
        match TcpStream::connect_timeout(&addr, Duration::from_millis(100)) {
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => return Ok(()),
            Err(error) if began.elapsed() > LIMIT => return Err(format!("{host}: {error}")),
            _ => {}
        }
    }
}

impl Net {
    /// Changes a setting of the kernel in it.
    pub(crate) fn set(&self, path: &str, value: &str) -> Result<(), String> {
        let (path, value) = (Path::new("/proc/sys").join(path), value.to_owned());
        self.inside(move || std::fs::write(&path, value).map_err(|error| format!("{}: {error}", path.display())))
    }
}

/// Whether that could be made; where not, the test is skipped, or fails where nothing may be skipped.
pub(crate) fn or_skip<T>(made: &Result<T, String>) -> bool {
    if let Err(error) = made {
        assert!(!needs::required(), "no network: {error}");
        needs::skip(&format!("no network: {error}"));
    }
    made.is_ok()
}

/// Runs a command without quotes: what it wrote, or what it said where it failed.
fn system(words: &str) -> Result<String, String> {
    let mut list = words.split(' ');
    let program = list.next().and_then(needs::find).ok_or("no such program")?;
    let output = Command::new(program).args(list).output().map_err(|error| error.to_string())?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(format!("{words}: {}", String::from_utf8_lossy(&output.stderr).trim())),
    }
}

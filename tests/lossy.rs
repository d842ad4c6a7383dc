//! A path that loses 2 % of the packets each way: all that goes over it arrives, whole and in order.
//!
//! The path is a pair of network namespaces joined by veth, with nft rules that drop at random; it takes root. Nothing
//! leaves the namespaces. Where it cannot be made the tests are skipped, and told; with `NSOCK_PEERS=required` they
//! fail where only the making failed.

#![allow(clippy::disallowed_methods, reason = "what the harness needs")]

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

mod common;
#[path = "common/peers_needs.rs"]
mod needs;

use common::{NSOCK, Outcome, Program, payload};

/// What goes over the path, in one to four seconds: each lost retransmission costs 0.2 s and more.
const BULK: usize = 30_000_000;

const HERE: &str = "192.0.2.1";
const THERE: &str = "192.0.2.2";

#[test]
fn a_file_sent_over_a_lossy_path_arrives_whole() {
    let Some(path) = Path::new() else { return };
    let file = payload(BULK, 1);
    let listener = path.nsock(&path.there, &["--json", "-l", THERE, "0"]).spawn();
    let port = listener.port().to_string();
    let sender = path.nsock(&path.here, &["--json", THERE, &port]).stdin_file(&file).run().exits(0).wrote(b"");
    listener.finish().exits(0).wrote(&file);
    assert_lossy(&path, &sender);
}

#[test]
fn a_file_served_over_a_lossy_path_arrives_whole() {
    let Some(path) = Path::new() else { return };
    let file = payload(BULK, 2);
    let listener = path.nsock(&path.there, &["--json", "-l", THERE, "0"]).stdin_file(&file).spawn();
    let port = listener.port().to_string();
    path.nsock(&path.here, &[THERE, &port]).run().exits(0).silent().wrote(&file);
    assert_lossy(&path, &listener.finish().exits(0).wrote(b""));
}

#[test]
fn two_pipes_over_a_lossy_path_arrive_whole_at_the_same_time() {
    let Some(path) = Path::new() else { return };
    let (up, down) = (payload(BULK, 3), payload(BULK, 4));
    let listener = path.nsock(&path.there, &["--json", "-l", THERE, "0"]).stdin_bytes(down.clone()).spawn();
    let port = listener.port().to_string();
    path.nsock(&path.here, &[THERE, &port]).stdin_bytes(up.clone()).run().exits(0).silent().wrote(&down);
    assert_lossy(&path, &listener.finish().exits(0).wrote(&up));
}

/// What the user reads in the `close` event; and that the test was one: of 20,700 segments 2 % are 414, and of the
/// acknowledgements about 150. (Retransmits alone prove nothing: this machine drops segments under load by itself.)
#[track_caller]
fn assert_lossy(path: &Path, outcome: &Outcome) {
    let close = outcome.event("close");
    // Without TCP_INFO nobody counts them.
    assert!(cfg!(feature = "portable") || close["retransmits"].as_u64() > Some(0), "no retransmits: {close}");
    for name in [&path.here, &path.there] {
        let lost = lost(name);
        assert!(lost > 20, "{lost} packets were lost on the way to {name}: no lossy path");
    }
}

/// How many packets a namespace has dropped: the number after `counter packets` in its one rule.
fn lost(name: &str) -> u64 {
    let rules = system(&format!("ip netns exec {name} nft list table inet loss")).expect("the rules of a path");
    let mut words = rules.split_whitespace().skip_while(|word| *word != "counter");
    words.nth(2).and_then(|count| count.parse().ok()).expect("a rule with a counter")
}

/// Two namespaces and the path between them, gone with this.
struct Path {
    here: String,
    there: String,
}

impl Path {
    /// A path that loses 2 % of the packets each way, or none and a word about it.
    fn new() -> Option<Self> {
        let lack = match (rustix::process::geteuid().is_root(), needs::find("ip"), needs::find("nft")) {
            (false, _, _) => "a lossy path takes root",
            (_, None, _) => "ip is not installed",
            (_, _, None) => "nft is not installed",
            _ => return Self::make(),
        };
        needs::skip(lack);
        None
    }

    fn make() -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("nsock-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let path = Self { here: format!("{name}-here"), there: format!("{name}-there") };
        match path.lay() {
            Ok(()) => Some(path),
            Err(error) => {
                assert!(!needs::required(), "no lossy path: {error}");
                needs::skip(&format!("no lossy path: {error}"));
                None
            }
        }
    }

    fn lay(&self) -> Result<(), String> {
        let Self { here, there } = self;
        for name in [here, there] {
            system(&format!("ip netns add {name}"))?;
        }
        system(&format!("ip -n {here} link add path type veth peer name path netns {there}"))?;
        for (name, addr) in [(here, HERE), (there, THERE)] {
            system(&format!("ip -n {name} addr add {addr}/24 dev path"))?;
            // Segments as on a wire: else 2 % of bundles of 64 KiB would be lost, which are few.
            system(&format!("ip -n {name} link set path gso_max_segs 1 up"))?;
            let nft = format!("ip netns exec {name} nft");
            system(&format!("{nft} add table inet loss"))?;
            system(&format!("{nft} add chain inet loss in {{ type filter hook input priority 0 ; }}"))?;
            system(&format!("{nft} add rule inet loss in numgen random mod 100 < 2 counter drop"))?;
        }
        Ok(())
    }

    /// nsock in one of the namespaces.
    fn nsock(&self, name: &str, args: &[&str]) -> Program {
        Program::new("ip").args(["netns", "exec", name, NSOCK]).args(args)
    }
}

impl Drop for Path {
    fn drop(&mut self) {
        for name in [&self.here, &self.there] {
            let _ = system(&format!("ip netns del {name}")); // it may be the one that could not be made
        }
    }
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

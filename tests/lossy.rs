//! A path that loses 2 % of the packets each way: all that goes over it arrives, whole and in order.
//!
//! The path is a pair of network namespaces joined by veth, with nft rules that drop at random; it takes root. Nothing
//! leaves the namespaces. Where it cannot be made the tests are skipped, and told; with `NSOCK_PEERS=required` they
//! fail where only the making failed.

#![allow(clippy::disallowed_methods, reason = "what the harness needs")]

mod common;
#[path = "common/peers_needs.rs"]
mod needs;
#[path = "common/network.rs"]
mod network;

use common::{Outcome, payload};
use network::{THERE, Wire, or_skip};

/// What goes over the path, in one to four seconds: each lost retransmission costs 0.2 s and more.
const BULK: usize = 30_000_000;

#[test]
fn a_file_sent_over_a_lossy_path_arrives_whole() {
    let Some(path) = lossy() else { return };
    let file = payload(BULK, 1);
    let listener = path.there.nsock(&["--json", "-l", THERE, "0"]).spawn();
    let port = listener.port().to_string();
    let sender = path.here.nsock(&["--json", THERE, &port]).stdin_file(&file).run().exits(0).wrote(b"");
    listener.finish().exits(0).wrote(&file);
    assert_lossy(&path, &sender);
}

#[test]
fn a_file_served_over_a_lossy_path_arrives_whole() {
    let Some(path) = lossy() else { return };
    let file = payload(BULK, 2);
    let listener = path.there.nsock(&["--json", "-l", THERE, "0"]).stdin_file(&file).spawn();
    let port = listener.port().to_string();
    path.here.nsock(&[THERE, &port]).run().exits(0).silent().wrote(&file);
    assert_lossy(&path, &listener.finish().exits(0).wrote(b""));
}

#[test]
fn two_pipes_over_a_lossy_path_arrive_whole_at_the_same_time() {
    let Some(path) = lossy() else { return };
    let (up, down) = (payload(BULK, 3), payload(BULK, 4));
    let listener = path.there.nsock(&["--json", "-l", THERE, "0"]).stdin_bytes(down.clone()).spawn();
    let port = listener.port().to_string();
    path.here.nsock(&[THERE, &port]).stdin_bytes(up.clone()).run().exits(0).silent().wrote(&down);
    assert_lossy(&path, &listener.finish().exits(0).wrote(&up));
}

/// What the user reads in the `close` event; and that the test was one: of 20,700 segments 2 % are 414, and of the
/// acknowledgements about 150. (Retransmits alone prove nothing: this machine drops segments under load by itself.)
#[track_caller]
fn assert_lossy(path: &Wire, outcome: &Outcome) {
    let close = outcome.event("close");
    // Without TCP_INFO nobody counts them.
    assert!(cfg!(feature = "portable") || close["retransmits"].as_u64() > Some(0), "no retransmits: {close}");
    for net in [&path.here, &path.there] {
        let lost = net.counted();
        assert!(lost > 20, "{lost} packets were lost: no lossy path");
    }
}

/// A path that loses 2 % of the packets each way, or none and a word about it.
fn lossy() -> Option<Wire> {
    let wire = Wire::new()?;
    for net in [&wire.here, &wire.there] {
        // Segments as on a wire: else 2 % of bundles of 64 KiB would be lost, which are few.
        if !or_skip(&net.ip("link set wire gso_max_segs 1")) {
            return None;
        }
        net.rules(&["numgen random mod 100 < 2 counter drop"]);
    }
    Some(wire)
}

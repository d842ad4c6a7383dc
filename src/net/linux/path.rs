//! What TCP has measured of a path (TCP_INFO).

use std::os::fd::AsFd;
use std::time::Duration;

// The macro names its helper by this path.
use nix::{getsockopt_impl, sockopt_impl};

use crate::event::PathInfo;
use crate::net::stream::Path;

/// Asks the kernel.
pub(in crate::net) fn measure(socket: &impl AsFd) -> Option<Path> {
    let tcp = nix::sys::socket::getsockopt(socket, TcpInfo).ok()?;
    Some(Path {
        info: PathInfo { rtt: Duration::from_micros(tcp.rtt.into()), retransmits: tcp.total_retrans.into() },
        outstanding: u64::from(tcp.unacked) + u64::from(tcp.notsent_bytes),
    })
}

/// The head of the kernel's struct tcp_info (linux/tcp.h), as far as Linux 4.9 has it. A newer kernel fills a
/// shorter struct; nix panics where an older one cannot fill libc's longer one.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
#[expect(unreachable_pub, reason = "the macro names it in a public trait")]
pub struct Info {
    state_to_wscale: [u8; 8],
    rto_to_rcv_mss: [u32; 4],
    unacked: u32,
    sacked_to_fackets: [u32; 4],
    last_times: [u32; 4],
    pmtu: u32,
    rcv_ssthresh: u32,
    rtt: u32,
    rttvar_to_rcv_space: [u32; 7],
    total_retrans: u32,
    rates_and_bytes: [u64; 4],
    segs: [u32; 2],
    notsent_bytes: u32,
    min_rtt: u32,
}

sockopt_impl!(TcpInfo, GetOnly, libc::IPPROTO_TCP, libc::TCP_INFO, Info);

#[cfg(test)]
mod tests {
    use super::Info;
    use std::mem::offset_of;

    #[test]
    fn fields_lie_where_libc_has_them() {
        assert_eq!(offset_of!(Info, unacked), offset_of!(libc::tcp_info, tcpi_unacked));
        assert_eq!(offset_of!(Info, rtt), offset_of!(libc::tcp_info, tcpi_rtt));
        assert_eq!(offset_of!(Info, total_retrans), offset_of!(libc::tcp_info, tcpi_total_retrans));
        assert_eq!(offset_of!(Info, notsent_bytes), offset_of!(libc::tcp_info, tcpi_notsent_bytes));
    }
}

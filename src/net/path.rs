//! What the kernel has measured of a connection's path.

use std::os::fd::AsFd;

use crate::event::PathInfo;

/// What there is to know of a path, and of what was sent along it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Path {
    pub(super) info: PathInfo,
    /// Everything sent has been acknowledged.
    pub(super) acknowledged: bool,
}

/// Asks the kernel.
#[cfg(target_os = "linux")]
pub(super) fn measure(socket: &impl AsFd) -> Option<Path> {
    use std::time::Duration;

    let info = nix::sys::socket::getsockopt(socket, linux::TcpInfo).ok()?;
    Some(Path {
        info: PathInfo {
            rtt: Duration::from_micros(info.tcpi_rtt.into()),
            retransmits: info.tcpi_total_retrans.into(),
        },
        acknowledged: info.tcpi_unacked == 0,
    })
}

#[cfg(not(target_os = "linux"))]
pub(super) fn measure(_: &impl AsFd) -> Option<Path> {
    None
}

#[cfg(target_os = "linux")]
mod linux {
    // The macro of nix names its own helpers by these paths.
    use nix::{getsockopt_impl, sockopt_impl};

    sockopt_impl!(TcpInfo, GetOnly, libc::IPPROTO_TCP, libc::TCP_INFO, libc::tcp_info);
}

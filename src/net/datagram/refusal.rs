//! Datagrams that the network refused: what ICMP said, to which datagram's address, and what the kernel dropped.

use std::io;
use std::net::SocketAddr;

use socket2::Socket;

use super::super::icmp::Icmp;
use super::place::Place;

/// A datagram sent earlier was refused. It says nothing of any other datagram, and nothing of the socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Where the datagram had been sent to; none where the system does not tell, which is the peer of a connected one.
    pub to: Option<Place>,
    /// The errno that the system makes of it.
    pub errno: i32,
    /// The message; none where the system does not tell.
    pub icmp: Option<Icmp>,
}

/// Whether an error of a call may be what ICMP said of an earlier datagram (icmp(7): icmp_err_convert, and IPv6's).
pub(super) fn may_be_refusal(error: &io::Error) -> bool {
    #[cfg(target_os = "linux")]
    if error.raw_os_error() == Some(libc::ENONET) {
        return true;
    }
    [
        libc::ECONNREFUSED,
        libc::ECONNRESET, // of a connected Unix socket, whose peer went elsewhere
        libc::EHOSTUNREACH,
        libc::ENETUNREACH,
        libc::EHOSTDOWN,
        libc::ENOPROTOOPT,
        libc::EPROTO,
        libc::EMSGSIZE,
        libc::EACCES,
        libc::EOPNOTSUPP,
    ]
    .map(Some)
    .contains(&error.raw_os_error())
}

/// Has the system keep what ICMP says for [`next`]; false where it cannot.
#[cfg(target_os = "linux")]
pub(in crate::net) fn keep(socket: &Socket, local: SocketAddr) -> bool {
    use nix::sys::socket::{setsockopt, sockopt};
    match local {
        SocketAddr::V4(_) => setsockopt(socket, sockopt::Ipv4RecvErr, &true),
        SocketAddr::V6(_) => setsockopt(socket, sockopt::Ipv6RecvErr, &true),
    }
    .is_ok()
}

#[cfg(not(target_os = "linux"))]
pub(in crate::net) fn keep(_: &Socket, _: SocketAddr) -> bool {
    false
}

/// The next that was kept. A TCP socket keeps them too.
#[cfg(target_os = "linux")]
pub(in crate::net) fn next(socket: &Socket) -> Option<Refusal> {
    linux::next(socket)
}

#[cfg(not(target_os = "linux"))]
pub(in crate::net) fn next(_: &Socket) -> Option<Refusal> {
    None
}

/// How many datagrams the kernel has dropped since the socket was made, modulo 2^32.
#[cfg(all(target_os = "linux", not(any(target_arch = "sparc", target_arch = "sparc64"))))]
pub(super) fn dropped(socket: &Socket) -> u32 {
    let info = nix::sys::socket::getsockopt(socket, linux::MemInfo);
    info.map_or(0, |info| info[libc::SK_MEMINFO_DROPS as usize])
}

#[cfg(not(all(target_os = "linux", not(any(target_arch = "sparc", target_arch = "sparc64")))))]
pub(super) fn dropped(_: &Socket) -> u32 {
    0
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io::IoSliceMut;
    use std::net::{IpAddr, SocketAddr};
    use std::os::fd::AsRawFd;

    // The macro names its helper by this path.
    use nix::errno::Errno;
    use nix::sys::socket::{ControlMessageOwned, MsgFlags, SockaddrIn6, SockaddrStorage, recvmsg};
    use nix::{getsockopt_impl, sockopt_impl};
    use socket2::Socket;

    use super::super::place::Place;
    use super::{Icmp, Refusal};

    // asm-generic/socket.h; libc does not have it. Nine numbers since Linux 4.12; an older kernel says ENOPROTOOPT.
    sockopt_impl!(MemInfo, GetOnly, libc::SOL_SOCKET, SO_MEMINFO, [u32; 9]);
    const SO_MEMINFO: libc::c_int = 55;

    /// Room for one control message with an address, aligned as the system's header is.
    #[repr(align(16))]
    struct Control([u8; 128]);

    pub(super) fn next(socket: &Socket) -> Option<Refusal> {
        loop {
            let mut control = Control([0; 128]);
            let mut no_bytes: [IoSliceMut<'_>; 0] = [];
            // Never blocks, whatever the socket is: the queue of errors is not waited for.
            let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
            let message =
                match recvmsg::<SockaddrStorage>(socket.as_raw_fd(), &mut no_bytes, Some(&mut control.0), flags) {
                    Ok(message) => message,
                    Err(Errno::EINTR) => continue,
                    Err(_) => return None,
                };
            let to = message.address.and_then(|addr| inet(&addr)).map(Place::Inet);
            let refusal = message.cmsgs().ok()?.find_map(|control| match control {
                ControlMessageOwned::Ipv4RecvErr(error, from) => {
                    let from = from.map(|from| IpAddr::from(u32::from_be(from.sin_addr.s_addr).to_be_bytes()));
                    refusal(&error, from)
                }
                ControlMessageOwned::Ipv6RecvErr(error, from) => {
                    refusal(&error, from.map(|from| IpAddr::V6(SockaddrIn6::from(from).ip())))
                }
                _ => None,
            });
            if let Some(refusal) = refusal {
                return Some(Refusal { to, ..refusal });
            }
        }
    }

    /// What the system itself said (a datagram too long) was its call's error already.
    fn refusal(error: &libc::sock_extended_err, from: Option<IpAddr>) -> Option<Refusal> {
        let v6 = error.ee_origin == libc::SO_EE_ORIGIN_ICMP6;
        let icmp = Icmp { v6, kind: error.ee_type, code: error.ee_code, from };
        [libc::SO_EE_ORIGIN_ICMP, libc::SO_EE_ORIGIN_ICMP6].contains(&error.ee_origin).then_some(Refusal {
            to: None,
            errno: error.ee_errno as i32,
            icmp: Some(icmp),
        })
    }

    fn inet(addr: &SockaddrStorage) -> Option<SocketAddr> {
        let v4 = addr.as_sockaddr_in().map(|&addr| addr.into());
        v4.or_else(|| addr.as_sockaddr_in6().map(|&addr| addr.into()))
    }
}

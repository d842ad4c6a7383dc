//! The queue of errors that a socket keeps: what ICMP said, and of which datagram.

use std::io::IoSliceMut;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsRawFd;

use nix::errno::Errno;
use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, SockaddrIn6, SockaddrStorage, getsockopt, recvmsg, setsockopt, sockopt,
};
// The macro names its helper by this path.
use nix::{getsockopt_impl, sockopt_impl};
use socket2::Socket;

use crate::net::datagram::{Place, Refusal};
use crate::net::icmp::Icmp;

/// Errors of a call that no other system has for what ICMP said (icmp(7)).
pub(in crate::net) const OWN_REFUSALS: [i32; 1] = [libc::ENONET];

// asm-generic/socket.h; libc does not have it. Nine numbers since Linux 4.12; an older kernel says ENOPROTOOPT.
sockopt_impl!(MemInfo, GetOnly, libc::SOL_SOCKET, SO_MEMINFO, [u32; 9]);
const SO_MEMINFO: libc::c_int = 55;

/// Room for one control message with an address, aligned as the system's header is.
#[repr(align(16))]
struct Control([u8; 128]);

/// Has the system keep what ICMP says for [`next_refusal`]; false where it cannot.
pub(in crate::net) fn keep_refusals(socket: &Socket, local: SocketAddr) -> bool {
    match local {
        SocketAddr::V4(_) => setsockopt(socket, sockopt::Ipv4RecvErr, &true),
        SocketAddr::V6(_) => setsockopt(socket, sockopt::Ipv6RecvErr, &true),
    }
    .is_ok()
}

/// How many datagrams the kernel has dropped since the socket was made, modulo 2^32.
pub(in crate::net) fn dropped(socket: &Socket) -> u32 {
    if cfg!(any(target_arch = "sparc", target_arch = "sparc64")) {
        return 0; // the option has another number there
    }
    getsockopt(socket, MemInfo).map_or(0, |info| info[libc::SK_MEMINFO_DROPS as usize])
}

/// The next that was kept. A TCP socket keeps them too.
pub(in crate::net) fn next_refusal(socket: &Socket) -> Option<Refusal> {
    loop {
        let mut control = Control([0; 128]);
        let mut no_bytes: [IoSliceMut<'_>; 0] = [];
        // Never blocks, whatever the socket is: the queue of errors is not waited for.
        let flags = MsgFlags::MSG_ERRQUEUE | MsgFlags::MSG_DONTWAIT;
        let message = match recvmsg::<SockaddrStorage>(socket.as_raw_fd(), &mut no_bytes, Some(&mut control.0), flags) {
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

//! Datagrams that the network refused: what ICMP said, and to which datagram's address.

use std::io;

use super::super::icmp::Icmp;
use super::super::system::OWN_REFUSALS;
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
    let Some(errno) = error.raw_os_error() else { return false };
    let everywhere = [
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
    ];
    everywhere.contains(&errno) || OWN_REFUSALS.contains(&errno)
}

//! What this host lacks to ask a port with, and which addresses are surely its own.

use std::io;
use std::net::{IpAddr, SocketAddr};

use super::super::here::{self, has_source, is_exhaustion};
use crate::error::Failure;

/// Whether an error of connecting or sending is no verdict: this host had nothing left to ask with, and the port is to
/// be asked again.
pub(super) fn is_want(errno: i32, to: SocketAddr) -> bool {
    match errno {
        // No free local port; or, where IPv6 is switched off, no address of our own to ask ::1 from: that stays so.
        libc::EADDRNOTAVAIL => has_source(to),
        libc::EAGAIN | libc::EINTR => true,
        libc::ECONNABORTED => true, // somebody took the error that was the answer
        _ => is_exhaustion(errno),
    }
}

/// Whether a socket could not be made because there are too many.
pub(super) fn is_want_of_opening(failure: &Failure) -> Option<io::Error> {
    failure.errno.filter(|&errno| is_exhaustion(errno)).map(io::Error::from_raw_os_error)
}

/// Whether an address is surely this host's. `near` has the scope that one of a link needs.
pub(super) fn is_ours(ip: IpAddr, near: SocketAddr) -> bool {
    let mut at = near;
    at.set_ip(ip);
    here::is_ours(at) == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addr(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn the_loopback_is_ours_and_a_documentation_address_is_not() {
        for (ip, ours) in [("127.0.0.1", true), ("127.9.9.9", true), ("192.0.2.1", false)] {
            assert_eq!(is_ours(ip.parse().expect("an address"), addr("192.0.2.7:80")), ours, "{ip}");
        }
        assert!(is_ours("::1".parse().expect("an address"), addr("[2001:db8::7]:80")));
        assert!(!is_ours("2001:db8::1".parse().expect("an address"), addr("[2001:db8::7]:80")));
    }

    #[test]
    fn a_want_is_told_from_a_verdict() {
        for errno in [libc::EMFILE, libc::ENOBUFS, libc::EAGAIN, libc::EADDRNOTAVAIL, libc::ECONNABORTED] {
            assert!(is_want(errno, addr("127.0.0.1:80")), "{errno}");
        }
        for errno in [libc::ECONNREFUSED, libc::EHOSTUNREACH, libc::ENETUNREACH, libc::EPERM, libc::EACCES] {
            assert!(!is_want(errno, addr("127.0.0.1:80")), "{errno}");
        }
    }
}

//! What a socket is set to before it is used.

use std::io;
use std::net::SocketAddr;

use socket2::{Socket, TcpKeepalive};

use super::system::bind_interface;
use crate::error::{Deed, Exit, Failure, Object};
use crate::plan::SocketOptions;
use crate::value::peer::{Addr, Peer, Proto};

/// Sets them.
///
/// # Errors
/// The option that the system says no to, by its flag.
pub(super) fn set(socket: &Socket, at: &Peer, options: &SocketOptions) -> Result<(), Failure> {
    let no = |flag: &str| {
        let object = Object::Named(flag.to_owned());
        move |error: io::Error| Failure::system(Deed::Set, object, &error, Exit::Local)
    };
    let v6 = matches!(at.addr, Addr::Inet(SocketAddr::V6(_)));
    if let Some(size) = options.rcvbuf {
        socket.set_recv_buffer_size(size).map_err(no("--rcvbuf"))?;
    }
    if let Some(size) = options.sndbuf {
        socket.set_send_buffer_size(size).map_err(no("--sndbuf"))?;
    }
    if at.proto.is_unix() {
        return Ok(()); // what follows is IP's
    }
    if let Some(ttl) = options.ttl {
        match v6 {
            true => socket.set_unicast_hops_v6(ttl.into()),
            false => socket.set_ttl_v4(ttl.into()),
        }
        .map_err(no("--ttl"))?;
    }
    if let Some(tos) = options.tos {
        match v6 {
            true => socket.set_tclass_v6(tos.into()),
            false => socket.set_tos_v4(tos.into()),
        }
        .map_err(no("--tos"))?;
    }
    if let Some(name) = &options.interface {
        bind_interface(socket, name).map_err(no(&format!("interface {name}")))?;
    }
    match at.proto {
        Proto::Udp if options.broadcast => socket.set_broadcast(true).map_err(no("-b"))?,
        Proto::Tcp => {
            if let Some(time) = options.keepalive {
                let keepalive = TcpKeepalive::new().with_time(time).with_interval(time);
                socket.set_tcp_keepalive(&keepalive).map_err(no("--keepalive"))?;
            }
            make_prompt(socket);
        }
        _ => {}
    }
    Ok(())
}

/// What every TCP connection of ours is set to: bytes go out when they are written, and urgent data stays in the
/// stream, where no byte of it is lost and splice can pass it.
pub(super) fn make_prompt(socket: &Socket) {
    let _ = socket.set_tcp_nodelay(true); // fails only on a connection that is gone, which the next call tells
    let _ = socket.set_out_of_band_inline(true);
}

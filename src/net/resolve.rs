//! Hosts to addresses. Numeric ones at once; names by the system's resolver, which blocks and so has its own thread.

use std::fs::File;
use std::io;
use std::net::{IpAddr, SocketAddr, SocketAddrV6, ToSocketAddrs};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;
use std::time::Instant;

use crate::error::{Deed, Exit, Failure, Object, reason};
use crate::io::bell::Bell;
use crate::plan::Limit;
use crate::value::address::{Family, Host};

/// What std puts before the resolver's own words.
const STD_PREFIX: &str = "failed to lookup address information: ";

/// Lookups whose threads live, left behind or not.
static LIVE: AtomicUsize = AtomicUsize::new(0);

/// How many lookups ask the system just now, those left behind included.
pub fn live_lookups() -> usize {
    LIVE.load(Ordering::Relaxed)
}

/// A lookup under way.
pub struct Lookup {
    name: Rc<str>,
    family: Family,
    answer: Receiver<io::Result<Vec<SocketAddr>>>,
    began: Instant,
}

/// A host, as far as it is known without waiting.
pub enum Resolving {
    /// Its address.
    Known(SocketAddr),
    /// It is being looked up.
    Asked(Lookup),
}

/// Begins to resolve a host. The bell rings when a lookup has its answer.
///
/// # Errors
/// A name where none is allowed, an interface that does not exist, or no thread to be had.
pub fn resolve(
    host: &Host,
    port: u16,
    family: Family,
    no_dns: bool,
    bell: Bell,
    now: Instant,
) -> Result<Resolving, Failure> {
    match host {
        Host::Ip(ip) => Ok(Resolving::Known(SocketAddr::new(*ip, port))),
        Host::Scoped(ip, scope) => {
            let scope = scope_id(scope)?;
            Ok(Resolving::Known(SocketAddrV6::new(*ip, port, 0, scope).into()))
        }
        Host::Name(name) if no_dns => Err(lookup_failed(name, "-n allows numeric addresses only")),
        Host::Name(name) => Lookup::begin(name, port, family, bell, now).map(Resolving::Asked),
    }
}

impl Lookup {
    fn begin(name: &Rc<str>, port: u16, family: Family, bell: Bell, now: Instant) -> Result<Self, Failure> {
        let (sender, answer) = channel();
        let asked = name.to_string();
        LIVE.fetch_add(1, Ordering::Relaxed);
        // Left behind when a deadline passes: getaddrinfo cannot be interrupted. It ends with the process.
        thread::Builder::new()
            .name("lookup".into())
            .spawn(move || {
                let addrs = (asked.as_str(), port).to_socket_addrs().map(Iterator::collect);
                let addrs = addrs.map_err(|error| want_of_descriptors().unwrap_or(error));
                LIVE.fetch_sub(1, Ordering::Relaxed);
                let _ = sender.send(addrs);
                bell.ring();
            })
            .map_err(|error| {
                LIVE.fetch_sub(1, Ordering::Relaxed);
                Failure::system(Deed::Lookup, Object::Host(Rc::clone(name)), &error, Exit::Local)
            })?;
        Ok(Self { name: Rc::clone(name), family, answer, began: now })
    }

    /// The name that is looked up.
    pub fn name(&self) -> &Rc<str> {
        &self.name
    }

    /// When it began.
    pub fn began(&self) -> Instant {
        self.began
    }

    /// The answer, once there is one.
    ///
    /// # Errors
    /// There is no such name, or no answer within the limit.
    pub fn step(&self, now: Instant, limit: Limit) -> Result<Option<Vec<SocketAddr>>, Failure> {
        let took = now - self.began;
        match self.poll() {
            Some(answer) => answer.map(Some).map_err(|failure| failure.after(took)),
            None if took < limit.time => Ok(None),
            None => {
                let exit = if limit.asked { Exit::Timeout } else { Exit::Name };
                Err(self.failed("timed out", exit).after(took))
            }
        }
    }

    fn poll(&self) -> Option<Result<Vec<SocketAddr>, Failure>> {
        let answer = match self.answer.try_recv() {
            Err(TryRecvError::Empty) => return None,
            Err(TryRecvError::Disconnected) => Err(io::Error::other("the lookup's thread ended without an answer")),
            Ok(answer) => answer,
        };
        Some(match answer {
            Err(error) if is_want_of_descriptors(&error) => {
                Err(Failure::system(Deed::Lookup, Object::Host(Rc::clone(&self.name)), &error, Exit::Local))
            }
            Err(error) => {
                let text = reason(&error);
                Err(lookup_failed(&self.name, text.strip_prefix(STD_PREFIX).unwrap_or(&text)))
            }
            Ok(mut addrs) => {
                addrs.retain(|addr| self.family.admits(addr.ip()));
                let mut seen = Vec::with_capacity(addrs.len());
                addrs.retain(|addr| {
                    !seen.contains(addr) && {
                        seen.push(*addr);
                        true
                    }
                });
                match addrs.is_empty() {
                    true => Err(lookup_failed(&self.name, &format!("it has no {} address", self.family.name()))),
                    false => Ok(addrs),
                }
            }
        })
    }

    /// The failure of a lookup whose answer did not come, or is of no use.
    pub fn failed(&self, reason: &str, exit: Exit) -> Failure {
        Failure::new(Deed::Lookup, Object::Host(Rc::clone(&self.name)), reason, exit)
    }
}

/// The C library tells a want of descriptors as a name that is not there (glibc 2.36: EAI_NONAME). So one is asked for.
fn want_of_descriptors() -> Option<io::Error> {
    File::open("/dev/null").err().filter(is_want_of_descriptors)
}

fn is_want_of_descriptors(error: &io::Error) -> bool {
    [libc::EMFILE, libc::ENFILE].map(Some).contains(&error.raw_os_error())
}

fn lookup_failed(name: &Rc<str>, reason: &str) -> Failure {
    Failure::new(Deed::Lookup, Object::Host(Rc::clone(name)), reason, Exit::Name)
}

/// The number of an interface, for the addresses that are valid on one link only (RFC 4007 section 11).
fn scope_id(scope: &str) -> Result<u32, Failure> {
    if let Ok(number) = scope.parse() {
        return Ok(number);
    }
    let no = |error: io::Error| {
        Failure::system(Deed::Lookup, Object::Named(format!("interface {scope}")), &error, Exit::Local)
    };
    nix::net::if_::if_nametoindex(scope).map_err(|errno| no(errno.into()))
}

/// The numeric address of a local end; only [`Host::Name`] has none.
///
/// # Errors
/// An interface that does not exist.
pub fn numeric(host: &Host) -> Result<Option<(IpAddr, u32)>, Failure> {
    match host {
        Host::Ip(ip) => Ok(Some((*ip, 0))),
        Host::Scoped(ip, scope) => Ok(Some((IpAddr::V6(*ip), scope_id(scope)?))),
        Host::Name(_) => Ok(None),
    }
}

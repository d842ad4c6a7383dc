//! Datagrams from us to a listener, as fast as it takes them: what passes from the first sent to the last taken, and
//! the listener's own processor time. The latter tells more: a listener faster than we are falls asleep, and each time
//! it has to be woken it slows us down, so that a lazy one may look the faster.
//! We watch the kernel's queue of the listener and never let it overflow, so that nobody is timed while losing.

use std::fs::File;
use std::io;
use std::net::{Ipv4Addr, UdpSocket};
use std::os::unix::fs::FileExt;
use std::process::Stdio;
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::socket::{setsockopt, sockopt::UdpGsoSegment};

use super::queue::{Backlog, Queue};
use super::roster::{Flags, Shelter};
use crate::common::place::Place;
use crate::common::process::{Running, wait_for_all};
use crate::contest::Contest;
use crate::figures::{Run, Unit};
use crate::settings::Settings;
use crate::target;
use crate::tool::{Kind, Tool};

/// Bytes of a datagram: what one Ethernet frame carries, about.
pub(crate) const SIZE: usize = 1400;

/// Datagrams of the runs that are looked at byte by byte.
const SAMPLE: usize = 20_000;

/// The most that one call sends (64 KiB is all it may), and the least that is worth one.
const BATCH: usize = 40;
const WORTHWHILE: usize = 10;

/// How full the queue may get. Linux gives 208 KiB, and may count a quarter of that as taken too late.
const CEILING: usize = 150_000;

/// What a datagram costs there, with the kernel's own words about it.
const COST: usize = 2304;

/// [`SIZE`] as the kernel wants it, which cuts what we send into such datagrams: a sender of single ones would be
/// slower than most listeners.
const SEGMENT: i32 = 1400;
const _: () = assert!(SEGMENT as usize == SIZE);

type Datagram = [u8; SIZE];

/// The work with everything it needs.
pub(crate) struct Shower<'a> {
    settings: &'a Settings,
}

impl<'a> Shower<'a> {
    pub(crate) fn new(settings: &'a Settings) -> Self {
        Self { settings }
    }

    /// Datagrams of a timed run.
    fn count(&self) -> usize {
        if self.settings.quick { 50_000 } else { 200_000 }
    }

    /// One run. A tool that can count leaves by itself; another is killed once it has taken all and written so much.
    fn run(&self, tool: &Tool<Flags>, count: usize, target: &File, written: u64) -> Result<Run, String> {
        let deadline = Instant::now() + self.settings.limit();
        let shelter = tool.flags.udp_receive.ok_or("takes no part")?;
        let place = Place::udp()?;
        let mut command = tool.command(&shelter.flags().replace("{count}", &count.to_string()), &place);
        command.stdin(Stdio::null()).stdout(target::stdout(target)?);
        let mut receiver = Running::start("receiver", command)?;
        place.wait_for_listener(&mut receiver, deadline)?;

        let Place::Udp(port) = place else {
            unreachable!("it was asked for as a UDP port");
        };
        let queue = Queue::of(port).map_err(|error| format!("open the kernel's table: {error}"))?;
        let clock = Instant::now();
        rain(port, count, &queue, &mut receiver, deadline)?;
        let seconds = clock.elapsed().as_secs_f64();
        // Our own bare calls never sleep, so what they cost means nothing.
        let used = if tool.kind == Kind::Limit { None } else { Some(receiver.cpu_seconds()?) };
        match shelter {
            Shelter::Counts(_) => wait_for_all(vec![&mut receiver], deadline)?,
            Shelter::Stays(_) => wait_for_size(target, written, deadline),
        }
        Ok(vec![Some(seconds), used])
    }
}

impl Contest for Shower<'_> {
    type Flags = Flags;

    fn title(&self) -> String {
        let count = self.count();
        format!("{count} datagrams of {SIZE} bytes → UDP listener → /dev/null, and the listener's CPU")
    }

    fn units(&self) -> Vec<Unit> {
        #[expect(clippy::cast_precision_loss, reason = "a count is far below 2^53")]
        let amount = self.count() as f64;
        let what = "datagrams";
        vec![Unit::Rate { amount, what }, Unit::CpuRate { amount, what }]
    }

    fn invites(&self, tool: &Tool<Flags>) -> bool {
        tool.flags.udp_receive.is_some()
    }

    /// Few datagrams into a file in place of /dev/null, compared byte by byte.
    fn prove(&self, tool: &Tool<Flags>) -> Result<(), String> {
        let complain = |error: io::Error| format!("a file for the bytes: {error}");
        let target = target::file(self.settings.dir())?;
        self.run(tool, SAMPLE, &target, (SAMPLE * SIZE) as u64)?;
        target::check_size(&target, (SAMPLE * SIZE) as u64)?;
        for number in 0..SAMPLE {
            let mut received = [0; SIZE];
            target.read_exact_at(&mut received, (number * SIZE) as u64).map_err(complain)?;
            if received != datagram(number) {
                return Err(format!("SPOILT: datagram {number} is another"));
            }
        }
        Ok(())
    }

    fn time(&self, tool: &Tool<Flags>) -> Result<Run, String> {
        self.run(tool, self.count(), &target::null()?, 0)
    }
}

/// No two datagrams are alike, so that a lost or doubled one is seen.
fn datagram(number: usize) -> Datagram {
    let mut datagram = [b'.'; SIZE];
    stamp(&mut datagram, number);
    datagram
}

fn stamp(datagram: &mut Datagram, number: usize) {
    datagram[..size_of::<usize>()].copy_from_slice(&number.to_be_bytes());
}

/// Sends as many as the queue has room for, again and again, and returns when the last one was taken out of it.
fn rain(port: u16, count: usize, queue: &Queue, receiver: &mut Running, deadline: Instant) -> Result<(), String> {
    let complain = |error: io::Error| format!("send datagrams: {error}");
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).map_err(complain)?;
    socket.connect((Ipv4Addr::LOCALHOST, port)).map_err(complain)?;
    setsockopt(&socket, UdpGsoSegment, &SEGMENT).map_err(|errno| complain(errno.into()))?;
    let mut datagrams = [datagram(0); BATCH];
    let mut sent = 0;
    loop {
        let Some(Backlog { bytes, drops }) = queue.look().map_err(|error| format!("read the table: {error}"))? else {
            if sent == count {
                return Ok(());
            }
            receiver.has_left()?;
            return Err(format!("LOST: it left after {sent} datagrams"));
        };
        if drops > 0 {
            return Err(format!("LOST: {drops} datagrams dropped of {sent}"));
        }
        if sent == count && bytes == 0 {
            return Ok(());
        }
        let room = CEILING.saturating_sub(bytes) / COST;
        if sent < count && room >= WORTHWHILE {
            let batch = room.min(BATCH).min(count - sent);
            for (number, datagram) in (sent..).zip(&mut datagrams[..batch]) {
                stamp(datagram, number);
            }
            socket.send(datagrams[..batch].as_flattened()).map_err(complain)?;
            sent += batch;
        } else if Instant::now() >= deadline {
            return Err(format!("hang: {bytes} bytes are still queued, {sent} datagrams of {count} sent"));
        }
    }
}

/// What has left the queue is not yet written. If it never is, the comparison tells.
fn wait_for_size(file: &File, size: u64, deadline: Instant) {
    while file.metadata().is_ok_and(|data| data.len() < size) && Instant::now() < deadline {
        sleep(Duration::from_millis(1));
    }
}

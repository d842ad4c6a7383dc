//! The path between two tun devices: a thread that takes each packet from one, holds it for a while and gives it to the
//! other, unless the dice say that it is lost. It drops nothing else and never changes the order.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, PipeReader, PipeWriter};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use tappers::Tun;

use crate::noise::Noise;

/// More than any packet of such a device.
const LONGEST: usize = 2048;

/// A carrier at work. It stops when we drop it.
pub(crate) struct Carrier {
    leash: Option<PipeWriter>,
    thread: Option<JoinHandle<()>>,
}

impl Carrier {
    /// The share is of 1.
    pub(crate) fn start(ends: [Tun; 2], one_way: Duration, share: f64, seed: u64) -> Result<Self, String> {
        let (stop, leash) = io::pipe().map_err(|error| format!("make a pipe: {error}"))?;
        let lanes = [0, 1].map(|lane| Lane { queue: VecDeque::new(), dice: Dice::new(share, 2 * seed + lane) });
        let road = Road { ends, lanes, one_way };
        let thread = thread::spawn(move || {
            if let Err(error) = road.carry(&stop) {
                eprintln!("the path broke: {error}");
            }
        });
        Ok(Self { leash: Some(leash), thread: Some(thread) })
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        drop(self.leash.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Both ways: lane 0 leads from the first end to the second, lane 1 back.
struct Road {
    ends: [Tun; 2],
    lanes: [Lane; 2],
    one_way: Duration,
}

impl Road {
    fn carry(mut self, stop: &PipeReader) -> io::Result<()> {
        loop {
            let next = self.deliver()?;
            let wait = next.map(|due| timespec(due.saturating_duration_since(Instant::now())));
            let mut ready = [
                PollFd::new(&self.ends[0], PollFlags::IN),
                PollFd::new(&self.ends[1], PollFlags::IN),
                PollFd::new(stop, PollFlags::IN),
            ];
            match poll(&mut ready, wait.as_ref()) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            let [came @ .., stopped] = ready.map(|end| !end.revents().is_empty());
            if stopped {
                return Ok(());
            }
            for ((lane, end), came) in self.lanes.iter_mut().zip(&self.ends).zip(came) {
                if came {
                    lane.load(end, self.one_way)?;
                }
            }
        }
    }

    /// Gives out what is due, and says when the next is.
    fn deliver(&mut self) -> io::Result<Option<Instant>> {
        let now = Instant::now();
        for (lane, end) in self.lanes.iter_mut().zip(self.ends.iter().rev()) {
            while let Some((due, packet)) = lane.queue.front()
                && *due <= now
            {
                end.send(packet)?;
                lane.queue.pop_front();
            }
        }
        Ok(self.lanes.iter().filter_map(|lane| Some(lane.queue.front()?.0)).min())
    }
}

/// One way. As all wait equally long, the first to come is the first to go.
struct Lane {
    queue: VecDeque<(Instant, Box<[u8]>)>,
    dice: Dice,
}

impl Lane {
    /// Takes all that is there.
    fn load(&mut self, end: &Tun, one_way: Duration) -> io::Result<()> {
        let mut packet = [0; LONGEST];
        loop {
            let size = match end.recv(&mut packet) {
                Ok(size) => size,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            if !self.dice.lose() {
                self.queue.push_back((Instant::now() + one_way, packet[..size].into()));
            }
        }
    }
}

/// The same seed, the same fate for the first packet, the second, and so on.
struct Dice {
    noise: Noise,
    share: f64,
}

impl Dice {
    fn new(share: f64, seed: u64) -> Self {
        let mut noise = Noise::new(seed);
        noise.fill(&mut [0; 1024]); // The first words of neighbouring seeds are alike.
        Self { noise, share }
    }

    fn lose(&mut self) -> bool {
        let mut word = [0; 8];
        self.noise.fill(&mut word);
        #[expect(clippy::cast_precision_loss, reason = "the low bits decide nothing")]
        let place = u64::from_ne_bytes(word) as f64 / u64::MAX as f64;
        place < self.share
    }
}

fn timespec(time: Duration) -> Timespec {
    Timespec { tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX), tv_nsec: time.subsec_nanos().into() }
}

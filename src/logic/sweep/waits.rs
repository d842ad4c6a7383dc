//! How long a try is waited for, and how often a silent port is asked. The time is that of waiting: where a retry must
//! queue for its turn, queueing costs a port nothing of its patience.

use std::time::Duration;

use super::rtt::{LEAST, Rtt};
use super::window::Loss;

/// The first guess at a round trip is a quarter of the patience, so that a port of a host of which nothing is known is
/// asked thrice (waits of one quarter, two, and the one that is left). Of the usual 2 s that is 0.5 s; never more
/// than the first guess of RFC 6298.
const LONGEST_GUESS: Duration = Duration::from_secs(1);

/// The last try is waited for at least this long. What the round trips seem to be may be wrong by far: where a firewall
/// nearby refuses most ports in the host's name, its answers are all that is known until one comes from the host.
const LAST: Duration = Duration::from_millis(250);

/// An open port is to be missed less often than this.
const MISSED: f64 = 1e-6;

/// Loss adds so many tries at most.
const MORE_TRIES: u32 = 2;

/// So many tries of a port need not be counted: where three in four are lost, all of them are one time in ten.
const MOST_VOID: u32 = 8;

/// The rules of one sweep.
#[derive(Clone, Copy, Debug)]
pub(super) struct Waits {
    patience: Duration,
    retries: u32,
    datagram: bool,
}

impl Waits {
    pub(super) fn new(patience: Duration, retries: u32, datagram: bool) -> Self {
        Self { patience, retries, datagram }
    }

    /// How long the first try is waited for.
    ///
    /// A datagram's silence has causes that no round trip tells: the kernel of a closed port limits its ICMP errors,
    /// Linux to one a second and destination after a burst of six, the loopback excepted (icmp_ratelimit in
    /// ip-sysctl.rst, inet_peer_xrlim_allow; RFC 1812 section 4.3.2.8 asks for some limit). A retry a few round trips
    /// later would meet the same limit, so datagrams take the whole patience in any case.
    pub(super) fn base(&self, rtt: &Rtt) -> Duration {
        let guess = (self.patience / 4).clamp(LEAST, LONGEST_GUESS);
        match rtt.wait() {
            Some(wait) if self.datagram => wait.max(guess),
            Some(wait) => wait,
            None => guess,
        }
    }

    /// How often a silent port of a host is asked: as often as the user says, and where answers were lost often enough
    /// that an open port is not missed for it.
    pub(super) fn tries(&self, loss: Loss) -> u32 {
        let least = self.retries.saturating_add(1);
        match loss.share() {
            Some(share) if self.retries > 0 => {
                let needed = (MISSED.ln() / share.ln()).ceil();
                (needed as u32).clamp(least, least.saturating_add(MORE_TRIES))
            }
            _ => least,
        }
    }

    /// How long a try is waited for, counted from 1, after so long a wait for those before it: a round trip first, then
    /// two each, in case it has become longer, and long for the last. What is left never is too little for a try that
    /// follows.
    pub(super) fn wait(&self, rtt: &Rtt, loss: Loss, tries: u32, waited: Duration) -> Duration {
        let (base, left) = (self.base(rtt), self.patience.saturating_sub(waited));
        let unknown = self.datagram || rtt.wait().is_none();
        let long = if unknown { left } else { (base * 4).max(LAST) };
        let wait = match tries {
            _ if tries >= self.tries(loss) => long,
            1 => base,
            _ => base * 2,
        };
        match left.saturating_sub(wait) < base / 2 {
            true => left.min(long.max(wait)),
            false => wait,
        }
    }

    /// Whether the silence of a try says nothing of its port, of which so many said nothing before. Where more is lost
    /// than is borne, it tells of the way: of a limit on connects or on ICMP errors, which the window soon obeys. Such a
    /// try is not counted, but its time is, so that no port takes more than its patience. Who wants no retries gets
    /// none.
    pub(super) fn is_void(&self, loss: Loss, before: u32) -> bool {
        loss.heavy && self.retries > 0 && before < MOST_VOID
    }

    /// Whether a port is asked again that was silent at so many tries.
    pub(super) fn again(&self, rtt: &Rtt, loss: Loss, tries: u32, waited: Duration) -> bool {
        let left = self.patience.saturating_sub(waited);
        tries < self.tries(loss) && left > Duration::ZERO && left >= self.base(rtt) / 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALM: Loss = Loss { lost: 0, heard: 90, heavy: false };

    /// When the tries of a silent port start and when it is given up, in milliseconds.
    fn times(patience: u64, retries: u32, datagram: bool, samples: &[u64], loss: Loss) -> Vec<u64> {
        let waits = Waits::new(Duration::from_millis(patience), retries, datagram);
        let mut rtt = Rtt::default();
        samples.iter().for_each(|&ms| rtt.sample(Duration::from_millis(ms)));
        let (mut waited, mut tries, mut times) = (Duration::ZERO, 0, vec![0]);
        loop {
            tries += 1;
            waited += waits.wait(&rtt, loss, tries, waited);
            times.push(waited.as_millis() as u64);
            if !waits.again(&rtt, loss, tries, waited) {
                return times;
            }
        }
    }

    #[test]
    fn a_silent_port_of_an_unknown_host_is_asked_thrice_in_two_seconds() {
        assert_eq!(times(2_000, 3, false, &[], CALM), [0, 500, 1_500, 2_000]);
        assert_eq!(times(2_000, 1, false, &[], CALM), [0, 500, 2_000]);
        assert_eq!(times(2_000, 0, false, &[], CALM), [0, 2_000]);
        assert_eq!(times(1_000, 3, false, &[], CALM), [0, 250, 750, 1_000]);
        assert_eq!(times(10_000, 3, false, &[], CALM), [0, 1_000, 3_000, 5_000, 10_000]);
        assert_eq!(times(5, 3, false, &[], CALM), [0, 5]);
    }

    #[test]
    fn a_known_round_trip_decides_sooner() {
        assert_eq!(times(2_000, 3, false, &[20; 8], CALM), [0, 30, 90, 150, 400]);
        assert_eq!(times(2_000, 1, false, &[20; 8], CALM), [0, 30, 280]);
        assert_eq!(times(2_000, 0, false, &[20; 8], CALM), [0, 250]);
        assert_eq!(times(2_000, 3, false, &[590; 200], CALM), [0, 600, 2_000]);
        assert_eq!(times(100, 3, false, &[20; 8], CALM), [0, 30, 100]);
    }

    fn lost(lost: u32, heard: u32) -> Loss {
        Loss { lost, heard, heavy: false }
    }

    #[test]
    fn loss_adds_tries_where_the_user_allows_any() {
        assert_eq!(times(2_000, 3, false, &[20; 8], lost(1, 90)), [0, 30, 90, 150, 400]);
        assert_eq!(times(2_000, 3, false, &[20; 8], lost(1, 30)), [0, 30, 90, 150, 210, 460]);
        assert_eq!(times(2_000, 3, false, &[20; 8], lost(9, 9)), [0, 30, 90, 150, 210, 270, 520]);
        assert_eq!(times(2_000, 0, false, &[20; 8], lost(9, 9)), [0, 250]);
    }

    #[test]
    fn heavy_loss_makes_silence_void_but_not_for_ever() {
        let heavy = Loss { heavy: true, ..lost(9, 9) };
        let is_void = |retries, loss, before| Waits::new(Duration::from_secs(2), retries, false).is_void(loss, before);
        assert!(is_void(3, heavy, 0) && !is_void(3, CALM, 0) && !is_void(0, heavy, 0));
        assert!(is_void(3, heavy, MOST_VOID - 1) && !is_void(3, heavy, MOST_VOID));
    }

    #[test]
    fn a_silent_datagram_takes_its_whole_patience() {
        assert_eq!(times(2_000, 3, true, &[20; 8], CALM), [0, 500, 1_500, 2_000]);
        assert_eq!(times(2_000, 0, true, &[20; 8], CALM), [0, 2_000]);
    }
}

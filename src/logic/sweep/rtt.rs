//! How long the way to a host and back takes, as RFC 6298 measures it. It does not know what was sent.
//!
//! Karn's rule (its section 3), to take no sample of what was sent again, is kept by itself: each try is a connect of
//! its own, from a port of its own, so that an answer says which try it answers. (TCP's own second SYN is the sweep's
//! to see.)

use std::time::Duration;

/// Nothing is taken for lost sooner.
pub(super) const LEAST: Duration = Duration::from_millis(20);

/// What is waited beyond the mean at least: the scheduler's part, here and there. The RFC's G.
const SLACK: Duration = Duration::from_millis(10);

/// So many samples are a measurement.
const MEASURED: u32 = 8;

/// The round trip to a host.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rtt {
    mean: Duration,
    deviation: Duration,
    samples: u32,
}

impl Rtt {
    /// Takes a sample.
    pub(super) fn sample(&mut self, rtt: Duration) {
        self.samples = self.samples.saturating_add(1);
        if self.samples == 1 {
            (self.mean, self.deviation) = (rtt, rtt / 2);
            return;
        }
        let off = self.mean.abs_diff(rtt);
        // The RFC thinks of a sample or two a round trip; a sweep has hundreds, which are alike. Deviation, once
        // measured, falls so slowly that they do not make it forget the last round (RFC 7323 appendix G has the same
        // worry).
        let gain = if off < self.deviation && self.samples > MEASURED { 32 } else { 4 };
        self.deviation = (self.deviation * (gain - 1) + off) / gain;
        self.mean = (self.mean * 7 + rtt) / 8;
    }

    /// How long an answer is waited for; none while nothing is known.
    pub(super) fn wait(&self) -> Option<Duration> {
        (self.samples > 0).then(|| (self.mean + (self.deviation * 4).max(SLACK)).max(LEAST))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(samples: impl IntoIterator<Item = u64>) -> Duration {
        let mut rtt = Rtt::default();
        samples.into_iter().for_each(|ms| rtt.sample(Duration::from_millis(ms)));
        rtt.wait().expect("a sample")
    }

    #[test]
    fn one_sample_is_trusted_threefold_and_more_make_it_sharp() {
        assert_eq!(Rtt::default().wait(), None);
        assert_eq!(after([20]), Duration::from_millis(60));
        assert_eq!(after([20; 8]), Duration::from_millis(30));
        assert_eq!(after([0; 8]), LEAST);
    }

    #[test]
    fn one_late_answer_among_many_is_remembered() {
        let calm = after([20; 200]);
        let late = after([[20; 200].as_slice(), &[100], &[20; 30]].concat());
        assert!(late > calm + Duration::from_millis(20), "{late:?}");
    }
}

//! The times of one tool: median, extremes, and the runs that came to nothing.

/// How a time in seconds is shown to the reader.
#[derive(Clone, Copy)]
pub(crate) enum Unit {
    /// So much of something in each run, hence so much of it per second: more is better.
    Rate { amount: f64, name: &'static str },
    /// The time itself: less is better.
    Milliseconds,
    /// No time at all, but bytes, so many of them taken as one: less is better.
    Bytes { unit: f64, name: &'static str },
}

impl Unit {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rate { name, .. } | Self::Bytes { name, .. } => name,
            Self::Milliseconds => "ms",
        }
    }

    /// What it means that the other's figure is twice that of nsock.
    pub(crate) fn comparison(self) -> &'static str {
        match self {
            Self::Rate { .. } | Self::Milliseconds => "nsock is times as fast",
            Self::Bytes { .. } => "nsock is times as small",
        }
    }

    fn of(self, seconds: f64) -> f64 {
        match self {
            Self::Rate { amount, .. } => amount / seconds,
            Self::Milliseconds => seconds * 1e3,
            Self::Bytes { unit, .. } => seconds / unit,
        }
    }
}

/// Every run of one tool.
#[derive(Default)]
pub(crate) struct Figures {
    seconds: Vec<f64>,
    failures: Vec<String>,
}

impl Figures {
    /// Of a tool that was not timed, and why.
    pub(crate) fn untimed(reason: String) -> Self {
        Self { seconds: Vec::new(), failures: vec![reason] }
    }

    pub(crate) fn add(&mut self, run: Result<f64, String>) {
        match run {
            Ok(seconds) => self.seconds.push(seconds),
            Err(reason) => self.failures.push(reason),
        }
    }

    pub(crate) fn failed(&self) -> usize {
        self.failures.len()
    }

    /// The middle time in seconds; of an even number of runs the mean of the two in the middle.
    pub(crate) fn median(&self) -> Option<f64> {
        let mut sorted = self.seconds.clone();
        sorted.sort_by(f64::total_cmp);
        let upper = *sorted.get(sorted.len() / 2)?;
        let lower = sorted[(sorted.len() - 1) / 2];
        Some(f64::midpoint(lower, upper))
    }

    /// `3.51 (3.20–3.60)`, or a dash when no run succeeded.
    pub(crate) fn show(&self, unit: Unit) -> String {
        let Some(median) = self.median() else {
            return "-".into();
        };
        let values = self.seconds.iter().map(|&seconds| unit.of(seconds));
        let low = values.clone().fold(f64::INFINITY, f64::min);
        let high = values.fold(0.0, f64::max);
        format!("{:.2} ({low:.2}–{high:.2})", unit.of(median))
    }

    /// `good` when every run was, else how many were not and what the last one died of.
    pub(crate) fn verdict(&self) -> String {
        match self.failures.last() {
            None => "good".into(),
            Some(reason) if self.seconds.is_empty() => reason.clone(),
            Some(reason) => {
                let all = self.seconds.len() + self.failures.len();
                format!("{} of {all} runs failed: {reason}", self.failures.len())
            }
        }
    }
}

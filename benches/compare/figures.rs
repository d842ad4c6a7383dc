//! The figures of one tool: median, extremes, and the runs that came to nothing.

/// What figures are about, and how they are shown to the reader.
#[derive(Clone, Copy)]
pub(crate) enum Unit {
    /// Seconds, in each run for so much of something, hence so much of it per second: more is better.
    Rate { amount: f64, what: &'static str },
    /// The same of processor time. It tells more where the load is the slower of the two, or the machine is busy with
    /// others: the clock then makes all tools alike.
    CpuRate { amount: f64, what: &'static str },
    /// The seconds themselves: less is better.
    Milliseconds,
    /// No seconds at all, but bytes, so many of them taken as one: less is better.
    Bytes { unit: f64, name: &'static str },
}

impl Unit {
    pub(crate) fn name(self) -> String {
        match self {
            Self::Rate { what, .. } => format!("{what}/s"),
            Self::CpuRate { what, .. } => format!("{what}/CPU second"),
            Self::Milliseconds => "ms".into(),
            Self::Bytes { name, .. } => name.into(),
        }
    }

    /// What it means that the other's figure is twice that of nsock.
    pub(crate) fn comparison(self) -> &'static str {
        match self {
            Self::Rate { .. } | Self::CpuRate { .. } | Self::Milliseconds => "nsock is times as fast",
            Self::Bytes { .. } => "nsock is times as small",
        }
    }

    /// Three digits, which is more than any two runs have in common.
    pub(crate) fn show(self, figure: f64) -> String {
        match self.of(figure) {
            value if value >= 99.95 => grouped(&format!("{value:.0}")),
            value if value >= 9.995 => format!("{value:.1}"),
            value => format!("{value:.2}"),
        }
    }

    fn of(self, figure: f64) -> f64 {
        match self {
            Self::Rate { amount, .. } | Self::CpuRate { amount, .. } => amount / figure,
            Self::Milliseconds => figure * 1e3,
            Self::Bytes { unit, .. } => figure / unit,
        }
    }
}

/// What one run gave in each unit of its contest; nothing where that would not tell anything about the tool.
pub(crate) type Run = Vec<Option<f64>>;

/// Every run of one tool.
#[derive(Default)]
pub(crate) struct Figures {
    runs: Vec<Run>,
    failures: Vec<String>,
}

impl Figures {
    /// Of a tool that was not timed, and why.
    pub(crate) fn untimed(reason: String) -> Self {
        Self { runs: Vec::new(), failures: vec![reason] }
    }

    pub(crate) fn add(&mut self, run: Result<Run, String>) {
        match run {
            Ok(run) => self.runs.push(run),
            Err(reason) => self.failures.push(reason),
        }
    }

    pub(crate) fn failed(&self) -> usize {
        self.failures.len()
    }

    /// The middle figure in that unit; of an even number of runs the mean of the two in the middle.
    pub(crate) fn median(&self, unit: usize) -> Option<f64> {
        let sorted = self.sorted(unit);
        let upper = *sorted.get(sorted.len() / 2)?;
        let lower = sorted[(sorted.len() - 1) / 2];
        Some(f64::midpoint(lower, upper))
    }

    /// `3.51 (3.20–3.60)`, or a dash where there is no figure.
    pub(crate) fn show(&self, number: usize, unit: Unit) -> String {
        let Some(median) = self.median(number) else {
            return "-".into();
        };
        let mut ends: Vec<f64> = self.sorted(number);
        ends.sort_by(|one, other| unit.of(*one).total_cmp(&unit.of(*other)));
        let [low, high] = [ends[0], ends[ends.len() - 1]].map(|figure| unit.show(figure));
        format!("{} ({low}–{high})", unit.show(median))
    }

    /// `good` when every run was, else how many were not and what the last one died of.
    pub(crate) fn verdict(&self) -> String {
        match self.failures.last() {
            None => "good".into(),
            Some(reason) if self.runs.is_empty() => reason.clone(),
            Some(reason) => {
                let all = self.runs.len() + self.failures.len();
                format!("{} of {all} runs failed: {reason}", self.failures.len())
            }
        }
    }

    fn sorted(&self, unit: usize) -> Vec<f64> {
        let mut figures: Vec<f64> = self.runs.iter().filter_map(|run| run[unit]).collect();
        figures.sort_by(f64::total_cmp);
        figures
    }
}

/// 65,535
fn grouped(digits: &str) -> String {
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

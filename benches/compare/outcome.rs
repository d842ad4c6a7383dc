//! What a contest came to, in few words.

use super::figures::Unit;

/// In one unit: nsock, and the best of each other kind.
pub(crate) struct Outcome {
    pub(crate) unit: Unit,
    /// Or why there is no figure.
    pub(crate) nsock: Result<Mark, String>,
    /// Or why there is none.
    pub(crate) peer: Result<Mark, &'static str>,
    pub(crate) limit: Option<Mark>,
}

/// One tool's median.
pub(crate) struct Mark {
    pub(crate) name: &'static str,
    pub(crate) median: f64,
    pub(crate) flaw: Option<String>,
}

/// Above 1 if nsock is the faster, or the smaller.
pub(crate) fn ratio(nsock: Option<f64>, other: Option<f64>) -> String {
    match (nsock, other) {
        (Some(nsock), Some(other)) => format!("{:.2}", other / nsock),
        _ => "-".into(),
    }
}

//! How a run stands to a file of known failures: what of it was expected, what the file does not know yet, and what of the file
//! did not come. The runner decides it; reports render it.

use crate::{Finding, ScenarioKey, ScenarioResult, VerdictKind};

/// An entry of the file, as far as it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownFailure {
    /// Its line in the file, from 1.
    pub line: u32,
    /// Why it is expected; empty where the file does not say.
    pub reason: String,
    /// Where more is said of it.
    pub link: Option<String>,
}

impl KnownFailure {
    /// Why it is expected and where more is said of it, for people.
    pub fn told(&self) -> String {
        let reason = if self.reason.trim().is_empty() { "no reason given" } else { self.reason.as_str() };
        self.link.as_ref().map_or_else(|| reason.to_owned(), |link| format!("{reason} ({link})"))
    }
}

/// How one result stands to the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expectation {
    /// The file names all that it shows, or all that shuts the gate that blocks it.
    Expected(Vec<KnownFailure>),
    /// It is newer than the file, or blocked by a gate that is: nothing of it turns a run red.
    New,
    /// It did not pass, and the file does not name it: with the fingerprints that are not named.
    Unexpected(Vec<String>),
}

impl ScenarioResult {
    /// It did not pass, and turns nothing red: it is expected, or newer than the file.
    pub fn is_excused(&self) -> bool {
        let red =
            matches!(self.verdict.kind, VerdictKind::Fail | VerdictKind::Inconclusive | VerdictKind::Blocked);
        red && matches!(self.expectation, Some(Expectation::Expected(_) | Expectation::New))
    }

    /// Whether a finding of it turns nothing red; it may stand beside one that does.
    pub fn is_known(&self, finding: &Finding) -> bool {
        match &self.expectation {
            None => false,
            Some(Expectation::Expected(_) | Expectation::New) => true,
            Some(Expectation::Unexpected(strangers)) => {
                !strangers.is_empty() && !strangers.contains(&finding.fingerprint().to_string())
            }
        }
    }
}

/// How a whole run stands to the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgainstFile {
    /// The file, as it was given.
    pub file: String,
    /// Results that did not pass, as expected.
    pub expected: usize,
    /// Results that did not pass, and should have.
    pub unexpected: usize,
    /// What is newer than the file, whatever came of it.
    pub new: Vec<ScenarioKey>,
    /// Entries that matched nothing although their scenarios were judged.
    pub stale: Vec<StaleEntry>,
    /// Lines of entries that matched and have no reason.
    pub no_reason: Vec<u32>,
    /// Scenarios that were judged: they passed or failed.
    pub tested: usize,
    /// How many must be, where the run was of everything.
    pub min_tested: Option<usize>,
    /// What else is to be said of the file, in order.
    pub notes: Vec<String>,
}

impl AgainstFile {
    /// Fewer were judged than must be.
    pub fn is_below_floor(&self) -> bool {
        self.min_tested.is_some_and(|least| self.tested < least)
    }
}

/// An entry whose failure did not come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaleEntry {
    /// Its line in the file, from 1.
    pub line: u32,
    /// What it expects of which scenario, in one line.
    pub text: String,
}

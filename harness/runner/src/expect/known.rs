//! What a file says of single results: expected, new, or neither. It knows nothing of the run as a whole.

use std::{collections::BTreeMap, sync::Arc};

use deadzone_verdict::{Expectation, Finding, Outcome, ScenarioKey, ScenarioResult, VerdictKind};
use deadzone_wire::Version;

use super::{
    Expectations,
    file::{Entry, Shows},
};
use crate::habit::{TARGET, is_habit};

/// A file with the entries that hold for the target.
#[derive(Debug)]
pub(crate) struct Known {
    pub(super) file: Arc<Expectations>,
    /// Of each entry: whether the target is of a version that it is about.
    pub(super) holds: Vec<bool>,
}

impl Known {
    /// Where the target does not tell its version, an entry that asks for one does not hold.
    pub(crate) fn new(file: Arc<Expectations>, target_version: Option<&str>) -> Self {
        let holds = |entry: &Entry| match &entry.target_version {
            Some(condition) => target_version.is_some_and(|version| condition.holds(version)),
            None => true,
        };
        let holds = file.entries.iter().map(holds).collect();
        Self { file, holds }
    }

    /// The entries that hold, with their numbers.
    pub(super) fn entries(&self) -> impl Iterator<Item = (usize, &Entry)> {
        self.file.entries.iter().enumerate().filter(|(number, _)| self.holds[*number])
    }

    /// The entries that an outcome shows to be true still.
    pub(super) fn met_by(&self, outcome: &Outcome) -> Vec<usize> {
        let prints = || outcome.found.iter().chain(&outcome.unconfirmed).chain(&outcome.repeated);
        let met = |entry: &Entry| match &entry.shows {
            Shows::Fail { .. } => prints().any(|print| entry.names(&outcome.key, print)),
            Shows::Inconclusive => outcome.kind == VerdictKind::Inconclusive && entry.covers(&outcome.key),
            Shows::Blocked => outcome.kind == VerdictKind::Blocked && entry.covers(&outcome.key),
        };
        self.entries().filter(|(_, entry)| met(entry)).map(|(number, _)| number).collect()
    }

    /// It is newer than the file.
    pub(super) fn is_new(&self, key: &ScenarioKey) -> bool {
        !self.file.pin.is_empty() && key.id != TARGET && !self.file.pin.knows(key)
    }

    /// How an outcome stands to the file; nothing is said of what passed and is not new.
    pub(super) fn expectation(&self, outcome: &Outcome) -> Option<Expectation> {
        let by_verdict = |shows: &Shows| {
            let of_it =
                self.entries().filter(|(_, entry)| entry.shows == *shows && entry.covers(&outcome.key));
            of_it.map(|(_, entry)| entry).collect::<Vec<_>>()
        };
        let named = match outcome.kind {
            VerdictKind::Pass | VerdictKind::PassSlow | VerdictKind::NotApplicable => {
                return self.is_new(&outcome.key).then_some(Expectation::New);
            }
            // A bug of ours is never expected.
            VerdictKind::Error => return Some(Expectation::Unexpected(Vec::new())),
            VerdictKind::Fail => self.all_named(&outcome.key, &outcome.found),
            // Where nothing was waited out, an expected silence is not known to be one.
            VerdictKind::Inconclusive => match by_verdict(&Shows::Inconclusive) {
                entries if entries.is_empty() => self.all_named(&outcome.key, &outcome.unconfirmed),
                entries => Ok(entries),
            },
            VerdictKind::Blocked => match by_verdict(&Shows::Blocked) {
                entries if entries.is_empty() => Err(Vec::new()),
                entries => Ok(entries),
            },
        };
        Some(match named {
            Ok(entries) => Expectation::Expected(entries.into_iter().map(Entry::told).collect()),
            Err(_) if self.is_new(&outcome.key) => Expectation::New,
            Err(strangers) => Expectation::Unexpected(strangers),
        })
    }

    /// The entries that name these findings, or the findings that none names. Nothing found is nothing named.
    fn all_named(&self, key: &ScenarioKey, prints: &[String]) -> Result<Vec<&Entry>, Vec<String>> {
        let mut entries: BTreeMap<usize, &Entry> = BTreeMap::new();
        let mut strangers = Vec::new();
        for print in prints {
            let by: Vec<_> = self.entries().filter(|(_, entry)| entry.names(key, print)).collect();
            if by.is_empty() {
                strangers.push(print.clone());
            }
            entries.extend(by);
        }
        let all = strangers.is_empty() && !prints.is_empty();
        if all { Ok(entries.into_values().collect()) } else { Err(strangers) }
    }

    /// Nothing is repeated for a first run: the file names all that it shows. On a gate others stand, so that one that comes now
    /// and then is asked again all the same.
    pub(crate) fn is_settled(&self, first: &ScenarioResult, gate: bool) -> bool {
        let mut outcome = Outcome::of(first);
        let own = first.verdict.findings.iter().filter(|finding| !is_habit(finding));
        outcome.found = own.map(|finding| finding.fingerprint().to_string()).collect();
        let met = self.met_by(&outcome);
        let certain = |number: &usize| {
            let entry = &self.file.entries[*number];
            !entry.intermittent && entry.shows != Shows::Inconclusive
        };
        let expected = matches!(self.expectation(&outcome), Some(Expectation::Expected(_)));
        expected && (!gate || met.iter().all(certain))
    }

    /// Whether a failure that is not compared yet turns nothing red. A habit is looked for where it is going to be told.
    fn excuses(&self, result: &ScenarioResult) -> bool {
        let target = ScenarioKey { id: TARGET.to_owned(), version: result.key.version };
        let named = |finding: &Finding| {
            let key = if is_habit(finding) { &target } else { &result.key };
            let print = finding.fingerprint().to_string();
            self.entries().any(|(_, entry)| entry.names(key, &print))
        };
        self.is_new(&result.key) || result.verdict.findings.iter().all(named)
    }
}

/// Whether a result is an error, or a failure that no file excuses.
pub(crate) fn fails(known: Option<&Known>, result: &ScenarioResult) -> bool {
    match result.verdict.kind {
        VerdictKind::Error => true,
        VerdictKind::Fail => !known.is_some_and(|known| known.excuses(result)),
        _ => false,
    }
}

/// Marks the results of a run as they are told.
#[derive(Debug)]
pub(crate) struct Marks {
    pub(crate) known: Arc<Known>,
    /// How the results of each gate's scenarios that did not pass stand to the file.
    shut: BTreeMap<(Version, String), Vec<Expectation>>,
}

impl Marks {
    pub(crate) fn new(known: Arc<Known>) -> Self {
        Self { known, shut: BTreeMap::new() }
    }

    /// Marks a result; `gate` is the one that its scenario is. Gates are told before what stands on them.
    pub(crate) fn mark(&mut self, gate: Option<&str>, result: &mut ScenarioResult) {
        result.expectation = self.known.expectation(&Outcome::of(result));
        if let (Some(Expectation::Unexpected(_)), VerdictKind::Blocked) =
            (&result.expectation, result.verdict.kind)
        {
            let cause = result.verdict.blocked_by.clone().map(|gate| (result.key.version, gate));
            let shut_by = cause.and_then(|cause| self.shut.get(&cause));
            result.expectation = shut_by.and_then(|by| behind(by)).or_else(|| result.expectation.take());
        }
        let shut = matches!(
            result.verdict.kind,
            VerdictKind::Fail | VerdictKind::Inconclusive | VerdictKind::Blocked
        );
        if let (true, Some(gate), Some(expectation)) = (shut, gate, &result.expectation) {
            self.shut.entry((result.key.version, gate.to_owned())).or_default().push(expectation.clone());
        }
    }
}

/// How what is blocked stands to the file, behind a gate all of whose scenarios are expected to be shut, or are new.
fn behind(gate: &[Expectation]) -> Option<Expectation> {
    if !gate.iter().all(is_excused) {
        return None;
    }
    if gate.contains(&Expectation::New) {
        return Some(Expectation::New);
    }
    let known = gate.iter().filter_map(|expectation| match expectation {
        Expectation::Expected(known) => Some(known.iter().cloned()),
        Expectation::New | Expectation::Unexpected(_) => None,
    });
    Some(Expectation::Expected(known.flatten().collect()))
}

fn is_excused(expectation: &Expectation) -> bool {
    !matches!(expectation, Expectation::Unexpected(_))
}

/// The verdict that counts for the exit code: what is expected, and what is new, turns nothing red.
pub(crate) fn counted(result: &ScenarioResult) -> VerdictKind {
    let excused = result.expectation.as_ref().is_some_and(is_excused);
    match result.verdict.kind {
        VerdictKind::Fail | VerdictKind::Inconclusive | VerdictKind::Blocked if excused => VerdictKind::Pass,
        kind => kind,
    }
}

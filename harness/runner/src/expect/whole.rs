//! How a whole run stands to a file: what of the file did not come, and whether enough was judged.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use deadzone_verdict::{
    AgainstFile, Expectation, Outcome, ScenarioKey, ScenarioResult, StaleEntry, VerdictKind,
};
use deadzone_wire::Version;

use super::{Known, file::Entry};
use crate::habit::TARGET;

/// Most notes of one kind.
const NOTES: usize = 6;

/// A run that ended.
pub(crate) struct Played<'a> {
    pub(crate) results: &'a [Arc<ScenarioResult>],
    /// All scenarios that there are.
    pub(crate) suite: BTreeSet<ScenarioKey>,
    pub(crate) versions: &'a [Version],
    /// Nothing was left out by choice, and nothing that was planned is missing.
    pub(crate) everything: bool,
    /// The target's name.
    pub(crate) target: &'a str,
}

/// Holds a run against the file.
pub(crate) fn against(known: &Known, played: &Played<'_>) -> AgainstFile {
    let results = played.results;
    let unexpected = |result: &ScenarioResult| matches!(result.expectation, Some(Expectation::Unexpected(_)));
    // What fails otherwise may hide what is expected of it.
    let outcomes: Vec<Outcome> =
        results.iter().filter(|result| !unexpected(result)).map(|result| Outcome::of(result)).collect();
    let met: BTreeSet<usize> = results.iter().flat_map(|r| known.met_by(&Outcome::of(r))).collect();
    let stale = stale(known, &outcomes, &played.suite).into_iter().map(|number| {
        let entry = &known.file.entries[number];
        StaleEntry { line: entry.at.0, text: entry.line() }
    });
    let no_reason = met.iter().map(|number| &known.file.entries[*number]);
    let new = results.iter().filter(|result| result.expectation == Some(Expectation::New));
    AgainstFile {
        file: known.file.path.display().to_string(),
        expected: results.iter().filter(|r| matches!(r.expectation, Some(Expectation::Expected(_)))).count(),
        unexpected: results.iter().filter(|result| unexpected(result)).count(),
        new: new.map(|result| result.key.clone()).collect(),
        stale: stale.collect(),
        no_reason: no_reason.filter(|entry| entry.reason.trim().is_empty()).map(|entry| entry.at.0).collect(),
        tested: results
            .iter()
            .filter(|result| result.key.id != TARGET && is_judged(result.verdict.kind))
            .count(),
        min_tested: known.file.min_tested.filter(|_| floor_applies(known, played)),
        notes: notes(known, played),
    }
}

/// Whether a verdict tells whether a failure is still there.
fn is_judged(kind: VerdictKind) -> bool {
    matches!(kind, VerdictKind::Pass | VerdictKind::PassSlow | VerdictKind::Fail)
}

/// The entries that matched nothing although all that they cover was judged, or does not apply to the target.
pub(super) fn stale(known: &Known, outcomes: &[Outcome], suite: &BTreeSet<ScenarioKey>) -> Vec<usize> {
    let kinds: BTreeMap<&ScenarioKey, VerdictKind> = outcomes.iter().map(|o| (&o.key, o.kind)).collect();
    let met: BTreeSet<usize> = outcomes.iter().flat_map(|outcome| known.met_by(outcome)).collect();
    let unmet = known.entries().filter(|(number, entry)| !entry.intermittent && !met.contains(number));
    unmet.filter(|(_, entry)| is_decided(known, entry, &kinds, suite)).map(|(number, _)| number).collect()
}

fn is_decided(
    known: &Known,
    entry: &Entry,
    kinds: &BTreeMap<&ScenarioKey, VerdictKind>,
    suite: &BTreeSet<ScenarioKey>,
) -> bool {
    if entry.scenario.0 == TARGET {
        // A habit may show in any scenario: all that the file knows must have been played.
        let all = |key: &&ScenarioKey| entry.is_of(key.version);
        let played = |key: &ScenarioKey| kinds.contains_key(key);
        let known_ones = || known.file.pin.keys().filter(|key| suite.contains(*key)).filter(all);
        let whole = if known.file.pin.is_empty() {
            suite.iter().filter(all).all(played)
        } else {
            known_ones().all(played)
        };
        return whole && kinds.iter().any(|(key, kind)| all(key) && is_judged(*kind));
    }
    let mut judged = false;
    for key in suite.iter().filter(|key| entry.covers(key)) {
        match kinds.get(key) {
            Some(VerdictKind::NotApplicable) => {}
            Some(kind) if is_judged(*kind) => judged = true,
            _ => return false,
        }
    }
    judged
}

/// The floor is one of whole runs: of everything, in every version that the file knows.
fn floor_applies(known: &Known, played: &Played<'_>) -> bool {
    let pin = &known.file.pin;
    let versions = pin.keys().all(|key| played.versions.contains(&key.version));
    let same_suite = pin.is_empty() || pin.keys().any(|key| played.suite.contains(key));
    played.everything && versions && same_suite
}

fn notes(known: &Known, played: &Played<'_>) -> Vec<String> {
    let file = &known.file;
    let mut notes = Vec::new();
    if file.target != played.target {
        notes.push(format!("made for `{}`, and the target is `{}`", file.target, played.target));
    }
    let ids: BTreeSet<&str> = played.suite.iter().map(|key| key.id.as_str()).collect();
    let gone = |entry: &&Entry| entry.scenario.0 != TARGET && !ids.iter().any(|id| entry.scenario.covers(id));
    let gone = file
        .entries
        .iter()
        .filter(gone)
        .map(|e| format!("line {}: `{}` is not in this suite", e.at.0, e.scenario.0));
    notes.extend(gone.take(NOTES));
    let waiting = file.entries.iter().zip(&known.holds).filter(|(_, holds)| !**holds);
    let lines: Vec<String> = waiting.map(|(entry, _)| entry.at.0.to_string()).collect();
    if !lines.is_empty() {
        notes.push(format!("of another version of the target: the entries of lines {}", lines.join(", ")));
    }
    notes
}

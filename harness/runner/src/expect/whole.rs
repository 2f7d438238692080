//! How a whole run stands to a file: what of the file did not come, and whether enough was judged.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use deadzone_verdict::{
    AgainstFile, Expectation, Outcome, RunInfo, ScenarioKey, ScenarioResult, StaleEntry, Summary, VerdictKind,
};
use deadzone_wire::Version;

use super::{Known, alias::is_retired, file::Entry, known::Holds};
use crate::{ExitCode, Options, Suite, Tier, habit::TARGET};

/// Most notes of one kind.
const NOTES: usize = 6;

/// A run that ended.
pub(crate) struct Played<'a> {
    results: &'a [Arc<ScenarioResult>],
    /// All scenarios that there are.
    suite: BTreeSet<ScenarioKey>,
    versions: &'a [Version],
    /// Nothing of its tier was left out by choice, nothing that was planned is missing, and silences were waited out.
    everything: bool,
    /// Silences were not waited out: fewer are judged.
    quick: bool,
    tier: Tier,
    /// The target's name.
    target: &'a str,
}

impl<'a> Played<'a> {
    /// `whole`: the target was there to the end, and silences were waited out.
    pub(crate) fn of(
        options: &'a Options,
        suite: &Suite,
        results: &'a [Arc<ScenarioResult>],
        info: &'a RunInfo,
        whole: bool,
    ) -> Self {
        let everything = info.choice.filters.is_empty() && info.choice.gentle.is_none() && whole;
        let tier = info.choice.tier.parse().unwrap_or(Tier::Long);
        let (versions, target) = (options.versions.as_slice(), info.target.as_str());
        Self { results, suite: suite.keys(), versions, everything, quick: options.quick, tier, target }
    }
}

impl Known {
    /// Adds to a summary how its run stands to the file, and what that makes of its exit code.
    pub(crate) fn hold(&self, summary: &mut Summary, played: Played<'_>) {
        let everything = played.everything && !summary.interrupted && summary.not_run == 0;
        let against = against(self, &Played { everything, ..played });
        let code = ExitCode::known(summary.exit_code);
        summary.exit_code = code.with_file(!against.stale.is_empty(), against.is_below_floor()) as u8;
        summary.expectations = Some(against);
    }
}

/// Holds a run against the file.
fn against(known: &Known, played: &Played<'_>) -> AgainstFile {
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
        min_tested: known.file.min_tested.of(played.tier).filter(|_| floor_applies(known, played)),
        notes: notes(known, played),
    }
}

/// Whether a verdict tells whether a failure is still there.
pub(super) fn is_judged(kind: VerdictKind) -> bool {
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

/// The floor is one of whole runs: of everything, in every version that the file knows, and of a suite that could reach it.
fn floor_applies(known: &Known, played: &Played<'_>) -> bool {
    let pin = &known.file.pin;
    let versions = pin.keys().all(|key| played.versions.contains(&key.version));
    played.everything && versions && (pin.is_empty() || !is_of_another_suite(known, played))
}

/// Some scenarios that the file knows are not there, and with the others the floor can't be reached: a part of the suite was given
/// by its files.
fn is_of_another_suite(known: &Known, played: &Played<'_>) -> bool {
    let there = known.file.pin.keys().filter(|key| played.suite.contains(key)).count();
    let all = known.file.pin.keys().count();
    known.file.min_tested.of(played.tier).is_some_and(|least| there < least.min(all))
}

fn notes(known: &Known, played: &Played<'_>) -> Vec<String> {
    let file = &known.file;
    let mut notes = Vec::new();
    if played.everything && !file.pin.is_empty() && is_of_another_suite(known, played) {
        notes.push(
            "`min_tested` is not asked for: this suite has fewer of the scenarios that the file knows"
                .to_owned(),
        );
    } else if played.quick && file.min_tested.of(played.tier).is_some() {
        notes.push("`min_tested` is not asked for: `--quick` judges less".to_owned());
    }
    if file.target != played.target {
        notes.push(format!("made for `{}`, and the target is `{}`", file.target, played.target));
    }
    let ids: BTreeSet<&str> = played.suite.iter().map(|key| key.id.as_str()).collect();
    notes.extend(file.notes.iter().take(NOTES).cloned());
    let gone = |entry: &&Entry| {
        let name = &entry.scenario.0;
        name != TARGET && !is_retired(name) && !ids.iter().any(|id| entry.scenario.covers(id))
    };
    let gone = file
        .entries
        .iter()
        .filter(gone)
        .map(|e| format!("line {}: `{}` is not in this suite", e.at.0, e.scenario.0));
    notes.extend(gone.take(NOTES));
    for (holds, what) in
        [(Holds::OtherVersion, "another version of the target"), (Holds::OtherTransport, "another transport")]
    {
        let waiting = file.entries.iter().zip(&known.holds).filter(|(_, of)| **of == holds);
        let lines: Vec<String> = waiting.map(|(entry, _)| entry.at.0.to_string()).collect();
        if !lines.is_empty() {
            notes.push(format!("of {what}: the entries of lines {}", lines.join(", ")));
        }
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expect::made::{SILENT, TWICE, entry, fails, key, known, outcome};

    const PASS: VerdictKind = VerdictKind::Pass;

    fn lines(file: &str, outcomes: &[Outcome], suite: &[&str]) -> usize {
        stale(&known(file, None), outcomes, &suite.iter().map(|id| key(id)).collect()).len()
    }

    #[test]
    fn an_entry_is_stale_where_its_scenario_was_judged_and_nowhere_else() {
        let file = fails("a", TWICE);
        let of = |kind, found: &[&str]| lines(&file, &[outcome("a", kind, found)], &["a", "b"]);
        assert_eq!((of(PASS, &[]), of(VerdictKind::PassSlow, &[])), (1, 1));
        assert_eq!(of(VerdictKind::Fail, &[TWICE]), 0);
        assert_eq!(of(VerdictKind::Fail, &[SILENT]), 1, "it fails, and not by this");
        for undecided in [VerdictKind::Inconclusive, VerdictKind::Blocked, VerdictKind::NotApplicable] {
            assert_eq!(of(undecided, &[]), 0, "{undecided:?}");
        }
        assert_eq!(lines(&file, &[outcome("b", PASS, &[])], &["a", "b"]), 0, "it was not selected");
    }

    #[test]
    fn what_comes_now_and_then_is_never_stale() {
        let file = entry("a", &format!("fingerprint = \"{TWICE}\"\nintermittent = true"));
        assert_eq!(lines(&file, &[outcome("a", PASS, &[])], &["a"]), 0);
    }

    #[test]
    fn what_a_repeat_alone_shows_is_still_there() {
        let mut seen = outcome("a", VerdictKind::Fail, &[SILENT]);
        seen.repeated.insert(TWICE.to_owned());
        assert_eq!(lines(&fails("a", TWICE), &[seen], &["a"]), 0);
    }

    #[test]
    fn a_glob_is_stale_where_all_that_it_covers_was_decided() {
        let file = fails("a/*", TWICE);
        let passed = |ids: &[&str]| ids.iter().map(|id| outcome(id, PASS, &[])).collect::<Vec<_>>();
        assert_eq!(lines(&file, &passed(&["a/one"]), &["a/one", "a/two"]), 0);
        assert_eq!(lines(&file, &passed(&["a/one", "a/two"]), &["a/one", "a/two"]), 1);
        let mut seen = passed(&["a/one"]);
        seen.push(outcome("a/two", VerdictKind::NotApplicable, &[]));
        assert_eq!(lines(&file, &seen, &["a/one", "a/two"]), 1);
    }

    #[test]
    fn a_habit_is_stale_once_all_was_played() {
        let file = fails(TARGET, TWICE);
        let passed = outcome("a", PASS, &[]);
        assert_eq!(lines(&file, std::slice::from_ref(&passed), &["a", "b"]), 0);
        assert_eq!(lines(&file, &[passed.clone(), outcome("b", VerdictKind::Blocked, &[])], &["a", "b"]), 1);
        let pinned = format!("[suite]\n\"\" = [\"a\"]\n{file}");
        assert_eq!(lines(&pinned, &[passed], &["a", "b"]), 1, "what the file knows was played");
    }

    #[test]
    fn the_floor_is_one_of_whole_runs() {
        let file = known("min_tested = 3\n[suite]\na = [\"one\"]\n", None);
        let both = [Version::V311, Version::V5];
        let applies = |everything, versions: &[Version], suite: &[&str]| {
            let key = |id: &&str| both.map(|version| ScenarioKey { id: (*id).to_owned(), version });
            let suite = suite.iter().flat_map(key).collect();
            let played = Played {
                results: &[],
                suite,
                versions,
                everything,
                quick: false,
                tier: Tier::Full,
                target: "t",
            };
            let against = against(&file, &played);
            (
                against.is_below_floor(),
                against.notes.iter().any(|note| note.contains("`min_tested` is not asked")),
            )
        };
        assert_eq!(applies(true, &both, &["a/one"]), (true, false));
        assert_eq!(applies(false, &both, &["a/one"]), (false, false), "a part was chosen");
        assert_eq!(applies(true, &both[..1], &["a/one"]), (false, false), "one version was chosen");
        assert_eq!(applies(true, &both, &["mine"]), (false, true), "another suite, and it is said");
    }

    #[test]
    fn each_tier_has_its_floor() {
        let below = |file: &str, tier| {
            let played = Played {
                results: &[],
                suite: BTreeSet::new(),
                versions: &[],
                everything: true,
                quick: false,
                tier,
                target: "t",
            };
            against(&known(file, None), &played).is_below_floor()
        };
        let tiers = "min_tested = { smoke = 3, long = 0 }\n";
        assert_eq!(Tier::ALL.map(|tier| below(tiers, tier)), [true, false, false]);
        assert_eq!(Tier::ALL.map(|tier| below("min_tested = 3\n", tier)), [false, true, true]);
    }

    #[test]
    fn what_is_odd_about_a_file_is_noted() {
        let condition = format!("fingerprint = \"{TWICE}\"\ntarget_version = \"< 2\"");
        let file = "min_tested = 3\n".to_owned() + &fails("gone", TWICE) + &entry("a", &condition);
        let file = known(&file, None);
        let suite = [key("a")].into_iter().collect();
        let played = Played {
            results: &[],
            suite,
            versions: &[],
            everything: true,
            quick: true,
            tier: Tier::Full,
            target: "other",
        };
        let notes = against(&file, &played).notes.join("\n");
        for part in
            ["made for `t`", "`--quick` judges less", "line 5: `gone` is not in this suite", "lines 10"]
        {
            assert!(notes.contains(part), "no {part:?} in {notes}");
        }
    }
}

//! Edits a file by what a run showed: what is not named yet is added, what did not come is taken out, and every scenario that was
//! run is accepted. Comments, order and whatever else the user wrote stay.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

use deadzone_spec::Transport;
use deadzone_target::Mistake;
use deadzone_verdict::{Expectation, Outcome, ScenarioKey, VerdictKind};
use toml_edit::DocumentMut;

use super::{
    ExpectError, Expectations, Known,
    alias::is_retired,
    edit::{Fresh, accept, add, carry, head, rename, soften, take_out},
    file::Entry,
    known::Holds,
    whole,
};
use crate::{ExitCode, Tier, habit::TARGET};

/// Of a hundred scenarios that were judged, those that must be in later runs: a few may be inconclusive now and then.
const FLOOR: usize = 95;

/// What a run showed, from its report.
#[derive(Clone, Debug)]
pub struct Showed {
    /// The target's name.
    pub target: String,
    /// What it says of its version.
    pub target_version: Option<String>,
    /// What carried the bytes, where that is known.
    pub transport: Option<Transport>,
    /// Of which tier it was a run of everything; absent where words chose a part, or the report does not say.
    pub tier: Option<Tier>,
    /// Every scenario that there was, where the run was of the suite of this deadzone; else none.
    pub suite: BTreeSet<ScenarioKey>,
    /// All results, in order; of several runs one behind the other.
    pub outcomes: Vec<Outcome>,
    /// Every planned performance has its result.
    pub complete: bool,
    /// The run's exit code.
    pub exit_code: Option<u8>,
    /// The day of the edit, `2026-01-31`.
    pub today: String,
}

impl Showed {
    /// Takes another run of the same target with this one.
    pub fn join(&mut self, other: Self) -> Result<(), ExpectError> {
        other.is_fit()?;
        if other.target_version != self.target_version {
            let why = "these runs are of two versions of the target: one file at a time".to_owned();
            return Err(ExpectError::Run(why));
        }
        if other.transport != self.transport {
            let why = "these runs are over two transports: one after the other".to_owned();
            return Err(ExpectError::Run(why));
        }
        self.tier = self.tier.filter(|tier| other.tier == Some(*tier));
        self.outcomes.extend(other.outcomes);
        Ok(())
    }

    /// What was not run, and what a target that was lost left open, is no failure to be expected.
    fn is_fit(&self) -> Result<(), ExpectError> {
        let lost = self.exit_code.map(ExitCode::known) == Some(ExitCode::Target);
        match (lost, self.complete) {
            (true, _) => Err(ExpectError::Run(
                "the target was lost in this run: nothing is to be expected of it".to_owned(),
            )),
            (false, false) => Err(ExpectError::Run(
                "this run is not complete: what is missing can't be told from what passed".to_owned(),
            )),
            (false, true) => Ok(()),
        }
    }
}

/// A file as it is to be written, and what is told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Updated {
    /// The whole text.
    pub text: String,
    /// Entries that are new, a line each.
    pub added: Vec<String>,
    /// Entries that were taken out, a line each.
    pub removed: Vec<String>,
    /// Entries that are about one transport more than before, or one less.
    pub carried: Vec<String>,
    /// Entries that one run showed and another did not: they come now and then from here on.
    pub softened: Vec<String>,
    /// Entries that have names of today now.
    pub renamed: Vec<String>,
    /// What was inconclusive, and is not known to be so in every run: it gets no entry.
    pub unsteady: Vec<String>,
    /// How many scenarios the file knows that it did not know before.
    pub accepted: usize,
    /// Bugs of deadzone in the run: never expected.
    pub errors: Vec<String>,
}

/// Brings a file (none yet, without a text) up to what a run showed.
pub fn update(path: &Path, text: Option<&str>, showed: &Showed) -> Result<Updated, ExpectError> {
    showed.is_fit()?;
    let all = showed.outcomes.as_slice();
    // What there was and was not played is nothing new: a file that is made of a part knows it, and excuses nothing of it.
    let unplayed = if text.is_none() { showed.suite.clone() } else { BTreeSet::new() };
    let text = text.map_or_else(|| head(&showed.target, showed.tier, floor(all)), str::to_owned);
    let file = Expectations::parse(path, &text)?;
    let broken = |what: String| ExpectError::Mistakes {
        path: path.to_owned(),
        mistakes: vec![Mistake { line: 1, column: 1, what, help: None }],
    };
    let mut document: DocumentMut =
        text.parse().map_err(|error: toml_edit::TomlError| broken(error.to_string()))?;
    let mut known = Known::new(Arc::new(file), showed.target_version.as_deref(), showed.transport);
    let changes = Changes::of(&mut known, showed);
    let (errors, lines) = (errors(all), changes.lines(&known));
    for (number, entry) in known.file.entries.iter().enumerate() {
        entry.renamed.iter().for_each(|(key, now)| rename(&mut document, number, key, now));
    }
    changes.carried.iter().for_each(|(number, carriers)| carry(&mut document, *number, carriers));
    soften(&mut document, &changes.softened);
    let edited =
        take_out(&mut document, &changes.removed).and_then(|()| add(&mut document, &changes.fresh, showed));
    edited.ok_or_else(|| broken("entries are edited where each is a `[[known]]` table".to_owned()))?;
    let accepted = accept(&mut document, &known.file.pin, all, &unplayed)
        .ok_or_else(|| broken("`suite` is edited where it is a `[suite]` table".to_owned()))?;
    Ok(Updated { text: document.to_string(), accepted, errors, ..lines })
}

/// What is to be done to the entries of a file, by their numbers.
struct Changes {
    fresh: Vec<Fresh>,
    removed: BTreeSet<usize>,
    carried: BTreeMap<usize, BTreeSet<Transport>>,
    softened: BTreeSet<usize>,
    unsteady: Vec<String>,
}

impl Changes {
    /// An entry that the run shows over another transport holds for this one too from here on.
    fn of(known: &mut Known, showed: &Showed) -> Self {
        let all = showed.outcomes.as_slice();
        let mut carried = wider(known, all, showed.transport);
        carried.keys().for_each(|number| known.holds[*number] = Holds::Yes);
        let mut seen = BTreeSet::new();
        let shown = all.iter().flat_map(|outcome| fresh(known, outcome, all));
        let fresh: Vec<Fresh> =
            shown.filter(|entry| seen.insert((entry.key.clone(), entry.fingerprint.clone()))).collect();
        let pinned = known.file.pin.keys().cloned();
        let suite = pinned.chain(all.iter().map(|outcome| outcome.key.clone())).collect();
        let mut removed: BTreeSet<usize> = whole::stale(known, all, &suite).into_iter().collect();
        for number in removed.clone() {
            // What does not come over this transport may come over the others.
            let asked = known.file.entries[number].transports.clone().unwrap_or_default();
            let others: BTreeSet<_> =
                asked.into_iter().filter(|other| Some(*other) != showed.transport).collect();
            if !others.is_empty() {
                removed.remove(&number);
                carried.insert(number, others);
            }
        }
        let entries = known.file.entries.iter().enumerate();
        removed.extend(entries.filter(|(_, entry)| is_retired(&entry.scenario.0)).map(|(number, _)| number));
        Self { fresh, removed, carried, softened: softened(known, all), unsteady: unsteady(known, all) }
    }

    /// What is told of them.
    fn lines(&self, known: &Known) -> Updated {
        let line = |number: &usize| known.file.entries[*number].line();
        let carried = self.carried.iter().map(|(number, carriers)| {
            let names: Vec<&str> = carriers.iter().map(|carrier| carrier.name()).collect();
            format!("{}  over {}", line(number), names.join(", "))
        });
        let renamed = known.file.entries.iter().filter(|entry| !entry.renamed.is_empty());
        Updated {
            text: String::new(),
            added: self.fresh.iter().map(Fresh::line).collect(),
            removed: self.removed.iter().map(line).collect(),
            carried: carried.collect(),
            softened: self.softened.iter().map(line).collect(),
            renamed: renamed.map(Entry::line).collect(),
            unsteady: self.unsteady.clone(),
            accepted: 0,
            errors: Vec::new(),
        }
    }
}

/// The entries of other transports that these outcomes meet, with this one beside theirs. A glob is left as it is: it would pardon
/// more than was seen.
fn wider(
    known: &Known,
    all: &[Outcome],
    transport: Option<Transport>,
) -> BTreeMap<usize, BTreeSet<Transport>> {
    let Some(transport) = transport else { return BTreeMap::new() };
    let entries = known.file.entries.iter().enumerate();
    let of_others = entries.filter(|(number, entry)| {
        known.holds[*number] == Holds::OtherTransport
            && !entry.scenario.is_glob()
            && all.iter().any(|outcome| {
                entry.is_met_by(outcome) && (entry.is_of_findings() || is_steady(all, &outcome.key))
            })
    });
    let with = |entry: &Entry| entry.transports.iter().flatten().copied().chain([transport]).collect();
    of_others.map(|(number, entry)| (number, with(entry))).collect()
}

/// Bugs of deadzone.
fn errors(all: &[Outcome]) -> Vec<String> {
    let errors = all.iter().filter(|outcome| outcome.kind == VerdictKind::Error);
    errors.map(|outcome| format!("{} [{}]", outcome.key.id, outcome.key.version)).collect()
}

/// Whether every run of a scenario ended inconclusive, and there was more than one: only then it is so by right on the target.
fn is_steady(all: &[Outcome], key: &ScenarioKey) -> bool {
    let runs: Vec<&Outcome> = all.iter().filter(|outcome| outcome.key == *key).collect();
    runs.iter().all(|outcome| outcome.kind == VerdictKind::Inconclusive)
        && (runs.len() > 1 || runs.iter().any(|outcome| outcome.steady))
}

/// What was inconclusive, is not expected, and is not known to be so in every run.
fn unsteady(known: &Known, all: &[Outcome]) -> Vec<String> {
    let open = all.iter().filter(|outcome| outcome.kind == VerdictKind::Inconclusive);
    let open: BTreeSet<&ScenarioKey> = open
        .filter(|outcome| !matches!(known.expectation(outcome), Some(Expectation::Expected(_))))
        .map(|outcome| &outcome.key)
        .collect();
    let told = open.into_iter().filter(|key| !is_steady(all, key));
    told.map(|key| {
        let runs = all.iter().filter(|outcome| outcome.key == *key);
        let shows = runs.clone().filter(|outcome| outcome.kind == VerdictKind::Inconclusive).count();
        format!("{} [{}]  inconclusive in {shows} of {}", key.id, key.version, runs.count())
    })
    .collect()
}

/// How many scenarios must be judged in later runs.
fn floor(all: &[Outcome]) -> usize {
    let judged = all.iter().filter(|outcome| whole::is_judged(outcome.kind));
    let tested: BTreeSet<_> = judged.map(|outcome| &outcome.key).filter(|key| key.id != TARGET).collect();
    tested.len() * FLOOR / 100
}

/// What an outcome shows that no entry names. What is blocked has its cause in a gate, which is an outcome by itself.
fn fresh(known: &Known, outcome: &Outcome, all: &[Outcome]) -> Vec<Fresh> {
    let of = |fingerprint: Option<&String>| Fresh {
        key: outcome.key.clone(),
        fingerprint: fingerprint.cloned(),
        intermittent: fingerprint.is_some_and(|print| outcome.now_and_then.contains(print))
            || fingerprint.is_some_and(|print| all.iter().any(|other| lacks(other, &outcome.key, print))),
    };
    let named = |print: &String| known.entries().any(|(_, entry)| entry.names(&outcome.key, print));
    match outcome.kind {
        VerdictKind::Fail => {
            outcome.found.iter().filter(|print| !named(print)).map(|print| of(Some(print))).collect()
        }
        VerdictKind::Inconclusive => match known.expectation(outcome) {
            Some(Expectation::Expected(_)) => Vec::new(),
            _ if !is_steady(all, &outcome.key) => Vec::new(),
            _ => vec![of(None)],
        },
        _ => Vec::new(),
    }
}

/// Whether an outcome judged a scenario and did not show this finding of it.
fn lacks(outcome: &Outcome, key: &ScenarioKey, print: &str) -> bool {
    let shows = || outcome.found.iter().any(|found| found == print);
    outcome.key == *key && whole::is_judged(outcome.kind) && !shows()
}

/// The entries that one run met and another one did not, and that do not say so yet.
fn softened(known: &Known, all: &[Outcome]) -> BTreeSet<usize> {
    let met = all.iter().flat_map(|outcome| known.met_by(outcome));
    let met: BTreeSet<usize> = met.filter(|number| !known.file.entries[*number].intermittent).collect();
    let missed = |number: &usize| {
        let entry = &known.file.entries[*number];
        let judged = |outcome: &&Outcome| entry.covers(&outcome.key) && whole::is_judged(outcome.kind);
        // Of many scenarios that a glob covers each is asked by itself: what one never showed says nothing.
        !entry.scenario.is_glob()
            && all.iter().filter(judged).any(|outcome| !known.met_by(outcome).contains(number))
    };
    met.into_iter().filter(missed).collect()
}

#[cfg(test)]
mod tests;

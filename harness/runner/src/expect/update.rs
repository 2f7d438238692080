//! Edits a file by what a run showed: what is not named yet is added, what did not come is taken out, and every scenario that was
//! run is accepted. Comments, order and whatever else the user wrote stay.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use deadzone_verdict::{Expectation, Outcome, ScenarioKey, VerdictKind};
use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, value};

use super::{ExpectError, Expectations, Known, Mistake, file::SCHEMA, pin::Pin, whole};
use crate::{ExitCode, habit::TARGET};

/// Of a hundred scenarios that were judged, those that must be in later runs: a few may be inconclusive now and then.
const FLOOR: usize = 95;

/// What a run showed, from its report.
#[derive(Clone, Debug)]
pub struct Showed {
    /// The target's name.
    pub target: String,
    /// What it says of its version.
    pub target_version: Option<String>,
    /// All results, in order.
    pub outcomes: Vec<Outcome>,
    /// Every planned performance has its result.
    pub complete: bool,
    /// The run's exit code.
    pub exit_code: Option<u8>,
    /// The day of the edit, `2026-01-31`.
    pub today: String,
}

impl Showed {
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
    /// How many scenarios the file knows that it did not know before.
    pub accepted: usize,
    /// Bugs of deadzone in the run: never expected.
    pub errors: Vec<String>,
}

/// An entry to be written.
struct Fresh {
    key: ScenarioKey,
    fingerprint: Option<String>,
    intermittent: bool,
}

/// Brings a file (none yet, without a text) up to what a run showed.
pub fn update(path: &Path, text: Option<&str>, showed: &Showed) -> Result<Updated, ExpectError> {
    showed.is_fit()?;
    let text = text.map_or_else(|| head(showed), str::to_owned);
    let file = Expectations::parse(path, &text)?;
    let broken = |what: String| ExpectError::Mistakes {
        path: path.to_owned(),
        mistakes: vec![Mistake { line: 1, column: 1, what, help: None }],
    };
    let mut document: DocumentMut =
        text.parse().map_err(|error: toml_edit::TomlError| broken(error.to_string()))?;
    let known = Known::new(Arc::new(file), showed.target_version.as_deref());
    let fresh: Vec<Fresh> = showed.outcomes.iter().flat_map(|outcome| fresh(&known, outcome)).collect();
    let pinned = known.file.pin.keys().cloned();
    let suite = pinned.chain(showed.outcomes.iter().map(|outcome| outcome.key.clone())).collect();
    let stale: BTreeSet<usize> = whole::stale(&known, &showed.outcomes, &suite).into_iter().collect();
    let removed = stale.iter().map(|number| known.file.entries[*number].line()).collect();
    if !stale.is_empty() {
        take_out(&mut document, &stale)
            .ok_or_else(|| broken("entries are edited where each is a `[[known]]` table".to_owned()))?;
    }
    if !fresh.is_empty() {
        let list = document.entry("known").or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
        let list = list
            .as_array_of_tables_mut()
            .ok_or_else(|| broken("entries are edited where each is a `[[known]]` table".to_owned()))?;
        fresh.iter().for_each(|entry| list.push(table(entry, &showed.today)));
    }
    let accepted = accept(&mut document, &known.file.pin, &showed.outcomes)
        .ok_or_else(|| broken("`suite` is edited where it is a `[suite]` table".to_owned()))?;
    let errors = showed.outcomes.iter().filter(|outcome| outcome.kind == VerdictKind::Error);
    Ok(Updated {
        text: document.to_string(),
        added: fresh.iter().map(Fresh::line).collect(),
        removed,
        accepted,
        errors: errors.map(|outcome| format!("{} [{}]", outcome.key.id, outcome.key.version)).collect(),
    })
}

/// The beginning of a file that is not there yet.
fn head(showed: &Showed) -> String {
    let tested = showed.outcomes.iter().filter(|outcome| {
        let judged = matches!(outcome.kind, VerdictKind::Pass | VerdictKind::PassSlow | VerdictKind::Fail);
        judged && outcome.key.id != TARGET
    });
    format!(
        "# Known failures of a broker, for `deadzone run --expect FILE`; `deadzone explain expect` has every key.\n\
         schema = \"{SCHEMA}\"\n\
         target = {}\n\
         min_tested = {}\n\n\
         # The scenarios that this file knows; `deadzone expect update` writes them. Newer ones are shown as new.\n\
         [suite]\n",
        value(showed.target.as_str()),
        tested.count() * FLOOR / 100,
    )
}

/// What an outcome shows that no entry names. What is blocked has its cause in a gate, which is an outcome by itself.
fn fresh(known: &Known, outcome: &Outcome) -> Vec<Fresh> {
    let of = |fingerprint: Option<&String>| Fresh {
        key: outcome.key.clone(),
        fingerprint: fingerprint.cloned(),
        intermittent: fingerprint.is_some_and(|print| outcome.now_and_then.contains(print)),
    };
    let named = |print: &String| known.entries().any(|(_, entry)| entry.names(&outcome.key, print));
    match outcome.kind {
        VerdictKind::Fail => {
            let mut seen = BTreeSet::new();
            let strangers = outcome.found.iter().filter(|print| !named(print) && seen.insert(*print));
            strangers.map(|print| of(Some(print))).collect()
        }
        VerdictKind::Inconclusive => match known.expectation(outcome) {
            Some(Expectation::Expected(_)) => Vec::new(),
            _ => vec![of(None)],
        },
        _ => Vec::new(),
    }
}

impl Fresh {
    fn line(&self) -> String {
        let what = self
            .fingerprint
            .as_ref()
            .map_or_else(|| "inconclusive".to_owned(), |print| format!("fail: {print}"));
        format!("{} [{}]  {what}", self.key.id, self.key.version)
    }
}

fn table(entry: &Fresh, today: &str) -> Table {
    let mut table = Table::new();
    table["scenario"] = value(entry.key.id.as_str());
    table["version"] = value(entry.key.version.as_str());
    table["verdict"] = value(if entry.fingerprint.is_some() { "fail" } else { "inconclusive" });
    if let Some(print) = &entry.fingerprint {
        table["fingerprint"] = value(print.as_str());
    }
    if entry.intermittent {
        table["intermittent"] = value(true);
    }
    table["reason"] = value("");
    if let Ok(day) = today.parse::<toml_edit::Datetime>() {
        table["since"] = value(day);
    }
    table
}

/// Takes entries out. A comment right above one goes with it; what stands further above, behind a blank line, is about more than
/// this one and stays.
fn take_out(document: &mut DocumentMut, numbers: &BTreeSet<usize>) -> Option<()> {
    let list = document.get_mut("known")?.as_array_of_tables_mut()?;
    let mut left_behind = String::new();
    for (number, table) in list.iter_mut().enumerate() {
        let above = table.decor().prefix().and_then(|prefix| prefix.as_str()).unwrap_or_default().to_owned();
        if numbers.contains(&number) {
            let stays = above.rsplit_once("\n\n").map_or("", |(stays, _)| stays);
            if stays.contains('#') {
                left_behind.push_str(stays);
                left_behind.push('\n');
            }
        } else if !left_behind.is_empty() {
            table.decor_mut().set_prefix(std::mem::take(&mut left_behind) + &above);
        }
    }
    for number in numbers.iter().rev() {
        list.remove(*number);
    }
    if list.is_empty() {
        document.remove("known");
    }
    if !left_behind.is_empty() {
        let trailing = document.trailing().as_str().unwrap_or_default().to_owned();
        document.set_trailing(left_behind + &trailing);
    }
    Some(())
}

/// The file knows what was run; how many are new to it. A scenario that failed by a bug of ours was not run.
fn accept(document: &mut DocumentMut, pin: &Pin, outcomes: &[Outcome]) -> Option<usize> {
    let mut after = pin.clone();
    let run =
        outcomes.iter().filter(|outcome| outcome.key.id != TARGET && outcome.kind != VerdictKind::Error);
    let accepted = run.filter(|outcome| after.insert(&outcome.key)).count();
    if accepted == 0 {
        return Some(0);
    }
    let suite = document.entry("suite").or_insert_with(|| Item::Table(Table::new())).as_table_like_mut()?;
    let before = pin.folders();
    for (folder, names) in after.folders() {
        if before.get(folder) == Some(&names) {
            continue;
        }
        let array: Array = names.into_iter().collect();
        match suite.get_mut(folder).and_then(Item::as_array_mut) {
            Some(known) => {
                let decor = known.decor().clone();
                *known = array;
                *known.decor_mut() = decor;
            }
            None => {
                suite.insert(folder, value(array));
            }
        }
    }
    Some(accepted)
}

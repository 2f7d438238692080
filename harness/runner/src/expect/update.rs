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
        match suite.get_mut(folder).and_then(Item::as_array_mut) {
            Some(known) => rename(known, &names),
            None => {
                suite.insert(folder, value(names.into_iter().collect::<Array>()));
            }
        }
    }
    Some(accepted)
}

/// Brings a list to these names; what stays keeps its place and its comment.
fn rename(known: &mut Array, names: &[String]) {
    known.retain(|name| name.as_str().is_some_and(|name| names.iter().any(|kept| kept == name)));
    for name in names {
        let here: Vec<&str> = known.iter().filter_map(|known| known.as_str()).collect();
        if !here.contains(&name.as_str()) {
            let at = here.iter().position(|known| *known > name.as_str()).unwrap_or(here.len());
            known.insert(at, name.as_str());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expect::made::{SILENT, TWICE, outcome};

    fn showed(outcomes: &[Outcome]) -> Showed {
        Showed {
            target: "mine".to_owned(),
            target_version: None,
            outcomes: outcomes.to_vec(),
            complete: true,
            exit_code: Some(1),
            today: "2026-01-31".to_owned(),
        }
    }

    fn updated(text: Option<&str>, outcomes: &[Outcome]) -> Updated {
        update(Path::new("known.toml"), text, &showed(outcomes)).unwrap()
    }

    fn failed(id: &str, prints: &[&str]) -> Outcome {
        outcome(id, VerdictKind::Fail, prints)
    }

    fn passed(id: &str) -> Outcome {
        outcome(id, VerdictKind::Pass, &[])
    }

    #[test]
    fn a_file_that_was_made_expects_what_it_was_made_of() {
        let seen = [
            failed("a/one", &[TWICE, SILENT]),
            outcome("a/two", VerdictKind::Inconclusive, &[]),
            passed("b"),
        ];
        let made = updated(None, &seen);
        assert_eq!((made.added.len(), made.removed.len(), made.accepted), (3, 0, 3));
        assert!(made.text.contains("reason = \"\"\nsince = 2026-01-31\n"), "{}", made.text);
        let again = updated(Some(&made.text), &seen);
        assert_eq!((again.text.as_str(), again.added.len(), again.accepted), (made.text.as_str(), 0, 0));
        let file = Expectations::parse(Path::new("known.toml"), &made.text).unwrap();
        let known = Known::new(Arc::new(file), None);
        for outcome in &seen[..2] {
            assert!(matches!(known.expectation(outcome), Some(Expectation::Expected(_))), "{outcome:?}");
        }
        assert_eq!(known.expectation(&seen[2]), None, "it is known, and not new");
    }

    const WRITTEN: &str = "# Mine.\nschema = \"deadzone.expect/1\" # the first\ntarget = \"mine\"\n\n[suite]\n\
        # by folder\na = [\n  \"one\", # first\n  \"two\",\n]\n\n# About QoS 2: all of these are one bug.\n\n\
        # This one is mended.\n[[known]]\nreason = 'gone' # soon\nscenario = \"a/one\"\n\
        fingerprint = \"5.0/MQTT-4.3.3-11 answer-missing live\"\n\n# This one is not.\n[[known]]\n\
        scenario = \"a/two\"\nintermittent = true\nverdict = \"inconclusive\"\nreason = \"slow\"\n# The end.\n";

    #[test]
    fn what_did_not_come_is_taken_out_and_what_the_user_wrote_stays() {
        let after = updated(Some(WRITTEN), &[passed("a/one"), passed("a/two")]);
        let [removed] = after.removed.as_slice() else { panic!("{:?}", after.removed) };
        assert_eq!(removed, "a/one [5.0]  fail: 5.0/MQTT-4.3.3-11 answer-missing live");
        let gone = "# This one is mended.\n[[known]]\nreason = 'gone' # soon\nscenario = \"a/one\"\n\
                    fingerprint = \"5.0/MQTT-4.3.3-11 answer-missing live\"\n\n";
        assert_eq!(after.text, WRITTEN.replace(gone, ""));
    }

    #[test]
    fn nothing_is_touched_where_nothing_changed() {
        let same = [failed("a/one", &["5.0/MQTT-4.3.3-11 answer-missing live"]), passed("a/two")];
        assert_eq!(updated(Some(WRITTEN), &same).text, WRITTEN);
    }

    #[test]
    fn what_is_added_stands_behind_the_rest() {
        let seen =
            [failed("a/one", &["5.0/MQTT-4.3.3-11 answer-missing live", TWICE]), failed("c", &[TWICE])];
        let after = updated(Some(WRITTEN), &seen);
        let without = after.text.replace("\"\" = [\"c@5.0\"]\n", "");
        assert!(without.starts_with(WRITTEN.trim_end_matches("# The end.\n")), "{}", after.text);
        assert!(
            after.text.contains("# The end.") && after.text.contains("\n\"\" = [\"c@5.0\"]\n"),
            "{}",
            after.text
        );
        assert_eq!((after.added.len(), after.accepted), (2, 1));
        assert_eq!(updated(Some(&after.text), &seen).text, after.text);
    }

    #[test]
    fn a_name_that_is_accepted_stands_in_its_order_and_leaves_comments() {
        let after = updated(Some(WRITTEN), &[passed("a/ten"), passed("a/one")]).text;
        let list = "a = [\n  \"one\", # first\n \"ten@5.0\",\n  \"two\",\n]";
        assert!(
            after.replace("# first\n", "# first").replace("# first", "# first\n").contains(list),
            "{after}"
        );
    }

    #[test]
    fn what_comes_now_and_then_says_so() {
        let mut seen = failed("a", &[TWICE]);
        seen.now_and_then.insert(TWICE.to_owned());
        assert!(updated(None, &[seen]).text.contains("intermittent = true\n"));
    }

    #[test]
    fn what_is_blocked_or_a_bug_of_ours_gets_no_entry() {
        let seen = [outcome("a", VerdictKind::Blocked, &[]), outcome("b", VerdictKind::Error, &[TWICE])];
        let made = updated(None, &seen);
        assert_eq!(
            (made.added.len(), made.accepted, made.errors.as_slice()),
            (0, 1, &["b [5.0]".to_owned()][..])
        );
    }

    #[test]
    fn a_run_that_shows_too_little_is_refused() {
        let of = |complete, exit_code| {
            let showed = Showed { complete, exit_code, ..showed(&[passed("a")]) };
            update(Path::new("known.toml"), None, &showed).map(|_| ()).map_err(|error| error.to_string())
        };
        assert!(of(true, Some(0)).is_ok());
        assert!(of(false, Some(0)).unwrap_err().contains("not complete"));
        assert!(of(true, Some(5)).unwrap_err().contains("was lost"));
    }

    #[test]
    fn a_list_in_one_line_is_a_mistake_and_not_lost() {
        let text = format!("schema = \"{SCHEMA}\"\ntarget = \"t\"\nknown = []\n");
        let error =
            update(Path::new("known.toml"), Some(&text), &showed(&[failed("a", &[TWICE])])).unwrap_err();
        assert!(error.to_string().contains("`[[known]]`"), "{error}");
    }
}

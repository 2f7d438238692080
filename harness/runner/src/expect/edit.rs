//! Edits the document of a file: what is not touched keeps its place, its comments and its spaces. It does not know why.

use std::collections::BTreeSet;

use deadzone_spec::Transport;
use deadzone_verdict::{Outcome, ScenarioKey, VerdictKind};
use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, Value, value};

use super::{Showed, file::SCHEMA, pin::Pin};
use crate::{Tier, habit::TARGET};

/// An entry to be written.
pub(super) struct Fresh {
    pub(super) key: ScenarioKey,
    /// None for an experiment that does not happen.
    pub(super) fingerprint: Option<String>,
    pub(super) intermittent: bool,
}

/// The beginning of a file that is not there yet.
pub(super) fn head(target: &str, tier: Option<Tier>, tested: usize) -> String {
    let min_tested = match tier {
        Some(Tier::Smoke) => format!("min_tested = {{ smoke = {tested} }}"),
        Some(Tier::Full | Tier::Long) => format!("min_tested = {tested}"),
        None => "# No min_tested: this file was made of a part of the suite.".to_owned(),
    };
    format!(
        "# Known failures of a broker, for `deadzone run --expect FILE`; `deadzone explain expect` has every key.\n\
         schema = \"{SCHEMA}\"\n\
         target = {}\n\
         {}\n\n\
         # The scenarios that this file knows; `deadzone expect update` writes them. Newer ones are shown as new.\n\
         [suite]\n",
        value(target),
        min_tested,
    )
}

impl Fresh {
    /// What it expects of which scenario, in one line.
    pub(super) fn line(&self) -> String {
        let what = self
            .fingerprint
            .as_ref()
            .map_or_else(|| "inconclusive".to_owned(), |print| format!("fail: {print}"));
        format!("{} [{}]  {what}", self.key.id, self.key.version)
    }
}

/// Writes entries behind those that are there.
pub(super) fn add(document: &mut DocumentMut, entries: &[Fresh], showed: &Showed) -> Option<()> {
    if entries.is_empty() {
        return Some(());
    }
    let list = document.entry("known").or_insert_with(|| Item::ArrayOfTables(ArrayOfTables::new()));
    let list = list.as_array_of_tables_mut()?;
    entries.iter().for_each(|entry| list.push(table(entry, showed)));
    Some(())
}

fn table(entry: &Fresh, showed: &Showed) -> Table {
    let mut table = Table::new();
    table["scenario"] = value(entry.key.id.as_str());
    table["version"] = value(entry.key.version.as_str());
    if let Some(transport) = showed.transport {
        table["transport"] = value(transport.name());
    }
    table["verdict"] = value(if entry.fingerprint.is_some() { "fail" } else { "inconclusive" });
    if let Some(print) = &entry.fingerprint {
        table["fingerprint"] = value(print.as_str());
    }
    if entry.intermittent {
        table["intermittent"] = value(true);
    }
    table["reason"] = value("");
    if let Ok(day) = showed.today.parse::<toml_edit::Datetime>() {
        table["since"] = value(day);
    }
    table
}

/// Names the transports that an entry is about.
pub(super) fn carry(document: &mut DocumentMut, number: usize, transports: &BTreeSet<Transport>) {
    let names: Vec<&str> = transports.iter().map(|transport| transport.name()).collect();
    match names.as_slice() {
        [one] => set(document, number, "transport", (*one).into()),
        all => set(document, number, "transport", Value::Array(all.iter().copied().collect())),
    }
}

/// Gives a key of an entry the name of today.
pub(super) fn rename(document: &mut DocumentMut, number: usize, key: &str, now: &str) {
    set(document, number, key, now.into());
}

/// Changes a value; spaces and comments beside it stay.
fn set(document: &mut DocumentMut, number: usize, key: &str, to: Value) {
    let list = document.get_mut("known").and_then(Item::as_array_of_tables_mut);
    let item = list.and_then(|list| list.get_mut(number)).and_then(|table| table.get_mut(key));
    if let Some(was) = item.and_then(Item::as_value_mut) {
        let decor = was.decor().clone();
        *was = to;
        *was.decor_mut() = decor;
    }
}

/// Marks entries as ones that come now and then.
pub(super) fn soften(document: &mut DocumentMut, numbers: &BTreeSet<usize>) {
    let Some(list) = document.get_mut("known").and_then(Item::as_array_of_tables_mut) else { return };
    for number in numbers {
        if let Some(table) = list.get_mut(*number) {
            table["intermittent"] = value(true);
        }
    }
}

/// Takes entries out. A comment right above one goes with it; what stands further above, behind a blank line, is about more than
/// this one and stays.
pub(super) fn take_out(document: &mut DocumentMut, numbers: &BTreeSet<usize>) -> Option<()> {
    if numbers.is_empty() {
        return Some(());
    }
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
pub(super) fn accept(
    document: &mut DocumentMut,
    pin: &Pin,
    outcomes: &[Outcome],
    unplayed: &BTreeSet<ScenarioKey>,
) -> Option<usize> {
    let mut after = pin.clone();
    let run =
        outcomes.iter().filter(|outcome| outcome.key.id != TARGET && outcome.kind != VerdictKind::Error);
    let accepted = run.filter(|outcome| after.insert(&outcome.key)).count();
    let played: BTreeSet<&ScenarioKey> = outcomes.iter().map(|outcome| &outcome.key).collect();
    unplayed.iter().filter(|key| !played.contains(key)).for_each(|key| _ = after.insert(key));
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
            Some(known) => rename_all(known, &names),
            None => {
                suite.insert(folder, value(names.into_iter().collect::<Array>()));
            }
        }
    }
    Some(accepted)
}

/// Brings a list to these names; what stays keeps its place and its comment.
fn rename_all(known: &mut Array, names: &[String]) {
    known.retain(|name| name.as_str().is_some_and(|name| names.iter().any(|kept| kept == name)));
    for name in names {
        let here: Vec<&str> = known.iter().filter_map(|known| known.as_str()).collect();
        if !here.contains(&name.as_str()) {
            let at = here.iter().position(|known| *known > name.as_str()).unwrap_or(here.len());
            known.insert(at, name.as_str());
        }
    }
}

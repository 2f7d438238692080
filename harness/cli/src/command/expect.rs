//! `deadzone expect`: the file of a broker's known failures.

use std::{
    collections::BTreeSet,
    io,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use anyhow::{Context, bail};
use deadzone_runner::{ExitCode, RunError, Showed, Suite, Updated};
use deadzone_target::text_file;
use deadzone_verdict::ScenarioKey;

use crate::{
    args::{ExpectCommand, ExpectUpdateArgs},
    command::document,
    destination::Destination,
    output,
};

pub(crate) fn expect(command: &ExpectCommand) -> anyhow::Result<ExitCode> {
    let ExpectCommand::Update(ExpectUpdateArgs { runs, file }) = command;
    let mut all = runs.iter().map(|run| showed(run));
    let mut showed = all.next().unwrap_or_else(|| bail!("no report"))?;
    for other in all {
        showed.join(other?).map_err(RunError::from)?;
    }
    let before = match text_file(file) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error).with_context(|| format!("could not read {}", file.display())),
    };
    let updated = deadzone_runner::update(file, before.as_deref(), &showed).map_err(RunError::from)?;
    if before.as_deref() != Some(updated.text.as_str()) {
        let destination = Destination::of(file);
        if destination == Destination::Stdout {
            output::leave_stdout_to_a_document();
        }
        destination.write(&updated.text)?;
    }
    output::print(&said(file, &updated));
    Ok(ExitCode::Success)
}

/// What a report says.
fn showed(run: &Path) -> anyhow::Result<Showed> {
    let wrong = || document::wrong(run);
    let document = document::read(run)?;
    Ok(Showed {
        outcomes: document.outcomes().with_context(wrong)?,
        tier: Some(&document.choice).filter(|c| c.filters.is_empty()).and_then(|c| c.tier.parse().ok()),
        transport: document.transport().with_context(wrong)?,
        suite: known_suite(&document.suite)?,
        complete: document.complete,
        exit_code: document.summary.as_ref().map(|summary| summary.exit_code),
        today: today(),
        target: document.target.name,
        target_version: document.target.version,
    })
}

/// Every scenario of the suite of this hash, where it is that of this deadzone.
fn known_suite(hash: &str) -> anyhow::Result<BTreeSet<ScenarioKey>> {
    let suite = Suite::embedded().map_err(RunError::from)?;
    Ok(if suite.hash == hash { suite.keys() } else { BTreeSet::new() })
}

fn said(file: &Path, updated: &Updated) -> String {
    let counts = format!(
        "{}: {} added, {} removed, {} scenarios accepted",
        file.display(),
        updated.added.len(),
        updated.removed.len(),
        updated.accepted
    );
    let told = [
        ("+", &updated.added, ""),
        ("-", &updated.removed, "did not come"),
        ("~", &updated.carried, "by transport"),
        ("~", &updated.softened, "intermittent"),
        ("~", &updated.renamed, "renamed"),
        ("?", &updated.unsteady, "not in every run, or in one run alone: not expected"),
        ("!", &updated.errors, "an error of deadzone: never expected"),
    ];
    let mut lines = vec![counts];
    for (sign, entries, why) in told {
        let why = if why.is_empty() { String::new() } else { format!("  ({why})") };
        lines.extend(entries.iter().map(|entry| format!("  {sign} {entry}{why}")));
    }
    lines.join("\n") + "\n"
}

/// The day in UTC, as TOML writes it.
fn today() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    day(since.as_secs() / 86_400)
}

/// The date that is so many days behind 1970-01-01: years of 365 or 366 days are counted off, then months.
fn day(mut days: u64) -> String {
    let is_leap =
        |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let mut year = 1970;
    while days >= 365 + u64::from(is_leap(year)) {
        days -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let mut month = 1;
    for length in [31, 28 + u64::from(is_leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    format!("{year:04}-{month:02}-{:02}", days + 1)
}

#[cfg(test)]
mod tests {
    use super::day;

    #[test]
    fn days_are_counted_over_leap_years() {
        let known = [(0, "1970-01-01"), (59, "1970-03-01"), (11_016, "2000-02-29"), (20_818, "2026-12-31")];
        for (days, date) in known {
            assert_eq!(day(days), date);
        }
    }
}

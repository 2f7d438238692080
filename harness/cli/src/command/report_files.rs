//! The reports of one run: where they go, and what they say where nothing ran. Yesterday's must not be taken for today's.

use std::path::PathBuf;

use anyhow::{Context, bail};
use deadzone_reports::RunModel;

use crate::{destination::Destination, output};

/// The report files of a run, as they were asked for.
#[derive(Debug, Default)]
pub(super) struct ReportFiles {
    junit: Option<Destination>,
    json: Option<Destination>,
    /// They say what the run was.
    written: bool,
}

impl ReportFiles {
    pub(super) fn at(junit: &Option<PathBuf>, json: &Option<PathBuf>) -> Self {
        let place = |path: &Option<PathBuf>| path.as_deref().map(Destination::of);
        Self { junit: place(junit), json: place(json), written: false }
    }

    /// Finds out before the run, not after it, that a report has nowhere to go; a report on stdout has it for itself.
    pub(super) fn begin(&self) -> anyhow::Result<()> {
        if let (Some(junit), Some(json)) = (&self.junit, &self.json)
            && junit == json
        {
            bail!("two reports can't both go to {junit}");
        }
        for place in self.places() {
            place.check()?;
            if *place == Destination::Stdout {
                output::leave_stdout_to_a_document();
            }
        }
        Ok(())
    }

    /// Writes what the run was. A report that can't be written must not cost the other.
    pub(super) fn write(&mut self, model: &RunModel) -> anyhow::Result<()> {
        self.written = true;
        let junit = self.junit.as_ref().map_or(Ok(()), |place| {
            place.write(&deadzone_reports::junit(model).context("could not render the JUnit report")?)
        });
        let json = self.json.as_ref().map_or(Ok(()), |place| {
            let document = deadzone_reports::run_document(model).and_then(|document| document.to_json());
            place.write(&document.context("could not render the JSON report")?)
        });
        junit.and(json)
    }

    /// Where the run ended before it had anything to report, the reports say so and why. What can't be written then is left: the
    /// error that is told is the first one.
    pub(super) fn or_why_not<T>(&self, ended: anyhow::Result<T>) -> anyhow::Result<T> {
        if let (Err(error), false) = (&ended, self.written) {
            let why = why(error);
            if let Some(place) = &self.json {
                let text = deadzone_reports::not_started_document(&why).to_json();
                let _ = text.map(|text| place.write(&text));
            }
            if let Some(place) = &self.junit {
                let _ = deadzone_reports::not_started_junit(&why).map(|text| place.write(&text));
            }
        }
        ended
    }

    fn places(&self) -> impl Iterator<Item = &Destination> {
        self.junit.iter().chain(&self.json)
    }
}

/// The error and its causes, a line of each: further lines quote files and logs, which may hold what no report should.
fn why(error: &anyhow::Error) -> String {
    let lines = error.chain().map(|cause| cause.to_string());
    let mut lines: Vec<String> =
        lines.map(|text| text.lines().next().unwrap_or_default().to_owned()).collect();
    lines.dedup();
    without_passwords(&lines.join(": "))
}

/// An address may name a user and a password; which address it was can be told without them.
fn without_passwords(text: &str) -> String {
    let words = text.split(' ').map(|word| match (word.find("://"), word.rfind('@')) {
        (Some(scheme), Some(at)) if at > scheme => format!("{}***{}", &word[..scheme + 3], &word[at..]),
        _ => word.to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::without_passwords;

    #[test]
    fn an_address_is_told_without_its_password() {
        let told = without_passwords("`mqtt://me:se@cret@host:1` is no broker: expected mqtt://HOST");
        assert_eq!(told, "`mqtt://***@host:1` is no broker: expected mqtt://HOST");
    }
}

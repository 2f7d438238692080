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

/// Wrong usage: no option is known for certain, but where reports were to go can be read from the words as they were typed.
pub(crate) fn tell_wrong_usage(error: clap::Error) {
    let words: Vec<String> = std::env::args_os().skip(1).map(|w| w.to_string_lossy().into_owned()).collect();
    if let Some(reports) = as_typed(&words) {
        let _ = reports.or_why_not::<()>(Err(error.into()));
    }
}

/// Where `run` and `judge` were to report to; a word that looks like an option is no file.
fn as_typed(words: &[String]) -> Option<ReportFiles> {
    let command = words.first().filter(|word| matches!(word.as_str(), "run" | "judge"))?;
    let place = |option: &str, variable: &str| {
        let behind =
            words.iter().zip(words.iter().skip(1)).find(|(word, _)| *word == option).map(|(_, next)| next);
        let joined = words.iter().find_map(|word| word.strip_prefix(option)?.strip_prefix('='));
        let typed =
            behind.map(String::as_str).or(joined).filter(|word| *word == "-" || !word.starts_with('-'));
        let set = || std::env::var_os(variable).filter(|_| command == "run").map(PathBuf::from);
        typed.map(PathBuf::from).or_else(set)
    };
    Some(ReportFiles::at(&place("--junit", "DEADZONE_JUNIT"), &place("--json", "DEADZONE_JSON")))
}

/// The error and its causes, a line of each: further lines quote files and logs, which may hold what no report should.
fn why(error: &anyhow::Error) -> String {
    let lines = error.chain().map(ToString::to_string);
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
    use std::path::Path;

    use super::*;

    #[test]
    fn where_reports_were_to_go_is_read_from_wrong_words() {
        let typed = |text: &str| as_typed(&text.split(' ').map(str::to_owned).collect::<Vec<_>>());
        let file = |name: &str| Some(Destination::of(Path::new(name)));
        let reports = typed("run --nonsense --json a.json --junit=b.xml").unwrap();
        assert_eq!((reports.json, reports.junit), (file("a.json"), file("b.xml")));
        let reports = typed("judge x --json --client").unwrap();
        assert_eq!((reports.json, reports.junit), (None, None));
        assert!(typed("list --json a.json").is_none(), "it has no such option");
    }

    #[test]
    fn an_address_is_told_without_its_password() {
        let told = without_passwords("`mqtt://me:se@cret@host:1` is no broker: expected mqtt://HOST");
        assert_eq!(told, "`mqtt://***@host:1` is no broker: expected mqtt://HOST");
    }
}

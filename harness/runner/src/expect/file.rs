//! What a file of expectations says. It knows no run.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use deadzone_spec::{ClauseId, Transport};
use deadzone_target::Mistake;
use deadzone_verdict::{KnownFailure, Outcome, ScenarioKey, VerdictKind};
use deadzone_wire::Version;

use super::{
    ExpectError,
    alias::is_retired,
    condition::Condition,
    floor::Floor,
    parse,
    pattern::{COVERED, Pattern},
    pin::Pin,
};
use crate::{Suite, habit::TARGET};

/// The format's name and major version.
pub(super) const SCHEMA: &str = "deadzone.expect/1";

/// The known failures of one target.
#[derive(Clone, Debug)]
pub struct Expectations {
    pub(super) path: PathBuf,
    /// The target's name, when the file was made.
    pub(super) target: String,
    /// How many scenarios must be judged in a run of everything, by tier.
    pub(super) min_tested: Floor,
    pub(super) pin: Pin,
    pub(super) entries: Vec<Entry>,
    /// What is to be said of old names in it.
    pub(super) notes: Vec<String>,
}

/// One known failure.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Line and column of its scenario.
    pub(super) at: (u32, u32),
    pub(super) scenario: Pattern,
    /// Most scenarios that its glob may cover.
    pub(super) max: usize,
    /// Every version, where it names none.
    pub(super) version: Option<Version>,
    /// Every transport, where it names none.
    pub(super) transports: Option<BTreeSet<Transport>>,
    pub(super) shows: Shows,
    /// It comes now and then.
    pub(super) intermittent: bool,
    pub(super) reason: String,
    pub(super) link: Option<String>,
    /// The versions of the target that it is about.
    pub(super) target_version: Option<Condition>,
    /// Its keys that hold old names, with what they are today.
    pub(super) renamed: Vec<(&'static str, String)>,
}

/// What is expected of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shows {
    /// A failure with this finding.
    Fail { fingerprint: String, clause: ClauseId },
    /// An experiment that does not happen on this target.
    Inconclusive,
    /// A gate that is shut.
    Blocked,
}

impl Entry {
    pub(super) fn covers(&self, key: &ScenarioKey) -> bool {
        self.is_of(key.version) && self.scenario.covers(&key.id)
    }

    pub(super) fn is_of(&self, version: Version) -> bool {
        self.version.is_none_or(|own| own == version)
    }

    /// The finding that it names. What the target does again and again is one by its clause: to whom and when is chance.
    pub(super) fn names(&self, key: &ScenarioKey, print: &str) -> bool {
        let Shows::Fail { fingerprint, clause } = &self.shows else { return false };
        let of_habit = || key.id == TARGET && print.split(' ').next() == Some(clause.as_str());
        self.covers(key) && (fingerprint == print || of_habit())
    }

    /// Whether it names a finding, and not a verdict alone.
    pub(super) fn is_of_findings(&self) -> bool {
        matches!(self.shows, Shows::Fail { .. })
    }

    /// Whether an outcome shows that it is true still.
    pub(super) fn is_met_by(&self, outcome: &Outcome) -> bool {
        let mut prints = outcome.found.iter().chain(&outcome.unconfirmed).chain(&outcome.repeated);
        match &self.shows {
            Shows::Fail { .. } => prints.any(|print| self.names(&outcome.key, print)),
            Shows::Inconclusive => outcome.kind == VerdictKind::Inconclusive && self.covers(&outcome.key),
            Shows::Blocked => outcome.kind == VerdictKind::Blocked && self.covers(&outcome.key),
        }
    }

    pub(super) fn told(&self) -> KnownFailure {
        KnownFailure { line: self.at.0, reason: self.reason.clone(), link: self.link.clone() }
    }

    /// What it expects of which scenario, in one line.
    pub(super) fn line(&self) -> String {
        let version = self.version.map(|version| format!(" [{version}]")).unwrap_or_default();
        let what = match &self.shows {
            Shows::Fail { fingerprint, .. } => format!("fail: {fingerprint}"),
            Shows::Inconclusive => "inconclusive".to_owned(),
            Shows::Blocked => "blocked".to_owned(),
        };
        format!("{}{version}  {what}", self.scenario.0)
    }
}

impl Expectations {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, ExpectError> {
        let text = deadzone_target::text_file(path)
            .map_err(|why| ExpectError::Read { path: path.to_owned(), why: why.to_string() })?;
        Self::parse(path, &text)
    }

    pub(super) fn parse(path: &Path, text: &str) -> Result<Self, ExpectError> {
        parse::file(path, text).map_err(|mistakes| ExpectError::Mistakes { path: path.to_owned(), mistakes })
    }

    /// Holds what the entries name against the scenarios that there are: neither a mistyped id nor a glob over half of the suite
    /// is to pass for an expectation. What the file itself knows may be gone from the suite.
    pub(crate) fn check(&self, suite: &Suite) -> Result<(), ExpectError> {
        self.check_ids(suite.scenarios.iter().map(|scenario| scenario.id.as_str()))
    }

    fn check_ids<'a>(&'a self, suite: impl Iterator<Item = &'a str>) -> Result<(), ExpectError> {
        let pinned = self.pin.keys().map(|key| key.id.as_str());
        let ids: BTreeSet<&str> = suite.chain(pinned).chain([TARGET]).collect();
        let mistakes: Vec<Mistake> = self.entries.iter().filter_map(|entry| wrong(entry, &ids)).collect();
        match mistakes.is_empty() {
            true => Ok(()),
            false => Err(ExpectError::Mistakes { path: self.path.clone(), mistakes }),
        }
    }
}

fn wrong(entry: &Entry, ids: &BTreeSet<&str>) -> Option<Mistake> {
    let name = &entry.scenario.0;
    if is_retired(name) {
        return None;
    }
    let covered = ids.iter().filter(|id| entry.scenario.covers(id)).count();
    let (what, help) = match covered {
        0 => {
            let near = deadzone_spec::nearest(name, ids.iter().copied());
            (format!("`{name}` names no scenario"), near.map(|near| format!("did you mean `{near}`?")))
        }
        n if n > entry.max => {
            let help = format!("name fewer, or say `max = {n}`: a glob covers at most {COVERED} otherwise");
            (format!("`{name}` covers {n} scenarios"), Some(help))
        }
        _ => return None,
    };
    Some(Mistake { line: entry.at.0, column: entry.at.1, what, help })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expect::made::{TWICE, entry, fails, file};

    fn mistakes(lines: &str, suite: &[&str]) -> Vec<String> {
        match file(lines).check_ids(suite.iter().copied()) {
            Ok(()) => Vec::new(),
            Err(ExpectError::Mistakes { mistakes, .. }) => {
                mistakes.into_iter().map(|m| format!("{}: {} {:?}", m.line, m.what, m.help)).collect()
            }
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn an_id_that_is_none_is_a_mistake_unless_the_file_knows_it() {
        let lines = fails("qos2/lots", TWICE);
        let told = mistakes(&lines, &["qos2/lost", "qos1/lost"]);
        assert!(told[0].starts_with("4: `qos2/lots` names no scenario") && told[0].contains("`qos2/lost`"));
        let pinned = format!("[suite]\nqos2 = [\"lots\"]\n{lines}");
        assert_eq!(mistakes(&pinned, &["qos2/lost"]), [""; 0], "it may be gone from the suite");
        assert_eq!(mistakes(&fails("target", TWICE), &["qos2/lost"]), [""; 0]);
    }

    #[test]
    fn a_glob_is_bounded() {
        let ids: Vec<String> = (0..21).map(|n| format!("a/s{n}")).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let lines = fails("a/*", TWICE);
        assert!(mistakes(&lines, &ids)[0].contains("covers 21 scenarios"));
        assert_eq!(mistakes(&lines, &ids[..20]), [""; 0]);
        let wider = entry("a/*", &format!("max = 21\nfingerprint = \"{TWICE}\""));
        assert_eq!(mistakes(&wider, &ids), [""; 0]);
    }
}

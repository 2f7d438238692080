//! A file's text to what it says. Every mistake has its place; all that can be seen at once are told at once.

use std::{collections::BTreeMap, ops::Range, path::Path};

use deadzone_wire::Version;
use serde::Deserialize;
use toml::{Spanned, value::Datetime};

use super::{
    Expectations, Mistake,
    condition::Condition,
    file::{Entry, SCHEMA, Shows},
    fingerprint,
    pattern::{COVERED, Pattern},
    pin::Pin,
};
use crate::toml_mistake::{complaint, place_of};

/// The file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: Spanned<String>,
    target: String,
    min_tested: Option<usize>,
    #[serde(default)]
    suite: BTreeMap<String, Vec<Spanned<String>>>,
    #[serde(default)]
    known: Vec<Known>,
}

/// One entry as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    scenario: Spanned<String>,
    max: Option<Spanned<usize>>,
    version: Option<Spanned<String>>,
    transport: Option<Spanned<String>>,
    verdict: Option<Spanned<String>>,
    fingerprint: Option<Spanned<String>>,
    #[serde(default)]
    intermittent: bool,
    reason: String,
    link: Option<String>,
    target_version: Option<Spanned<String>>,
    since: Option<Spanned<Datetime>>,
}

/// The verdicts that can be expected.
const VERDICTS: [&str; 3] = ["fail", "inconclusive", "blocked"];

/// Gathers mistakes, so that one does not hide the next.
struct Reader<'a> {
    text: &'a str,
    mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    fn wrong(&mut self, span: Range<usize>, what: impl Into<String>, help: Option<String>) {
        let (line, column) = place_of(self.text, span.start);
        self.mistakes.push(Mistake { line, column, what: what.into(), help });
    }

    fn pin(&mut self, folders: &BTreeMap<String, Vec<Spanned<String>>>) -> Pin {
        let mut pin = Pin::default();
        for (folder, names) in folders {
            for name in names {
                if let Err(why) = pin.add(folder, name.get_ref()) {
                    self.wrong(name.span(), why, None);
                }
            }
        }
        pin
    }

    fn entry(&mut self, known: &Known) -> Option<Entry> {
        let scenario = Pattern(known.scenario.get_ref().clone());
        if let Some(max) = known.max.as_ref().filter(|_| !scenario.is_glob()) {
            self.wrong(max.span(), "`max` belongs to a glob", Some("an id is one scenario".to_owned()));
        }
        let tcp = known.transport.as_ref().filter(|transport| transport.get_ref() != "tcp");
        if let Some(transport) = tcp {
            self.wrong(transport.span(), format!("`{}` is no transport: tcp", transport.get_ref()), None);
        }
        let timed = known
            .since
            .as_ref()
            .filter(|since| since.get_ref().date.is_none() || since.get_ref().time.is_some());
        if let Some(since) = timed {
            self.wrong(since.span(), "`since` is a date", Some("as in `since = 2026-01-31`".to_owned()));
        }
        let (version, shows) = (self.version(known), self.shows(known));
        let clause = match &shows {
            Some(Shows::Fail { clause, .. }) => Some(clause.version()),
            _ => None,
        };
        if let (Some(version), Some(of_clause), Some(print)) = (version, clause, &known.fingerprint)
            && version != of_clause
        {
            self.wrong(print.span(), format!("a clause of {of_clause} in an entry of {version}"), None);
        }
        let condition =
            known.target_version.as_ref().map(|text| (text.span(), Condition::parse(text.get_ref())));
        let target_version = match condition {
            Some((span, Err(why))) => {
                self.wrong(span, why, Some("as in `target_version = \">= 2.0.1, < 2.1\"`".to_owned()));
                None
            }
            Some((_, Ok(condition))) => Some(condition),
            None => None,
        };
        Some(Entry {
            at: place_of(self.text, known.scenario.span().start),
            scenario,
            max: known.max.as_ref().map_or(COVERED, |max| *max.get_ref()),
            version: version.or(clause),
            shows: shows?,
            intermittent: known.intermittent,
            reason: known.reason.clone(),
            link: known.link.clone(),
            target_version,
        })
    }

    fn version(&mut self, known: &Known) -> Option<Version> {
        let word = known.version.as_ref()?;
        let version = word.get_ref().parse::<Version>().ok().filter(|version| *version != Version::V31);
        if version.is_none() {
            self.wrong(
                word.span(),
                format!("`{}` is no version: \"3.1.1\" or \"5.0\"", word.get_ref()),
                None,
            );
        }
        version
    }

    fn shows(&mut self, known: &Known) -> Option<Shows> {
        let word = known.verdict.as_ref().map_or("fail", |word| word.get_ref());
        let shows = match (word, &known.fingerprint) {
            ("fail", Some(print)) => match fingerprint::clause(print.get_ref()) {
                Ok(clause) => Shows::Fail { fingerprint: print.get_ref().clone(), clause },
                Err((what, help)) => {
                    self.wrong(print.span(), what, help);
                    return None;
                }
            },
            ("fail", None) => {
                let help = "`run --json` has the `fingerprint` of each finding".to_owned();
                self.wrong(known.scenario.span(), "a failure without its `fingerprint`", Some(help));
                return None;
            }
            ("inconclusive", _) => Shows::Inconclusive,
            ("blocked", _) => Shows::Blocked,
            (other, _) => {
                let near =
                    deadzone_spec::nearest(other, VERDICTS).map(|near| format!("did you mean `{near}`?"));
                let span = known.verdict.as_ref().map_or(0..0, Spanned::span);
                self.wrong(span, format!("`{other}` can't be expected: {}", VERDICTS.join(", ")), near);
                return None;
            }
        };
        if let (Some(print), false) = (&known.fingerprint, matches!(shows, Shows::Fail { .. })) {
            self.wrong(print.span(), format!("`{word}` has no fingerprint"), None);
        }
        Some(shows)
    }
}

/// Reads a whole file.
pub(super) fn file(path: &Path, text: &str) -> Result<Expectations, Vec<Mistake>> {
    let mut reader = Reader { text, mistakes: Vec::new() };
    let file: File = match toml::from_str(text) {
        Ok(file) => file,
        Err(error) => {
            let (span, what, near) = complaint(&error);
            let help = near.map(|near| format!("did you mean `{near}`?"));
            reader.wrong(span.unwrap_or(0..0), what, help);
            return Err(reader.mistakes);
        }
    };
    if file.schema.get_ref() != SCHEMA {
        let help = Some(format!("expected `{SCHEMA}`"));
        reader.wrong(file.schema.span(), format!("`{}` is not known", file.schema.get_ref()), help);
    }
    let pin = reader.pin(&file.suite);
    let entries: Vec<Entry> = file.known.iter().filter_map(|known| reader.entry(known)).collect();
    if !reader.mistakes.is_empty() {
        reader.mistakes.sort_by_key(|mistake| (mistake.line, mistake.column));
        return Err(reader.mistakes);
    }
    let path = path.to_owned();
    Ok(Expectations { path, target: file.target, min_tested: file.min_tested, pin, entries })
}

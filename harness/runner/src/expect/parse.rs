//! A file's text to what it says. Every mistake has its place; all that can be seen at once are told at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    path::Path,
};

use deadzone_spec::Transport;
use deadzone_target::{Complaint, Mistake, complaint, place_of};
use deadzone_wire::Version;
use serde::Deserialize;
use toml::{Spanned, Value, value::Datetime};

use super::{
    Expectations,
    alias::{Kind, alias},
    condition::Condition,
    file::{Entry, SCHEMA, Shows},
    fingerprint,
    floor::Floor,
    pattern::{COVERED, Pattern},
    pin::Pin,
};

/// The file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: Spanned<String>,
    target: String,
    min_tested: Option<MinTested>,
    #[serde(default)]
    suite: BTreeMap<String, Vec<Spanned<String>>>,
    #[serde(default)]
    known: Vec<Known>,
}

/// A number for every tier but smoke, or one for each.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum MinTested {
    Whole(usize),
    Each(Tiers),
}

/// A number for each tier.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tiers {
    smoke: Option<usize>,
    full: Option<usize>,
    long: Option<usize>,
}

impl MinTested {
    fn floor(&self) -> Floor {
        match self {
            Self::Whole(least) => Floor::whole(*least),
            Self::Each(Tiers { smoke, full, long }) => Floor { smoke: *smoke, full: *full, long: *long },
        }
    }
}

/// One entry as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {
    scenario: Spanned<String>,
    max: Option<Spanned<usize>>,
    version: Option<Spanned<String>>,
    transport: Option<Spanned<Value>>,
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
    notes: Vec<String>,
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
        let at = place_of(self.text, known.scenario.span().start);
        let mut renamed = Vec::new();
        let scenario = Pattern(self.scenario(known, at.0, &mut renamed));
        if let Some(max) = known.max.as_ref().filter(|_| !scenario.is_glob()) {
            self.wrong(max.span(), "`max` belongs to a glob", Some("an id is one scenario".to_owned()));
        }
        let transports = known.transport.as_ref().map(|given| self.transports(given));
        let timed = known
            .since
            .as_ref()
            .filter(|since| since.get_ref().date.is_none() || since.get_ref().time.is_some());
        if let Some(since) = timed {
            self.wrong(since.span(), "`since` is a date", Some("as in `since = 2026-01-31`".to_owned()));
        }
        let (version, shows) = (self.version(known), self.shows(known, at.0, &mut renamed));
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
            at,
            scenario,
            max: known.max.as_ref().map_or(COVERED, |max| *max.get_ref()),
            version: version.or(clause),
            transports,
            shows: shows?,
            intermittent: known.intermittent,
            reason: known.reason.clone(),
            link: known.link.clone(),
            target_version,
            renamed,
        })
    }

    /// The scenario by its name of today.
    fn scenario(&mut self, known: &Known, line: u32, renamed: &mut Vec<(&'static str, String)>) -> String {
        let name = known.scenario.get_ref();
        match alias(Kind::Scenario, name) {
            None => name.clone(),
            Some(old) => {
                let became = match old.now {
                    Some(now) => format!("is `{now}` today"),
                    None => "was retired".to_owned(),
                };
                self.notes.push(format!("line {line}: `{name}` {became}: {}", old.why));
                renamed.extend(old.now.map(|now| ("scenario", now.to_owned())));
                old.now.unwrap_or(name).to_owned()
            }
        }
    }

    /// One transport, or a list of them.
    fn transports(&mut self, given: &Spanned<Value>) -> BTreeSet<Transport> {
        let words = match given.get_ref() {
            Value::Array(list) => list.as_slice(),
            one => std::slice::from_ref(one),
        };
        let found: Option<BTreeSet<_>> =
            words.iter().map(|word| word.as_str().and_then(Transport::find)).collect();
        found.filter(|found| !found.is_empty()).unwrap_or_else(|| {
            let names = Transport::ALL.map(Transport::name).join(", ");
            let help = "as in `transport = \"tls\"` or `transport = [\"tcp\", \"tls\"]`".to_owned();
            self.wrong(given.span(), format!("no transport, or a list of them: {names}"), Some(help));
            BTreeSet::new()
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

    /// The finding by its names of today.
    fn finding(
        &mut self,
        print: &Spanned<String>,
        line: u32,
        renamed: &mut Vec<(&'static str, String)>,
    ) -> Option<Shows> {
        let mut text = print.get_ref().clone();
        if let Some((now, why)) = fingerprint::renamed(&text) {
            self.notes.push(format!("line {line}: `{text}` is `{now}` today: {why}"));
            renamed.push(("fingerprint", now.clone()));
            text = now;
        }
        match fingerprint::clause(&text) {
            Ok(clause) => Some(Shows::Fail { fingerprint: text, clause }),
            Err((what, help)) => {
                self.wrong(print.span(), what, help);
                None
            }
        }
    }

    fn shows(
        &mut self,
        known: &Known,
        line: u32,
        renamed: &mut Vec<(&'static str, String)>,
    ) -> Option<Shows> {
        let word = known.verdict.as_ref().map_or("fail", |word| word.get_ref());
        let shows = match (word, &known.fingerprint) {
            ("fail", Some(print)) => self.finding(print, line, renamed)?,
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
    let mut reader = Reader { text, mistakes: Vec::new(), notes: Vec::new() };
    let file: File = match toml::from_str(text) {
        Ok(file) => file,
        Err(error) => {
            let Complaint { span, what, help } = complaint(&error);
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
    let (path, notes) = (path.to_owned(), reader.notes);
    let min_tested = file.min_tested.map(|written| written.floor()).unwrap_or_default();
    Ok(Expectations { path, target: file.target, min_tested, pin, entries, notes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expect::made::{TWICE, entry, fails, text};

    fn wrong(lines: &str) -> Vec<(u32, u32, String, Option<String>)> {
        let mistakes = file(Path::new("known.toml"), &text(lines)).unwrap_err();
        mistakes.into_iter().map(|m| (m.line, m.column, m.what, m.help)).collect()
    }

    #[test]
    fn an_unknown_key_suggests_the_near_one() {
        let help = |near: &str| Some(format!("did you mean `{near}`?"));
        assert_eq!(
            wrong("min_testd = 3"),
            [(3, 1, "unknown key `min_testd`".to_owned(), help("min_tested"))]
        );
        let of_entry = wrong(&entry("a", "fingerprnt = \"x\""));
        assert_eq!(of_entry, [(7, 1, "unknown key `fingerprnt`".to_owned(), help("fingerprint"))]);
    }

    #[test]
    fn every_mistake_of_an_entry_has_its_place() {
        let one = |line: &str| {
            let found = wrong(&entry("a/b", line));
            assert_eq!(found.len(), 1, "{found:?}");
            let (line, column, what, help) = found.into_iter().next().unwrap();
            (line, column, format!("{what} | {}", help.unwrap_or_default()))
        };
        let at_7 = |line: &str, word: &str| {
            let (at, column, what) = one(line);
            assert!(at == 7 && column > 5 && what.contains(word), "{at}:{column}: {what}");
        };
        at_7("verdict = \"fial\"", "did you mean `fail`?");
        at_7("fingerprint = \"5.0/MQTT-4.3.3-10 delivered-twicce live\"", "`delivered-twice`");
        at_7("fingerprint = \"3.1.1/MQTT-4.3.3-2 delivered-twice live\"", "a clause of 3.1.1");
        let (line, _, what) = one("verdict = \"fail\"");
        assert!(line == 4 && what.contains("without its `fingerprint`"), "{line}: {what}");
        for (line, word) in [
            ("transport = \"udp\"", "no transport, or a list of them: tcp, tls, ws, wss"),
            ("transport = []", "no transport"),
            ("transport = [\"tcp\", 1]", "no transport"),
            ("target_version = \"new\"", "compares with no version"),
            ("since = 2026-01-31T10:00:00Z", "a date"),
            ("max = 3", "belongs to a glob"),
            ("fingerprint = \"5.0/MQTT-4.3.3-10 delivered-twice live\"", "no fingerprint"),
        ] {
            at_7(&format!("{line}\nverdict = \"inconclusive\""), word);
        }
    }

    #[test]
    fn all_mistakes_are_told_in_the_order_of_the_file() {
        let two = fails("a", "5.0/x y live") + &entry("b", "verdict = \"open\"");
        let lines: Vec<u32> = wrong(&two).into_iter().map(|mistake| mistake.0).collect();
        assert_eq!(lines, [7, 12]);
        assert!(wrong("[suite]\na = [\"b@4\"]\n")[0].2.contains("no version"));
        let other = file(Path::new("x"), "schema = \"deadzone.expect/2\"\ntarget = \"t\"\n").unwrap_err();
        assert_eq!((other[0].line, other[0].help.as_deref()), (1, Some("expected `deadzone.expect/1`")));
    }

    #[test]
    fn what_may_be_left_out_has_its_default() {
        let text = format!("[[known]]\nscenario = \"a/*\"\nfingerprint = \"{TWICE}\"\nreason = \"\"\n");
        let entry = crate::expect::made::file(&text).entries.remove(0);
        assert_eq!((entry.version, entry.max, entry.intermittent), (Some(Version::V5), COVERED, false));
        assert_eq!(entry.transports, None);
    }
}

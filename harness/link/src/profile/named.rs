//! A profile as its file gives it: numbers with their sources. Knows no TOML and no model.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    error::ProfileError,
    schema::{Key, Kind, key},
};
use crate::{Direction, model::Trace};

/// A number, or a list of them, with where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Number {
    /// One value, but for lists. A flag is 0 or 1.
    pub values: Vec<f64>,
    /// `measured`, `default`, `command line`, or an address.
    pub source: String,
}

/// Named link parameters. It is complete: what it inherits is in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// One line for people.
    pub title: String,
    /// It means something only over another profile.
    pub overlay: bool,
    /// By `section.name`, with `.up` and `.down` where directions differ in meaning.
    pub numbers: BTreeMap<String, Number>,
    /// Recorded opportunities instead of a rate, up and down.
    pub trace: [Option<Arc<Trace>>; 2],
    /// Sections that it takes away from what it lies over.
    pub(crate) without: Vec<String>,
}

impl Profile {
    /// This profile with another one over it: each section that the overlay has replaces the whole of ours.
    #[must_use]
    pub fn with(&self, overlay: &Self) -> Self {
        let mut both = self.clone();
        both.name = format!("{}+{}", self.name, overlay.name);
        let sections = overlay.numbers.keys().filter_map(|k| k.split('.').next());
        let replaced: Vec<&str> = sections.chain(overlay.without.iter().map(String::as_str)).collect();
        both.numbers.retain(|k, _| !k.split('.').next().is_some_and(|section| replaced.contains(&section)));
        both.numbers.extend(overlay.numbers.iter().map(|(k, v)| (k.clone(), v.clone())));
        for (ours, theirs) in both.trace.iter_mut().zip(&overlay.trace) {
            if theirs.is_some() {
                ours.clone_from(theirs);
            }
        }
        both
    }

    /// Changes a number: `stall.median_s=1.2`, `rate.mean_kbit_per_s.up=100`, `nat.rst=true`.
    pub fn set(&mut self, assignment: &str) -> Result<(), ProfileError> {
        let wrong = |key: &str, why: String| ProfileError::Key {
            profile: self.name.clone(),
            key: key.to_owned(),
            why,
        };
        let (path, value) = assignment
            .split_once('=')
            .map(|(path, value)| (path.trim(), value.trim()))
            .ok_or_else(|| wrong(assignment, "expected KEY=VALUE".to_owned()))?;
        let parts: Vec<&str> = path.split('.').collect();
        let found = match parts.as_slice() {
            [section, name] | [section, name, "up" | "down"] => key(section, name),
            _ => None,
        };
        let Some(found) = found else { return Err(wrong(path, "there is no such number".to_owned())) };
        let number = match value {
            "true" | "yes" => 1.0,
            "false" | "no" => 0.0,
            _ => value.parse().map_err(|_| wrong(path, format!("`{value}` is no number")))?,
        };
        found.check(number).map_err(|why| wrong(path, why))?;
        let full = found.path();
        let entries = match (found.kind, parts.get(2)) {
            (Kind::Pairs, _) => return Err(wrong(path, "a list can't be set here".to_owned())),
            (Kind::Ways, None) => vec![format!("{full}.up"), format!("{full}.down")],
            (Kind::Ways, Some(way)) => vec![format!("{full}.{way}")],
            (Kind::One | Kind::Flag, None) => vec![full],
            (_, Some(_)) => return Err(wrong(path, "it is the same in both directions".to_owned())),
        };
        for entry in entries {
            self.numbers.insert(entry, Number { values: vec![number], source: "command line".to_owned() });
        }
        self.check()
    }

    /// Every section is whole.
    pub(crate) fn check(&self) -> Result<(), ProfileError> {
        let wrong = |key: String, why: &str| {
            Err(ProfileError::Key { profile: self.name.clone(), key, why: why.to_owned() })
        };
        for needed in super::schema::KEYS.iter().filter(|k| k.needed && self.has(k.section)) {
            for entry in needed.entries() {
                if !self.numbers.contains_key(&entry) {
                    return wrong(entry, "its section needs it");
                }
            }
        }
        if self.has("outage")
            && self.one("outage.every_s").is_none()
            && self.list("outage.schedule_s").is_empty()
        {
            return wrong(
                "outage".to_owned(),
                "it needs `every_s` with `least_s` and `most_s`, or `schedule_s`",
            );
        }
        if let ([.., from_s, length_s], Some(repeat_s)) =
            (self.list("outage.schedule_s"), self.one("outage.repeat_s"))
            && repeat_s > 0.0
            && from_s + length_s > repeat_s
        {
            return wrong("outage.repeat_s".to_owned(), "the schedule is longer");
        }
        if self.one("idle.sleep_after_s").is_some() != self.one("idle.wake_every_s").is_some() {
            return wrong("idle".to_owned(), "`sleep_after_s` and `wake_every_s` need each other");
        }
        if self.one("handover.gap_most_ms") > self.one("handover.every_s").map(|every_s| every_s * 500.0) {
            return wrong("handover.gap_most_ms".to_owned(), "it is more than half of handover.every_s");
        }
        for (least, most) in [
            ("outage.least_s", "outage.most_s"),
            ("outage.attach_least_s", "outage.attach_most_s"),
            ("handover.gap_least_ms", "handover.gap_most_ms"),
            ("handover.failure_least_s", "handover.failure_most_s"),
            ("stall.median_s.up", "stall.p90_s.up"),
            ("stall.median_s.down", "stall.p90_s.down"),
        ] {
            if self.one(least).unwrap_or(0.0) > self.one(most).unwrap_or(f64::MAX) {
                return wrong(least.to_owned(), &format!("it is more than {most}"));
            }
        }
        Ok(())
    }

    /// Whether any number of this section is given.
    pub(crate) fn has(&self, section: &str) -> bool {
        self.numbers.keys().any(|k| k.split('.').next() == Some(section))
    }

    /// A number by its path.
    pub fn one(&self, path: &str) -> Option<f64> {
        self.numbers.get(path).and_then(|n| n.values.first()).copied()
    }

    /// A number of one direction.
    pub fn way(&self, path: &str, direction: Direction) -> Option<f64> {
        self.one(&format!("{path}.{direction}"))
    }

    pub(crate) fn list(&self, path: &str) -> &[f64] {
        self.numbers.get(path).map_or(&[], |n| &n.values)
    }
}

impl Key {
    /// `section.name`.
    pub fn path(&self) -> String {
        format!("{}.{}", self.section, self.name)
    }

    /// Where its values stand in a profile.
    pub(crate) fn entries(&self) -> Vec<String> {
        match self.kind {
            Kind::Ways => vec![format!("{}.up", self.path()), format!("{}.down", self.path())],
            _ => vec![self.path()],
        }
    }

    /// Is the value legal?
    pub(crate) fn check(&self, value: f64) -> Result<(), String> {
        if value.is_finite() && (self.least..=self.most).contains(&value) {
            return Ok(());
        }
        Err(format!("{value} is out of range: {} to {} is legal", self.least, self.most))
    }
}

//! A profile as its file gives it: numbers with their sources. Knows no TOML and no model.

use std::{collections::BTreeMap, sync::Arc};

use super::schema::{Key, Kind};
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
#[derive(Clone, Debug, Default, PartialEq)]
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
        both.without.extend(overlay.without.iter().cloned());
        both.take(overlay);
        both.drop_moot(|_| true);
        both
    }

    /// Takes over what a later one gives, number by number. Of two that can't both hold the later one does.
    pub(super) fn take(&mut self, later: &Self) {
        for direction in Direction::BOTH {
            let ours = &mut self.trace[direction as usize];
            match &later.trace[direction as usize] {
                Some(trace) => *ours = Some(Arc::clone(trace)),
                None if later.way("rate.mean_kbit_per_s", direction).is_some() => *ours = None,
                None => {}
            }
        }
        if super::rules::CHANCE_OUTAGE.iter().any(|key| later.numbers.contains_key(*key)) {
            self.numbers.remove("outage.schedule_s");
        }
        self.numbers.extend(later.numbers.iter().map(|(k, v)| (k.clone(), v.clone())));
        self.drop_moot(|key| !later.numbers.contains_key(key));
    }

    fn drop_moot(&mut self, which: impl Fn(&str) -> bool) {
        for (key, _) in self.moot() {
            if which(&key) {
                self.numbers.remove(&key);
            }
        }
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

    /// Are the values legal? One is, but for lists.
    pub(crate) fn check(&self, values: &[f64]) -> Result<(), String> {
        let legal = |value: &&f64| value.is_finite() && (self.least..=self.most).contains(*value);
        if let Some(value) = values.iter().find(|value| !legal(value)) {
            return Err(format!("{value} is out of range: {} to {} is legal", self.least, self.most));
        }
        if self.kind == Kind::Pairs {
            let pairs = values.chunks(2);
            let sound = pairs.clone().all(|pair| pair.len() == 2 && pair[1] > 0.0)
                && pairs.clone().zip(pairs.skip(1)).all(|(one, next)| one[0] + one[1] <= next[0]);
            if !sound || values.is_empty() {
                return Err("expected beginnings and lengths in turn, rising and without overlap".to_owned());
            }
        }
        Ok(())
    }
}

//! Classes of bugs that brokers were publicly reported to have, and how each stands to the suite. Counts and knows no file, no defect
//! and no scenario by itself: names are handed in.

use std::collections::{BTreeMap, BTreeSet};

/// A class of bugs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BugClass {
    /// Its id, a slug: `dup-trusted`.
    pub id: &'static str,
    /// What it is about: `session`, `will`.
    pub area: &'static str,
    /// The bug, in a sentence.
    pub what: &'static str,
    /// The address of a public report of one.
    pub report: &'static str,
    /// What of ours is of this class.
    pub ours: Ours,
}

/// What of ours is of a class of bugs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ours {
    /// Defects and mutants, by name; at least one.
    Defects(Vec<&'static str>),
    /// None; the sentence behind the reason says more, or begins the ids of scenarios that are about it (see
    /// [`NoDefect::has_scenarios`]).
    None(NoDefect, &'static str),
}

/// Why no defect or mutant is of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoDefect {
    /// It shows only where the broker's process is restarted.
    Restart,
    /// It shows only between two brokers.
    SecondBroker,
    /// Nothing on the wire shows it.
    Wire,
    /// No statement forbids it.
    Legal,
    /// One is to be made.
    Open,
}

impl NoDefect {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Restart, Self::SecondBroker, Self::Wire, Self::Legal, Self::Open];

    /// The word in the table of classes.
    pub fn word(self) -> &'static str {
        match self {
            Self::Restart => "restart",
            Self::SecondBroker => "second-broker",
            Self::Wire => "wire",
            Self::Legal => "legal",
            Self::Open => "open",
        }
    }

    /// The reason, as the end of a sentence.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Restart => "needs a restart of the broker",
            Self::SecondBroker => "needs a second broker",
            Self::Wire => "not on the wire",
            Self::Legal => "legal",
            Self::Open => "to be done",
        }
    }

    /// Whether scenarios are about it all the same.
    pub fn has_scenarios(self) -> bool {
        matches!(self, Self::Restart | Self::SecondBroker)
    }
}

/// A class with the scenarios that are about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoveredClass {
    /// The class.
    pub class: BugClass,
    /// Which scenarios say that they catch which of its defects; those that nothing catches are there too. Empty without defects.
    pub caught: BTreeMap<&'static str, BTreeSet<String>>,
    /// All scenarios about it, by id.
    pub scenarios: BTreeSet<String>,
}

impl CoveredClass {
    /// Joins a class to a suite: `catches` are the scenarios by the name of what they catch, `ids` those of all of them.
    pub fn new(
        class: BugClass,
        catches: &BTreeMap<String, BTreeSet<String>>,
        ids: &BTreeSet<String>,
    ) -> Self {
        let of = |name: &&'static str| (*name, catches.get(*name).cloned().unwrap_or_default());
        let (caught, scenarios) = match &class.ours {
            Ours::Defects(names) => {
                let caught: BTreeMap<_, _> = names.iter().map(of).collect();
                let scenarios = caught.values().flatten().cloned().collect();
                (caught, scenarios)
            }
            Ours::None(why, text) if why.has_scenarios() => {
                let about = |id: &&String| text.split(' ').any(|part| is_within(id, part));
                (BTreeMap::new(), ids.iter().filter(about).cloned().collect())
            }
            Ours::None(..) => (BTreeMap::new(), BTreeSet::new()),
        };
        Self { class, caught, scenarios }
    }
}

/// Whether an id is this one, or begins with it at a `/`.
fn is_within(id: &str, beginning: &str) -> bool {
    id.strip_prefix(beginning).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// How many classes stand how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BugCounts {
    /// All of them: the sum of the three below.
    pub classes: usize,
    /// A scenario says that it catches one of their defects, or is about them without a defect.
    pub with_scenarios: usize,
    /// They have defects and no scenario.
    pub defects_alone: usize,
    /// They have neither, by the reason.
    pub without: BTreeMap<NoDefect, usize>,
    /// Defects and mutants of these classes.
    pub defects: usize,
    /// Of those: a scenario says that it catches them.
    pub named: usize,
    /// Scenarios that are about any of these classes, each once.
    pub scenarios: usize,
}

impl BugCounts {
    /// Counts them.
    pub fn of<'a>(classes: impl IntoIterator<Item = &'a CoveredClass>) -> Self {
        let mut counts = Self::default();
        let mut scenarios = BTreeSet::new();
        for covered in classes {
            counts.classes += 1;
            match &covered.class.ours {
                _ if !covered.scenarios.is_empty() => counts.with_scenarios += 1,
                Ours::Defects(_) => counts.defects_alone += 1,
                Ours::None(why, _) => *counts.without.entry(*why).or_default() += 1,
            }
            counts.defects += covered.caught.len();
            counts.named += covered.caught.values().filter(|by| !by.is_empty()).count();
            scenarios.extend(&covered.scenarios);
        }
        counts.scenarios = scenarios.len();
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(id: &'static str, ours: Ours) -> BugClass {
        BugClass { id, area: "will", what: "A will is lost.", report: "https://example.org/1", ours }
    }

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn covered() -> Vec<CoveredClass> {
        let catches = BTreeMap::from([
            ("will-lost".to_owned(), set(&["will/lost/reset", "will/lost/silent"])),
            ("will-late".to_owned(), set(&["will/lost/silent"])),
            ("another".to_owned(), set(&["qos1/inbound"])),
        ]);
        let ids = set(&["will/lost/reset", "restart/kill", "restart/kill/will", "restart/killed"]);
        [
            class("lost", Ours::Defects(vec!["will-lost", "will-late", "will-twice"])),
            class("twice", Ours::Defects(vec!["will-elsewhere"])),
            class("restarted", Ours::None(NoDefect::Restart, "restart/kill")),
            class("bridged", Ours::None(NoDefect::SecondBroker, "bridge/outage")),
            class("memory", Ours::None(NoDefect::Wire, "restart/kill shows none of it")),
        ]
        .map(|class| CoveredClass::new(class, &catches, &ids))
        .into()
    }

    #[test]
    fn a_class_has_the_scenarios_of_its_defects() {
        let covered = covered();
        assert_eq!(covered[0].scenarios, set(&["will/lost/reset", "will/lost/silent"]));
        assert_eq!(covered[0].caught["will-late"], set(&["will/lost/silent"]));
        assert!(covered[0].caught["will-twice"].is_empty(), "it is there, and nothing catches it");
        assert!(covered[1].scenarios.is_empty());
    }

    #[test]
    fn without_a_defect_it_has_the_scenarios_whose_ids_begin_so() {
        let covered = covered();
        assert_eq!(covered[2].scenarios, set(&["restart/kill", "restart/kill/will"]), "whole parts of ids");
        assert!(covered[3].scenarios.is_empty());
        assert!(covered[4].scenarios.is_empty(), "the sentence of another reason names no scenario");
    }

    #[test]
    fn the_counts_add_up() {
        let counts = BugCounts::of(&covered());
        assert_eq!((counts.classes, counts.with_scenarios, counts.defects_alone), (5, 2, 1));
        assert_eq!(counts.without, BTreeMap::from([(NoDefect::SecondBroker, 1), (NoDefect::Wire, 1)]));
        assert_eq!((counts.defects, counts.named, counts.scenarios), (4, 2, 4));
    }
}

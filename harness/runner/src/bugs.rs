//! The table of classes of bugs, and which of our defects, mutants and scenarios are about which. The counting is the verdict crate's.

use std::collections::{BTreeMap, BTreeSet};

use deadzone_verdict::{BugClass, CoveredClass, NoDefect, Ours};

use crate::Suite;

/// What the columns mean stands at the top of it.
const TABLE: &str = include_str!("../data/bugs.tsv");
/// The area of the lines that name what is of no class.
const NO_CLASS: &str = "none";

/// Every class, in the order of the table: by area.
pub fn bug_classes() -> Vec<BugClass> {
    lines().filter(|columns| columns[0] != NO_CLASS).map(|columns| class(&columns)).collect()
}

/// The defects and mutants that are of no class: they break what no report in the table is about.
pub fn in_no_class() -> Vec<&'static str> {
    let names = |columns: [&'static str; 6]| columns[1].split(' ');
    lines().filter(|columns| columns[0] == NO_CLASS).flat_map(names).collect()
}

/// The classes with the scenarios of a suite that are about them.
pub fn bugs_covered(suite: &Suite) -> Vec<CoveredClass> {
    let mut catches: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for scenario in &suite.scenarios {
        for catch in &scenario.catches {
            catches.entry(catch.name.clone()).or_default().insert(scenario.id.clone());
        }
    }
    let ids = suite.scenarios.iter().map(|scenario| scenario.id.clone()).collect();
    bug_classes().into_iter().map(|class| CoveredClass::new(class, &catches, &ids)).collect()
}

/// The columns of each line; what a line lacks is empty, and tests see to it that none lacks any.
fn lines() -> impl Iterator<Item = [&'static str; 6]> {
    TABLE.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(|line| {
        let mut columns = line.split('\t');
        [(); 6].map(|()| columns.next().unwrap_or_default())
    })
}

fn class(&[id, area, what, report, defects, why]: &[&'static str; 6]) -> BugClass {
    let (word, text) = why.split_once(": ").unwrap_or((why, ""));
    let reason = NoDefect::ALL.into_iter().find(|reason| reason.word() == word);
    let ours = match reason {
        Some(reason) => Ours::None(reason, text),
        None => Ours::Defects(defects.split(' ').collect()),
    };
    BugClass { id, area, what, report, ours }
}

#[cfg(test)]
mod tests {
    use deadzone_reference_broker::Defect;

    use super::*;
    use crate::Mutant;

    fn is_slug(text: &str) -> bool {
        let legal = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        !text.is_empty() && text.bytes().all(legal)
    }

    /// The names of the classes and those in none, each as often as it stands there.
    fn named() -> Vec<&'static str> {
        let of = |class: BugClass| match class.ours {
            Ours::Defects(names) => names,
            Ours::None(..) => Vec::new(),
        };
        bug_classes().into_iter().flat_map(of).chain(in_no_class()).collect()
    }

    #[test]
    fn every_line_is_well_formed() {
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let columns: Vec<&str> = line.split('\t').collect();
            if columns[0] == NO_CLASS {
                assert_eq!(columns.len(), 2, "{line}");
                continue;
            }
            let &[id, area, what, report, defects, why] = &columns[..] else { panic!("six columns: {line}") };
            assert!(is_slug(id) && is_slug(area), "{line}");
            assert!(what.ends_with('.') && (20..=200).contains(&what.chars().count()), "{line}");
            assert!(report.starts_with("https://") && !report.contains(' '), "{line}");
            assert!((defects == "-") != (why == "-"), "defects, or why there is none: {line}");
            let word = why.split_once(": ").map(|(word, _)| word);
            assert!(why == "-" || NoDefect::ALL.iter().any(|reason| Some(reason.word()) == word), "{line}");
        }
    }

    /// As many as the list of public reports has from which the table was made.
    #[test]
    fn no_class_is_missing_and_none_stands_there_twice() {
        let classes = bug_classes();
        let ids: BTreeSet<&str> = classes.iter().map(|class| class.id).collect();
        assert_eq!((ids.len(), classes.len()), (97, 97));
        let mut areas: Vec<&str> = classes.iter().map(|class| class.area).collect();
        areas.dedup();
        assert_eq!(areas.iter().collect::<BTreeSet<_>>().len(), areas.len(), "an area stands together");
        assert!(areas.iter().all(|area| !ids.contains(area)), "one word would choose two things");
    }

    #[test]
    fn every_defect_and_mutant_is_of_one_class_or_in_the_list_of_those_in_none() {
        let mut named = named();
        named.sort_unstable();
        let defects = Defect::ALL.iter().map(|defect| defect.name());
        let mut real: Vec<&str> = defects.chain(Mutant::ALL.iter().map(|mutant| mutant.name())).collect();
        real.sort_unstable();
        let unknown: Vec<_> = named.iter().filter(|name| !real.contains(name)).collect();
        let unnamed: Vec<_> = real.iter().filter(|name| !named.contains(name)).collect();
        let twice: Vec<_> = named.windows(2).filter(|two| two[0] == two[1]).map(|two| two[0]).collect();
        assert!(
            unknown.is_empty() && unnamed.is_empty() && twice.is_empty(),
            "harness/runner/data/bugs.tsv: no defect or mutant: {unknown:?}; in no line: {unnamed:?}; twice: {twice:?}"
        );
    }

    /// Where a class points at scenarios in place of defects, each pointer meets one.
    #[test]
    fn a_class_without_defects_names_real_scenarios() {
        let suite = Suite::embedded().unwrap();
        let mut pointers = 0;
        for class in bug_classes() {
            let Ours::None(reason, text) = class.ours else { continue };
            assert!(!text.is_empty(), "{}", class.id);
            if reason.has_scenarios() {
                for pointer in text.split(' ') {
                    let met = suite.scenarios.iter().any(|scenario| scenario.id.starts_with(pointer));
                    assert!(met, "{}: `{pointer}` begins no id of a scenario", class.id);
                    pointers += 1;
                }
            }
        }
        assert!(pointers >= 2, "a class that needs a restart and one that needs a bridge");
    }
}

//! Classes of bugs as a list: of each its defects and how many scenarios are about it, and with `Verbosity::Verbose` which. Counts
//! nothing by itself.

use std::collections::BTreeSet;

use deadzone_verdict::{BugCounts, CoveredClass, Ours};

use super::{
    TerminalOptions, Verbosity,
    page::{Page, Role},
};

/// Longest sentence of a class, in characters.
const SENTENCE: usize = 300;
/// Most characters of names behind one label.
const NAMES: usize = 4_000;

/// The classes with their sums. `apart` are defects and mutants that are of no class, where all classes are shown.
pub fn bug_table(classes: &[&CoveredClass], apart: &[&str], options: TerminalOptions) -> String {
    let mut page = Page::new(options);
    let mut area = "";
    for covered in classes {
        if covered.class.area != area {
            area = covered.class.area;
            page.blank();
            let head = page.safe(area, SENTENCE);
            page.raw(&page.paint(Role::Strong, &head));
        }
        class(&mut page, covered);
    }
    page.blank();
    sums(&mut page, &BugCounts::of(classes.iter().copied()));
    if !apart.is_empty() {
        let text = format!(
            "{}: {}",
            number(apart.len(), "defect or mutant", "defects and mutants"),
            apart.join(" ")
        );
        page.field("in no class", Role::Plain, &text, NAMES);
    }
    page.finish()
}

fn class(page: &mut Page, covered: &CoveredClass) {
    let class = &covered.class;
    let (role, said) = match (&class.ours, covered.scenarios.len()) {
        (Ours::None(why, _), 0) => (Role::Plain, why.reason().to_owned()),
        (Ours::None(why, _), n) => (Role::Good, format!("{}; {why}", scenarios(n), why = why.reason())),
        (Ours::Defects(_), 0) => (Role::Doubtful, "no scenario".to_owned()),
        (Ours::Defects(_), n) => (Role::Good, scenarios(n)),
    };
    let id = page.safe(class.id, SENTENCE);
    let line = format!("  {}  {}", page.paint(Role::Strong, &id), page.paint(role, &said));
    page.raw(&line);
    page.field("bug", Role::Plain, class.what, SENTENCE);
    let verbose = page.options.verbosity == Verbosity::Verbose;
    match &class.ours {
        Ours::Defects(names) if !verbose => page.field("defects", Role::Plain, &names.join(" "), NAMES),
        Ours::Defects(_) => covered.caught.iter().for_each(|(name, by)| {
            let by = if by.is_empty() { "no scenario names it".to_owned() } else { joined(by) };
            page.field("defect", Role::Plain, &format!("{name}: {by}"), NAMES);
        }),
        Ours::None(why, text) if !why.has_scenarios() => page.field("why", Role::Plain, text, SENTENCE),
        Ours::None(..) if verbose => page.field("scenarios", Role::Plain, &joined(&covered.scenarios), NAMES),
        Ours::None(..) => {}
    }
    if verbose {
        page.field("like", Role::Link, class.report, SENTENCE);
    }
}

fn sums(page: &mut Page, counts: &BugCounts) {
    let defects = number(counts.defects, "defect or mutant", "defects and mutants");
    let text = format!(
        "{}, {} with scenarios; {defects}, {} of them named by {}",
        number(counts.classes, "class", "classes"),
        counts.with_scenarios,
        counts.named,
        scenarios(counts.scenarios),
    );
    page.field("bugs", Role::Strong, &text, SENTENCE);
    let defects_alone =
        (counts.defects_alone > 0).then(|| format!("{} have defects alone", counts.defects_alone));
    let reasons = counts.without.iter().map(|(why, n)| format!("{n} {}", why.reason()));
    let without: Vec<String> = defects_alone.into_iter().chain(reasons).collect();
    page.field("without", Role::Plain, &without.join(", "), SENTENCE);
}

fn scenarios(n: usize) -> String {
    number(n, "scenario", "scenarios")
}

fn number(n: usize, one: &str, more: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { more })
}

fn joined(names: &BTreeSet<String>) -> String {
    names.iter().map(String::as_str).collect::<Vec<_>>().join(" ")
}

//! Several runs side by side: a line for each, the distinct sets of verdicts, and what each unstable scenario said how often.

use deadzone_verdict::{RunSets, Said, Spread, Summary, VerdictSet};

use super::{
    TerminalOptions,
    page::{Page, Role},
    summary,
};

/// Most seeds that are named for one set or one verdict.
const SEEDS_NAMED: usize = 8;

/// The line of one run that ended: which it was, and its counts.
pub fn run_line(which: &str, end: &Summary, options: TerminalOptions) -> String {
    let mut page = Page::new(options);
    let which = page.safe(which, 100);
    page.raw(&which);
    summary::counts(&mut page, end, 0);
    page.finish()
}

/// What all runs said. `command` repeats the run, but for its seed, its version and its scenario.
pub fn run_sets(sets: &RunSets, command: &str, options: TerminalOptions) -> String {
    let mut page = Page::new(options);
    let (runs, distinct) = (sets.runs().len(), sets.sets().len());
    page.raw("");
    let role = if sets.is_one() { Role::Good } else { Role::Bad };
    let head =
        format!("{} gave {} of verdicts", counted(runs, "run", "runs"), counted(distinct, "set", "sets"));
    let head = page.paint(role, &head);
    page.raw(&head);
    for (number, set) in sets.sets().iter().enumerate() {
        let seeds: Vec<&str> =
            sets.runs().iter().filter(|run| run.set == number).map(|run| run.seed.as_str()).collect();
        let text = format!("{}: {}; {}", counted(seeds.len(), "run", "runs"), kinds(set), named(&seeds));
        page.field(&format!("set {}", number + 1), Role::Plain, &text, 600);
    }
    for (key, said) in sets.steady() {
        let text = format!("{} [{}]: {}", key.id, key.version, told(said));
        page.field("each time", Role::Plain, &text, 600);
    }
    for (key, spreads) in sets.unstable() {
        let head = page.safe(&format!("unstable {} [{}]", key.id, key.version), 160);
        let head = page.paint(Role::Bad, &head);
        page.raw(&head);
        for spread in &spreads {
            page.entry(&spread_line(spread, runs), 600);
        }
        let rarest = spreads.last().and_then(|spread| spread.seeds.first());
        if let Some(seed) = rarest {
            page.command("repeat", &format!("{command} --seed 0x{seed} --mqtt {} {}", key.version, key.id));
        }
    }
    page.finish()
}

fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// `276 pass, 9 fail`.
fn kinds(set: &VerdictSet) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for said in set.values() {
        match counts.iter_mut().find(|(word, _)| *word == said.word) {
            Some((_, n)) => *n += 1,
            None => counts.push((said.word, 1)),
        }
    }
    counts.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
    let words: Vec<String> = counts.into_iter().map(|(word, n)| format!("{n} {word}")).collect();
    words.join(", ")
}

fn named(seeds: &[&str]) -> String {
    let more = seeds.len().saturating_sub(SEEDS_NAMED);
    let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
    let word = if seeds.len() == 1 { "seed" } else { "seeds" };
    format!("{word} {}{tail}", seeds[..seeds.len() - more].join(" "))
}

fn told(said: &Said) -> String {
    let found: Vec<String> = said.found.iter().map(ToString::to_string).collect();
    format!("{} {}", said.word, found.join("; ")).trim().to_owned()
}

/// `2 of 20: fail 5.0/MQTT-4.3.3-10 …, seeds …`.
fn spread_line(spread: &Spread, of: usize) -> String {
    let said = spread.said.as_ref().map_or_else(|| "not run".to_owned(), told);
    let reason = spread.reason.as_ref().map(|reason| format!(" ({reason})")).unwrap_or_default();
    let seeds: Vec<&str> = spread.seeds.iter().map(String::as_str).collect();
    format!("{} of {of}: {said}{reason}; {}", spread.seeds.len(), named(&seeds))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    #[test]
    fn a_set_is_told_by_its_kinds_and_many_seeds_are_cut() {
        let said = |word| Said { word, found: BTreeSet::new() };
        let key = |id: &str| deadzone_verdict::ScenarioKey {
            id: id.to_owned(),
            version: deadzone_wire::Version::V5,
        };
        let set: VerdictSet =
            BTreeMap::from([(key("a"), said("fail")), (key("b"), said("pass")), (key("c"), said("pass"))]);
        assert_eq!(kinds(&set), "2 pass, 1 fail");
        let seeds: Vec<String> = (0..10).map(|n| n.to_string()).collect();
        let seeds: Vec<&str> = seeds.iter().map(String::as_str).collect();
        assert_eq!(named(&seeds), "seeds 0 1 2 3 4 5 6 7 and 2 more");
        assert_eq!(named(&seeds[..1]), "seed 0");
    }
}

//! Which performances tell most, for a run that may not have the time for all. Pure: the same plan, the same order.

use std::{
    cmp::Reverse,
    collections::{BTreeSet, VecDeque},
};

use deadzone_script::Scenario;
use deadzone_wire::Version;

use crate::{Planned, Tier};

/// The longest that a smoke scenario of the suite waits, ms.
const SMOKE_MS: u64 = 2_500;

/// What a performance can show: a defect that it catches or a clause that it puts to the test, in its version.
type Shows<'a> = BTreeSet<(Version, &'a str)>;

/// The plan's performances by place, most telling first: those of the smallest tier before all others; within a tier whatever shows
/// most that nothing before it shows, for the time that it waits by the clock; then the order of the suite.
pub(crate) fn most_telling_first(items: &[&Planned]) -> Vec<usize> {
    let shows: Vec<Shows<'_>> = items.iter().map(|item| shows(item)).collect();
    let cost_ms: Vec<u64> = items.iter().map(|item| 1_000 + waits_ms(&item.scenario)).collect();
    let mut known = Shows::new();
    let mut order = Vec::new();
    for tier in Tier::ALL {
        let mut rest: VecDeque<usize> =
            (0..items.len()).filter(|at| Tier::of(&items[*at].scenario) == tier).collect();
        while let Some(next) = (0..rest.len()).max_by_key(|place| {
            let at = rest[*place];
            let fresh = shows[at].difference(&known).count() as u64;
            (fresh * 1_000_000 / cost_ms[at], Reverse(cost_ms[at]), Reverse(at))
        }) && let Some(at) = rest.remove(next)
        {
            known.extend(&shows[at]);
            order.push(at);
        }
    }
    order
}

/// How long a scenario waits by the clock, ms: an estimate, of which the smoke tier has a bound that is tested.
pub(crate) fn waits_ms(scenario: &Scenario) -> u64 {
    let ms = scenario.bound_by_clock_ms();
    if Tier::of(scenario) == Tier::Smoke { ms.min(SMOKE_MS) } else { ms }
}

fn shows(item: &Planned) -> Shows<'_> {
    let version = item.key.version;
    let caught = item.scenario.catches.iter().filter(|catch| catch.only.is_none_or(|only| only == version));
    let mut shows: Shows<'_> = caught.map(|catch| (version, catch.name.as_str())).collect();
    shows.extend(item.scenario.clauses_of(version).map(|clause| (version, clause.as_str())));
    shows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Plan, Selection, Suite};

    #[test]
    fn smoke_comes_first_then_what_shows_something_new() {
        let suite = Suite::embedded().unwrap();
        let plan = Plan::new(&suite, &Selection::default(), &[Version::V311, Version::V5], &[]);
        let items: Vec<&Planned> = plan.items.iter().collect();
        let order = most_telling_first(&items);
        let mut all = order.clone();
        all.sort_unstable();
        assert!(all.into_iter().eq(0..items.len()), "each once");
        let tiers: Vec<Tier> = order.iter().map(|at| Tier::of(&items[*at].scenario)).collect();
        assert!(tiers.is_sorted());
        // Where half of the full tier is done, nearly all that can be shown is shown.
        let smoke = tiers.iter().filter(|tier| **tier == Tier::Smoke).count();
        let full = tiers.iter().filter(|tier| **tier == Tier::Full).count();
        let shown = |until: usize| {
            order[..until].iter().flat_map(|at| shows(items[*at])).collect::<BTreeSet<_>>().len() as f64
        };
        let (half, whole) = (shown(smoke + full / 2), shown(order.len()));
        assert!(half / whole > 0.95, "{half} of {whole}");
    }
}

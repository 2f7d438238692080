//! What lasts long in real time, announced with how long at most: a run that says nothing for a quarter of an hour looks hung.

use deadzone_play::Timing;

use crate::{Plan, Planned};

/// What lasts longer than this at most is announced, ms.
const LONG_MS: u64 = 120_000;
/// Most scenarios that are named.
const NAMED: usize = 6;

/// What is to be told before it begins, if anything lasts long. A wait that meets silence may be parked beside that.
pub(crate) fn announced(plan: &Plan, timing: Timing) -> Option<String> {
    let most = |item: &Planned| {
        let limited = timing.over_radio(&item.scenario, item.catalogue());
        (limited.scenario_ms as f64 * timing.scale.max(1.0)) as u64
    };
    let played = plan.items.iter().filter(|item| item.excluded.is_none());
    let mut long: Vec<(u64, String)> = played
        .map(|item| (most(item), format!("{} [{}]", item.key.id, item.key.version)))
        .filter(|(most_ms, _)| *most_ms > LONG_MS)
        .collect();
    long.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let longest = long.first()?.0 / 1000;
    let named = long.iter().take(NAMED).map(|(most_ms, name)| format!("{name} {} s", most_ms / 1000));
    let named: Vec<String> = named.collect();
    let more = long.len() - named.len();
    let tail = if more > 0 { format!(", and {more} more") } else { String::new() };
    let own = (timing.scenario_ms as f64 * timing.scale.max(1.0)) as u64 / 1000;
    Some(format!(
        "{} last long in real time, up to {longest} s each ({own} s of --timeout, the rest for what their links do): {}{tail}",
        long.len(),
        named.join(", "),
    ))
}

#[cfg(test)]
mod tests {
    use deadzone_wire::Version;

    use super::*;
    use crate::{Selection, Suite};

    #[test]
    fn row_e29_what_lasts_long_is_announced_with_its_time() {
        let suite = Suite::embedded().unwrap();
        let told = |select: &str| {
            let selection = Selection::new(vec![select.to_owned()]);
            let mut plan = Plan::new(&suite, &selection, &[Version::V5], &[]);
            plan.items.iter_mut().for_each(|item| item.excluded = None);
            announced(&plan, Timing::default())
        };
        assert_eq!(told("qos2/interrupted/**"), None);
        let text = told("long").unwrap();
        assert!(text.contains("cellular/driving/exactly-once [5.0]") && text.contains(" s each ("), "{text}");
    }
}

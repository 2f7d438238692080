//! Any numbers that the schema allows make a link that keeps its promises: nobody's own profile may break it.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod drive;

use std::collections::{BTreeMap, BTreeSet};

use deadzone_link::{Catalogue, Direction, Flow, KEYS, Key, Kind, Link, Note, Number, PacketLink, Profile};
use drive::{identity, run, writes, written};
use proptest::prelude::*;

/// A delay of its own is in every profile.
const BARE: &str = "title = \"any\"\n[delay]\nfloor_ms = { both = 1, source = \"default\" }\n\
                    median_ms = { both = 1, source = \"default\" }\nsigma_ln = { both = 0, source = \"default\" }\n\
                    correlation_per_100ms = { value = 0, source = \"default\" }\n";

/// The ends of the legal range, and what lies between them, small numbers as often as large ones.
fn legal(key: &Key) -> BoxedStrategy<f64> {
    let (least, most) = (key.least, key.most);
    let low = least.max(most * 1e-9);
    prop_oneof![
        1 => Just(least),
        1 => Just(most),
        6 => (0.0f64..1.0).prop_map(move |part| (low * (most / low).powf(part)).clamp(least, most)),
    ]
    .boxed()
}

/// Numbers for some sections, each whole or with holes where holes are legal.
fn numbers() -> impl Strategy<Value = Vec<(String, Vec<f64>)>> {
    let of_key = |key: &'static Key| match key.kind {
        Kind::Pairs => (any::<bool>(), prop::collection::vec((0.0f64..100.0, 0.1f64..100.0), 1..4))
            .prop_map(move |(given, spans)| {
                let mut end = 0.0;
                let list: Vec<f64> = spans
                    .iter()
                    .flat_map(|(before, length)| {
                        let from = end + before;
                        end = from + length;
                        [from, *length]
                    })
                    .collect();
                if given { vec![(key.path(), list)] } else { Vec::new() }
            })
            .boxed(),
        _ => {
            let entries = match key.kind {
                Kind::Ways => vec![format!("{}.up", key.path()), format!("{}.down", key.path())],
                _ => vec![key.path()],
            };
            let value = match key.kind {
                Kind::Flag => prop_oneof![Just(0.0), Just(1.0)].boxed(),
                _ => legal(key),
            };
            let given = if key.needed { 1.0 } else { 0.6 };
            let values = prop::collection::vec(value, entries.len());
            (prop::bool::weighted(given), values)
                .prop_map(move |(given, values)| {
                    entries
                        .iter()
                        .cloned()
                        .zip(values.into_iter().map(|v| vec![v]))
                        .filter(|_| given)
                        .collect()
                })
                .boxed()
        }
    };
    let sections: BTreeSet<&str> = KEYS.iter().map(|key| key.section).collect();
    let each: Vec<_> = sections
        .into_iter()
        .map(|section| {
            let keys: Vec<_> = KEYS.iter().filter(|key| key.section == section).map(of_key).collect();
            (any::<bool>(), keys).prop_map(|(there, keys)| if there { keys.concat() } else { Vec::new() })
        })
        .collect();
    each.prop_map(|sections| sections.concat())
}

/// Puts what must rise in its order: else hardly any draw had stalls, and those are what there is to try out.
fn in_order(numbers: &mut BTreeMap<String, Number>) {
    for way in ["up", "down"] {
        let path = |name: &str| format!("stall.{name}.{way}");
        let Some(every) = numbers.get(&path("every_s")).map(|n| n.values[0]) else { continue };
        let keys = ["least_s", "median_s", "p90_s", "cap_s"].map(path);
        let mut values: Vec<f64> =
            keys.iter().filter_map(|key| numbers.get(key)).map(|n| n.values[0]).collect();
        values.sort_by(f64::total_cmp);
        let longest = values.last().copied().unwrap_or(0.0);
        let given = keys.iter().filter(|key| numbers.contains_key(*key)).cloned().collect::<Vec<_>>();
        for (key, value) in given.into_iter().zip(values).chain([(path("every_s"), every + longest)]) {
            numbers.get_mut(&key).unwrap().values[0] = value;
        }
    }
    if numbers.contains_key("outage.schedule_s") {
        for key in ["outage.every_s", "outage.least_s", "outage.most_s"] {
            numbers.remove(key);
        }
    }
    if !numbers.contains_key("rate.mean_kbit_per_s.up") {
        numbers.retain(|key, _| !key.starts_with("queue."));
    }
}

/// A profile with these numbers, if the schema takes them together.
fn profile(numbers: &[(String, Vec<f64>)]) -> Option<Profile> {
    let mut profile = Catalogue::new([("any", BARE)], []).unwrap().get("any").unwrap();
    let numbers = numbers.iter().map(|(path, values)| {
        (path.clone(), Number { values: values.clone(), source: "default".to_owned() })
    });
    let mut numbers: BTreeMap<_, _> = numbers.collect();
    in_order(&mut numbers);
    profile.numbers.extend(numbers);
    // Setting a number has the whole looked at.
    let floor_ms = profile.numbers["delay.floor_ms.up"].values[0];
    profile.set(&format!("delay.floor_ms.up={floor_ms}")).ok()?;
    Some(profile)
}

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 100_000, failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn any_legal_profile_keeps_order_and_invents_nothing(
        numbers in numbers(), seed in any::<u64>(), writes in writes(),
    ) {
        let Some(profile) = profile(&numbers) else { return Err(TestCaseError::reject("not legal together")) };
        let mut link = Link::with_profile(&profile, identity(seed));
        let (left, notes, out) = run(&mut link, &writes, 600_000_000);
        prop_assert!(left.is_sorted_by_key(|left| left.0));
        let swallowed = notes.iter().any(|n| matches!(n, Note::Swallowed { .. })) || left.iter().any(|left| left.2 == 0);
        for direction in [Direction::Up, Direction::Down] {
            let (sent, got) = (written(&writes, direction), &out[direction as usize]);
            prop_assert!(sent.starts_with(got));
            let waits = link.wake_at_us().is_some();
            prop_assert!(swallowed || waits || got.len() == sent.len(), "{} of {}", got.len(), sent.len());
        }
        let _ = profile.patience_us();
    }

    #[test]
    fn any_legal_profile_keeps_packets_in_order_and_counts_them(
        numbers in numbers(), seed in any::<u64>(), writes in writes(),
    ) {
        let Some(profile) = profile(&numbers) else { return Err(TestCaseError::reject("not legal together")) };
        let mut link = PacketLink::new(&profile, identity(seed));
        let mut arrived = [Vec::new(), Vec::new()];
        let mut receive = |link: &mut PacketLink<usize>, until_us: u64| {
            while let Some(at_us) = link.next_us().filter(|at_us| *at_us <= until_us) {
                while let Some((direction, packet)) = link.receive(at_us) {
                    arrived[direction as usize].push(packet);
                }
            }
        };
        for (packet, (now_us, direction, bytes)) in writes.iter().enumerate() {
            receive(&mut link, *now_us);
            link.send(*now_us, *direction, Flow(1), packet == 0, *bytes, packet);
        }
        receive(&mut link, 600_000_000);
        let waiting = link.next_us().is_some();
        for (arrived, sums) in arrived.iter().zip(link.sums()) {
            prop_assert!(arrived.is_sorted());
            prop_assert_eq!(arrived.len() as u64, sums.arrived);
            let lost = sums.queue + sums.noise + sums.coverage + sums.forgotten + sums.moved;
            prop_assert!(sums.arrived + lost == sums.offered || waiting && sums.arrived + lost < sums.offered);
        }
    }
}

//! What a profile does seldom, each process by itself: outages, hand-overs, promotions, losses, and what address
//! translation forgets.

use deadzone_link::{Direction, Link, Number, Profile};

use super::{Lcg, Line, identity, pings, quantile, saturate, without};

/// What, asked, got, in which unit.
type Measured = (&'static str, f64, f64, &'static str);

/// Every section but the delay.
const ALL: [&str; 8] = ["rate", "queue", "loss", "stall", "outage", "idle", "handover", "nat"];
/// The profile with this section only, and with no delay but its floor.
fn only(profile: &Profile, section: &str) -> Profile {
    let others: Vec<&str> = ALL.into_iter().filter(|s| *s != section).collect();
    let mut bare = without(profile, &others);
    bare.trace = [None, None];
    bare.set("delay.median_ms=0").expect("a legal number");
    bare
}

/// A number for both directions, or for the link.
fn fix(profile: &mut Profile, key: &str, value: f64) {
    for entry in [key.to_owned(), format!("{key}.up"), format!("{key}.down")] {
        let number = Number { values: vec![value], source: "default".to_owned() };
        profile.numbers.insert(entry, number);
    }
}

/// The lines of every process that the profile has, each over about so many of what it does.
pub(crate) fn seldom(profile: &Profile, events: f64) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut add = |key: &str, measured: Vec<Measured>| {
        let source = profile.numbers.get(key).map_or("default", |n| n.source.as_str());
        lines.extend(measured.into_iter().map(|(what, asked, got, unit)| Line {
            what: what.to_owned(),
            asked,
            got,
            unit,
            source: source.to_owned(),
        }));
    };
    let n = |key: &str| profile.one(key).unwrap_or(0.0);
    if profile.one("outage.every_s").is_some() {
        let dark = darkness(&only(profile, "outage"), events * n("outage.every_s"));
        let mean_s = (n("outage.least_s") + n("outage.most_s")) / 2.0
            + (n("outage.attach_least_s") + n("outage.attach_most_s")) / 2.0;
        let asked = 3600.0 / (n("outage.every_s") + mean_s);
        add(
            "outage.every_s",
            vec![("outages", asked, dark.per_hour, "/h"), ("outages: mean", mean_s, dark.mean_s, "s")],
        );
    }
    if profile.one("handover.every_s").is_some() {
        add("handover.every_s", handovers(&only(profile, "handover"), events));
    }
    if profile.one("idle.after_s").is_some() {
        add("idle.promotion_ms", promotions(&only(profile, "idle"), events));
    }
    if let (Some(up), Some(down)) =
        (profile.one("loss.probability_per_segment.up"), profile.one("loss.probability_per_segment.down"))
    {
        let chance = 1.0 - (1.0 - up) * (1.0 - down);
        let bare = only(profile, "loss");
        let trips = pings(&bare, (events / chance) as u64 * 10, 10_000_000);
        // What comes again comes a retransmission time-out late: the round trip and 200 ms.
        let late = trips.iter().filter(|us| **us >= trips[0] + 150_000).count() as f64;
        add(
            "loss.probability_per_segment.up",
            vec![("round trips with loss", chance * 100.0, late * 100.0 / trips.len() as f64, "%")],
        );
    }
    if profile.one("nat.idle_s").is_some() {
        add(
            "nat.idle_s",
            vec![("silence forgotten", n("nat.idle_s"), forgotten_after_s(&only(profile, "nat")), "s")],
        );
    }
    lines
}

/// Times without coverage.
struct Dark {
    per_hour: f64,
    mean_s: f64,
}

fn darkness(profile: &Profile, seconds: f64) -> Dark {
    let mut link = Link::with_profile(profile, identity(&profile.name));
    let (mut now_us, end_us) = (0, (seconds * 1e6) as u64);
    let (mut since_us, mut spans, mut total_us) = (None, 0u32, 0);
    while now_us < end_us {
        link.advance(now_us);
        match (link.usable(), since_us) {
            (false, None) => since_us = Some(now_us),
            (true, Some(from_us)) => {
                (spans, total_us, since_us) = (spans + 1, total_us + now_us - from_us, None);
            }
            _ => {}
        }
        now_us = link.wake_at_us().unwrap_or(end_us).max(now_us + 1);
    }
    Dark {
        per_hour: f64::from(spans) * 3600.0 / seconds,
        mean_s: total_us as f64 / 1e6 / f64::from(spans.max(1)),
    }
}

/// Interruptions as gaps in a stream that is always full; failures as times without coverage.
fn handovers(bare: &Profile, events: f64) -> Vec<Measured> {
    let n = |key: &str| bare.one(key).unwrap_or(0.0);
    let seconds = events * n("handover.every_s");
    let (least_s, most_s) = (n("handover.gap_least_ms") / 1e3, n("handover.gap_most_ms") / 1e3);
    let (mean_s, failure) = ((least_s + most_s) / 2.0, n("handover.failure_probability"));
    let mut calm = bare.clone();
    fix(&mut calm, "handover.failure_probability", 0.0);
    fix(&mut calm, "handover.new_address_probability", 0.0);
    fix(&mut calm, "rate.mean_kbit_per_s", 8.0);
    fix(&mut calm, "rate.sigma_ln", 0.0);
    fix(&mut calm, "rate.correlation_per_s", 0.0);
    // A piece takes this long where nothing is in its way.
    let step_us = ((n("handover.every_s") * 5e3).min(1.3e6) as u64 / 1000).max(1) * 1000;
    let (mut last_us, mut gaps) = (0, Vec::new());
    saturate(&calm, seconds as u64, Direction::Up, step_us as usize / 1000, |now_us, _| {
        let gap_us = (now_us - last_us).saturating_sub(step_us);
        if gap_us >= 1_000 {
            gaps.push(gap_us);
        }
        last_us = now_us;
    });
    let total_us: u64 = gaps.iter().sum();
    let periodic = n("handover.periodic") == 1.0;
    let every_s = n("handover.every_s") + if periodic { 0.0 } else { mean_s };
    let mut lines = vec![
        ("hand-overs", 3600.0 / every_s, gaps.len() as f64 * 3600.0 / seconds, "/h"),
        ("hand-overs: mean", mean_s, total_us as f64 / 1e6 / gaps.len().max(1) as f64, "s"),
    ];
    if failure > 0.0 {
        let failed_s = (n("handover.failure_least_s") + n("handover.failure_most_s")) / 2.0;
        let mean_s = (1.0 - failure) * mean_s + failure * failed_s;
        let every_s = n("handover.every_s") + if periodic { 0.0 } else { mean_s };
        let dark = darkness(bare, seconds / failure);
        lines.push(("hand-overs that fail", failure * 3600.0 / every_s, dark.per_hour, "/h"));
        lines.push(("hand-overs that fail: mean", failed_s, dark.mean_s, "s"));
    }
    lines
}

/// Round trips of an idle radio beyond those of one that is not.
fn promotions(bare: &Profile, events: f64) -> Vec<Measured> {
    let n = |key: &str| bare.one(key).unwrap_or(0.0);
    let (median_ms, sigma) = (n("idle.promotion_ms"), n("idle.promotion_sigma_ln"));
    if median_ms == 0.0 {
        return Vec::new();
    }
    let floor_ms = n("delay.floor_ms.up") + n("delay.floor_ms.down");
    let every_us = ((n("idle.after_s") + 60.0) * 1e6) as u64;
    let trips = pings(bare, (events * every_us as f64 / 1e6) as u64, every_us);
    let mut chance = Lcg(13);
    let mut asked: Vec<u64> =
        (0..50_000).map(|_| (median_ms * 1e3 * (sigma * chance.normal()).exp()) as u64).collect();
    asked.sort_unstable();
    let line =
        |what, part| (what, quantile(&asked, part) / 1e3, quantile(&trips, part) / 1e3 - floor_ms, "ms");
    vec![line("promotion: median", 0.5), line("promotion: p90", 0.9)]
}

/// The silence after which nothing comes back any more, as far as it was tried.
fn forgotten_after_s(bare: &Profile) -> f64 {
    let comes_back = |silence_us: u64| pings(bare, silence_us * 3 / 2 / 1_000_000 + 10, silence_us).len() > 1;
    let mut silence_us = 1_000_000;
    while comes_back(silence_us) && silence_us < 100_000_000_000 {
        silence_us += silence_us / 50;
    }
    silence_us as f64 / 1e6
}

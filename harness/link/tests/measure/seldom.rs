//! What a profile does seldom, each process by itself: outages, hand-overs, promotions, losses, and what address
//! translation forgets.

use deadzone_link::{Direction, Link, Number, Profile};

use super::{Extent, Lcg, Line, identity, quantile, quantile_error, stream::gaps, trips::pings, without};

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

/// Evenly distributed from least to most: the mean, and how much one value deviates.
fn even(profile: &Profile, least: &str, most: &str) -> (f64, f64) {
    let n = |key: &str| profile.one(key).unwrap_or(0.0);
    ((n(least) + n(most)) / 2.0, (n(most) - n(least)) / 12f64.sqrt())
}

/// How often, and how long in the mean, of so many whose lengths deviate by so much.
fn counted(what: &str, often: (f64, f64), long: (f64, f64), deviation: f64, events: f64) -> [Line; 2] {
    [
        Line::new(what, often, "/h", often.0 / events.sqrt()),
        Line::new(format!("{what}: mean"), long, "s", deviation / events.sqrt()),
    ]
}

/// The lines of every process that the profile has, each over about so many of what it does.
pub(super) fn seldom(profile: &Profile, extent: Extent) -> Vec<Line> {
    let events = extent.events;
    let n = |key: &str| profile.one(key).unwrap_or(0.0);
    let mut lines = Vec::new();
    let mut add = |key: &str, measured: Vec<Line>| {
        lines.extend(measured.into_iter().map(|line| line.from(profile, key)));
    };
    if profile.one("outage.every_s").is_some() {
        let dark = darkness(&only(profile, "outage"), events * n("outage.every_s"));
        let out = even(profile, "outage.least_s", "outage.most_s");
        let attach = even(profile, "outage.attach_least_s", "outage.attach_most_s");
        let mean_s = out.0 + attach.0;
        let often = (3600.0 / (n("outage.every_s") + mean_s), dark.per_hour);
        let deviation = out.1.hypot(attach.1);
        add("outage.every_s", counted("outages", often, (mean_s, dark.mean_s), deviation, events).into());
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
        let tries = (events / chance).min(extent.messages);
        let trips = pings(&only(profile, "loss"), tries as u64 * 10, 10_000_000);
        // What comes again comes a retransmission time-out late: the round trip and 200 ms.
        let late = trips.iter().filter(|us| **us >= trips[0] + 150_000).count() as f64;
        let values = (chance * 100.0, late * 100.0 / trips.len() as f64);
        let line = Line::new("round trips with loss", values, "%", values.0 / (tries * chance).sqrt());
        add("loss.probability_per_segment.up", vec![line]);
    }
    if profile.one("nat.idle_s").is_some() {
        let values = (n("nat.idle_s"), forgotten_after_s(&only(profile, "nat")));
        add("nat.idle_s", vec![Line::new("silence forgotten", values, "s", values.0 * 0.005)]);
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
fn handovers(bare: &Profile, events: f64) -> Vec<Line> {
    let n = |key: &str| bare.one(key).unwrap_or(0.0);
    let seconds = events * n("handover.every_s");
    let (least_ms, most_ms) = ("handover.gap_least_ms", "handover.gap_most_ms");
    let (mean_ms, deviation_ms) = even(bare, least_ms, most_ms);
    let (mean_s, failure) = (mean_ms / 1e3, n("handover.failure_probability"));
    let mut calm = bare.clone();
    fix(&mut calm, "handover.failure_probability", 0.0);
    fix(&mut calm, "handover.new_address_probability", 0.0);
    fix(&mut calm, "rate.mean_kbit_per_s", 8.0);
    fix(&mut calm, "rate.sigma_ln", 0.0);
    fix(&mut calm, "rate.correlation_per_s", 0.0);
    // A piece takes so many milliseconds where nothing is in its way.
    let piece = ((n("handover.every_s") * 5.0).min(1_300.0) as usize).max(1);
    let gaps = gaps(&calm, Direction::Up, seconds as u64, piece);
    let total_us: u64 = gaps.iter().sum();
    // Behind a hand-over a periodic one comes after its time from the beginning, any other from the end.
    let every_s =
        |mean_s: f64| n("handover.every_s") + if n("handover.periodic") == 1.0 { 0.0 } else { mean_s };
    let often = (3600.0 / every_s(mean_s), gaps.len() as f64 * 3600.0 / seconds);
    let long = (mean_s, total_us as f64 / 1e6 / gaps.len().max(1) as f64);
    let mut lines = Vec::from(counted("hand-overs", often, long, deviation_ms / 1e3, events));
    if failure > 0.0 {
        let (failed_s, deviation_s) = even(bare, "handover.failure_least_s", "handover.failure_most_s");
        let mean_s = (1.0 - failure) * mean_s + failure * failed_s;
        let dark = darkness(bare, seconds / failure);
        let often = (failure * 3600.0 / every_s(mean_s), dark.per_hour);
        lines.extend(counted("hand-overs that fail", often, (failed_s, dark.mean_s), deviation_s, events));
    }
    lines
}

/// Round trips of an idle radio beyond those of one that is not.
fn promotions(bare: &Profile, events: f64) -> Vec<Line> {
    let n = |key: &str| bare.one(key).unwrap_or(0.0);
    let (median_ms, sigma) = (n("idle.promotion_ms"), n("idle.promotion_sigma_ln"));
    if median_ms == 0.0 {
        return Vec::new();
    }
    let floor_ms = n("delay.floor_ms.up") + n("delay.floor_ms.down");
    let every_us = ((n("idle.after_s") + 60.0) * 1e6) as u64;
    let trips = pings(bare, (events * every_us as f64 / 1e6) as u64, every_us);
    let asked = Lcg(13).sorted(|chance| (median_ms * 1e3 * (sigma * chance.normal()).exp()) as u64);
    let line = |what, part| {
        let values = (quantile(&asked, part) / 1e3, quantile(&trips, part) / 1e3 - floor_ms);
        Line::new(what, values, "ms", quantile_error(&asked, part, events) / 1e3)
    };
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

//! Streams that are always full: how much comes out, how much the queue holds, and where stalls are.

use deadzone_link::{Direction, Link, Output, PathId, Profile};

use super::{Extent, Lcg, Line, identity, quantile, quantile_error, without};

const PATH: PathId = PathId(1);

/// The longest piece that is written at once, bytes.
const PIECE: usize = 65_536;

/// What a sender does that always has more.
struct Full {
    left: u64,
    held_most: u64,
}

/// Keeps the queue full until `end_us`; what leaves from `from_us` on, when, and how much.
fn saturate(
    profile: &Profile,
    direction: Direction,
    (from_us, end_us): (u64, u64),
    piece: usize,
    mut seen: impl FnMut(u64, usize),
) -> Full {
    let mut link = Link::with_profile(profile, identity(&profile.name));
    link.open(0, PATH);
    let bytes = vec![0xff; piece];
    let (mut now_us, mut held) = (0, 0);
    let mut full = Full { left: 0, held_most: 0 };
    while now_us < end_us {
        loop {
            let room = link.room(PATH, direction).min(piece);
            if room == 0 {
                break;
            }
            match direction {
                Direction::Up => link.client_bytes(now_us, PATH, &bytes[..room]),
                Direction::Down => link.broker_bytes(now_us, PATH, &bytes[..room]),
            }
            held += room as u64;
        }
        full.held_most = full.held_most.max(held);
        now_us = link.wake_at_us().unwrap_or(now_us + 1_000).max(now_us);
        while let Some(output) = link.poll(now_us, PATH) {
            if let Output::ToBroker(out) | Output::ToClient(out) = output {
                held -= out.len() as u64;
                seen(now_us, out.len());
                full.left += if (from_us..end_us).contains(&now_us) { out.len() as u64 } else { 0 };
            }
        }
    }
    full
}

/// Bytes a second with a queue that is always full, at the profile's own rate, and what the queue holds. A fast stream is
/// measured for less time; then what the rate was in these seconds, by `rates`, is set against what it is in the mean.
pub(super) fn full(profile: &Profile, direction: Direction, extent: Extent, rates: &[f64]) -> Vec<Line> {
    /// So long a stream needs at most to be in full flow, s.
    const RISE_S: u64 = 30;
    let bare = without(profile, &["stall", "outage", "handover", "loss", "idle", "nat"]);
    let n = |key: &str| bare.way(key, direction);
    let trace = &profile.trace[direction as usize];
    let traced = trace.as_ref().map(|trace| trace.mean_bit_per_s() as f64 / 8.0);
    let Some(asked) = traced.or_else(|| n("rate.mean_kbit_per_s").map(|kbit| kbit * 125.0)) else {
        return Vec::new();
    };
    let seconds = extent.seconds.saturating_sub(RISE_S).clamp(30, (extent.bytes / asked).max(30.0) as u64);
    let until = RISE_S + seconds;
    let got = saturate(&bare, direction, (RISE_S * 1_000_000, until * 1_000_000), PIECE, |_, _| {});
    let there = rates.get(RISE_S as usize..until as usize).unwrap_or(&[]);
    let then = there.iter().sum::<f64>() / 8.0 / there.len().max(1) as f64;
    let per_s = got.left as f64 / seconds as f64 * if then > 0.0 { asked / then } else { 1.0 };
    let key = if traced.is_some() { "trace".to_owned() } else { format!("rate.mean_kbit_per_s.{direction}") };
    // A sender may have on the way what the queue holds and what travels at the median of rate and delay.
    let sigma = n("rate.sigma_ln").unwrap_or(0.0);
    let median = if traced.is_some() { asked } else { asked * (-sigma * sigma / 2.0).exp() };
    let travels_ms = n("delay.floor_ms").unwrap_or(0.0) + n("delay.median_ms").unwrap_or(0.0);
    let holds = n("queue.capacity_bytes").unwrap_or(65_536.0) + median * travels_ms / 1000.0;
    let source = if traced.is_some() { "the trace" } else { "" };
    let mut bytes = Line::new(format!("bytes {direction}, queue full"), (asked, per_s), "B/s", 0.01 * asked)
        .from(profile, &key);
    if !source.is_empty() {
        source.clone_into(&mut bytes.source);
    }
    let queue = Line::new(format!("queue {direction}: holds"), (holds, got.held_most as f64), "B", 0.0)
        .from(profile, &format!("queue.capacity_bytes.{direction}"));
    vec![bytes, queue]
}

/// Stalls as gaps in a stream that is always full. They do not depend on the rate, so it is one at which each piece shows
/// when it was served. What is asked for are the profile's own numbers: from one beginning to the next, and lengths.
pub(super) fn stalls(profile: &Profile, direction: Direction, events: f64) -> Vec<Line> {
    let n = |key: &str| profile.way(&format!("stall.{key}"), direction).unwrap_or(0.0);
    if n("every_s") == 0.0 {
        return Vec::new();
    }
    let mut bare = without(profile, &["queue", "outage", "handover", "loss", "idle", "delay", "nat"]);
    for setting in ["rate.mean_kbit_per_s=8", "rate.sigma_ln=0", "rate.correlation_per_s=0"] {
        bare.set(setting).expect("a legal number");
    }
    // Without a stall pieces leave at exact distances, so whatever is longer is one; two in one piece are rare.
    let piece = (n("every_s") * 5.0).min(1_300.0) as usize;
    let seconds = (n("every_s") * events) as u64;
    let mut gaps = gaps(&bare, direction, seconds, piece);
    gaps.sort_unstable();
    let least = n("least_s");
    let sigma = ((n("p90_s") - least) / (n("median_s") - least)).ln() / 1.281_551_565_544_6;
    let asked = Lcg(11).sorted(|chance| {
        let length_s = least + (n("median_s") - least) * (sigma * chance.normal()).exp();
        (length_s.min(n("cap_s")) * 1e6) as u64
    });
    let seen = gaps.len() as f64;
    let what = if least > 0.0 {
        format!("stalls {direction} of {least} s or more")
    } else {
        format!("stalls {direction}")
    };
    let per_min = (60.0 / n("every_s"), seen * 60.0 / seconds as f64);
    let error = |part| quantile_error(&asked, part, seen) / 1e6;
    vec![
        Line::new(what, per_min, "/min", per_min.0 / events.sqrt()),
        Line::new(
            format!("stalls {direction}: median"),
            (n("median_s"), quantile(&gaps, 0.5) / 1e6),
            "s",
            error(0.5),
        ),
        Line::new(
            format!("stalls {direction}: p90"),
            (n("p90_s").min(n("cap_s")), quantile(&gaps, 0.9) / 1e6),
            "s",
            error(0.9),
        ),
    ]
    .into_iter()
    .map(|line| line.from(profile, &format!("stall.every_s.{direction}")))
    .collect()
}

/// The gaps in a stream that is always full, at 8 kbit/s, µs.
pub(super) fn gaps(profile: &Profile, direction: Direction, seconds: u64, piece: usize) -> Vec<u64> {
    let (mut last_us, mut gaps) = (0, Vec::new());
    saturate(profile, direction, (0, seconds * 1_000_000), piece, |now_us, bytes| {
        let gap_us = (now_us - last_us).saturating_sub(bytes as u64 * 1000);
        if gap_us >= 1_000 {
            gaps.push(gap_us);
        }
        last_us = now_us;
    });
    gaps
}

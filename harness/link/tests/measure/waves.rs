//! What remembers itself: delays from one tenth of a second to the next, rates from one second to the next.

use deadzone_link::{Direction, Link, Output, PathId, Profile};

use super::{Line, identity, without};

/// A correlation this far off is never wrong.
const CORRELATION_OFF: f64 = 0.03;
const PATH: PathId = PathId(1);

/// When bytes that are written at `at_us` have left, µs.
fn left_us(link: &mut Link, direction: Direction, at_us: u64, bytes: &[u8]) -> u64 {
    match direction {
        Direction::Up => link.client_bytes(at_us, PATH, bytes),
        Direction::Down => link.broker_bytes(at_us, PATH, bytes),
    }
    let (mut now_us, mut left) = (at_us, 0);
    loop {
        while let Some(output) = link.poll(now_us, PATH) {
            if let Output::ToBroker(out) | Output::ToClient(out) = output {
                left += out.len();
            }
        }
        if left >= bytes.len() {
            return now_us;
        }
        now_us = link.wake_at_us().unwrap_or(now_us + 1).max(now_us + 1);
    }
}

/// The correlation of neighbours.
fn lag_one(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let off: Vec<f64> = values.iter().map(|value| value - mean).collect();
    let products: f64 = off.windows(2).map(|pair| pair[0] * pair[1]).sum();
    products / off.iter().map(|off| off * off).sum::<f64>()
}

fn correlation(what: String, asked: f64, values: &[f64]) -> Line {
    let error = ((1.0 - asked * asked) / values.len() as f64).sqrt();
    let line = Line::new(what, (asked, lag_one(values)), "", error);
    Line { least_off: CORRELATION_OFF, ..line }
}

/// Correlation of the delay over 100 ms. Its median is set to 2 ms, so that none waits for the one before it.
pub(super) fn delays(profile: &Profile, seconds: u64) -> Vec<Line> {
    const KEY: &str = "delay.correlation_per_100ms";
    let mut bare = without(profile, &["rate", "queue", "stall", "outage", "handover", "loss", "idle", "nat"]);
    bare.trace = [None, None];
    bare.set("delay.median_ms=2").expect("a legal number");
    let of = |direction: Direction| {
        let floor_us = bare.way("delay.floor_ms", direction).unwrap_or(0.0) * 1e3;
        let mut link = Link::with_profile(&bare, identity(&profile.name));
        link.open(0, PATH);
        let delay = |step: u64| {
            let at_us = step * 100_000 + 1;
            (left_us(&mut link, direction, at_us, &[0xff; 6]) as f64 - at_us as f64 - floor_us).max(1.0).ln()
        };
        let logs: Vec<f64> = (0..seconds * 10).map(delay).collect();
        correlation(format!("delay {direction}: lag 100 ms"), bare.one(KEY).unwrap_or(0.0), &logs)
            .from(profile, KEY)
    };
    Direction::BOTH.map(of).into()
}

/// The rate of every second, bit/s: one burst in each, of 10 ms or less.
pub(super) fn rates(profile: &Profile, direction: Direction, seconds: u64) -> Vec<f64> {
    let Some(kbit) = profile.way("rate.mean_kbit_per_s", direction) else { return Vec::new() };
    let bare = without(profile, &["delay", "queue", "stall", "outage", "handover", "loss", "idle", "nat"]);
    let burst = vec![0xff; ((kbit * 1.25) as usize).clamp(6, 16_384)];
    let mut link = Link::with_profile(&bare, identity(&profile.name));
    link.open(0, PATH);
    let of_second = |second: u64| {
        let at_us = second * 1_000_000 + 1;
        burst.len() as f64 * 8e6 / (left_us(&mut link, direction, at_us, &burst) - at_us).max(1) as f64
    };
    (0..seconds).map(of_second).collect()
}

/// Mean and correlation of a rate by its seconds.
pub(super) fn rate_lines(profile: &Profile, direction: Direction, rates: &[f64]) -> Vec<Line> {
    if rates.is_empty() {
        return Vec::new();
    }
    let n = |key: &str| profile.way(key, direction).or_else(|| profile.one(key)).unwrap_or(0.0);
    let (sigma, rho) = (n("rate.sigma_ln"), n("rate.correlation_per_s"));
    let asked = n("rate.mean_kbit_per_s");
    let got = rates.iter().sum::<f64>() / rates.len() as f64 / 1e3;
    // A second is like its neighbours, so it counts for less than one that is not.
    let variance = (sigma * sigma).exp_m1();
    let alike: f64 = (1..100).map(|k| (sigma * sigma * rho.powi(k)).exp_m1()).sum();
    let error = asked * ((variance + 2.0 * alike) / rates.len() as f64).sqrt();
    let key = format!("rate.mean_kbit_per_s.{direction}");
    let mean = Line::new(format!("rate {direction}"), (asked, got), "kbit/s", error).from(profile, &key);
    let logs: Vec<f64> = rates.iter().map(|rate| rate.ln()).collect();
    let lag = (sigma > 0.0).then(|| {
        correlation(format!("rate {direction}: lag 1 s"), rho, &logs).from(profile, "rate.correlation_per_s")
    });
    [Some(mean), lag].into_iter().flatten().collect()
}

//! What comes out of a profile, seen from outside the link, against what its numbers ask for. Asked values are computed
//! with floating-point mathematics that the model does not use.

mod seldom;

use std::collections::VecDeque;

use deadzone_link::{Catalogue, Direction, Identity, Link, Output, PathId, Profile};
pub(crate) use seldom::seldom;

/// The profiles that the command carries.
pub(crate) fn catalogue() -> Catalogue {
    let profiles = deadzone_scenarios::profiles().iter().copied();
    Catalogue::new(profiles, deadzone_scenarios::traces().iter().copied()).expect("the profiles are sound")
}

/// Who draws.
pub(crate) fn identity(link: &str) -> Identity {
    Identity { seed: 0x5eed, scenario: "measure".to_owned(), link: link.to_owned() }
}

/// One line of the table.
pub(crate) struct Line {
    pub(crate) what: String,
    pub(crate) asked: f64,
    pub(crate) got: f64,
    pub(crate) unit: &'static str,
    pub(crate) source: String,
}

impl Line {
    /// How far off, as a part of what was asked.
    pub(crate) fn off(&self) -> f64 {
        (self.got - self.asked).abs() / self.asked.max(1e-9)
    }
}

/// The profile without these sections.
fn without(profile: &Profile, sections: &[&str]) -> Profile {
    let mut bare = profile.clone();
    bare.numbers.retain(|key, _| !sections.iter().any(|section| key.starts_with(&format!("{section}."))));
    bare
}

/// The whole table of a profile, over `seconds` of its time.
pub(crate) fn table(profile: &Profile, seconds: u64) -> Vec<Line> {
    let mut lines = round_trips(profile, seconds);
    for direction in [Direction::Up, Direction::Down] {
        if profile.way("stall.every_s", direction).is_some() {
            lines.extend(stalls(profile, seconds, direction));
        }
        if profile.way("rate.mean_kbit_per_s", direction).is_some() {
            lines.push(rate(profile, seconds, direction));
        }
        if let Some(trace) = &profile.trace[direction as usize] {
            let (mut total, seconds) = (0, seconds.min(600));
            saturate(&without(profile, &["delay"]), seconds, direction, 1500, |_, bytes| {
                total += bytes as u64;
            });
            lines.push(Line {
                what: format!("bytes {direction}"),
                asked: trace.mean_bit_per_s() as f64 / 8.0,
                got: total as f64 / seconds as f64,
                unit: "B/s",
                source: "the trace".to_owned(),
            });
        }
    }
    lines
}

const PATH: PathId = PathId(1);
const PING: usize = 8;
/// Stalls that ten hours of measuring see at least.
const STALLS: f64 = 3_000.0;

/// The round trips of small messages, µs, sorted.
pub(crate) fn pings(profile: &Profile, seconds: u64, every_us: u64) -> Vec<u64> {
    let mut link = Link::with_profile(profile, identity(&profile.name));
    let (mut path, mut sent, mut trips) = (PATH, VecDeque::new(), Vec::new());
    link.open(0, path);
    let (mut now_us, mut next_us, end_us) = (0, 0, seconds * 1_000_000);
    let mut echoed = 0usize;
    let mut connected = true;
    while now_us < end_us {
        if now_us >= next_us {
            if !connected && link.usable() {
                (path, connected) = (PathId(path.0 + 1), true);
                link.open(now_us, path);
            }
            if connected {
                link.client_bytes(now_us, path, &[0xff; PING]);
                sent.push_back(now_us);
            }
            next_us += every_us;
        }
        while let Some(output) = link.poll(now_us, path) {
            match output {
                Output::ToBroker(bytes) => link.broker_bytes(now_us, path, &bytes),
                Output::ToClient(bytes) => {
                    echoed += bytes.len();
                    while echoed >= PING {
                        echoed -= PING;
                        trips.extend(sent.pop_front().map(|at_us: u64| now_us - at_us));
                    }
                }
                Output::RstToClient => {
                    sent.clear();
                    (echoed, connected) = (0, false);
                }
                _ => {}
            }
        }
        now_us = link.wake_at_us().unwrap_or(u64::MAX).max(now_us + 1).min(next_us);
    }
    trips.sort_unstable();
    trips
}

/// The value that this part of a sorted list does not exceed.
pub(crate) fn quantile(sorted: &[u64], part: f64) -> f64 {
    sorted.get(((sorted.len() as f64 - 1.0) * part) as usize).map_or(0.0, |v| *v as f64)
}

/// Enough numbers for quantiles, by a generator that is not the model's.
struct Lcg(u64);

impl Lcg {
    fn even(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.even().ln()).sqrt() * (std::f64::consts::TAU * self.even()).cos()
    }
}

fn round_trips(profile: &Profile, seconds: u64) -> Vec<Line> {
    let bare = without(profile, &["stall", "outage", "handover", "loss", "idle"]);
    let slow = bare.way("rate.mean_kbit_per_s", Direction::Up).is_some_and(|kbit| kbit < 10.0);
    if profile.trace != [None, None] {
        // Its opportunities delay as well, and no number says how much.
        return Vec::new();
    }
    // Bytes stay in order, so a message that is very late delays the next ones: far enough apart they do not meet.
    let (seconds, every_us) = if slow { (seconds * 10, 10_000_000) } else { (seconds, 500_000) };
    let trips = pings(&bare, seconds, every_us);
    let mut chance = Lcg(7);
    let mut asked: Vec<u64> = (0..50_000)
        .map(|_| {
            let ways = [Direction::Up, Direction::Down].map(|way| {
                let n = |path: &str| bare.way(path, way).unwrap_or(0.0);
                let spread = |sigma: f64, z: f64| (sigma * z).exp();
                let sigma = n("rate.sigma_ln");
                let kbit =
                    n("rate.mean_kbit_per_s") * spread(sigma, chance.normal()) * (-sigma * sigma / 2.0).exp();
                let served_ms = if kbit > 0.0 { PING as f64 * 8.0 / kbit } else { 0.0 };
                n("delay.floor_ms")
                    + n("delay.median_ms") * spread(n("delay.sigma_ln"), chance.normal())
                    + served_ms
            });
            (1000.0 * (ways[0] + ways[1])) as u64
        })
        .collect();
    asked.sort_unstable();
    let source = profile.numbers.get("delay.median_ms.up").map_or_else(String::new, |n| n.source.clone());
    [0.1, 0.5, 0.9, 0.99]
        .map(|part| Line {
            what: format!("round trip p{}", part * 100.0),
            asked: quantile(&asked, part) / 1000.0,
            got: quantile(&trips, part) / 1000.0,
            unit: "ms",
            source: source.clone(),
        })
        .into()
}

/// The most that it has to carry is always there: what leaves, and when, µs.
fn saturate(
    profile: &Profile,
    seconds: u64,
    direction: Direction,
    piece: usize,
    mut left: impl FnMut(u64, usize),
) {
    let mut link = Link::with_profile(profile, identity(&profile.name));
    link.open(0, PATH);
    let bytes = vec![0xff; piece];
    let mut now_us = 0;
    let feed = |link: &mut Link, now_us| match direction {
        Direction::Up => link.client_bytes(now_us, PATH, &bytes),
        Direction::Down => link.broker_bytes(now_us, PATH, &bytes),
    };
    // Twice what the way holds, so that the server never waits.
    let floor_s = profile.way("delay.floor_ms", direction).unwrap_or(0.0) / 1000.0;
    let mean_s = floor_s + 20.0 * profile.way("delay.median_ms", direction).unwrap_or(0.0) / 1000.0;
    let per_s = profile.way("rate.mean_kbit_per_s", direction).unwrap_or(8.0) * 125.0;
    let ahead = (mean_s * per_s * 8.0 / piece as f64) as usize + 8;
    (0..ahead).for_each(|_| feed(&mut link, now_us));
    while now_us < seconds * 1_000_000 {
        while let Some(output) = link.poll(now_us, PATH) {
            if let Output::ToBroker(out) | Output::ToClient(out) = output {
                left(now_us, out.len());
                feed(&mut link, now_us);
            }
        }
        now_us = link.wake_at_us().unwrap_or(now_us + 1_000).max(now_us);
    }
}

/// Stalls as gaps in a stream that is always full, at a rate at which they are cheap to see.
fn stalls(profile: &Profile, seconds: u64, direction: Direction) -> Vec<Line> {
    let mut bare = without(profile, &["outage", "handover", "loss", "idle", "delay"]);
    for setting in
        ["rate.mean_kbit_per_s=8", "rate.sigma_ln=0", "rate.half_duplex=false", "rate.correlation_per_s=0"]
    {
        bare.set(setting).expect("a legal number");
    }
    let (mut last_us, mut gaps) = (0, Vec::new());
    let n = |key: &str| profile.way(&format!("stall.{key}"), direction).unwrap_or(0.0);
    // Without a stall pieces leave at exact distances, so whatever is longer is one; two in one piece are rare. Enough
    // time for the quantiles of rare ones.
    let (step_us, seconds) = (
        (n("every_s") * 5_000.0).min(1_300_000.0) as u64,
        seconds.max((n("every_s") * STALLS * seconds as f64 / 36_000.0) as u64),
    );
    saturate(&bare, seconds, direction, step_us as usize / 1000, |now_us, _| {
        let gap_us = (now_us - last_us).saturating_sub(step_us / 1000 * 1000);
        if gap_us >= 1_000 {
            gaps.push(gap_us);
        }
        last_us = now_us;
    });
    gaps.sort_unstable();
    let source = profile.numbers[&format!("stall.median_s.{direction}")].source.clone();
    let sigma = (n("p90_s") / n("median_s")).ln() / 1.281_551_565_544_6;
    let mut chance = Lcg(11);
    let lengths: Vec<f64> =
        (0..50_000).map(|_| (n("median_s") * (sigma * chance.normal()).exp()).min(n("cap_s"))).collect();
    let mean_s = lengths.iter().sum::<f64>() / lengths.len() as f64;
    let long = lengths.iter().filter(|s| **s >= 0.5).count() as f64 / lengths.len() as f64;
    let got_long = gaps.iter().filter(|us| **us >= 500_000).count() as f64;
    let line = |what: &str, asked: f64, got: f64, unit: &'static str| Line {
        what: format!("stalls {direction}: {what}"),
        asked,
        got,
        unit,
        source: source.clone(),
    };
    vec![
        line(
            "0.5 s or more",
            60.0 / (n("every_s") + mean_s) * long,
            got_long * 60.0 / seconds as f64,
            "/min",
        ),
        line("median", n("median_s"), quantile(&gaps, 0.5) / 1e6, "s"),
        line("p90", n("p90_s").min(n("cap_s")), quantile(&gaps, 0.9) / 1e6, "s"),
    ]
}

/// Bytes a second of a stream that is always full; fast profiles are scaled down, so that bytes stay few.
fn rate(profile: &Profile, seconds: u64, direction: Direction) -> Line {
    let mut bare = without(profile, &["stall", "outage", "handover", "loss", "idle", "delay"]);
    let kbit = profile.way("rate.mean_kbit_per_s", direction).unwrap_or(1.0);
    let scale = (kbit / 50.0).max(1.0);
    bare.set(&format!("rate.mean_kbit_per_s={}", kbit / scale)).expect("a legal number");
    let mut total = 0u64;
    let piece = ((kbit / scale * 125.0 * 0.05) as usize).max(8);
    saturate(&bare, seconds, direction, piece, |_, bytes| {
        total += bytes as u64;
    });
    Line {
        what: format!("bytes {direction}"),
        asked: kbit * 125.0,
        got: total as f64 / seconds as f64 * scale,
        unit: "B/s",
        source: profile.numbers[&format!("rate.mean_kbit_per_s.{direction}")].source.clone(),
    }
}

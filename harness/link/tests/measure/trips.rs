//! Round trips of small messages.

use std::collections::VecDeque;

use deadzone_link::{Direction, Link, Output, PathId, Profile};

use super::{Lcg, Line, identity, quantile, quantile_error, without};

const PING: usize = 8;

/// The round trips of small messages that are sent at this distance, µs, sorted.
pub(super) fn pings(profile: &Profile, seconds: u64, every_us: u64) -> Vec<u64> {
    let mut link = Link::with_profile(profile, identity(&profile.name));
    let (mut path, mut sent, mut trips) = (PathId(1), VecDeque::new(), Vec::new());
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

/// Delay and rate only.
pub(super) fn round_trips(profile: &Profile, seconds: u64) -> Vec<Line> {
    /// Delays remember themselves: so many pings are worth an independent one.
    const ALIKE: f64 = 4.0;
    let bare = without(profile, &["stall", "outage", "handover", "loss", "idle", "nat"]);
    let slow = bare.way("rate.mean_kbit_per_s", Direction::Up).is_some_and(|kbit| kbit < 10.0);
    if profile.trace != [None, None] {
        // Its opportunities delay as well, and no number says how much.
        return Vec::new();
    }
    // Bytes stay in order, so a message that is very late delays the next ones: far enough apart they do not meet.
    let (seconds, every_us) = if slow { (seconds * 10, 10_000_000) } else { (seconds, 500_000) };
    let trips = pings(&bare, seconds, every_us);
    let asked = Lcg(7).sorted(|chance| {
        let ways = Direction::BOTH.map(|way| {
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
    });
    [0.1, 0.5, 0.9, 0.99]
        .map(|part| {
            let error = quantile_error(&asked, part, trips.len() as f64 / ALIKE) / 1000.0;
            let values = (quantile(&asked, part) / 1000.0, quantile(&trips, part) / 1000.0);
            Line::new(format!("round trip p{}", part * 100.0), values, "ms", error)
                .from(profile, "delay.median_ms.up")
        })
        .into()
}

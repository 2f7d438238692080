//! Nothing is faster than its rate, whoever shares it and whatever happens in between: over any window the bytes that leave
//! are no more than what the rate, or the trace, had to give.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod made;
mod script;

use std::collections::BTreeSet;

use deadzone_link::{
    Cell, Cut,
    Direction::{self, Down, Up},
    Fault, Identity, Link, Process, Profile, Way,
};
use made::{made, traced};
use proptest::prelude::*;
use script::{Do, Left, Out, play};

const S: u64 = 1_000_000;
/// Bits a byte, times microseconds a second.
const BYTE: u128 = 8_000_000;
/// Bytes that are served in one go at this rate.
const GO: u128 = 1360;
/// What follows from a delivery that is rounded to a microsecond.
const SLACK_US: u64 = 2;

/// Who shares the time that is looked at.
#[derive(Clone, Copy, Debug)]
enum Shared {
    /// The connections of one direction of a modem.
    Direction,
    /// Both directions of a modem.
    Modem,
    /// One direction of all links of a cell.
    Cell,
}

impl Shared {
    fn is_together(self, one: &Left, other: &Left) -> bool {
        match self {
            Self::Direction => (one.1, one.3) == (other.1, other.3),
            Self::Modem => one.1 == other.1,
            Self::Cell => one.3 == other.3,
        }
    }
}

/// Opportunities of irregular distances and sizes, ms.
const TRACE: &str = "3\n3\n10\n40\n41\n41\n41\n90\n";

fn profile(trace: bool, half_duplex: bool, sigma: f64, stalls: bool) -> Profile {
    let sigma = format!("rate.sigma_ln={sigma}");
    let rate = ["rate.mean_kbit_per_s=80", "rate.correlation_per_s=0.5", sigma.as_str()];
    // A trace has its own.
    let mut settings = if trace { Vec::new() } else { rate.to_vec() };
    settings.push(if half_duplex { "rate.half_duplex=true" } else { "rate.half_duplex=false" });
    settings.push("loss.probability_per_segment=0");
    if stalls {
        settings.extend(["handover.every_s=2", "handover.gap_least_ms=50", "handover.gap_most_ms=900"]);
        settings.extend(["stall.every_s=3", "stall.median_s=0.3", "stall.p90_s=1", "stall.cap_s=2"]);
    }
    settings.extend(["idle.after_s=1", "idle.promotion_ms=100", "idle.promotion_sigma_ln=0.5"]);
    settings.push("idle.paging_cycle_ms=700");
    let mut profile = if trace { traced(TRACE, &settings) } else { made(&settings) };
    for setting in ["delay.median_ms=200", "delay.sigma_ln=0.8", "delay.correlation_per_100ms=0.5"] {
        profile.set(setting).unwrap();
    }
    profile
}

/// Most that can be served in a window that begins behind `from_us`, in bits times microseconds a second.
fn capacity(trace: bool, rates: &[u64], from_us: u64, to_us: u64) -> u128 {
    if trace {
        let times = TRACE.lines().map(|line| line.parse::<u64>().unwrap() * 1000);
        let each = |at_us: u64| (0..=to_us / 90_000).map(move |turn| turn * 90_000 + at_us);
        let within = times.flat_map(each).filter(|at_us| (from_us..=to_us).contains(at_us)).count();
        return within as u128 * 1504 * BYTE;
    }
    // The value of a second holds for all of it.
    let part = |(second, rate): (usize, &u64)| {
        let (begins_us, ends_us) = (second as u64 * S, (second as u64 + 1) * S);
        u128::from(ends_us.min(to_us + SLACK_US).saturating_sub(begins_us.max(from_us))) * u128::from(*rate)
    };
    rates.iter().enumerate().map(part).sum()
}

/// What each second of an equal link brings, bit/s.
fn rates(profile: &Profile, identity: Identity, direction: Direction) -> Vec<u64> {
    let mut link = Link::with_profile(profile, identity);
    link.record_decisions();
    // One byte after another, so that every second is asked for.
    let happens: Vec<_> = (0..300).map(|n| (n * S, 0, Do::Send(1, direction, 1))).collect();
    let opened = [vec![(0, 0, Do::Open(1))], happens].concat();
    let mut links = [link];
    play(&mut links, &opened, 310 * S);
    let own = |d: &deadzone_link::Decision| d.process == Process::Rate && d.direction == Some(direction);
    links[0].decisions().into_iter().filter(own).map(|d| d.value).collect()
}

fn identity(seed: u64, link: usize) -> Identity {
    Identity { seed, scenario: "s".to_owned(), link: format!("dev{link}") }
}

/// What leaves together never is more than what was there to share.
fn no_window_is_faster(
    left: &[Left],
    shared: Shared,
    capacity: impl Fn(&Left, u64, u64) -> u128,
) -> Result<(), TestCaseError> {
    let bytes = |left: &Left| if let Out::Bytes(bytes) = left.4 { bytes as u128 * BYTE } else { 0 };
    let left: Vec<&Left> = left.iter().filter(|left| bytes(left) > 0).collect();
    for (n, first) in left.iter().enumerate() {
        let (mut sum, mut sharers) = (0, BTreeSet::from([(first.1, first.2, first.3)]));
        for next in left[n + 1..].iter().filter(|next| shared.is_together(first, next)) {
            sum += bytes(next);
            sharers.insert((next.1, next.2, next.3));
            // What one sharer has begun before the window another one may have let wait until within it: a go of each.
            let begun = (sharers.len() - 1) as u128 * GO * BYTE;
            let most = capacity(first, first.0, next.0) + begun;
            prop_assert!(sum <= most, "{shared:?}: {} bytes between {} and {}", sum / BYTE, first.0, next.0);
        }
    }
    Ok(())
}

fn happens() -> impl Strategy<Value = Vec<(u64, usize, Do)>> {
    let way = prop_oneof![Just(Up), Just(Down)];
    let send = (0..3u32, way, 1usize..3000).prop_map(|(path, way, bytes)| Do::Send(path, way, bytes));
    let fault = prop_oneof![
        Just(Fault::Cut(Cut::Rst)),
        Just(Fault::Cut(Cut::Silent)),
        Just(Fault::Hold(Way::Both)),
        Just(Fault::Release(Way::Both)),
        Just(Fault::Delay(Way::Up, 300_000)),
        Just(Fault::Restore),
    ];
    let what = prop_oneof![20 => send, 2 => fault.prop_map(Do::Fault), 1 => (3..6u32).prop_map(Do::Open)];
    prop::collection::vec((0..6 * S, 0..2usize, what), 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(192) })]

    #[test]
    fn no_window_is_faster_than_what_is_shared(
        seed in any::<u64>(),
        happens in happens(),
        (trace, half_duplex, in_a_cell, stalls) in any::<(bool, bool, bool, bool)>(),
        sigma in prop_oneof![Just(0.0), 0.0f64..1.0],
    ) {
        // Links of a cell have each a rate of its own; only where it is the same it is the cell's as well.
        let sigma = if in_a_cell { 0.0 } else { sigma };
        let profile = profile(trace, half_duplex, sigma, stalls);
        let cell = Cell::new();
        let mut links = [0, 1].map(|n| Link::with_profile(&profile, identity(seed, n)));
        if in_a_cell {
            links.iter_mut().for_each(|link| link.share(&cell));
        }
        let opened = (0..3).flat_map(|path| [0, 1].map(|link| (0, link, Do::Open(path))));
        let happens: Vec<_> = opened.chain(happens).collect();
        let left = play(&mut links, &happens, 300 * S);
        let of = |link: usize| [Up, Down].map(|way| rates(&profile, identity(seed, link), way));
        let rates = if trace || sigma == 0.0 { Default::default() } else { [of(0), of(1)] };
        let one = |left: &Left, from_us: u64, to_us: u64| match sigma == 0.0 {
            true => capacity(trace, &[80_000; 301], from_us, to_us),
            false => capacity(trace, &rates[left.1][left.3 as usize], from_us, to_us),
        };
        no_window_is_faster(&left, Shared::Direction, one)?;
        if half_duplex && (trace || sigma == 0.0) {
            no_window_is_faster(&left, Shared::Modem, one)?;
        }
        if in_a_cell {
            no_window_is_faster(&left, Shared::Cell, one)?;
        }
    }
}

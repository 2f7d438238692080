//! What is played again depends on what was decided, not on what is sent meanwhile, and no list can do harm.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod made;

use deadzone_link::{Decision, Identity, Link, Output, PathId, Profile};
use made::made;

const S: u64 = 1_000_000;
const PATH: PathId = PathId(1);

fn identity(seed: u64) -> Identity {
    Identity { seed, scenario: "s".to_owned(), link: "dev".to_owned() }
}

/// A slow radio, on which somebody looks far ahead for what is sent, and the one behind it.
fn slow_then_fast() -> (Profile, Profile) {
    let of = |rate: &str, stall: &str, every: &str| {
        let mut profile = made(&[
            rate,
            "rate.sigma_ln=0.5",
            "rate.correlation_per_s=0.5",
            stall,
            "stall.median_s=0.3",
            "stall.p90_s=0.5",
            "stall.cap_s=1",
            every,
            "handover.gap_least_ms=50",
            "handover.gap_most_ms=300",
        ]);
        profile.set("delay.median_ms=20").unwrap();
        profile.set("delay.sigma_ln=0.5").unwrap();
        profile
    };
    (
        of("rate.mean_kbit_per_s=1", "stall.every_s=2", "handover.every_s=3"),
        of("rate.mean_kbit_per_s=1000", "stall.every_s=1.5", "handover.every_s=2"),
    )
}

/// When what is sent over the second radio has left, and what was written down: in parts, as somebody fetched it.
fn through_both(mut link: Link, before: usize, taken: bool) -> (u64, Vec<Decision>) {
    let (slow, fast) = slow_then_fast();
    let (mut decisions, mut got, mut now_us) = (Vec::new(), 0, 3 * S);
    link.change_profile(0, &slow);
    link.open(0, PATH);
    link.opaque(PATH, "a test");
    link.client_bytes(0, PATH, &vec![7; before]);
    for at_us in [S, 2 * S] {
        link.advance(at_us);
        if taken {
            decisions.extend(link.take_decisions());
        }
    }
    link.change_profile(3 * S, &fast);
    // Nobody takes the first bytes for those that are measured: they are on a path of their own.
    link.open(3 * S, PathId(2));
    link.forget(PATH);
    link.opaque(PathId(2), "a test");
    link.client_bytes(3 * S, PathId(2), &[7; 300_000]);
    while got < 300_000 {
        while let Some(output) = link.poll(now_us, PathId(2)) {
            got += if let Output::ToBroker(bytes) = output { bytes.len() } else { 0 };
        }
        if taken {
            decisions.extend(link.take_decisions());
        }
        if got < 300_000 {
            now_us = link.wake_at_us().unwrap().max(now_us + 1);
        }
    }
    decisions.extend(link.take_decisions());
    (now_us, decisions)
}

#[test]
fn how_far_somebody_looked_ahead_does_not_show_in_what_is_played() {
    for seed in 0..20 {
        for (before, taken) in [(1300, false), (10, false), (1300, true), (10, true)] {
            let mut first = Link::with_identity(identity(seed));
            first.record_decisions();
            let (at_us, decisions) = through_both(first, before, taken);
            for before_again in [1300, 300, 10] {
                let mut again = Link::with_identity(identity(seed + 1000));
                again.record_decisions();
                again.replay_decisions(&decisions);
                let (again_at_us, again_decisions) = through_both(again, before_again, !taken);
                let case = format!("seed {seed}: {before} bytes, taken: {taken}, and then {before_again}");
                assert_eq!(again_at_us, at_us, "{case}");
                assert_eq!(sorted(again_decisions), sorted(decisions.clone()), "{case}");
            }
        }
    }
}

/// Stream by stream, each in its own order.
fn sorted(mut decisions: Vec<Decision>) -> Vec<Decision> {
    decisions.sort_by_key(|decision| (decision.process, decision.direction));
    decisions
}

//! What is played again depends on what was decided, not on what is sent meanwhile, and no list can do harm.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod made;
mod script;

use deadzone_link::{Cut, Decision, Direction, Fault, Identity, Link, Output, PathId, Process, Profile};
use made::{made, set_schedule};
use proptest::prelude::*;
use script::{Do, play};

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

const PROCESSES: [Process; 7] = [
    Process::Delay,
    Process::Rate,
    Process::Stall,
    Process::Loss,
    Process::Outage,
    Process::Handover,
    Process::Idle,
];

/// Every process is in it.
fn all_processes() -> Profile {
    let mut profile = made(&[
        "rate.mean_kbit_per_s=80",
        "rate.sigma_ln=0.3",
        "rate.correlation_per_s=0.5",
        "loss.probability_per_segment=0.1",
        "stall.every_s=6",
        "stall.median_s=0.4",
        "stall.p90_s=1.5",
        "stall.cap_s=4",
        "outage.every_s=9",
        "outage.least_s=1",
        "outage.most_s=2",
        "outage.attach_most_s=1",
        "outage.new_address_probability=0.1",
        "handover.every_s=6",
        "handover.gap_least_ms=1",
        "handover.gap_most_ms=2",
        "handover.failure_probability=0.1",
        "handover.failure_least_s=1",
        "handover.failure_most_s=2",
        "idle.after_s=5",
        "idle.promotion_ms=100",
        "idle.promotion_sigma_ln=0.3",
        "idle.paging_cycle_ms=1000",
    ]);
    profile.set("delay.median_ms=10").unwrap();
    profile.set("delay.sigma_ln=0.3").unwrap();
    profile
}

/// Plays these to a link that sends both ways, changes its profile and is cut, for two minutes.
fn survives(decisions: &[Decision], listed: bool) {
    let mut profile = all_processes();
    if listed {
        let by_chance = ["outage.every_s", "outage.least_s", "outage.most_s"];
        profile.numbers.retain(|key, _| !by_chance.contains(&key.as_str()));
        set_schedule(&mut profile, &[10.0, 3.0, 40.0, 2.0]);
    }
    let mut other = profile.clone();
    for setting in ["rate.mean_kbit_per_s=90", "delay.median_ms=11", "stall.every_s=7", "handover.every_s=7"]
    {
        other.set(setting).unwrap();
    }
    let mut link = Link::with_identity(identity(1));
    link.record_decisions();
    link.replay_decisions(decisions);
    let mut happens = vec![(0, 0, Do::Profile(profile)), (60 * S, 0, Do::Profile(other))];
    for (path, at_s) in [(1, 0), (2, 20), (3, 61), (4, 90)] {
        let send = |way, bytes| Do::Send(path, way, bytes);
        happens.push((at_s * S, 0, Do::Open(path)));
        happens.push((at_s * S, 0, send(Direction::Up, 3000)));
        happens.push(((at_s + 6) * S, 0, send(Direction::Down, 300)));
        happens.push(((at_s + 19) * S, 0, Do::Fault(Fault::Cut(Cut::Rst))));
    }
    let mut links = [link];
    play(&mut links, &happens, 120 * S);
    assert!(links[0].decisions().iter().all(Decision::is_possible));
}

#[test]
fn no_value_of_one_process_does_harm() {
    for process in PROCESSES {
        for value in [u64::MAX, u64::MAX / 2, 1 << 62, 1 << 53, 1 << 40, 1, 0] {
            for direction in [None, Some(Direction::Up), Some(Direction::Down)] {
                let decisions = vec![Decision { process, direction, value }; 20];
                survives(&decisions, false);
                survives(&decisions, true);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_list_does_harm(
        decisions in prop::collection::vec(
            (0usize..7, 0usize..3, 0u32..65, any::<u64>()).prop_map(|(process, way, bits, value)| Decision {
                process: PROCESSES[process],
                direction: [None, Some(Direction::Up), Some(Direction::Down)][way],
                value: value.checked_shr(bits).unwrap_or(0),
            }),
            0..300,
        ),
        listed in any::<bool>(),
    ) {
        survives(&decisions, listed);
    }
}

#[test]
fn what_no_profile_could_decide_is_told_apart() {
    let possible = |process, value| Decision { process, direction: None, value }.is_possible();
    for process in PROCESSES {
        assert!(possible(process, 0) && possible(process, 1) && !possible(process, u64::MAX), "{process}");
    }
    assert!(possible(Process::Loss, 8) && !possible(Process::Loss, 9));
}

//! What chance decides: by whom, how often, and that it can be written down and played again.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod drive;
mod made;
mod script;

use std::collections::BTreeMap;

use deadzone_link::{Cut, Decision, Direction, Fault, Identity, Link, LinkStep, Process, Profile, Way, When};
use drive::{identity, run, writes};
use made::{made, outages, shipped};
use proptest::prelude::*;
use script::{Do, play};

const S: u64 = 1_000_000;

type Streams = BTreeMap<(Process, Option<Direction>), Vec<u64>>;

fn by_stream(decisions: &[Decision]) -> Streams {
    let mut streams = Streams::new();
    for decision in decisions {
        streams.entry((decision.process, decision.direction)).or_default().push(decision.value);
    }
    streams
}

/// Everything happens in it, and often.
fn eventful() -> Profile {
    made(&[
        "rate.mean_kbit_per_s=200",
        "rate.sigma_ln=0.5",
        "rate.correlation_per_s=0.8",
        "loss.probability_per_segment=0.2",
        "stall.every_s=5",
        "stall.median_s=0.3",
        "stall.p90_s=1",
        "stall.cap_s=4",
        "idle.after_s=0.3",
        "idle.promotion_ms=100",
        "idle.promotion_sigma_ln=0.3",
        "idle.paging_cycle_ms=500",
        "handover.every_s=7",
        "handover.gap_least_ms=50",
        "handover.gap_most_ms=300",
        "handover.failure_probability=0.3",
        "handover.failure_least_s=1",
        "handover.failure_most_s=2",
        "outage.every_s=20",
        "outage.least_s=1",
        "outage.most_s=3",
        "outage.new_address_probability=0",
    ])
    .tap(|profile| {
        for setting in ["delay.median_ms=30", "delay.sigma_ln=0.5", "delay.correlation_per_100ms=0.9"] {
            profile.set(setting).unwrap();
        }
    })
}

trait Tap: Sized {
    fn tap(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }
}

impl Tap for Profile {}

/// What each stream decides in ten minutes with bytes both ways every third of a second.
fn decided(profile: &Profile, identity: Identity, faults: &[LinkStep]) -> Streams {
    let mut link = Link::with_profile(profile, identity);
    link.record_decisions();
    faults.iter().for_each(|step| link.step(0, step.clone()));
    let writes: Vec<_> = (0..1_500_u64)
        .map(|n| (n * 400_000, if n % 3 == 0 { Direction::Down } else { Direction::Up }, 100))
        .collect();
    run(&mut link, &writes, 600 * S);
    by_stream(&link.decisions())
}

/// Every stream of the eventful profile.
const STREAMS: usize = 11;

fn equal_as_far_as_both_go(one: &Streams, other: &Streams, but: &[Process]) {
    assert_eq!((one.len(), other.len()), (STREAMS, STREAMS));
    for (stream, values) in one {
        let others = &other[stream];
        let both = values.len().min(others.len());
        assert!(both >= 20, "{stream:?} decided {both} times");
        let same = values[..both] == others[..both];
        assert!(same || but.contains(&stream.0), "{stream:?} was rolled anew");
    }
}

#[test]
fn a_change_of_one_process_leaves_every_other_stream_as_it_was() {
    let plain = eventful();
    let before = decided(&plain, identity(3), &[]);
    let edits: [(&str, &[Process]); 7] = [
        ("delay.median_ms=31", &[Process::Delay]),
        ("rate.mean_kbit_per_s=220", &[Process::Rate]),
        ("stall.median_s=0.4", &[Process::Stall]),
        ("loss.probability_per_segment=0.4", &[Process::Loss]),
        ("idle.promotion_ms=120", &[Process::Idle]),
        ("handover.gap_most_ms=200", &[Process::Handover]),
        ("outage.most_s=4", &[Process::Outage]),
    ];
    for (edit, own) in edits {
        let mut edited = plain.clone();
        edited.set(edit).unwrap();
        let after = decided(&edited, identity(3), &[]);
        equal_as_far_as_both_go(&before, &after, own);
        let changed = before.iter().filter(|(stream, values)| **values != after[stream]);
        assert!(changed.count() > 0, "{edit} changed nothing");
    }
}

#[test]
fn a_fault_leaves_every_stream_as_it_was() {
    let plain = eventful();
    let before = decided(&plain, identity(3), &[]);
    let after = |fault, us| LinkStep { fault, when: When::After(us) };
    for faults in [
        vec![after(Fault::Delay(Way::Both, 300_000), 100 * S)],
        vec![after(Fault::Hold(Way::Up), 100 * S), after(Fault::Release(Way::Up), 130 * S)],
        vec![after(Fault::Blackhole(Way::Down), 500 * S)],
        vec![after(Fault::Slice(Way::Up, 3), 9 * S), after(Fault::Coalesce(Way::Down, 50_000), 9 * S)],
        vec![after(Fault::Cut(Cut::Rst), 500 * S)],
    ] {
        equal_as_far_as_both_go(&before, &decided(&plain, identity(3), &faults), &[]);
    }
}

#[test]
fn what_was_sent_before_a_change_leaves_what_depends_on_time_as_it_was() {
    // So slow that the service of one go meets several stalls, and is looked ahead for.
    let of = |settings: &[&str]| {
        eventful().tap(|profile| {
            let by_what_is_sent = ["loss.", "idle.", "outage.", "handover."];
            profile.numbers.retain(|key, _| !by_what_is_sent.iter().any(|section| key.starts_with(section)));
            settings.iter().for_each(|setting| profile.set(setting).unwrap());
        })
    };
    let plain = of(&["rate.mean_kbit_per_s=1"]);
    let other = of(&["rate.mean_kbit_per_s=2", "stall.every_s=6", "delay.median_ms=40"]);
    let after_the_change = |fault: Fault, bytes: usize| {
        let mut happens = vec![(0, 0, Do::Open(1)), (50 * S, 0, Do::Fault(fault))];
        happens.extend((0..170).map(|n| (n * 500_000, 0, Do::Send(1, Direction::Up, bytes))));
        happens.extend([Fault::Restore, Fault::Cut(Cut::Rst)].map(|fault| (89 * S, 0, Do::Fault(fault))));
        happens.extend([(90 * S, 0, Do::Profile(other.clone())), (91 * S, 0, Do::Open(2))]);
        happens.extend((92..200).map(|n| (n * S, 0, Do::Send(2, Direction::Up, 10))));
        let left = play(&mut [Link::with_profile(&plain, identity(5))], &happens, 300 * S);
        left.into_iter().filter(|left| left.2 == 2).collect::<Vec<_>>()
    };
    let plainly = after_the_change(Fault::Restore, 20_000);
    assert!(plainly.len() > 100);
    for (fault, bytes) in
        [(Fault::Blackhole(Way::Up), 20_000), (Fault::Hold(Way::Up), 9), (Fault::Restore, 1)]
    {
        let left = after_the_change(fault, bytes);
        assert!(plainly == left, "{fault}: {:?} {:?}", &plainly[..9], &left[..9]);
    }
}

#[test]
fn every_word_of_an_identity_makes_other_streams() {
    let profile = eventful();
    let of = |seed, scenario: &str, link: &str| {
        decided(&profile, Identity { seed, scenario: scenario.to_owned(), link: link.to_owned() }, &[])
    };
    let one = of(1, "s", "dev");
    for other in
        [of(2, "s", "dev"), of(1, "t", "dev"), of(1, "s", "pub"), of(1, "sd", "ev"), of(1, "", "sdev")]
    {
        for (stream, values) in &one {
            // The first two dozen: a stream that decides yes and no may well be equal for less.
            let first = |values: &[u64]| values[..values.len().min(24)].to_vec();
            assert_ne!(first(values), first(&other[stream]), "{stream:?}");
        }
    }
    let mut firsts: Vec<_> = one.iter().map(|(stream, values)| (stream.0, values[..20].to_vec())).collect();
    firsts.sort_by_key(|first| first.1.clone());
    for pair in firsts.windows(2) {
        assert_ne!(pair[0].1, pair[1].1, "two streams of {}", pair[0].0);
    }
}

/// Plays the same happenings twice: with what chance decides, and with what it decided then.
fn again(seed: u64, happens: &[(u64, usize, Do)], live: bool) {
    let mut first = Link::with_identity(identity(seed));
    first.record_decisions();
    let mut links = [first];
    let left = play(&mut links, happens, 400 * S);
    let decisions = links[0].decisions();
    assert!(decisions.len() > 100);
    // The list may come when there is a radio already.
    let mut other = match &happens[0].2 {
        Do::Profile(profile) if live => Link::with_profile(profile, identity(seed ^ 1)),
        _ => Link::with_identity(identity(seed ^ 1)),
    };
    other.record_decisions();
    other.replay_decisions(&decisions);
    let mut links = [other];
    let again = play(&mut links, &happens[usize::from(live)..], 400 * S);
    assert!(left == again, "seed {seed}: not the same");
    assert!(decisions == links[0].decisions(), "seed {seed}: not the same decisions");
}

fn changing() -> Vec<(u64, usize, Do)> {
    let (plain, lte) = (eventful(), shipped().get("lte-driving").unwrap());
    let other = plain.clone().tap(|p| p.set("stall.every_s=9").unwrap());
    let overlay = outages(&[1.0, 5.0], (0.0, 10.0));
    let mut happens = vec![(0, 0, Do::Profile(plain.clone())), (0, 0, Do::Open(1))];
    for n in 0..900 {
        let way = if n % 2 == 0 { Direction::Up } else { Direction::Down };
        happens.push((n * 333_000, 0, Do::Send(1, way, 3_000)));
    }
    for (at_us, what) in [
        (40 * S, Do::Profile(other)),
        (80 * S, Do::Profile(overlay.clone())),
        (110 * S, Do::Profile(overlay)),
        (150 * S, Do::Profile(lte)),
        (200 * S, Do::NoProfile),
        (220 * S, Do::Profile(plain)),
    ] {
        happens.push((at_us, 0, what));
    }
    happens.sort_by_key(|h| h.0);
    happens
}

#[test]
fn what_was_decided_can_be_played_again_across_changes() {
    for seed in 0..8 {
        again(seed, &changing(), false);
        again(seed, &changing(), true);
    }
}

#[test]
fn decisions_that_are_taken_are_the_whole_list() {
    let at_once = {
        let mut links = [Link::with_identity(identity(4))];
        links[0].record_decisions();
        play(&mut links, &changing(), 400 * S);
        by_stream(&links[0].decisions())
    };
    let mut links = [Link::with_identity(identity(4))];
    links[0].record_decisions();
    let (mut taken, mut happens) = (Vec::new(), changing());
    // The same piece by piece: time goes on where it was.
    let mut link_at = |happens: &[(u64, usize, Do)], from_us: u64, until_us: u64| {
        let now: Vec<_> = happens.iter().filter(|h| h.0 >= from_us && h.0 < until_us).cloned().collect();
        for (at_us, link, what) in now {
            play_at(&mut links[link], at_us, &what);
        }
        links[0].advance(until_us - 1);
        let part = links[0].take_decisions();
        assert!(links[0].take_decisions().is_empty());
        taken.extend(part);
    };
    happens.sort_by_key(|h| h.0);
    for n in 0..40 {
        link_at(&happens, n * 10 * S, (n + 1) * 10 * S);
    }
    let taken = by_stream(&taken);
    assert_eq!(taken.len(), at_once.len());
    for (stream, values) in &at_once {
        let both = values.len().min(taken[stream].len());
        assert!(both > 0);
        let time = !matches!(stream.0, Process::Loss | Process::Idle);
        assert!(!time || both + 40 > values.len(), "{stream:?}: {} {}", values.len(), taken[stream].len());
    }
}

fn play_at(link: &mut Link, at_us: u64, what: &Do) {
    use deadzone_link::PathId;
    match what {
        Do::Open(path) => link.open(at_us, PathId(*path)),
        Do::Send(path, Direction::Up, bytes) => link.client_bytes(at_us, PathId(*path), &vec![7; *bytes]),
        Do::Send(path, Direction::Down, bytes) => link.broker_bytes(at_us, PathId(*path), &vec![7; *bytes]),
        Do::Profile(profile) => link.change_profile(at_us, profile),
        Do::NoProfile => link.clear_profile(at_us),
        _ => {}
    }
    while link.poll(at_us, PathId(1)).is_some() {}
}

#[test]
fn a_go_is_lost_as_often_as_one_of_its_segments_is() {
    // Without a rate 256 KiB are one go: 193 segments.
    let mut link = Link::with_profile(&made(&["loss.probability_per_segment=0.002"]), identity(1));
    link.record_decisions();
    const GOES: usize = 4_000;
    let writes: Vec<_> = (0..GOES as u64).map(|n| (n * S, Direction::Up, 256 * 1024)).collect();
    let mut happens = vec![(0, 0, Do::Open(1))];
    happens.extend(writes.iter().map(|w| (w.0, 0, Do::Send(1, w.1, w.2))));
    let mut links = [link];
    play(&mut links, &happens, (GOES as u64 + 100) * S);
    let lost = &by_stream(&links[0].decisions())[&(Process::Loss, Some(Direction::Up))];
    assert_eq!(lost.len(), GOES);
    let part = lost.iter().filter(|n| **n > 0).count() as f64 / GOES as f64;
    let asked = 1.0 - 0.998f64.powi(193);
    // Four deviations.
    assert!((part - asked).abs() < 4.0 * (asked * (1.0 - asked) / GOES as f64).sqrt(), "{part} {asked}");
    let twice = lost.iter().filter(|n| **n > 1).count();
    assert!(twice <= 12, "{twice}: a segment is lost again as seldom as it is lost");
}

fn logarithms(process: Process, profile: &Profile, seconds: u64) -> Vec<f64> {
    let mut link = Link::with_profile(profile, identity(9));
    link.record_decisions();
    // Bytes that come seldom are enough: what depends on time is decided for all of it.
    let writes: Vec<_> = (0..seconds / 10).map(|n| (n * 10 * S, Direction::Up, 1)).collect();
    run(&mut link, &writes, seconds * S);
    let values = by_stream(&link.decisions())[&(process, Some(Direction::Up))].clone();
    values.iter().map(|value| (*value as f64).ln()).collect()
}

fn autocorrelation(values: &[f64]) -> f64 {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let variance: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    values.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum::<f64>() / variance
}

#[test]
fn delay_and_rate_remember_themselves_as_they_are_told_to() {
    for correlation in [0.0, 0.5, 0.9] {
        let delay = made(&[]).tap(|p| {
            for setting in ["delay.median_ms=300", "delay.sigma_ln=0.5"] {
                p.set(setting).unwrap();
            }
            p.set(&format!("delay.correlation_per_100ms={correlation}")).unwrap();
        });
        let rate = made(&["rate.mean_kbit_per_s=1000", "rate.sigma_ln=0.5", "rate.correlation_per_s=0"])
            .tap(|p| p.set(&format!("rate.correlation_per_s={correlation}")).unwrap());
        for (process, profile, seconds) in [(Process::Delay, delay, 10_000), (Process::Rate, rate, 100_000)] {
            let values = logarithms(process, &profile, seconds);
            assert!(values.len() > 99_000, "{process}: {}", values.len());
            let got = autocorrelation(&values);
            assert!((got - correlation).abs() < 0.03, "{process}: {got} instead of {correlation}");
        }
    }
}

#[test]
fn the_mean_of_the_rate_is_the_mean_that_is_asked() {
    let profile = made(&["rate.mean_kbit_per_s=1000", "rate.sigma_ln=0.8", "rate.correlation_per_s=0"]);
    let values = logarithms(Process::Rate, &profile, 200_000);
    let mean = values.iter().map(|v| v.exp()).sum::<f64>() / values.len() as f64;
    assert!((mean / 1e6 - 1.0).abs() < 0.01, "{mean}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_was_decided_can_be_played_again(seed in any::<u64>(), writes in writes()) {
        let profile = shipped().get("lte-driving").unwrap();
        let mut link = Link::with_profile(&profile, identity(seed));
        link.record_decisions();
        let first = run(&mut link, &writes, 100 * S);
        let mut other = Link::with_profile(&profile, identity(seed ^ 1));
        other.replay_decisions(&link.decisions());
        let again = run(&mut other, &writes, 100 * S);
        prop_assert_eq!(first.0, again.0);
    }
}

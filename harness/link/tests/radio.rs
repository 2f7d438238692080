//! Properties of a link with a profile, and the cases that each process is there for.

#![expect(
    clippy::unwrap_used,
    clippy::format_push_string,
    reason = "a test stops where it fails; its texts are short"
)]

mod drive;

use std::collections::BTreeMap;

use deadzone_link::{
    Catalogue, Cell, Cut, Decision, Direction, Fault, Link, LinkStep, Note, Process, Profile, Way, When,
};
use drive::{Left, PATH, identity, run, run_from, writes, written};
use proptest::prelude::*;

fn shipped() -> Catalogue {
    let profiles = deadzone_scenarios::profiles().iter().copied();
    Catalogue::new(profiles, deadzone_scenarios::traces().iter().copied()).unwrap()
}

/// A profile of these sections, given as `delay.floor_ms=50` and so on over a bare delay of 10 ms.
fn made(settings: &[&str]) -> Profile {
    let mut text = "title = \"t\"\n[delay]\n".to_owned();
    for (key, value) in [("floor_ms", 10), ("median_ms", 0), ("sigma_ln", 0), ("correlation_per_100ms", 0)] {
        text += &format!("{key} = {{ value = {value}, source = \"default\" }}\n");
    }
    let mut sections: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    for setting in settings {
        let (path, value) = setting.split_once('=').unwrap();
        let (section, key) = path.split_once('.').unwrap();
        sections.entry(section).or_default().push((key, value));
    }
    for (section, keys) in sections {
        text += &format!("[{section}]\n");
        for (key, value) in keys {
            text += &format!("{key} = {{ value = {value}, source = \"default\" }}\n");
        }
    }
    Catalogue::new([("t", text.as_str())], []).unwrap().get("t").unwrap()
}

const RATE: [&str; 3] = ["rate.mean_kbit_per_s=80", "rate.sigma_ln=0", "rate.correlation_per_s=0"];

fn any_profile() -> impl Strategy<Value = Profile> {
    let profiles: Vec<Profile> = shipped().profiles().filter(|p| !p.overlay).cloned().collect();
    prop::sample::select(profiles)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn bytes_out_are_a_prefix_of_bytes_in_and_in_time_all_of_them(
        profile in any_profile(), seed in any::<u64>(), writes in writes(),
    ) {
        let mut link = Link::with_profile(&profile, identity(seed));
        let (_, notes, out) = run(&mut link, &writes, 7_200_000_000);
        let cut = notes.iter().any(|n| matches!(n, Note::Cut { .. }));
        for direction in [Direction::Up, Direction::Down] {
            let (sent, got) = (written(&writes, direction), &out[direction as usize]);
            prop_assert!(sent.starts_with(got));
            prop_assert!(cut || sent.len() == got.len(), "{} of {} left", got.len(), sent.len());
        }
    }

    #[test]
    fn nothing_leaves_before_the_floor(profile in any_profile(), seed in any::<u64>(), writes in writes()) {
        let mut link = Link::with_profile(&profile, identity(seed));
        let (left, _, _) = run(&mut link, &writes, 600_000_000);
        for direction in [Direction::Up, Direction::Down] {
            let floor_us = (profile.way("delay.floor_ms", direction).unwrap() * 1000.0) as u64;
            let (mut sent, mut got) = (writes.iter().filter(|w| w.1 == direction), 0);
            let (mut in_time, mut at) = (0, sent.next());
            for (at_us, way, bytes) in left.iter().filter(|l| l.1 == direction && l.2 > 0) {
                while let Some((sent_us, _, len)) = at.filter(|w| w.0 + floor_us <= *at_us) {
                    let _ = (sent_us, way);
                    in_time += len;
                    at = sent.next();
                }
                got += bytes;
                prop_assert!(got <= in_time, "{got} bytes by {at_us}, {in_time} could be there");
            }
        }
    }

    #[test]
    fn no_window_is_faster_than_the_rate(seed in any::<u64>(), writes in writes(), sigma in 0.0f64..1.0) {
        let mut profile = made(&RATE);
        profile.set("delay.median_ms=200").unwrap();
        profile.set(&format!("delay.sigma_ln={sigma}")).unwrap();
        let mut link = Link::with_profile(&profile, identity(seed));
        let (left, _, _) = run(&mut link, &writes, 600_000_000);
        for direction in [Direction::Up, Direction::Down] {
            let out: Vec<&Left> = left.iter().filter(|l| l.1 == direction && l.2 > 0).collect();
            for first in 0..out.len() {
                let mut bytes = 0;
                for last in first + 1..out.len() {
                    bytes += out[last].2 as u64;
                    // 80 kbit/s are 10 bytes a millisecond.
                    prop_assert!(bytes * 100 <= out[last].0 - out[first].0 + 2, "{bytes} bytes too fast");
                }
            }
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_schedule(profile in any_profile(), seed in any::<u64>(), writes in writes()) {
        let once = || run(&mut Link::with_profile(&profile, identity(seed)), &writes, 600_000_000);
        prop_assert_eq!(once(), once());
    }

    #[test]
    fn a_link_made_later_meets_the_same_from_then_on(
        profile in any_profile(), seed in any::<u64>(), writes in writes(),
    ) {
        // A trace is played by the clock.
        prop_assume!(profile.trace == [None, None]);
        const LATER_US: u64 = 40 * 86_400_000_000;
        let first = run(&mut Link::with_profile(&profile, identity(seed)), &writes, 600_000_000).0;
        let later: Vec<_> = writes.iter().map(|w| (w.0 + LATER_US, w.1, w.2)).collect();
        let mut link = Link::with_identity(identity(seed));
        link.change_profile(LATER_US, &profile);
        let left = run_from(LATER_US, &mut link, &later, LATER_US + 600_000_000).0;
        let left: Vec<Left> = left.into_iter().map(|l| (l.0 - LATER_US, l.1, l.2)).collect();
        prop_assert_eq!(first, left);
    }

    #[test]
    fn a_change_of_one_process_leaves_every_other_stream_untouched(seed in any::<u64>(), writes in writes()) {
        let profile = shipped().get("lte-driving").unwrap();
        let mut edited = profile.clone();
        edited.set("stall.median_s=0.7").unwrap();
        edited.set("handover.every_s=5").unwrap();
        let decided = |profile: &Profile| {
            let mut link = Link::with_profile(profile, identity(seed));
            link.record_decisions();
            run(&mut link, &writes, 600_000_000);
            by_stream(&link.decisions())
        };
        let (before, after) = (decided(&profile), decided(&edited));
        for (stream, values) in before {
            if matches!(stream.0, Process::Stall | Process::Handover | Process::Loss | Process::Idle) {
                continue;
            }
            // A stream is drawn from as long as bytes go that way.
            let now = after.get(&stream).map_or(&[][..], Vec::as_slice);
            let both = values.len().min(now.len());
            prop_assert!(values[..both] == now[..both], "{stream:?} was rolled anew");
        }
    }

    #[test]
    fn what_was_decided_can_be_played_again(seed in any::<u64>(), writes in writes()) {
        let profile = shipped().get("lte-driving").unwrap();
        let mut link = Link::with_profile(&profile, identity(seed));
        link.record_decisions();
        let first = run(&mut link, &writes, 100_000_000);
        let mut other = Link::with_profile(&profile, identity(seed ^ 1));
        other.replay_decisions(&link.decisions());
        let again = run(&mut other, &writes, 100_000_000);
        prop_assert_eq!(first.0, again.0);
    }

    #[test]
    fn hold_then_release_loses_nothing(profile in any_profile(), seed in any::<u64>(), writes in writes()) {
        let mut link = Link::with_profile(&profile, identity(seed));
        let now = |fault| LinkStep { fault, when: When::Now };
        link.step(0, now(Fault::Hold(Way::Both)));
        link.step(0, LinkStep { fault: Fault::Release(Way::Both), when: When::After(30_000_000) });
        let (_, notes, out) = run(&mut link, &writes, 7_200_000_000);
        let cut = notes.iter().any(|n| matches!(n, Note::Cut { .. }));
        for direction in [Direction::Up, Direction::Down] {
            prop_assert!(cut || written(&writes, direction) == out[direction as usize]);
        }
    }
}

fn by_stream(decisions: &[Decision]) -> BTreeMap<(Process, Option<Direction>), Vec<u64>> {
    let mut streams: BTreeMap<_, Vec<u64>> = BTreeMap::new();
    for decision in decisions {
        streams.entry((decision.process, decision.direction)).or_default().push(decision.value);
    }
    streams
}

const UP: Direction = Direction::Up;
const DOWN: Direction = Direction::Down;

/// The first five bytes of a stream leave by themselves: they show that it can't be framed. They are left out, so the
/// first write of each direction is five bytes longer than it counts.
fn times(profile: &Profile, writes: &[(u64, Direction, usize)]) -> Vec<Left> {
    let mut seen = [false; 2];
    let mut longer = writes.to_vec();
    for write in &mut longer {
        write.2 += if std::mem::replace(&mut seen[write.1 as usize], true) { 0 } else { 5 };
    }
    let mut left = run(&mut Link::with_profile(profile, identity(1)), &longer, 20_000_000_000).0;
    for direction in [UP, DOWN] {
        if let Some(first) = left.iter().position(|l| l.1 == direction && l.2 == 5) {
            left.remove(first);
        }
    }
    left
}

#[test]
fn bytes_are_served_one_after_another() {
    let profile = made(&RATE);
    assert_eq!(times(&profile, &[(0, UP, 100), (0, UP, 50)]), [(20_500, UP, 100), (25_500, UP, 50)]);
}

#[test]
fn half_duplex_serves_one_direction_at_a_time() {
    let mut profile = made(&RATE);
    let both = [(0, UP, 100), (0, DOWN, 100)];
    assert_eq!(times(&profile, &both), [(20_500, UP, 100), (20_500, DOWN, 100)]);
    profile.set("rate.half_duplex=true").unwrap();
    assert_eq!(times(&profile, &both), [(21_000, UP, 100), (31_000, DOWN, 100)]);
}

#[test]
fn links_of_a_cell_share_its_time() {
    let (profile, cell) = (made(&RATE), Cell::new());
    let links = [1, 2].map(|seed| {
        let mut link = Link::with_profile(&profile, identity(seed));
        link.share(&cell);
        link
    });
    let left = links.map(|mut link| run(&mut link, &[(0, UP, 100)], 1_000_000).0);
    assert_eq!(left.map(|l| l.last().copied()), [Some((20_000, UP, 95)), Some((30_000, UP, 95))]);
}

#[test]
fn a_full_queue_makes_the_sender_wait() {
    let mut settings = RATE.to_vec();
    settings.push("queue.capacity_bytes=2000");
    let mut link = Link::with_profile(&made(&settings), identity(1));
    link.open(0, PATH);
    // 2000 bytes wait, and 100 travel within the 10 ms.
    assert_eq!(link.room(PATH, UP), 2100);
    link.client_bytes(0, PATH, &[0xff; 1600]);
    assert_eq!((link.room(PATH, UP), link.room(PATH, DOWN)), (500, 2100));
    link.client_bytes(0, PATH, &[0xff; 1600]);
    assert_eq!(link.room(PATH, UP), 0);
}

#[test]
fn an_idle_radio_must_wake_up() {
    let profile = made(&["idle.after_s=5", "idle.promotion_ms=300", "idle.promotion_sigma_ln=0"]);
    let left = times(&profile, &[(0, UP, 1), (2_000_000, UP, 1), (20_000_000, DOWN, 1), (20_100_000, UP, 1)]);
    let wanted = [(10_000, UP, 1), (2_010_000, UP, 1), (20_310_000, UP, 1), (20_310_000, DOWN, 1)];
    assert_eq!(left, wanted);
}

#[test]
fn a_sleeping_radio_is_reached_when_it_speaks_or_wakes_up() {
    let mut settings = vec!["idle.after_s=5", "idle.promotion_ms=0", "idle.promotion_sigma_ln=0"];
    settings.extend(["idle.sleep_after_s=20", "idle.wake_every_s=1000"]);
    let profile = made(&settings);
    // Asleep from 20.01 s on; it wakes up by itself a thousand seconds later.
    assert_eq!(times(&profile, &[(0, UP, 1), (100_000_000, DOWN, 1)])[1], (1_020_020_000, DOWN, 1));
    let left = times(&profile, &[(0, UP, 1), (100_000_000, DOWN, 1), (200_000_000, UP, 1)]);
    assert_eq!(left[1..], [(200_000_000, DOWN, 1), (200_010_000, UP, 1)]);
    // Awake it can be reached for as long as after it spoke, whether anything waited for it or not.
    let left = times(&profile, &[(0, UP, 1), (100_000_000, DOWN, 1), (1_030_000_000, DOWN, 1)]);
    assert_eq!(left[2..], [(1_030_010_000, DOWN, 1)]);
    assert_eq!(times(&profile, &[(0, UP, 1), (1_030_000_000, DOWN, 1)])[1], (1_030_010_000, DOWN, 1));
    assert_eq!(times(&profile, &[(0, UP, 1), (1_050_000_000, DOWN, 1)])[1], (2_020_020_000, DOWN, 1));
}

#[test]
fn after_an_outage_bytes_come_with_the_next_attempt() {
    let mut text = made(&[]);
    text.numbers.insert(
        "outage.schedule_s".to_owned(),
        deadzone_link::Number { values: vec![1.0, 3.0], source: "default".to_owned() },
    );
    // First sent at 1.01 s; again 0.22, 0.44, 0.88, 1.76, 3.52 s later: 4.53 s is the first attempt after 4 s.
    let left = times(&text, &[(1_000_000, UP, 1), (4_000_000, DOWN, 1)]);
    assert_eq!(left, [(4_010_000, DOWN, 1), (4_530_000, UP, 1)]);
}

#[test]
fn a_new_address_ends_the_path_and_the_broker_does_not_hear_of_it() {
    let mut settings =
        vec!["handover.every_s=10", "handover.periodic=true", "handover.new_address_probability=1"];
    settings.extend(["handover.gap_least_ms=100", "handover.gap_most_ms=100"]);
    let (left, notes, _) =
        run(&mut Link::with_profile(&made(&settings), identity(1)), &[(0, UP, 5)], 30_000_000);
    assert_eq!(left, [(10_000, UP, 5), (10_100_000, DOWN, 0)]);
    assert!(notes.contains(&Note::Cut { how: Cut::Silent }), "{notes:?}");
}

#[test]
fn a_forgotten_path_swallows_or_answers_with_a_reset() {
    let writes = [(0, UP, 5), (61_000_000, DOWN, 3), (62_000_000, UP, 2)];
    let mut profile = made(&["nat.idle_s=60"]);
    let (left, notes, _) = run(&mut Link::with_profile(&profile, identity(1)), &writes, 100_000_000);
    assert_eq!(left, [(10_000, UP, 5)]);
    assert!(notes.contains(&Note::Swallowed { direction: UP, bytes: 2 }), "{notes:?}");
    profile.set("nat.rst=true").unwrap();
    let left = times(&profile, &writes);
    // Each end learns it when it speaks: first the broker's.
    assert_eq!(left, [(10_000, UP, 5), (61_000_000, UP, 0), (62_000_000, DOWN, 0)]);
}

#[test]
fn an_overlay_comes_and_goes_and_the_rest_goes_on() {
    let catalogue = shipped();
    let mut link = Link::with_profile(&catalogue.get("lte-m").unwrap(), identity(1));
    link.open(0, PATH);
    assert!(link.usable());
    link.change_profile(1_000_000, catalogue.find("lift").unwrap());
    assert_eq!(link.profile().map(|p| p.name.as_str()), Some("lte-m+lift"));
    assert!(!link.usable());
    link.advance(40_000_000);
    assert!(!link.usable());
    link.advance(60_000_000);
    assert!(link.usable());
}

//! A device with several connections side by side: all of them are equal, and what an end may believe is bounded.
//! And when a coverage that is replaced, or begins later than its surroundings, moves or darkens anybody.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::sync::Arc;

use deadzone_link::{
    Catalogue, Cut, Direction, Edge, Fault, Identity, Link, LinkStep, Note, Output, PathId, Trigger, Way,
    When,
};
use deadzone_wire::{Field, PacketKind, Pattern, Value};

const PINGREQ: &[u8] = b"\xc0\x00";

/// A link with these paths.
fn with_paths(equal: bool, count: u32) -> Link {
    let mut link = Link::new();
    if equal {
        link.make_equal();
    }
    (0..count).for_each(|n| link.open(0, PathId(n)));
    link
}

fn at_pingreq(fault: Fault) -> LinkStep {
    let pattern = Pattern { kind: PacketKind::Pingreq, fields: Vec::new() };
    let trigger = Trigger { edge: Edge::Before, nth: 1, pattern, direction: Direction::Up };
    LinkStep { fault, when: When::On(trigger) }
}

fn outputs(link: &mut Link, path: u32) -> Vec<Output> {
    std::iter::from_fn(|| link.poll(1, PathId(path))).collect()
}

fn passed(outputs: &[Output]) -> usize {
    outputs.iter().map(|output| if let Output::ToBroker(bytes) = output { bytes.len() } else { 0 }).sum()
}

fn cut(outputs: &[Output]) -> bool {
    outputs.iter().any(|output| matches!(output, Output::Note(Note::Cut { .. })))
}

#[test]
fn a_trigger_watches_every_connection_and_darkens_them_all() {
    // For one connection after the other, only the newest counts.
    for (equal, through) in [(true, 0), (false, 2)] {
        let mut link = with_paths(equal, 3);
        link.step(0, at_pingreq(Fault::Blackhole(Way::Up)));
        link.client_bytes(1, PathId(0), PINGREQ);
        assert_eq!(passed(&outputs(&mut link, 0)), through, "equal: {equal}");
        link.client_bytes(1, PathId(2), b"\xd0\x00");
        assert_eq!(passed(&outputs(&mut link, 2)), through, "equal: {equal}");
    }
}

#[test]
fn a_cut_at_a_packet_is_of_its_connection_and_one_in_time_is_of_all() {
    let mut link = with_paths(true, 3);
    link.step(0, at_pingreq(Fault::Cut(Cut::Rst)));
    link.client_bytes(1, PathId(1), PINGREQ);
    assert_eq!([0, 1, 2].map(|path| cut(&outputs(&mut link, path))), [false, true, false]);
    link.step(1, LinkStep { fault: Fault::Cut(Cut::Silent), when: When::Now });
    assert_eq!([0, 2].map(|path| cut(&outputs(&mut link, path))), [true, true]);
    // It says so to each of them, and goes on for the next.
    link.open(1, PathId(3));
    link.client_bytes(1, PathId(3), PINGREQ);
    assert_eq!(passed(&outputs(&mut link, 3)), 2);
}

#[test]
fn what_one_connection_does_concerns_the_others_only_where_something_happened() {
    let mut link = with_paths(true, 2);
    link.step(0, LinkStep { fault: Fault::Delay(Way::Both, 1000), when: When::Now });
    let before = link.generation();
    link.client_bytes(1, PathId(0), b"\xd0\x00");
    assert!(link.poll(2_000, PathId(0)).is_some());
    assert_eq!(link.generation(), before);
    link.client_bytes(2_000, PathId(0), b"\xd0\x00");
    // What travels on one wakes its own server only; a fault that waits wakes all.
    assert_eq!(link.path_wakes_at_us(PathId(0)), Some(3_000));
    assert_eq!(link.path_wakes_at_us(PathId(1)), None);
    link.step(2_000, LinkStep { fault: Fault::Restore, when: When::After(500) });
    assert!(link.generation() > before, "nobody asks anew when to wake");
    assert_eq!(link.path_wakes_at_us(PathId(1)), Some(2_500));
    let before = link.generation();
    link.advance(2_500);
    assert!(link.generation() > before);
}

#[test]
fn an_older_connection_hears_of_a_newer_one_that_triggers_leave_it_for() {
    let pattern =
        Pattern { kind: PacketKind::Publish, fields: vec![(Field::Topic, Value::Bytes("t".into()))] };
    let trigger = Trigger { edge: Edge::Before, nth: 1, pattern, direction: Direction::Up };
    for (equal, concerned) in [(false, true), (true, false)] {
        let mut link = with_paths(equal, 1);
        link.step(0, LinkStep { fault: Fault::Cut(Cut::Rst), when: When::On(trigger.clone()) });
        link.client_bytes(1, PathId(0), b"\x30\x04\x00");
        outputs(&mut link, 0);
        let before = link.generation();
        link.open(1, PathId(1));
        assert_eq!(link.generation() > before, concerned);
        assert_eq!(passed(&outputs(&mut link, 0)) > 0, concerned, "what waited for a trigger passes");
    }
}

#[test]
fn an_end_is_believed_no_more_than_a_window_where_nothing_comes_out() {
    let most = Link::BLIND_MAX;
    for fault in [Fault::Blackhole(Way::Up), Fault::Hold(Way::Up), Fault::Cut(Cut::Silent)] {
        let mut link = with_paths(false, 1);
        assert_eq!(link.window(PathId(0), Direction::Up), usize::MAX);
        link.step(0, LinkStep { fault, when: When::Now });
        // A silent cut leaves the broker's end open.
        let way = if matches!(fault, Fault::Cut(_)) { Direction::Down } else { Direction::Up };
        let mut taken = 0;
        while link.window(PathId(0), way) > 0 {
            let bytes = vec![7; link.window(PathId(0), way).min(10_000)];
            taken += bytes.len();
            match way {
                Direction::Up => link.client_bytes(1, PathId(0), &bytes),
                Direction::Down => link.broker_bytes(1, PathId(0), &bytes),
            }
        }
        assert_eq!(taken, most, "{fault}");
        // The room of the model itself knows no such bound: scripted clients read on.
        assert_eq!(link.room(PathId(0), way), usize::MAX);
    }
    let mut link = with_paths(false, 1);
    link.step(0, LinkStep { fault: Fault::Hold(Way::Up), when: When::Now });
    link.client_bytes(1, PathId(0), &[7; 1000]);
    assert_eq!(link.window(PathId(0), Direction::Up), most - 1000);
    link.step(1, LinkStep { fault: Fault::Release(Way::Up), when: When::Now });
    assert_eq!(link.window(PathId(0), Direction::Up), usize::MAX);
}

#[test]
fn listed_outages_count_from_where_the_surroundings_began() {
    let text = "title = \"t\"\n[delay]\nfloor_ms = { value = 1, source = \"default\" }\n\
        median_ms = { value = 0, source = \"default\" }\nsigma_ln = { value = 0, source = \"default\" }\n\
        correlation_per_100ms = { value = 0, source = \"default\" }\n[outage]\n\
        schedule_s = { value = [10, 5], source = \"default\" }\n\
        attach_least_s = { value = 0, source = \"default\" }\nattach_most_s = { value = 0, source = \"default\" }\n\
        new_address_probability = { value = 1, source = \"default\" }\n";
    let profile = Arc::new(Catalogue::new([("t", text)], []).unwrap().get("t").unwrap());
    let made_at = |now_us: u64, since_us: u64| {
        let identity = Identity { seed: 1, scenario: "s".to_owned(), link: "l".to_owned() };
        let mut link = Link::with_identity(identity);
        link.begin_profile(now_us, since_us, Arc::clone(&profile));
        link
    };
    let dark = |link: &mut Link, s: u64| {
        link.advance(s * 1_000_000);
        !link.usable()
    };
    // Made before, in and after it.
    let mut link = made_at(2_000_000, 0);
    assert_eq!([9, 11, 14, 16].map(|s| dark(&mut link, s)), [false, true, true, false]);
    let mut link = made_at(12_000_000, 0);
    assert_eq!([12, 14, 16].map(|s| dark(&mut link, s)), [true, true, false]);
    let mut link = made_at(20_000_000, 0);
    assert_eq!([20, 31, 40].map(|s| dark(&mut link, s)), [false; 3]);
    let mut link = made_at(20_000_000, 20_000_000);
    assert_eq!([20, 31, 40].map(|s| dark(&mut link, s)), [false, true, false]);
}

/// A profile without chance, and of what this says.
fn made(outage: &str) -> String {
    let rest = if outage.is_empty() { String::new() } else { ["[outage]\n", outage].concat() };
    let delay = "title = \"t\"\n[delay]\nfloor_ms = { value = 1, source = \"default\" }\n\
        median_ms = { value = 0, source = \"default\" }\nsigma_ln = { value = 0, source = \"default\" }\n\
        correlation_per_100ms = { value = 0, source = \"default\" }\n";
    delay.to_owned() + &rest
}

fn scheduled(schedule_s: &str, attach_s: u32, repeat_s: u32) -> String {
    let line = |key: &str, value: &str| format!("{key} = {{ value = {value}, source = \"default\" }}\n");
    let attach = attach_s.to_string();
    let lines = [
        line("schedule_s", schedule_s),
        line("attach_least_s", &attach),
        line("attach_most_s", &attach),
        line("repeat_s", &repeat_s.to_string()),
        line("new_address_probability", "1"),
    ];
    made(&lines.concat())
}

fn catalogue(texts: &[(&str, &str)]) -> Catalogue {
    Catalogue::new(texts.iter().copied(), []).unwrap()
}

fn identified() -> Link {
    Link::with_identity(Identity { seed: 1, scenario: "s".to_owned(), link: "l".to_owned() })
}

#[test]
fn an_outage_that_is_no_more_moves_nobody() {
    let (out, plain) = (scheduled("[10, 20]", 0, 0), made(""));
    let all = catalogue(&[("out", &out), ("plain", &plain)]);
    let mut link = identified();
    link.change_profile(0, &all.get("out").unwrap());
    link.advance(15_000_000);
    assert!(!link.usable());
    link.change_profile(20_000_000, &all.get("plain").unwrap());
    link.open(21_000_000, PathId(1));
    link.client_bytes(40_000_000, PathId(1), PINGREQ);
    link.advance(41_000_000);
    let seen: Vec<Output> = std::iter::from_fn(|| link.poll(41_000_000, PathId(1))).collect();
    assert!(!cut(&seen) && passed(&seen) == 2, "{seen:?}");
}

#[test]
fn an_outage_that_was_over_before_moves_nobody() {
    let out = scheduled("[1, 1]", 0, 0);
    let profile = Arc::new(catalogue(&[("out", &out)]).get("out").unwrap());
    let mut link = identified();
    link.open(100_000_000, PathId(1));
    link.begin_profile(100_000_000, 0, profile);
    let seen: Vec<Output> = std::iter::from_fn(|| link.poll(101_000_000, PathId(1))).collect();
    assert!(!cut(&seen), "{seen:?}");
}

#[test]
fn a_schedule_keeps_its_times_whatever_attaching_takes() {
    let out = scheduled("[0, 2, 4, 2]", 3, 10);
    let mut link = identified();
    link.change_profile(0, &catalogue(&[("out", &out)]).get("out").unwrap());
    // Dark for 5 s, and from 4 s for 5 s: 9 s, of every 10.
    for turn in 0..20_u64 {
        let dark = [0, 3, 6, 8, 9].map(|second| {
            link.advance(turn * 10_000_000 + second * 1_000_000 + 500_000);
            !link.usable()
        });
        assert_eq!(dark, [true, true, true, true, false], "{turn}");
    }
}

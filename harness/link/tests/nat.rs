//! Address translation: what it forgets, what keeps it from forgetting, and how it says so.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod made;
mod script;

use deadzone_link::{
    Direction::{self, Down, Up},
    Fate, Fault, Flow, Identity, Link, Lost, PacketLink, Profile, Way,
};
use made::{made, set_schedule};
use script::{Do, Out, play_one};

const S: u64 = 1_000_000;
const MS: u64 = 1_000;

/// 10 ms each way, and a minute until it forgets.
fn profile(rst: bool) -> Profile {
    made(&["nat.idle_s=60", if rst { "nat.rst=true" } else { "nat.rst=false" }])
}

fn identity() -> Identity {
    Identity { seed: 1, scenario: "s".to_owned(), link: "dev".to_owned() }
}

fn played(profile: &Profile, happens: &[(u64, Do)]) -> Vec<(u64, Direction, Out)> {
    play_one(Link::with_profile(profile, identity()), happens, 10_000 * S)
}

#[test]
fn a_close_of_a_forgotten_path_goes_nowhere() {
    for way in [Up, Down] {
        for rst in [true, false] {
            let left = played(&profile(false), &[(0, Do::Send(1, Up, 1)), (61 * S, Do::Close(1, way, rst))]);
            assert_eq!(left, [(10 * MS, Up, Out::Bytes(1))], "{way} {rst}");
        }
    }
}

#[test]
fn an_orderly_close_of_a_forgotten_path_is_answered_with_a_reset() {
    let left = played(&profile(true), &[(0, Do::Send(1, Up, 1)), (61 * S, Do::Close(1, Up, false))]);
    assert_eq!(left[1..], [(61 * S + 20 * MS, Down, Out::Rst)]);
    let left = played(&profile(true), &[(0, Do::Send(1, Up, 1)), (61 * S, Do::Close(1, Down, false))]);
    assert_eq!(left[1..], [(61 * S, Up, Out::Rst)]);
    for way in [Up, Down] {
        // Nobody answers a reset.
        let left = played(&profile(true), &[(0, Do::Send(1, Up, 1)), (61 * S, Do::Close(1, way, true))]);
        assert_eq!(left.len(), 1, "{way}: {left:?}");
    }
}

#[test]
fn a_close_that_passes_is_no_silence() {
    let happens =
        [(0, Do::Send(1, Up, 1)), (40 * S, Do::Close(1, Up, false)), (80 * S, Do::Send(1, Down, 1))];
    let left = played(&profile(false), &happens);
    assert_eq!(left[1..], [(40 * S + 10 * MS, Up, Out::Fin), (80 * S + 10 * MS, Down, Out::Bytes(1))]);
}

#[test]
fn its_reset_takes_the_round_trip_of_the_access_link() {
    let happens = [(0, Do::Send(1, Up, 1)), (61 * S, Do::Send(1, Up, 1)), (61 * S + MS, Do::Send(1, Up, 1))];
    assert_eq!(played(&profile(true), &happens)[1..], [(61 * S + 20 * MS, Down, Out::Rst)]);
    // The broker is next to it, and what passed before is still on its way.
    let mut slow = profile(true);
    slow.set("delay.floor_ms.down=5000").unwrap();
    slow.set("nat.idle_s=2").unwrap();
    let happens = [(0, Do::Send(1, Down, 3)), (3 * S, Do::Send(1, Down, 1)), (3 * S, Do::Send(1, Up, 1))];
    let wanted = [(3 * S, Up, Out::Rst), (5 * S, Down, Out::Bytes(3)), (8 * S + 10 * MS, Down, Out::Rst)];
    assert_eq!(played(&slow, &happens), wanted);
}

#[test]
fn what_never_reaches_it_is_silence() {
    let hole = [
        (0, Do::Send(1, Up, 1)),
        (30 * S, Do::Fault(Fault::Blackhole(Way::Up))),
        (40 * S, Do::Send(1, Up, 1)),
        (70 * S, Do::Send(1, Down, 1)),
    ];
    assert_eq!(played(&profile(false), &hole).len(), 1);
    let mut dark = profile(false);
    set_schedule(&mut dark, &[30.0, 100.0]);
    // It gets there when coverage is back, and is too late.
    let late = [(0, Do::Send(1, Up, 1)), (40 * S, Do::Send(1, Up, 1)), (70 * S, Do::Send(1, Down, 1))];
    assert_eq!(played(&dark, &late).len(), 1);
    // A byte that gets there just in time, and one that was sent in time and comes too late.
    set_schedule(&mut dark, &[30.0, 29.0]);
    assert_eq!(played(&dark, &late[..2]).len(), 1, "its next attempt is past the minute");
    let slow: Vec<_> = late.iter().map(|l| (l.0 + 19 * S * u64::from(l.0 > 0), l.1.clone())).collect();
    assert_eq!(played(&profile(false), &slow[..2]).len(), 2);
}

#[test]
fn what_comes_from_the_network_keeps_it_awake_whatever_the_radio_does() {
    let mut dark = profile(false);
    set_schedule(&mut dark, &[30.0, 40.0]);
    let happens = [(0, Do::Send(1, Up, 1)), (50 * S, Do::Send(1, Down, 1)), (105 * S, Do::Send(1, Up, 1))];
    assert_eq!(played(&dark, &happens).len(), 3);
    let hole = [
        (40 * S, Do::Fault(Fault::Blackhole(Way::Down))),
        (50 * S, Do::Send(1, Down, 1)),
        (105 * S, Do::Send(1, Up, 1)),
    ];
    assert_eq!(played(&profile(false), &hole).len(), 1);
}

#[test]
fn packets_that_never_reach_it_are_silence_too() {
    let mut dark = profile(false);
    set_schedule(&mut dark, &[30.0, 20.0]);
    let flow = Flow(1);
    let mut link = PacketLink::new(&dark, identity());
    let mut send = |now_us, way| {
        let fate = link.send(now_us, way, flow, false, 100, ());
        while link.next_us().is_some_and(|at_us| at_us <= now_us + S) {
            let at_us = link.next_us().unwrap();
            while link.receive(at_us).is_some() {}
        }
        fate
    };
    assert_eq!(send(0, Up), Fate::Taken);
    assert_eq!(send(40 * S, Up), Fate::Taken, "and lost for want of coverage");
    assert_eq!(send(70 * S, Down), Fate::Lost(Lost::Forgotten));
    let mut link = PacketLink::new(&dark, identity());
    for (at_us, way) in [(0, Up), (40 * S, Down), (70 * S, Up)] {
        assert_eq!(link.send(at_us, way, flow, false, 100, ()), Fate::Taken, "{at_us}");
        while link.receive(at_us).is_some() {}
    }
}

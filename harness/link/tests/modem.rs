//! What connections, directions and links share of a radio, and what a cut or another profile leaves of it.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod made;
mod script;

use deadzone_link::{
    Cell, Cut,
    Direction::{Down, Up},
    Fault, Identity, Link, LinkStep, PathId, Profile, Way, When,
};
use made::{made, outages, set_schedule, shipped, traced};
use script::{Do, Left, Out, play, play_one};

const S: u64 = 1_000_000;
const MS: u64 = 1_000;
const RATE: [&str; 3] = ["rate.mean_kbit_per_s=80", "rate.sigma_ln=0", "rate.correlation_per_s=0"];
/// Every thousand seconds the radio keeps what it has for a minute.
const KEEPS: [&str; 4] = [
    "handover.every_s=1000",
    "handover.periodic=true",
    "handover.gap_least_ms=60000",
    "handover.gap_most_ms=60000",
];
const CUT: Do = Do::Fault(Fault::Cut(Cut::Rst));

fn link(profile: &Profile, seed: u64) -> Link {
    Link::with_profile(profile, Identity { seed, scenario: "s".to_owned(), link: "dev".to_owned() })
}

/// When bytes leave, and of which connection.
fn bytes(left: &[Left]) -> Vec<(u64, u32, usize)> {
    let only = |l: &Left| match l.4 {
        Out::Bytes(bytes) => Some((l.0, l.2, bytes)),
        _ => None,
    };
    left.iter().filter_map(only).collect()
}

#[test]
fn an_overlay_that_names_its_outages_begins_them_anew() {
    let catalogue = shipped();
    let tunnel = catalogue.find("tunnel").unwrap();
    let mut link = link(&catalogue.get("lte-m").unwrap(), 1);
    link.advance(10 * S);
    for at_us in [10 * S, 1000 * S, 2000 * S] {
        link.change_profile(at_us, tunnel);
        assert!(!link.usable(), "no tunnel at {at_us}");
        link.change_profile(at_us + 4 * S, tunnel);
        link.advance(at_us + 11 * S);
        assert!(!link.usable(), "the second one begins within the first");
        link.advance(at_us + 100 * S);
        assert!(link.usable());
    }
}

#[test]
fn an_outage_goes_on_when_other_numbers_change() {
    let mut dark = made(&[]);
    set_schedule(&mut dark, &[1.0, 100.0]);
    let mut other = dark.clone();
    other.set("delay.floor_ms=20").unwrap();
    let mut link = link(&dark, 1);
    link.advance(5 * S);
    assert!(!link.usable());
    link.change_profile(5 * S, &other);
    assert!(!link.usable());
    link.advance(100 * S);
    assert!(!link.usable());
    link.advance(101 * S);
    assert!(link.usable());
}

#[test]
fn a_gap_outlasts_the_connection_that_met_it() {
    let sent = 1001 * S;
    let at = |us, what| (us, 0, what);
    let next = [at(sent + 2 * S, Do::Open(2)), at(sent + 2 * S, Do::Send(2, Up, 1))];
    let mut other = made(&KEEPS);
    other.set("delay.floor_ms=5").unwrap();
    for between in [CUT, Do::Profile(other)] {
        let mut happens = vec![at(0, Do::Open(1)), at(sent, Do::Send(1, Up, 1)), at(sent + 2 * S, between)];
        happens.extend(next.clone());
        let left = bytes(&play(&mut [link(&made(&KEEPS), 1)], &happens, 3000 * S));
        let last = left.iter().find(|l| l.1 == 2).unwrap();
        assert_eq!(last.0, 1060 * S, "{left:?}");
    }
}

#[test]
fn a_cut_frees_what_its_connection_occupied_and_no_more() {
    let happens = [
        (0, 0, Do::Open(1)),
        (0, 0, Do::Send(1, Up, 1000)),
        (0, 0, Do::Open(2)),
        (0, 0, Do::Send(2, Up, 1000)),
        (50 * MS, 0, CUT),
        (50 * MS, 0, Do::Open(3)),
        (50 * MS, 0, Do::Send(3, Up, 1000)),
    ];
    // 1,000 bytes take 100 ms.
    let left = bytes(&play(&mut [link(&made(&RATE), 1)], &happens, S));
    assert_eq!(left, [(110 * MS, 1, 1000), (210 * MS, 3, 1000)]);
}

#[test]
fn a_radio_that_wakes_up_serves_no_faster() {
    let mut settings = RATE.to_vec();
    settings.extend(["idle.after_s=5", "idle.promotion_ms=0", "idle.promotion_sigma_ln=0"]);
    settings.extend(["idle.sleep_after_s=5", "idle.wake_every_s=1000"]);
    let happens = [
        (0, 0, Do::Open(1)),
        (0, 0, Do::Open(2)),
        (20 * S, 0, Do::Send(1, Up, 1000)),
        (20 * S, 0, Do::Send(2, Up, 1000)),
        (20 * S, 0, Do::Send(2, Down, 1000)),
    ];
    let left = bytes(&play(&mut [link(&made(&settings), 1)], &happens, 100 * S));
    let up: Vec<u64> = left.iter().map(|l| l.0 - 20 * S).collect();
    assert_eq!(up, [110 * MS, 110 * MS, 210 * MS]);
}

#[test]
fn a_cell_serves_others_while_one_of_its_links_stands_still() {
    let cell = Cell::new();
    let mut still = RATE.to_vec();
    still.extend(KEEPS);
    let mut links = [link(&made(&still), 1), link(&made(&RATE), 2)];
    links.iter_mut().for_each(|link| link.share(&cell));
    let at = 1000 * S;
    let mut happens = vec![(0, 0, Do::Open(1)), (0, 1, Do::Open(1))];
    // It has 45 ms before the gap, and 55 ms behind it.
    happens.push((at - 55 * MS, 0, Do::Send(1, Up, 1000)));
    happens.push((at + S, 1, Do::Send(1, Up, 1000)));
    happens.push((at + 60 * S - 60 * MS, 1, Do::Send(1, Up, 1000)));
    let left: Vec<_> = play(&mut links, &happens, 2000 * S).iter().map(|l| (l.0 - at, l.1)).collect();
    // The last one has 50 ms before the first one goes on for 55 ms.
    assert_eq!(left, [(S + 110 * MS, 1), (60 * S + 55 * MS, 0), (60 * S + 105 * MS, 1)]);
}

#[test]
fn what_a_cut_frees_is_free_in_the_cell() {
    let cell = Cell::new();
    let mut links = [1, 2].map(|seed| link(&made(&RATE), seed));
    links.iter_mut().for_each(|link| link.share(&cell));
    let happens = [
        (0, 0, Do::Open(1)),
        (0, 1, Do::Open(1)),
        (0, 0, Do::Send(1, Up, 1000)),
        (20 * MS, 0, CUT),
        (20 * MS, 1, Do::Send(1, Up, 1000)),
    ];
    assert_eq!(bytes(&play(&mut links, &happens, S)), [(130 * MS, 1, 1000)]);
}

#[test]
fn an_opportunity_of_a_trace_is_used_once() {
    let profile = traced("5\n", &[]);
    let (cell, opportunity) = (Cell::new(), 1504);
    let mut links = [1, 2].map(|seed| link(&profile, seed));
    links.iter_mut().for_each(|link| link.share(&cell));
    let mut happens = Vec::new();
    for n in [0, 1] {
        happens.extend([
            (0, n, Do::Open(1)),
            (0, n, Do::Send(1, Up, 1000)),
            (0, n, Do::Send(1, Down, opportunity)),
        ]);
    }
    // What one link leaves of an opportunity is the other's: 504 bytes at 10 ms, the rest at 15 ms.
    let left: Vec<_> = play(&mut links, &happens, S).iter().map(|l| (l.0, l.1, l.3)).collect();
    assert_eq!(left.len(), 6, "{left:?}");
    let when = |link, way| left.iter().filter(|l| l.1 == link && l.2 == way).map(|l| l.0).max();
    assert_eq!([when(0, Up), when(1, Up)], [Some(10 * MS), Some(15 * MS)]);
    assert_eq!(when(0, Down).max(when(1, Down)), Some(15 * MS));
}

#[test]
fn half_duplex_over_a_trace_uses_an_opportunity_for_one_direction() {
    let mut profile = traced("5\n", &[]);
    let happens = [(0, Do::Send(1, Up, 1300)), (0, Do::Send(1, Down, 1300))];
    let when = |profile: &Profile| -> Vec<u64> {
        play_one(link(profile, 1), &happens, S).iter().map(|l| l.0).collect()
    };
    assert_eq!(when(&profile), [10 * MS, 10 * MS]);
    profile.set("rate.half_duplex=true").unwrap();
    assert_eq!(when(&profile), [10 * MS, 15 * MS]);
}

#[test]
fn opportunities_that_a_cut_frees_are_not_lost() {
    let happens = [
        (0, 0, Do::Open(1)),
        (0, 0, Do::Send(1, Up, 1000)),
        (5 * MS, 0, Do::Send(1, Up, 1000)),
        (20 * MS, 0, CUT),
        (20 * MS, 0, Do::Open(2)),
        (20 * MS, 0, Do::Send(2, Up, 1000)),
    ];
    let left = bytes(&play(&mut [link(&traced("1000\n", &[]), 1)], &happens, 5 * S));
    assert_eq!(left, [(S, 2, 1000)]);
}

#[test]
fn the_uplink_does_not_wait_until_the_downlink_is_paged() {
    let mut settings = vec!["idle.after_s=5", "idle.promotion_ms=300", "idle.promotion_sigma_ln=0"];
    settings.push("idle.paging_cycle_ms=11000000");
    let profile = made(&settings);
    let alone = play_one(link(&profile, 1), &[(100 * S, Do::Send(1, Down, 1))], 20_000 * S);
    assert!(alone[0].0 > 110 * S, "a short wait proves nothing: {alone:?}");
    let happens = [
        (100 * S, Do::Send(1, Down, 1)),
        (101 * S, Do::Send(1, Down, 2)),
        (102 * S, Do::Send(1, Up, 1)),
        (102 * S + 100 * MS, Do::Send(1, Up, 2)),
    ];
    let left = play_one(link(&profile, 1), &happens, 20_000 * S);
    let at = 102 * S + 310 * MS;
    assert_eq!(left.iter().map(|l| l.0).collect::<Vec<_>>(), [at; 4], "{left:?}");
}

#[test]
fn a_radio_that_wakes_up_ends_no_delay_of_a_fault() {
    let mut settings = vec!["idle.after_s=5", "idle.promotion_ms=300", "idle.promotion_sigma_ln=0"];
    settings.extend(["idle.sleep_after_s=20", "idle.wake_every_s=1000"]);
    let profile = made(&settings);
    let happens = [
        (0, Do::Fault(Fault::Delay(Way::Down, 30 * S))),
        (100 * S, Do::Send(1, Down, 1)),
        (101 * S, Do::Send(1, Up, 1)),
        (120 * S, Do::Send(1, Up, 1)),
        (120 * S + MS, Do::Send(1, Down, 1)),
        (121 * S, Do::Send(1, Up, 1)),
    ];
    let left = play_one(link(&profile, 1), &happens, 500 * S);
    let down: Vec<u64> = left.iter().filter(|l| l.1 == Down).map(|l| l.0).collect();
    // The first waits for the radio until 101.3 s, the second one for a promotion that is under way.
    assert_eq!(down, [131 * S + 310 * MS, 150 * S + 310 * MS]);
}

#[test]
fn restoring_makes_nothing_faster_than_the_radio() {
    let happens = [
        (0, Do::Fault(Fault::Delay(Way::Both, 30 * S))),
        (S, Do::Send(1, Up, 1)),
        (S, Do::Send(1, Down, 1)),
        (S + MS, Do::Fault(Fault::Restore)),
    ];
    let left = play_one(link(&made(&[]), 1), &happens, 100 * S);
    assert_eq!(left.iter().map(|l| l.0).collect::<Vec<_>>(), [S + 10 * MS; 2]);
}

#[test]
fn what_was_held_leaves_no_faster_than_the_radio_serves() {
    let happens = [
        (0, Do::Fault(Fault::Hold(Way::Up))),
        (S, Do::Send(1, Up, 1000)),
        (S, Do::Send(1, Up, 1000)),
        (S, Do::Send(1, Up, 1000)),
        (9 * S, Do::Fault(Fault::Release(Way::Up))),
    ];
    let left = play_one(link(&made(&RATE), 1), &happens, 100 * S);
    // The first one had passed the radio.
    assert_eq!(left.iter().map(|l| l.0 - 9 * S).collect::<Vec<_>>(), [0, 100 * MS, 200 * MS]);
}

#[test]
fn nothing_that_is_sent_again_leaves_in_an_outage() {
    let mut profile = made(&["loss.probability_per_segment=0.5"]);
    set_schedule(&mut profile, &[1.0, 3.0]);
    let mut late = 0;
    for seed in 0..200 {
        let left = play_one(link(&profile, seed), &[(900 * MS, Do::Send(1, Up, 1))], 1000 * S);
        let at_us = left[0].0;
        assert!(!(S..4 * S).contains(&at_us), "seed {seed}: {at_us}");
        late += u32::from(at_us >= 4 * S);
    }
    assert!(late > 20, "{late} of 200 were lost, and lost again");
}

#[test]
fn the_queue_is_the_modems() {
    let mut settings = RATE.to_vec();
    settings.push("queue.capacity_bytes=2000");
    let mut link = link(&made(&settings), 1);
    let paths = [1, 2].map(PathId);
    paths.iter().for_each(|path| link.open(0, *path));
    // 2,000 bytes wait, and 100 travel within the 10 ms.
    link.client_bytes(0, paths[0], &[0xff; 2500]);
    let room = |link: &Link| paths.map(|path| link.room(path, Up));
    assert_eq!(room(&link), [0, 0]);
    assert_eq!(link.room(paths[1], Down), 2100);
    let generation = link.generation();
    while room(&link) == [0, 0] {
        let now_us = link.wake_at_us().unwrap();
        while link.poll(now_us, paths[0]).is_some() {}
    }
    assert!(link.generation() > generation, "whoever serves the other path is not told that there is room");
    link.forget(paths[0]);
    assert_eq!(room(&link), [2100, 2100]);
}

#[test]
fn two_overlays_of_outages_do_not_share_their_chances() {
    let mut link = link(&made(&[]), 1);
    link.record_decisions();
    link.advance(0);
    link.change_profile(S, &outages(&[1.0, 2.0], (0.0, 1000.0)));
    link.advance(2000 * S);
    link.change_profile(3000 * S, &outages(&[2.0, 3.0], (0.0, 1000.0)));
    link.advance(6000 * S);
    let attached: Vec<u64> = link.decisions().iter().map(|d| d.value).filter(|value| *value > 1).collect();
    assert_eq!(attached.len(), 2, "{attached:?}");
    assert_ne!(attached[0], attached[1]);
}

#[test]
fn a_cut_frees_what_was_on_its_way_into_an_outage() {
    let mut profile = made(&["rate.mean_kbit_per_s=1", "rate.sigma_ln=0", "rate.correlation_per_s=0"]);
    set_schedule(&mut profile, &[7.0, 20.0]);
    let happens = |other: usize| {
        vec![
            (0, 0, Do::Open(1)),
            (0, 0, Do::Send(1, Up, 1000)),
            (S, 0, CUT),
            (S, other, Do::Open(2)),
            (S, other, Do::Send(2, Up, 100)),
        ]
    };
    // 1,000 bytes take 8 s: the outage is known to take them. 100 take 0.8 s.
    let left = bytes(&play(&mut [link(&profile, 1)], &happens(0), 100 * S));
    assert_eq!(left, [(S + 810 * MS, 2, 100)]);
    // Of a cell as well.
    let cell = Cell::new();
    let mut links = [1, 2].map(|seed| link(&profile, seed));
    links.iter_mut().for_each(|link| link.share(&cell));
    let left = bytes(&play(&mut links, &happens(1), 100 * S));
    assert_eq!(left, [(S + 810 * MS, 2, 100)]);
}

#[test]
fn a_link_that_comes_into_a_cell_still_gives_back_what_it_had() {
    let mut link = link(&made(&RATE), 1);
    let send = |link: &mut Link, at_us, path| {
        link.open(at_us, PathId(path));
        link.opaque(PathId(path), "a test");
        link.client_bytes(at_us, PathId(path), &[7; 1000]);
    };
    send(&mut link, 0, 1);
    link.advance(20 * MS);
    link.share(&Cell::new());
    link.step(30 * MS, LinkStep { fault: Fault::Cut(Cut::Rst), when: When::Now });
    send(&mut link, 30 * MS, 2);
    link.advance(40 * MS);
    assert_eq!(link.path_wakes_at_us(PathId(2)), Some(140 * MS));
}

#[test]
fn what_was_served_by_a_radio_before_gives_back_nothing_of_this_one() {
    let profile = made(&RATE);
    let happens = [
        (0, 0, Do::Open(1)),
        (0, 0, Do::Open(2)),
        (0, 0, Do::Fault(Fault::Hold(Way::Up))),
        (0, 0, Do::Send(1, Up, 1000)),
        (S, 0, Do::NoProfile),
        (2 * S, 0, Do::Profile(profile.clone())),
        (2 * S, 0, Do::Send(2, Up, 1000)),
        // The first connection is gone, and with it a turn of the same number.
        (2 * S + 20 * MS, 0, Do::Close(1, Down, true)),
        (2 * S + 20 * MS, 0, Do::Fault(Fault::Release(Way::Up))),
        (2 * S + 30 * MS, 0, Do::Open(3)),
        (2 * S + 30 * MS, 0, Do::Send(3, Up, 1000)),
    ];
    let left = bytes(&play(&mut [link(&profile, 1)], &happens, 10 * S));
    assert_eq!(left, [(2 * S + 110 * MS, 2, 1000), (2 * S + 210 * MS, 3, 1000)]);
}

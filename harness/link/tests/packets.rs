//! The link for packets: what loses them, and that what arrives is late as the profile says, and as bytes are.

#![expect(
    clippy::unwrap_used,
    clippy::format_push_string,
    reason = "a test stops where it fails; its texts are short"
)]

use deadzone_link::{
    Catalogue,
    Direction::{self, Down, Up},
    Fate, Flow, Identity, Link, Lost, Output, PacketLink, PathId, Profile,
};
use proptest::prelude::*;

const FLOW: Flow = Flow(1);

fn identity() -> Identity {
    Identity { seed: 1, scenario: "s".to_owned(), link: "dev".to_owned() }
}

fn shipped(name: &str) -> Profile {
    let profiles = deadzone_scenarios::profiles().iter().copied();
    let catalogue = Catalogue::new(profiles, deadzone_scenarios::traces().iter().copied()).unwrap();
    catalogue.get(name).unwrap()
}

/// 10 ms each way, and these sections.
fn made(sections: &[(&str, &[(&str, &str)])]) -> Profile {
    let delay: &[(&str, &str)] =
        &[("floor_ms", "10"), ("median_ms", "0"), ("sigma_ln", "0"), ("correlation_per_100ms", "0")];
    let mut text = "title = \"t\"\n".to_owned();
    for (section, numbers) in [("delay", delay)].iter().chain(sections) {
        text += &format!("[{section}]\n");
        for (key, value) in *numbers {
            text += &format!("{key} = {{ value = {value}, source = \"default\" }}\n");
        }
    }
    Catalogue::new([("t", text.as_str())], []).unwrap().get("t").unwrap()
}

const RATE: (&str, &[(&str, &str)]) =
    ("rate", &[("mean_kbit_per_s", "80"), ("sigma_ln", "0"), ("correlation_per_s", "0")]);

/// Everything that arrives until then.
fn arrivals(link: &mut PacketLink<u64>, until_us: u64) -> Vec<(u64, Direction, u64)> {
    let mut all = Vec::new();
    while let Some(at_us) = link.next_us().filter(|at_us| *at_us <= until_us) {
        while let Some((direction, packet)) = link.receive(at_us) {
            all.push((at_us, direction, packet));
        }
    }
    all
}

/// Offers a packet of 1,000 bytes of the one flow.
fn send(link: &mut PacketLink<u64>, now_us: u64, direction: Direction, packet: u64) -> Fate {
    link.send(now_us, direction, FLOW, false, 1_000, packet)
}

#[test]
fn packets_are_served_one_after_another() {
    let mut link = PacketLink::new(&made(&[RATE]), identity());
    for n in 0..3 {
        assert_eq!(send(&mut link, 0, Up, n), Fate::Taken);
    }
    send(&mut link, 0, Down, 9);
    // 1,000 bytes at 80 kbit/s take 100 ms; the directions do not share.
    let arrived = arrivals(&mut link, 1_000_000);
    assert_eq!(arrived, [(110_000, Up, 0), (110_000, Down, 9), (210_000, Up, 1), (310_000, Up, 2)]);
    assert_eq!(link.sums()[0].arrived_bytes, 3_000);
}

#[test]
fn half_duplex_serves_who_comes_first() {
    let mut profile = made(&[RATE]);
    profile.set("rate.half_duplex=true").unwrap();
    let mut link = PacketLink::new(&profile, identity());
    send(&mut link, 0, Up, 0);
    send(&mut link, 1_000, Down, 1);
    assert_eq!(arrivals(&mut link, 1_000_000), [(110_000, Up, 0), (210_000, Down, 1)]);
}

#[test]
fn a_full_queue_loses_what_comes_last() {
    let queue: (&str, &[(&str, &str)]) = ("queue", &[("capacity_bytes", "2000")]);
    let mut link = PacketLink::new(&made(&[RATE, queue]), identity());
    let fates: Vec<_> = (0..4).map(|n| send(&mut link, 0, Up, n)).collect();
    // 2,000 bytes wait, and 100 more are what travels in 10 ms.
    assert_eq!(fates, [Fate::Taken, Fate::Taken, Fate::Lost(Lost::Queue), Fate::Lost(Lost::Queue)]);
    assert_eq!(arrivals(&mut link, 1_000_000).len(), 2);
    assert_eq!(send(&mut link, 1_000_000, Up, 5), Fate::Taken);
    assert_eq!((link.sums()[0].queue, link.sums()[0].offered), (2, 5));
}

#[test]
fn noise_takes_its_share() {
    let loss: (&str, &[(&str, &str)]) = ("loss", &[("probability_per_segment", "0.1")]);
    let mut link = PacketLink::new(&made(&[loss]), identity());
    for n in 0..20_000 {
        send(&mut link, n * 1_000, Up, n);
        arrivals(&mut link, n * 1_000);
    }
    arrivals(&mut link, u64::MAX);
    let up = link.sums()[0];
    assert_eq!(up.arrived + up.noise, 20_000);
    // Ten standard deviations are 424.
    assert!((1_576..2_424).contains(&up.noise), "{up:?}");
}

#[test]
fn without_coverage_packets_are_lost_and_nothing_waits() {
    let mut profile = made(&[]);
    let schedule = deadzone_link::Number { values: vec![1.0, 3.0], source: "default".to_owned() };
    profile.numbers.insert("outage.schedule_s".to_owned(), schedule);
    let mut link = PacketLink::new(&profile, identity());
    for n in 0..6 {
        send(&mut link, n * 1_000_000, Up, n);
    }
    let arrived: Vec<_> = arrivals(&mut link, 10_000_000).iter().map(|(at_us, _, n)| (*at_us, *n)).collect();
    assert_eq!(arrived, [(10_000, 0), (4_010_000, 4), (5_010_000, 5)]);
    assert_eq!(link.sums()[0].coverage, 3);
}

#[test]
fn a_stall_keeps_packets() {
    let stall: (&str, &[(&str, &str)]) =
        ("stall", &[("every_s", "5"), ("median_s", "1"), ("p90_s", "2"), ("cap_s", "4")]);
    let mut link = PacketLink::new(&made(&[stall]), identity());
    let mut late = 0;
    for n in 0..600 {
        send(&mut link, n * 100_000, Up, n);
        late +=
            arrivals(&mut link, n * 100_000).iter().filter(|(at, _, n)| at - n * 100_000 > 200_000).count();
    }
    arrivals(&mut link, u64::MAX);
    assert_eq!(link.sums()[0].arrived, 600);
    assert!(late > 20, "{late}");
}

#[test]
fn a_forgotten_flow_is_silent_or_reset_until_it_opens_anew() {
    let mut profile = made(&[("nat", &[("idle_s", "60")])]);
    for (rst, fate) in [("false", Fate::Lost(Lost::Forgotten)), ("true", Fate::Refused(Lost::Forgotten))] {
        profile.set(&format!("nat.rst={rst}")).unwrap();
        let mut link = PacketLink::new(&profile, identity());
        assert_eq!(send(&mut link, 0, Up, 0), Fate::Taken);
        assert_eq!(send(&mut link, 60_000_000, Down, 1), Fate::Taken);
        assert_eq!(send(&mut link, 120_000_001, Down, 2), fate);
        assert_eq!(send(&mut link, 120_000_002, Up, 3), fate);
        // The network can't open it, the device can.
        assert_eq!(link.send(120_000_003, Down, FLOW, true, 40, 4), fate);
        assert_eq!(link.send(120_000_004, Up, FLOW, true, 40, 5), Fate::Taken);
        assert_eq!(send(&mut link, 120_000_005, Down, 6), Fate::Taken);
        assert_eq!(link.sums().map(|sums| sums.forgotten), [1, 2]);
    }
}

#[test]
fn after_a_new_address_old_flows_are_refused_to_the_device_and_lost_to_the_network() {
    let numbers = [
        ("every_s", "10"),
        ("periodic", "true"),
        ("gap_least_ms", "100"),
        ("gap_most_ms", "100"),
        ("new_address_probability", "1"),
    ];
    let mut link = PacketLink::new(&made(&[("handover", &numbers)]), identity());
    assert_eq!(send(&mut link, 0, Up, 0), Fate::Taken);
    assert_eq!(send(&mut link, 10_050_000, Up, 1), Fate::Taken);
    assert_eq!(send(&mut link, 10_100_000, Up, 2), Fate::Refused(Lost::Moved));
    assert_eq!(send(&mut link, 10_100_000, Down, 3), Fate::Lost(Lost::Moved));
    assert_eq!(link.send(10_100_001, Up, Flow(2), true, 40, 4), Fate::Taken);
    // What was under way in the gap comes behind it.
    let arrived = arrivals(&mut link, 11_000_000);
    assert_eq!(arrived, [(10_000, Up, 0), (10_100_000, Up, 1), (10_110_001, Up, 4)]);
}

/// When and where to bytes come out of a byte-stream link, if these many go in at these times.
fn stream_arrivals(profile: &Profile, offers: &[(u64, Direction)]) -> Vec<(u64, Direction)> {
    let (mut link, path) = (Link::with_profile(profile, identity()), PathId(1));
    link.open(0, path);
    let (mut arrived, mut next, mut now_us) = (Vec::new(), 0, 0);
    loop {
        while let Some((_, direction)) = offers.get(next).filter(|(at_us, _)| *at_us <= now_us) {
            match direction {
                Up => link.client_bytes(now_us, path, &[0; 100]),
                Down => link.broker_bytes(now_us, path, &[0; 100]),
            }
            next += 1;
        }
        while let Some(output) = link.poll(now_us, path) {
            match output {
                Output::ToBroker(_) => arrived.push((now_us, Up)),
                Output::ToClient(_) => arrived.push((now_us, Down)),
                _ => {}
            }
        }
        let offer_us = offers.get(next).map(|(at_us, _)| *at_us);
        let both = arrived.len() == offers.len();
        let Some(wake_us) = link.wake_at_us().into_iter().chain(offer_us).min().filter(|_| !both) else {
            return arrived;
        };
        now_us = wake_us;
    }
}

#[test]
fn where_nothing_is_lost_packets_are_as_late_as_bytes_are() {
    // The same identity, and nothing that loses: the same radio. Both directions cross, and queues build up.
    let offers: Vec<_> = (0..6_000_u64)
        .map(|n| (n / 7 * 700_000 + n % 7 * 9_000, if n % 3 == 0 { Down } else { Up }))
        .collect();
    for (name, half_duplex) in [
        ("lte-static", false),
        ("nr-5g", false),
        ("umts", false),
        ("egprs", false),
        ("lte-m", true),
        ("nb-iot-good", true),
    ] {
        let mut profile = shipped(name);
        for section in ["loss.", "outage.", "handover.", "nat."] {
            profile.numbers.retain(|key, _| !key.starts_with(section));
        }
        let mut link = PacketLink::new(&profile, identity());
        let mut arrived = Vec::new();
        for (n, (at_us, direction)) in offers.iter().enumerate() {
            arrived.extend(arrivals(&mut link, *at_us));
            assert_eq!(link.send(*at_us, *direction, FLOW, false, 100, n as u64), Fate::Taken);
        }
        arrived.extend(arrivals(&mut link, u64::MAX));
        let packets: Vec<_> = arrived.iter().map(|(at_us, direction, _)| (*at_us, *direction)).collect();
        let bytes = stream_arrivals(&profile, &offers);
        assert_eq!((bytes.len(), packets.len()), (offers.len(), offers.len()), "{name}");
        let off = |direction: Direction| {
            let of = |all: &[(u64, Direction)]| -> Vec<u64> {
                all.iter().filter(|(_, d)| *d == direction).map(|(at_us, _)| *at_us).collect()
            };
            let (bytes, packets) = (of(&bytes), of(&packets));
            bytes.iter().zip(&packets).map(|(b, p)| b.abs_diff(*p)).sum::<u64>() / bytes.len() as u64
        };
        let off_us = off(Up).max(off(Down));
        // With one direction at a time, a stream lets the other direction in between two pieces, and packets do not.
        assert!(off_us <= if half_duplex { 20_000 } else { 0 }, "{name}: {off_us} us apart on average");
    }
}

#[test]
fn what_one_path_lost_keeps_no_other_path_waiting() {
    let mut profile = made(&[RATE]);
    profile.numbers.insert(
        "outage.schedule_s".to_owned(),
        deadzone_link::Number { values: vec![1.0, 3.0], source: "default".to_owned() },
    );
    let mut link = Link::with_profile(&profile, identity());
    let (lost, later) = (PathId(1), PathId(2));
    link.open(0, lost);
    link.client_bytes(1_000_000, lost, &[0xff; 10]);
    link.advance(4_000_000);
    link.open(4_000_000, later);
    link.client_bytes(4_000_000, later, &[0xff; 10]);
    let mut left = Vec::new();
    while let Some(now_us) = link.wake_at_us() {
        for path in [lost, later] {
            while let Some(output) = link.poll(now_us, path) {
                if matches!(output, Output::ToBroker(_)) {
                    left.push((now_us, path));
                }
            }
        }
    }
    // 10 bytes take 1 ms; the scanner lets the first ones go by themselves.
    assert_eq!(left, [(4_010_500, later), (4_011_000, later), (4_530_500, lost), (4_531_000, lost)]);
}

#[test]
fn a_new_address_ends_every_connection_of_the_modem() {
    let numbers = [
        ("every_s", "10"),
        ("periodic", "true"),
        ("gap_least_ms", "100"),
        ("gap_most_ms", "100"),
        ("new_address_probability", "1"),
    ];
    let mut link = Link::with_profile(&made(&[("handover", &numbers)]), identity());
    let paths = [PathId(1), PathId(2)];
    for path in paths {
        link.open(0, path);
        link.client_bytes(0, path, &[0xff; 10]);
    }
    link.advance(20_000_000);
    for path in paths {
        let outputs: Vec<Output> = std::iter::from_fn(|| link.poll(20_000_000, path)).collect();
        assert!(outputs.contains(&Output::RstToClient), "{outputs:?}");
        assert!(!outputs.contains(&Output::RstToBroker), "{outputs:?}");
    }
}

proptest! {
    /// Whatever is offered: nothing overtakes, nothing comes earlier than the floor or faster than the rate, and every
    /// packet is accounted for.
    #[test]
    fn packets_arrive_in_order_late_and_at_the_rate_or_are_counted(
        offers in proptest::collection::vec((0_u64..50_000, any::<bool>(), 40_usize..1_500), 1..200),
        loss in 0_u32..3,
    ) {
        let loss = format!("0.{loss}");
        let queue: (&str, &[(&str, &str)]) = ("queue", &[("capacity_bytes", "20000")]);
        let loss: (&str, &[(&str, &str)]) = ("loss", &[("probability_per_segment", loss.as_str())]);
        let mut link = PacketLink::new(&made(&[RATE, queue, loss]), identity());
        let (mut now_us, mut sent, mut arrived) = (0, Vec::new(), Vec::new());
        for (n, (wait_us, up, bytes)) in offers.iter().enumerate() {
            now_us += wait_us;
            arrived.extend(arrivals(&mut link, now_us));
            sent.push((now_us, *bytes as u64));
            link.send(now_us, if *up { Up } else { Down }, FLOW, false, *bytes, n as u64);
        }
        arrived.extend(arrivals(&mut link, u64::MAX));
        for direction in Direction::BOTH {
            let own: Vec<_> = arrived.iter().filter(|(_, d, _)| *d == direction).collect();
            for (from, (first_us, ..)) in own.iter().enumerate() {
                let mut bytes = 0;
                for (at_us, _, n) in &own[from + 1..] {
                    bytes += sent[*n as usize].1;
                    // 80 kbit/s are 10 bytes a millisecond.
                    prop_assert!(bytes * 100 <= at_us - first_us, "{bytes} B in {} us", at_us - first_us);
                }
            }
            for pair in own.windows(2) {
                prop_assert!(pair[0].2 < pair[1].2);
            }
            for (at_us, _, n) in own {
                let (sent_us, bytes) = sent[*n as usize];
                prop_assert!(*at_us >= sent_us + 10_000 + bytes * 100);
            }
        }
        for sums in link.sums() {
            prop_assert_eq!(sums.offered, sums.arrived + sums.lost());
        }
        let offered = link.sums().iter().map(|sums| sums.offered).sum::<u64>();
        prop_assert_eq!(offered, offers.len() as u64);
    }
}

//! How waits end: in time, slow, behind a sign of life, parked, at the long bound.

use std::{cell::Cell, rc::Rc};

use deadzone_history::{Direction, Ended, EventKind, Late, Purpose, SkipReason};
use deadzone_wire::{Ack, AckKind, Packet, PacketKind, Version};

use crate::{
    Bench, Busy, Record,
    broker::{Act, Broker},
};
use deadzone_play::Timing;

const PUBLISH: &str = "  client pub manual\n  pub connect clean\n  pub -> PUBLISH \"{run}/t\" qos=1 id=7 \"x\"\n  pub <- PUBACK id=7\n  pub ping\n";

fn at_scale(scale: f64) -> Timing {
    Timing { scale, ..Timing::default() }
}

/// The PUBACK so late, ms.
fn late(ms: u64, scale: f64) -> Record {
    let broker = Broker::late(PacketKind::Publish, Some(ms));
    Bench { timing: at_scale(scale), ..Bench::new(PUBLISH, broker) }.perform()
}

fn slow(ms: u64) -> Result<Late, Ended> {
    Ok(Late::Slow { us: ms * 1000 })
}

#[test]
fn an_answer_is_in_time_or_slow() {
    assert_eq!(late(1_999, 1.0).end("PUBACK"), Ok(Late::InTime));
    let record = late(3_000, 1.0);
    assert_eq!((record.end("PUBACK"), record.parked()), (slow(3_000), 0));
    assert_eq!(record.end("pub ping"), Ok(Late::InTime), "the walk goes on");
}

#[test]
fn row_a1_what_comes_after_the_patience_is_slow_at_every_scale() {
    for version in [Version::V311, Version::V5] {
        let steps = "  client a\n  a connect clean\n  a ping\n";
        let of = |scale| {
            let broker = Broker::late(PacketKind::Connect, Some(10_500));
            Bench { version, timing: at_scale(scale), ..Bench::new(steps, broker) }.perform()
        };
        let record = of(1.0);
        assert_eq!((record.end("a connect"), record.parked()), (slow(10_500), 1));
        assert_eq!(record.end("a ping"), Ok(Late::InTime), "a parked walk goes on");
        assert_eq!(record.0.lifeless_since_us, None);
        let record = of(4.0);
        assert_eq!((record.end("a connect"), record.parked()), (slow(10_500), 0));
    }
}

#[test]
fn silence_ends_at_the_long_bound_and_ends_the_walk() {
    for scale in [1.0, 4.0] {
        let broker = Broker::late(PacketKind::Publish, None);
        let steps = format!("{PUBLISH}  expect pub receives \"never\" exactly once\n");
        let record = Bench { timing: at_scale(scale), ..Bench::new(&steps, broker) }.perform();
        assert_eq!((record.end("PUBACK"), record.waited_us("PUBACK")), (Err(Ended::LongBound), 60_000_000));
        assert_eq!(record.parked(), 1);
        assert_eq!(record.end("never"), Err(Ended::WalkEnded), "silence behind a silence says nothing");
        let skipped = record.kinds().filter(|kind| {
            matches!(kind, EventKind::Step(step) if step.skipped == Some(SkipReason::EarlierStepFailed))
        });
        assert_eq!(skipped.count(), 1, "the ping");
        let asked = record.packets(PacketKind::Pingreq, Direction::Up, Purpose::Life);
        assert_eq!(
            asked.len(),
            3,
            "on a direct connection, to keep the silent one alive, and on it before the blame"
        );
        assert_eq!(record.packets(PacketKind::Pingresp, Direction::Down, Purpose::Life).len(), 3);
        assert_eq!(record.0.lifeless_since_us, None, "it answered");
        assert_eq!(record.still_served(), 0, "nothing is at rest behind a silence");
    }
}

#[test]
fn an_answer_that_only_a_ping_brings_is_told_from_a_slow_one() {
    let broker = Broker::with(|seen| {
        let puback = Packet::Ack(Ack::new(AckKind::Puback, 1)).encode(Version::V5).to_bytes();
        match seen.packet.kind() {
            PacketKind::Publish => Some(Vec::new()),
            PacketKind::Pingreq if seen.conn == 0 => Some(vec![Act::Send(puback), Act::UsualAfter(0)]),
            _ => None,
        }
    });
    let steps = "  client pub\n  pub connect clean\n  pub publish \"{run}/t\" \"x\" qos=1\n  pub ping\n";
    let record = Bench::new(steps, broker).perform();
    assert_eq!(record.end("pub publish"), Ok(Late::AfterLife { us: 10_000_000 }));
    assert_eq!(record.end("pub ping"), Ok(Late::InTime), "our own PINGRESP met no claim");
}

#[test]
fn a_broker_that_answers_nothing_gives_no_sign_of_life() {
    let broker = Broker::with(|seen| {
        let served = seen.conn == 0 && seen.packet.kind() == PacketKind::Connect;
        (!served).then(Vec::new)
    });
    let record = Bench::new(PUBLISH, broker).perform();
    assert_eq!(record.end("PUBACK"), Err(Ended::LongBound));
    assert!(record.0.lifeless_since_us.is_some_and(|us| us < 1_000_000), "it was last heard at the CONNACK");
}

#[test]
fn a_silent_delivery_has_the_router_asked() {
    let steps = "  client sub\n  client pub\n  sub connect clean\n  sub subscribe \"{run}/t\" qos=1\n  pub connect clean\n  expect sub receives \"never\" exactly once\n";
    let usual = || Broker::with(|_| None);
    let record = Bench::new(steps, usual()).perform();
    assert_eq!(record.end("never"), Err(Ended::LongBound));
    let routed = record.packets(PacketKind::Publish, Direction::Down, Purpose::Marker);
    assert_eq!(routed.len(), 1, "over a fresh pair");
    let manual = format!("  client all manual\n{steps}").replace(
        "  expect",
        "  all connect clean\n  all -> SUBSCRIBE id=1 \"#\" options=1\n  all <- SUBACK id=1\n  expect",
    );
    let record = Bench::new(&manual, usual()).perform();
    assert_eq!(record.packets(PacketKind::Publish, Direction::Up, Purpose::Marker).len(), 0);
}

#[test]
fn a_backlog_that_drains_is_not_silent() {
    // Four messages, 8 s apart: the last comes 32 s after the claim.
    let broker = Broker::with(|seen| match seen.packet {
        Packet::Publish(_) => Some(vec![Act::UsualAfter(8_000 * (seen.nth as u64 + 1))]),
        _ => None,
    });
    let publish = |n| format!("  pub -> PUBLISH \"{{run}}/t\" qos=0 \"m{n}\"\n");
    let steps = format!(
        "  client sub\n  client pub manual\n  sub connect clean\n  sub subscribe \"{{run}}/t\" qos=0\n  pub connect clean\n{}  expect sub receives \"m4\" at least once\n",
        (1..=4).map(publish).collect::<String>()
    );
    let timing = Timing { scenario_ms: 60_000, ..Timing::default() };
    let record = Bench { timing, ..Bench::new(&steps, broker) }.perform();
    assert_eq!((record.end("m4"), record.parked()), (slow(32_000), 0));
}

#[test]
fn a_quick_run_parks_nothing() {
    let broker = Broker::late(PacketKind::Publish, None);
    let timing = Timing { quick: true, ..Timing::default() };
    let record = Bench { timing, ..Bench::new(PUBLISH, broker) }.perform();
    assert_eq!((record.end("PUBACK"), record.waited_us("PUBACK")), (Err(Ended::Patience), 10_000_000));
    assert_eq!(record.parked(), 0);
}

#[test]
fn our_own_starvation_is_told() {
    let end = |at_ms| {
        let broker = Broker::late(PacketKind::Publish, None);
        Bench { starved_at_ms: Some(at_ms), ..Bench::new(PUBLISH, broker) }.perform().end("PUBACK")
    };
    assert_eq!(end(59_900), Err(Ended::Starved));
    for at_ms in [20_000, 55_000] {
        assert_eq!(end(at_ms), Err(Ended::LongBound), "it had its time since then");
    }
}

#[test]
fn a_cancelled_wait_says_so() {
    let broker = Broker::late(PacketKind::Publish, None);
    let record = Bench { cancel_at_ms: Some(3_000), ..Bench::new(PUBLISH, broker) }.perform();
    assert_eq!(record.end("PUBACK"), Err(Ended::Cancelled));
    assert!(record.0.cancelled && record.waited_us("PUBACK") < 3_100_000);
}

/// How the last of so many pings ends, each answered after this time, ms; slow waits may take so much, ms.
fn last_ping(count: usize, after_ms: u64, slow_ms: u64) -> Result<Late, Ended> {
    let broker = Broker::with(move |seen| {
        (seen.packet.kind() == PacketKind::Pingreq).then(|| vec![Act::UsualAfter(after_ms)])
    });
    let steps = format!("  client a\n  a connect clean\n{}", "  a ping\n".repeat(count));
    let timing = Timing { slow_ms, ..Timing::default() };
    let record = Bench { timing, ..Bench::new(&steps, broker) }.perform();
    let last = record.claims("a ping").last().map(|claim| claim.id).expect("there is one");
    record.end_of(last)
}

#[test]
fn the_deadline_of_the_scenario_counts_neither_parked_time_nor_slow_waits() {
    let record = late(50_000, 1.0);
    assert_eq!((record.end("PUBACK"), record.end("pub ping")), (slow(50_000), Ok(Late::InTime)));
    assert_eq!(last_ping(5, 9_000, 300_000), slow(9_000), "45 s of a slow target");
    assert_eq!(last_ping(20, 1_900, 300_000), Err(Ended::Overdue), "38 s of one that is not slow");
    assert_eq!(last_ping(8, 9_000, 20_000), Err(Ended::Overdue), "what is not counted has a bound");
}

#[test]
fn a_parked_manual_client_is_kept_connected() {
    let broker = Broker::late(PacketKind::Publish, None);
    let steps = PUBLISH.replace("connect clean", "connect clean keepalive=12");
    let record = Bench::new(&steps, broker).perform();
    let here = record.packets(PacketKind::Pingreq, Direction::Up, Purpose::Life);
    let here = here.iter().filter(|p| p.conn.0 == 0).count();
    assert!((5..=7).contains(&here), "one each 9 s: {here}");
}

#[test]
fn the_close_that_a_keep_alive_owes_is_not_extended() {
    let broker = Broker::with(|_| None);
    let steps = "  client dev manual\n  dev connect clean keepalive=1\n  dev <- closed within 9s\n";
    let record = Bench::new(steps, broker).perform();
    assert_eq!((record.end("closed"), record.parked()), (Err(Ended::Patience), 0));
    assert_eq!(
        record
            .packets(PacketKind::Pingreq, Direction::Up, Purpose::Life)
            .iter()
            .filter(|p| p.conn.0 == 0)
            .count(),
        0,
        "it would feed the timer"
    );
}

#[test]
fn a_parked_performance_waits_for_a_slot_before_it_goes_on() {
    // Another performance has the slot for 5 s more.
    let broker = Broker::late(PacketKind::Publish, Some(20_000));
    let bench = Bench {
        slots: Rc::new(Busy { parked: Cell::default(), for_us: 5_000_000 }),
        ..Bench::new(PUBLISH, broker)
    };
    let slots = Rc::clone(&bench.slots);
    let record = bench.perform();
    assert_eq!((slots.parked.get(), record.end("PUBACK")), (1, slow(20_000)));
    let step = record
        .0
        .history
        .events
        .iter()
        .find(|event| matches!(&event.kind, EventKind::Step(step) if &*step.text == "pub ping"));
    assert_eq!(step.map(|event| event.at_us / 1000), Some(25_000), "the walk goes on once it has a slot");
}

#[test]
fn rest_waits_for_the_answer_to_its_question_and_tries_each_subscription() {
    let steps = "  client sub\n  client pub\n  sub connect clean\n  sub subscribe \"{run}/t\" qos=1\n  pub connect clean\n";
    let record = Bench::new(steps, Broker::with(|_| None)).perform();
    let met = record.kinds().position(
        |kind| matches!(kind, EventKind::Met { claim, .. } if *claim == record.claims("at rest")[0].id),
    );
    let pong = record.kinds().position(|kind| matches!(kind, EventKind::Packet(p) if p.sender == Purpose::Life && p.direction == Direction::Down));
    assert!(pong.is_some() && pong < met, "at rest is what the broker has shown: {pong:?} {met:?}");
    assert_eq!((record.claims("at rest").len(), record.still_served()), (3, 1));
    // The subscription of the first connection is forgotten: nothing comes by it.
    let broker = Broker::with(|seen| {
        (seen.conn == 2 && seen.packet.kind() == PacketKind::Publish).then(|| vec![Act::Send(puback(1))])
    });
    let record = Bench::new(steps, broker).perform();
    let served = record.claims("at rest")[2].id;
    assert_eq!(record.end_of(served), Err(Ended::LongBound));
}

fn puback(id: u16) -> bytes::Bytes {
    Packet::Ack(Ack::new(AckKind::Puback, id)).encode(Version::V5).to_bytes()
}

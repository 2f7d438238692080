//! What a client does with what it can't answer, can't keep, or did not ask for.

use bytes::Bytes;
use deadzone_history::{By, Direction, End, Ended, EventKind, Late, Purpose};
use deadzone_wire::{Ack, AckKind, Packet, PacketKind, Publish, Version};

use crate::{
    Bench, RUN,
    broker::{Act, Broker},
};

const DEV: &str = "  client dev\n  dev connect clean\n  dev ping\n";

fn publish(topic: &str, qos: u8, id: Option<u16>, payload: impl Into<Bytes>) -> Bytes {
    Packet::Publish(Publish::new(topic, qos, id, payload.into())).encode(Version::V5).to_bytes()
}

/// A broker that sends this behind each CONNACK of the first connection.
fn greeting(bytes: Bytes) -> Broker {
    Broker::with(move |seen| {
        let meant = seen.conn == 0 && seen.packet.kind() == PacketKind::Connect;
        meant.then(|| vec![Act::UsualAfter(0), Act::Send(bytes.clone())])
    })
}

#[test]
fn row_b8_packet_id_0_is_not_answered() {
    for (qos, answer) in [(1, PacketKind::Puback), (2, PacketKind::Pubrec)] {
        let broker = greeting(publish("foreign/t", qos, Some(0), "x"));
        let record = Bench::new(DEV, broker).perform();
        assert_eq!(record.end("dev ping"), Ok(Late::InTime));
        assert_eq!(record.packets(PacketKind::Publish, Direction::Down, Purpose::Script).len(), 1);
        assert_eq!(record.packets(answer, Direction::Up, Purpose::Polite).len(), 0);
        assert_eq!(record.end("at rest"), Ok(Late::InTime), "nothing is owed for it");
    }
}

#[test]
fn a_packet_larger_than_what_is_kept_is_passed_over() {
    let large = vec![b'x'; 10 * 1024 * 1024];
    let record = Bench::new(DEV, greeting(publish("foreign/t", 0, None, large))).perform();
    assert_eq!(record.end("dev ping"), Ok(Late::InTime), "it is still connected");
    let skipped = record.kinds().filter_map(|kind| match kind {
        EventKind::Skipped(skipped) => Some((skipped.end, skipped.length > 10 * 1024 * 1024)),
        _ => None,
    });
    assert_eq!(skipped.collect::<Vec<_>>(), [(End::Broker, true), (End::Client, true)]);
    let ours = record.kinds().take_while(|kind| !matches!(kind, EventKind::Teardown));
    assert!(!ours.into_iter().any(|kind| matches!(kind, EventKind::Closed { by: By::Harness, .. })));
}

#[test]
fn row_a5_a_foreign_topic_meets_no_claim() {
    let steps = "  client sub\n  client pub\n  sub connect clean\n  sub subscribe \"{run}/t\"\n  pub connect clean\n  pub publish \"{run}/t\" \"one\"\n  expect sub receives \"one\" at least once\n  sub <-! PUBLISH\n";
    let record = Bench::new(steps, greeting(publish("neighbour/t", 0, None, "one"))).perform();
    let ours = record.packets(PacketKind::Publish, Direction::Down, Purpose::Script);
    let ours: Vec<u64> = record
        .0
        .history
        .events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::Packet(p) if p.end == End::Client && p.direction == Direction::Down => {
                match p.packet() {
                    Packet::Publish(publish) if publish.topic.0 == format!("{RUN}/t") => Some(event.seq),
                    _ => None,
                }
            }
            _ => None,
        })
        .filter(|_| ours.len() == 2)
        .collect();
    let met: Vec<&[u64]> = record
        .kinds()
        .filter_map(|kind| match kind {
            EventKind::Met { claim, by, .. }
                if *claim == record.claims("receives")[0].id || *claim == record.claims("<-!")[0].id =>
            {
                Some(&**by)
            }
            _ => None,
        })
        .collect();
    assert_eq!((ours.len(), met), (1, vec![&ours[..], &ours[..]]));
}

#[test]
fn row_a17_a_reconnect_that_is_closed_at_once_is_tried_again() {
    let broker = Broker::with(|seen| {
        let refused = seen.packet.kind() == PacketKind::Connect && (1..=2).contains(&seen.conn);
        refused.then(|| vec![Act::Close])
    });
    let steps = "  client dev\n  dev connect clean\n  dev disconnect\n  dev connect clean\n  dev ping\n";
    let record = Bench::new(steps, broker).perform();
    let ends: Vec<_> = record.claims("dev connect").iter().map(|claim| record.end_of(claim.id)).collect();
    let again = Err(Ended::TriedAgain);
    assert_eq!(ends, [Ok(Late::InTime), again, again, Ok(Late::InTime)]);
    assert_eq!(record.end("dev ping"), Ok(Late::InTime));
    let broker = Broker::with(|seen| (seen.packet.kind() == PacketKind::Connect).then(|| vec![Act::Close]));
    let record = Bench::new("  client dev\n  dev connect clean\n", broker).perform();
    assert_eq!(record.end("dev connect"), Err(Ended::Closed), "it was never connected before");
    let broker = Broker::with(|seen| {
        (seen.packet.kind() == PacketKind::Connect && seen.conn > 0).then(|| vec![Act::Close])
    });
    let record = Bench::new(steps, broker).perform();
    let ends: Vec<_> = record.claims("dev connect").iter().map(|claim| record.end_of(claim.id)).collect();
    assert_eq!(ends, [Ok(Late::InTime), again, again, again, Err(Ended::Closed)], "not for ever");
}

#[test]
fn row_b15_what_passed_before_the_link_was_armed_is_not_seen() {
    let puback = |id| Packet::Ack(Ack::new(AckKind::Puback, id)).encode(Version::V5).to_bytes();
    let steps = "  client pub manual\n  pub connect clean\n  pub -> PUBLISH \"{run}/t\" qos=1 id=7 \"x\"\n  pub <- PUBACK id=7\n  link pub blackhole down from PUBREC\n  link pub saw PUBACK down\n";
    let record = Bench::new(steps, Broker::with(|_| None)).perform();
    assert_eq!(record.end("saw PUBACK"), Err(Ended::LongBound));
    let broker = Broker::with(move |seen| {
        (seen.packet.kind() == PacketKind::Pingreq && seen.conn == 0).then(|| vec![Act::Send(puback(9))])
    });
    let steps = steps.replace("  link pub saw", "  pub -> PINGREQ\n  link pub saw");
    assert_eq!(Bench::new(&steps, broker).perform().end("saw PUBACK"), Ok(Late::InTime));
}

#[test]
fn row_b15_restore_ends_what_waits_for_a_packet() {
    let steps = "  client pub manual\n  pub connect clean\n  link pub blackhole down from PUBACK\n  link pub restore\n  pub -> PUBLISH \"{run}/t\" qos=1 id=7 \"x\"\n  pub <- PUBACK id=7\n";
    let record = Bench::new(steps, Broker::with(|_| None)).perform();
    assert_eq!(record.end("<- PUBACK"), Ok(Late::InTime));
    let steps = steps.replace("link pub restore", "link pub cut silent\n  pub connect clean");
    let record = Bench::new(&steps, Broker::with(|_| None)).perform();
    assert_eq!(record.end("<- PUBACK"), Ok(Late::InTime), "a new connection ends it too");
}

#[test]
fn what_the_transport_can_not_read_is_no_close_of_the_brokers() {
    for unreadable in [true, false] {
        let broker =
            Broker::with(|seen| (seen.packet.kind() == PacketKind::Pingreq).then(|| vec![Act::Close]));
        let broker = if unreadable { broker.unreadable() } else { broker };
        let record = Bench::new(DEV, broker).perform();
        let first = record.kinds().find_map(|kind| match kind {
            EventKind::Closed { end: End::Broker, by, .. } => Some(*by),
            _ => None,
        });
        assert_eq!(first, Some(if unreadable { By::Harness } else { By::Broker }));
    }
}

//! Several nodes of one target: one server, or two brokers with a bridge between them; and who is in a group that shares a
//! subscription.

use deadzone_history::{Ended, HandMade, HowOften, Start};
use deadzone_oracle::judge;
use deadzone_spec::Node;
use deadzone_verdict::{Verdict, VerdictKind};
use deadzone_wire::{Ack, AckKind, Properties, Publish, Unsuback, Unsubscribe, Version};

const BOTH: [Version; 2] = [Version::V311, Version::V5];
const TOPIC: &str = "dz1/t";

/// A message of QoS 2 that is published at one node comes twice at another.
fn twice(version: Version, bridge: bool, nodes: [u8; 2]) -> Verdict {
    let mut h = HandMade::new(version);
    h.header().target.bridge = bridge;
    let (publisher, sub) = (h.client("pub"), h.client("sub"));
    let [here, there] = nodes.map(|node| Node::new(node).expect("it is one"));
    let subscriber = h.at(there).connect(sub, Start::Clean);
    h.subscribe(subscriber, 1, TOPIC, 2);
    let conn = h.at(here).connect(publisher, Start::Clean);
    h.publish(conn, TOPIC, 2, 1, "once");
    h.deliver(subscriber, TOPIC, 2, 1, "once");
    h.deliver(subscriber, TOPIC, 2, 2, "once");
    judge(&h.finish())
}

#[test]
fn nodes_are_one_server_and_a_bridge_makes_two() {
    for version in BOTH {
        assert_eq!(twice(version, false, [1, 2]).kind, VerdictKind::Fail, "one server");
        assert_eq!(twice(version, true, [1, 1]).kind, VerdictKind::Fail, "at one of the two brokers");
        let across = twice(version, true, [1, 2]);
        assert_eq!(across.kind, VerdictKind::Pass, "the standard knows no bridges: {across:?}");
        assert!(
            across.grades.iter().any(|grade| grade.text.starts_with("across the bridge: ")),
            "{across:?}"
        );
    }
}

/// What would be wrong on a client's connection is nobody's on the bridge's.
#[test]
fn the_bridges_own_connection_is_not_judged() {
    for bridge in [false, true] {
        let mut h = HandMade::new(Version::V5);
        let client = h.client("bridge");
        h.header().clients[0].bridge = bridge;
        let conn = h.connect(client, Start::Clean);
        h.down(conn, Ack::new(AckKind::Puback, 9));
        let wanted = if bridge { VerdictKind::Pass } else { VerdictKind::Fail };
        assert_eq!(judge(&h.finish()).kind, wanted);
    }
}

/// Two sessions share a subscription, one of them leaves, and a message does not come to the other.
fn missed(leaves_before: bool) -> VerdictKind {
    let mut h = HandMade::new(Version::V5);
    let (publisher, one, two) = (h.client("pub"), h.client("one"), h.client("two"));
    let (stays, leaves) = (h.connect(one, Start::Clean), h.connect(two, Start::Clean));
    for conn in [stays, leaves] {
        h.subscribe(conn, 1, "$share/g/dz1/t", 1);
    }
    let conn = h.connect(publisher, Start::Clean);
    let leave = |h: &mut HandMade| {
        let filters = vec!["$share/g/dz1/t".into()];
        h.up(
            leaves,
            Unsubscribe { packet_id: 2, properties: Properties::new(), filters, tail: Default::default() },
        );
        h.down(leaves, Unsuback { packet_id: 2, properties: Properties::new(), codes: vec![0] });
    };
    if leaves_before {
        leave(&mut h);
    }
    h.up(conn, Publish::new(TOPIC, 1, Some(1), &b"m"[..]));
    h.down(conn, Ack::new(AckKind::Puback, 1));
    if !leaves_before {
        leave(&mut h);
    }
    h.step("expect one receives");
    let claim = h.receives(one, &["m"], HowOften::AtLeastOnce);
    h.life(stays);
    h.pass_us(60_000_000).unmet(claim, 60_000_000, Ended::LongBound, None);
    judge(&h.finish()).kind
}

#[test]
fn who_is_left_alone_in_a_group_is_owed_every_message() {
    assert_eq!(missed(true), VerdictKind::Fail);
    assert_eq!(missed(false), VerdictKind::Inconclusive, "the other member was still in it");
}

//! Every legal variant changes what a client can see, in the way its name says.

#[path = "variants/offers.rs"]
mod offers;
mod rig;
#[path = "variants/unusual.rs"]
mod unusual;

use AckKind::{Pubrec, Pubrel};
use deadzone_reference_broker::Variant as V;
use deadzone_wire::{AckKind, Version, Version::V5};
use rig::{ALL, Rig, SECOND};

type Script = fn(&mut Rig) -> String;

/// Variant, versions, script, what is usual, what the variant shows.
type Row = (V, &'static [Version], Script, &'static str, &'static str);

const TABLE: &[Row] = &[
    (V::OnwardAtPubrel, &ALL, before_pubrel, "t=m q2 #1 then ", " then t=m q2 #1"),
    (V::Pubcomp0x92InRecovery, &[V5], unknown_pubrel, "pubcomp #7", "pubcomp #7 92"),
    (V::Pubcomp0x92InRecovery, &[Version::V311], unknown_pubrel, "pubcomp #7", "pubcomp #7"),
    (V::RstOnClose, &[V5], offend, "disconnect 82 | closed", "disconnect 82 | reset"),
    (V::RstOnClose, &[Version::V311], offend, "closed", "reset"),
    (V::NoDisconnectBeforeClose, &[V5], offend, "disconnect 82 | closed", "closed"),
    (V::CopyPerSubscription, &ALL, overlap, "t/a=m q2 #1", "t/a=m q1 #1 | t/a=m q2 #2"),
    (V::Answers400msLate, &ALL, early, "pingresp then ", " then pingresp"),
    (V::SmallReceiveMaximum, &[V5], third_exchange, "pubrec #3", "disconnect 93 | closed"),
    (V::SmallReceiveMaximum, &[Version::V311], third_exchange, "pubrec #3", "pubrec #3"),
    (V::Qos0QueuedOffline, &ALL, qos0_offline, "t=2 q1 #1", "t=1 q0 | t=2 q1 #1"),
    (V::PubackNoMatchingSubscribers, &[V5], nobody, "puback #7", "puback #7 10"),
    (V::PubackNoMatchingSubscribers, &[Version::V311], nobody, "puback #7", "puback #7"),
    (V::GrantsAtMostQos1, &ALL, unusual::grant, "suback [02] | t=m q2 #1", "suback [01] | t=m q1 #1"),
    (
        V::Resends30sLate,
        &ALL,
        unusual::resume_and_wait,
        "pubrel #1 | t=b q2 #2 dup then t=new q2 #3 then ",
        " then t=new q2 #3 then pubrel #1 | t=b q2 #2 dup",
    ),
    (V::UserPropertyEverywhere, &[V5], unusual::annotated, "--------", "++++++++"),
    (V::UserPropertyEverywhere, &[V5], unusual::annotated_where_asked_not_to, "--------", "+----+-+"),
    (V::UserPropertyEverywhere, &[V5], unusual::annotated_in_little_room, "--------", "--------"),
    (V::UserPropertyEverywhere, &[Version::V311], unusual::annotated, "-------", "-------"),
    (
        V::AutomaticSubscription,
        &ALL,
        unusual::connect_and_resume,
        "connack, connack | t=m q1 #1",
        "connack | broker-notices/welcome=welcome q0, connack | broker-notices/welcome=welcome q0 | t=m q1 #1",
    ),
    (V::KeepAliveZeroRefused, &[V5], unusual::keep_alive_zero, "connack 0 00", "connack 0 83 | closed"),
    (
        V::KeepAliveZeroRefused,
        &[Version::V311],
        unusual::keep_alive_zero,
        "connack 0 00",
        "connack 0 05 | closed",
    ),
    (V::ConnectWithin32s, &ALL, unusual::silent_for_33s, "", "closed"),
    (V::ClosesIdleClients, &[V5], unusual::idle, "pingresp", "pingresp | disconnect 98 | closed"),
    (V::ClosesIdleClients, &[Version::V311], unusual::idle, "pingresp", "pingresp | closed"),
    (
        V::Acknowledges10sLate,
        &[Version::V311],
        unusual::answers_in_time,
        "0.0 connack, 0.0 suback, 0.0 puback, 0.0 pubrec, 0.0 pubcomp, 0.0 pingresp",
        "0.0 connack, 10.5 suback, 10.5 puback, 10.5 pubrec, 10.5 pubcomp, 0.0 pingresp",
    ),
    (
        V::Connack10sLate,
        &[Version::V311],
        unusual::refusal_in_time,
        "0.0 connack closed",
        "10.5 connack closed",
    ),
    (
        V::Connack10sLate,
        &[Version::V311],
        unusual::answers_in_time,
        "0.0 connack, 0.0 suback, 0.0 puback, 0.0 pubrec, 0.0 pubcomp, 0.0 pingresp",
        "10.5 connack, 0.0 suback, 0.0 puback, 0.0 pubrec, 0.0 pubcomp, 0.0 pingresp",
    ),
    (
        V::RefusesQuickConnections,
        &ALL,
        unusual::five_connections,
        "connack connack connack connack connack; connack",
        "connack connack connack connack closed; connack",
    ),
    (
        V::RefusesQuickReturn,
        &ALL,
        unusual::fight_for_an_id,
        "connack, connack, connack",
        "connack, closed, connack",
    ),
    (V::RoutesLater, &ALL, unusual::publish_then_subscribe, "", "t=m q1 #1"),
    (
        V::RetainsLater,
        &ALL,
        unusual::retain_then_subscribe_twice,
        "t=m q1 #1 retain, t=m q1 #2 retain",
        "none, t=m q1 #1 retain",
    ),
    (
        V::LooksUpBehindSuback,
        &ALL,
        unusual::subscribe_then_retain,
        "t=m q1 #1",
        "t=m q1 #1 | t=m q1 #2 retain",
    ),
    (V::LooksUpBehindSuback, &ALL, unusual::subscribe_then_unsubscribe, "t=m q1 #1 retain", ""),
    (V::OneInFlight, &ALL, unusual::four_messages, "q1 q1 q0 q2 then ", "q1 then q1 q0 q2"),
    (
        V::DupOnUnsent,
        &ALL,
        unusual::publish_at_the_close,
        "t=m q1 #1 then t=m q1 #1 dup",
        " then t=m q1 #1 dup",
    ),
    (V::DupOnUnsent, &ALL, unusual::publish_after_the_close, " then t=m q1 #1", " then t=m q1 #1"),
    (V::SplitsPackets, &ALL, unusual::nothing_in_the_core, "connack", "connack"),
];

#[test]
fn every_variant_shows() {
    let mut wrong = Vec::new();
    for (variant, versions, script, usual, odd) in TABLE.iter().chain(offers::TABLE) {
        for version in *versions {
            let shown = (script(&mut Rig::good(*version)), script(&mut Rig::odd(*version, *variant)));
            if (shown.0.as_str(), shown.1.as_str()) != (*usual, *odd) {
                wrong.push(format!("{variant}, {version}: usual `{}`, variant `{}`", shown.0, shown.1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for variant in V::ALL {
        let has_script = TABLE.iter().chain(offers::TABLE).any(|row| row.0 == *variant);
        assert!(has_script, "{variant} has no script");
        assert_eq!(variant.name().parse(), Ok(*variant));
    }
}

fn before_pubrel(rig: &mut Rig) -> String {
    rig.connect(9, "w", true);
    rig.subscribe(9, "t", 2);
    rig.connect(1, "p", true);
    rig.skip();
    rig.publish(1, 2, 7, "t", "m");
    let before = rig.log(9);
    rig.ack(1, Pubrel, 7);
    assert_eq!(rig.log(1), "pubrec #7 | pubcomp #7");
    format!("{before} then {}", rig.log(9))
}

fn unknown_pubrel(rig: &mut Rig) -> String {
    rig.connect(1, "p", true);
    rig.skip();
    rig.ack(1, Pubrel, 7);
    rig.log(1)
}

fn offend(rig: &mut Rig) -> String {
    rig.connect(1, "p", true);
    rig.skip();
    rig.send(1, &deadzone_wire::Packet::from(deadzone_wire::Connect::new(rig.version, "p")));
    rig.log(1)
}

fn overlap(rig: &mut Rig) -> String {
    rig.connect(1, "s", true);
    rig.subscribe(1, "t/#", 2);
    rig.subscribe(1, "t/+", 1);
    rig.connect(5, "p", true);
    rig.skip();
    rig.publish(5, 2, 1, "t/a", "m");
    rig.ack(5, Pubrel, 1);
    let mut copies: Vec<String> = rig.log(1).split(" | ").map(str::to_owned).collect();
    copies.sort_by_key(|c| c.contains("q2"));
    renumber(&copies.join(" | "))
}

/// Which copy goes first is not the point.
fn renumber(log: &str) -> String {
    log.split(" | ")
        .enumerate()
        .map(|(i, c)| format!("{} #{}", c.split(" #").next().unwrap_or_default(), i + 1))
        .collect::<Vec<_>>()
        .join(" | ")
}

fn early(rig: &mut Rig) -> String {
    rig.connect(1, "c", true);
    rig.wait(SECOND);
    rig.skip();
    rig.ping(1);
    rig.wait(399_999);
    let before = rig.log(1);
    rig.wait(1);
    format!("{before} then {}", rig.log(1))
}

fn third_exchange(rig: &mut Rig) -> String {
    rig.connect(1, "c", true);
    rig.publish(1, 2, 1, "t", "m");
    rig.publish(1, 2, 2, "t", "m");
    rig.skip();
    rig.publish(1, 2, 3, "t", "m");
    let log = rig.log(1);
    rig.ack(1, Pubrec, 77);
    log
}

fn qos0_offline(rig: &mut Rig) -> String {
    rig.connect(1, "s", false);
    rig.subscribe(1, "t", 1);
    rig.lose(1, false);
    rig.connect(5, "p", true);
    rig.publish(5, 0, 0, "t", "1");
    rig.publish(5, 1, 2, "t", "2");
    rig.connect(2, "s", false);
    rig.log(2).split(" | ").skip(1).collect::<Vec<_>>().join(" | ")
}

fn nobody(rig: &mut Rig) -> String {
    rig.connect(1, "c", true);
    rig.skip();
    rig.publish(1, 1, 7, "t", "m");
    rig.log(1)
}

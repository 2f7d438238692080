//! Scripts about aliases, limits, identifiers and authentication: what CONNECT, CONNACK and AUTH agree on.

use deadzone_reference_broker::{Defect as D, Secrets};
use deadzone_wire::{
    AckKind::{Pubrec, Pubrel},
    Auth, Connect, Packet, Properties, PropertyId, PropertyValue, Version,
};

use crate::{
    Row, V5_ONLY,
    rig::{Rig, SECOND, add_will, binary, byte, number, short, text},
    scripts::watched,
};

const V311_ONLY: &[Version] = &[Version::V311];

/// Bytes that a client takes, where that matters.
const LIMIT: u32 = 40;

pub(crate) const TABLE: &[Row] = &[
    (D::AliasAboveMaximum, V5_ONLY, two_under_an_alias, "t=m q0 a1 | =m q0 a1", "t=m q0 a6 | =m q0 a6"),
    (D::AliasUnasked, V5_ONLY, two_without_aliases, "t=m q0 | t=m q0", "t=m q0 a1 | =m q0 a1"),
    (D::AliasZero, V5_ONLY, two_under_an_alias, "t=m q0 a1 | =m q0 a1", "t=m q0 a0 | =m q0 a0"),
    (D::AliasOfEarlierConnection, V5_ONLY, alias_over_two_connections, "t=m q0 a1", "=m q0 a1"),
    (
        D::AliasOfDiscarded,
        V5_ONLY,
        no_room_for_an_alias,
        "t=0123456789 q0 | t=m q0 a1",
        "t=0123456789 q0 | =m q0 a1",
    ),
    (D::ClientAliasOfEarlierConnection, V5_ONLY, own_alias_over_two_connections, "t=1 q0", "t=1 q0 | t=2 q0"),
    (D::ClientAliasRefusedAtMaximum, V5_ONLY, highest_alias, "puback #7", "disconnect 94 | closed"),
    (D::ClientAliasAboveMaximumRouted, V5_ONLY, alias_above_the_highest, "", "t=m q0"),
    (D::ReasonStringUnboundedInConnack, V5_ONLY, over_the_limit, "", "CONNACK"),
    (D::ReasonStringUnboundedInPuback, V5_ONLY, over_the_limit, "", "PUBACK"),
    (D::ReasonStringUnboundedInPubrec, V5_ONLY, over_the_limit, "", "PUBREC"),
    (D::ReasonStringUnboundedInPubrel, V5_ONLY, over_the_limit, "", "PUBREL"),
    (D::ReasonStringUnboundedInPubcomp, V5_ONLY, over_the_limit, "", "PUBCOMP"),
    (D::ReasonStringUnboundedInSuback, V5_ONLY, over_the_limit, "", "SUBACK"),
    (D::ReasonStringUnboundedInUnsuback, V5_ONLY, over_the_limit, "", "UNSUBACK"),
    (D::ReasonStringUnboundedInDisconnect, V5_ONLY, over_the_limit, "", "DISCONNECT"),
    (D::ReasonStringUnboundedInAuth, V5_ONLY, over_the_limit, "", "AUTH"),
    (D::UserPropertyUnboundedInConnack, V5_ONLY, over_the_limit, "", "CONNACK"),
    (D::UserPropertyUnboundedInPuback, V5_ONLY, over_the_limit, "", "PUBACK"),
    (D::UserPropertyUnboundedInPubrec, V5_ONLY, over_the_limit, "", "PUBREC"),
    (D::UserPropertyUnboundedInPubrel, V5_ONLY, over_the_limit, "", "PUBREL"),
    (D::UserPropertyUnboundedInPubcomp, V5_ONLY, over_the_limit, "", "PUBCOMP"),
    (D::UserPropertyUnboundedInSuback, V5_ONLY, over_the_limit, "", "SUBACK"),
    (D::UserPropertyUnboundedInUnsuback, V5_ONLY, over_the_limit, "", "UNSUBACK"),
    (D::UserPropertyUnboundedInDisconnect, V5_ONLY, over_the_limit, "", "DISCONNECT"),
    (D::UserPropertyUnboundedInAuth, V5_ONLY, over_the_limit, "", "AUTH"),
    (D::ProblemInformationUnasked, V5_ONLY, quiet_puback, "puback #7", "puback #7 (Success)"),
    (D::ResponseInformationUnasked, V5_ONLY, response_information, "none", "responses/c"),
    (D::AssignedIdUntold, V5_ONLY, assigned, "assigned1", "none"),
    (D::AssignedIdShared, V5_ONLY, two_without_id, "", "disconnect 8e | closed"),
    (D::AssignedIdShared, V311_ONLY, two_without_id, "", "closed"),
    (D::AssignedIdMistold, V5_ONLY, return_as_assigned, "connack 1 00", "connack 0 00"),
    (D::LongestIdRefused, V5_ONLY, longest_id, "connack 0 00", "connack 0 85 | closed"),
    (D::LongestIdRefused, V311_ONLY, longest_id, "connack 0 00", "connack 0 02 | closed"),
    (D::MaximumQosUntold, V5_ONLY, qos2_where_told, "none: pubrec #7", "none: disconnect 9b | closed"),
    (D::HighQosSubscribeRefused, V5_ONLY, subscribe_qos2, "none: suback [02]", "1: suback [80]"),
    (D::WillQosUnchecked, V5_ONLY, will_qos2, "none: connack 0 00", "1: connack 0 00"),
    (D::WillRetainUnchecked, V5_ONLY, retained_will, "none: connack 0 00", "0: connack 0 00"),
    (D::ServerKeepAliveNotKept, V5_ONLY, silent_for_50s, "none: ", "30: "),
    (D::ServerKeepAliveUntold, V5_ONLY, silent_for_50s, "none: ", "none: disconnect 8d | closed"),
    (D::UnknownMethodAccepted, V5_ONLY, unknown_method, "connack 0 8c | closed", "connack 0 00"),
    (D::AuthCodeWrong, V5_ONLY, method_without_data, "auth 18", "auth 00"),
    (D::FailedProofAccepted, V5_ONLY, wrong_token, "connack 0 87 | closed", "connack 0 00"),
    (D::AuthMethodNotRepeated, V5_ONLY, method_told, "OAUTHBEARER", "none"),
    (D::AuthUnasked, V5_ONLY, plain_connect, "connack 0 00", "connack 0 00 | auth 18"),
    (D::ReauthenticationFailureIgnored, V5_ONLY, wrong_token_again, "disconnect 87 | closed", ""),
];

/// A persistent subscriber on this connection that takes so many aliases, and a publisher on the one ten after it.
fn aliased(rig: &mut Rig, conn: u64, maximum: u16) {
    rig.connect_with(conn, "s", false, |c| {
        short(&mut c.properties.items, PropertyId::TopicAliasMaximum, maximum);
        number(&mut c.properties.items, PropertyId::SessionExpiryInterval, 100);
    });
    rig.subscribe(conn, "t", 1);
    rig.connect(conn + 10, "p", true);
    rig.skip();
}

fn two_under_an_alias(rig: &mut Rig) -> String {
    aliased(rig, 1, 5);
    rig.publish(11, 0, 0, "t", "m");
    rig.publish(11, 0, 0, "t", "m");
    rig.log(1)
}

fn two_without_aliases(rig: &mut Rig) -> String {
    aliased(rig, 1, 0);
    rig.publish(11, 0, 0, "t", "m");
    rig.publish(11, 0, 0, "t", "m");
    rig.log(1)
}

fn alias_over_two_connections(rig: &mut Rig) -> String {
    aliased(rig, 1, 5);
    rig.publish(11, 0, 0, "t", "m");
    rig.lose(1, true);
    aliased(rig, 2, 5);
    rig.publish(12, 0, 0, "t", "m");
    rig.log(2)
}

/// The first message has room for its topic, and none for an alias beside it.
fn no_room_for_an_alias(rig: &mut Rig) -> String {
    rig.connect_with(1, "s", true, |c| {
        short(&mut c.properties.items, PropertyId::TopicAliasMaximum, 5);
        number(&mut c.properties.items, PropertyId::MaximumPacketSize, 17);
    });
    rig.subscribe(1, "t", 0);
    rig.connect(5, "p", true);
    rig.skip();
    rig.publish(5, 0, 0, "t", "0123456789");
    rig.publish(5, 0, 0, "t", "m");
    rig.log(1)
}

fn publish_as(rig: &mut Rig, conn: u64, topic: &str, payload: &str, alias: u16) {
    rig.publish_with(conn, 0, 0, topic, payload, |p| {
        short(&mut p.properties.items, PropertyId::TopicAlias, alias);
    });
}

fn own_alias_over_two_connections(rig: &mut Rig) -> String {
    watched(rig);
    rig.connect(1, "c", false);
    publish_as(rig, 1, "t", "1", 1);
    rig.lose(1, false);
    rig.connect(2, "c", false);
    publish_as(rig, 2, "", "2", 1);
    rig.log(9)
}

fn highest_alias(rig: &mut Rig) -> String {
    rig.connect(1, "c", true);
    let highest = rig.told(PropertyId::TopicAliasMaximum).parse().expect("a maximum");
    rig.skip();
    rig.publish_with(1, 1, 7, "t", "m", |p| {
        short(&mut p.properties.items, PropertyId::TopicAlias, highest);
    });
    rig.log(1)
}

fn alias_above_the_highest(rig: &mut Rig) -> String {
    watched(rig);
    rig.connect(1, "c", true);
    let highest: u16 = rig.told(PropertyId::TopicAliasMaximum).parse().expect("a maximum");
    publish_as(rig, 1, "t", "m", highest + 1);
    rig.log(9)
}

/// Every packet that the broker sends of its own, to a client of a small Maximum Packet Size: the types that are over it.
fn over_the_limit(rig: &mut Rig) -> String {
    rig.connect_with(1, "c", true, |c| {
        number(&mut c.properties.items, PropertyId::MaximumPacketSize, LIMIT);
        text(&mut c.properties.items, PropertyId::AuthenticationMethod, "OAUTHBEARER");
    });
    rig.send(1, &auth(0x18, Secrets::TOKEN));
    rig.subscribe(1, "t", 2);
    rig.publish(1, 1, 1, "t", "m");
    rig.publish(1, 2, 2, "t", "m");
    rig.ack(1, Pubrel, 2);
    rig.ack(1, Pubrec, 2);
    rig.unsubscribe(1, "t");
    rig.ping(1);
    rig.send(1, &Packet::from(Connect::new(rig.version, "c")));
    let sent: Vec<&str> = rig.sizes.iter().map(|(_, kind, _)| kind.name()).collect();
    for kind in
        ["CONNACK", "AUTH", "SUBACK", "PUBACK", "PUBREC", "PUBREL", "PUBCOMP", "UNSUBACK", "DISCONNECT"]
    {
        assert!(sent.contains(&kind), "{kind} was not sent");
    }
    let mut over: Vec<&str> = rig
        .sizes
        .iter()
        .filter(|(.., size)| *size > LIMIT as usize)
        .map(|(_, kind, _)| kind.name())
        .collect();
    over.dedup();
    over.join(" ")
}

fn quiet_puback(rig: &mut Rig) -> String {
    rig.shows_reason_string = true;
    rig.connect_with(1, "c", true, |c| {
        byte(&mut c.properties.items, PropertyId::RequestProblemInformation, 0);
    });
    rig.skip();
    rig.publish(1, 1, 7, "t", "m");
    rig.log(1)
}

fn response_information(rig: &mut Rig) -> String {
    rig.connect(1, "c", true);
    rig.told(PropertyId::ResponseInformation)
}

fn assigned(rig: &mut Rig) -> String {
    rig.connect(1, "", true);
    rig.told(PropertyId::AssignedClientIdentifier)
}

fn two_without_id(rig: &mut Rig) -> String {
    rig.connect(1, "", true);
    rig.skip();
    rig.connect(2, "", true);
    assert_eq!(rig.log(2), "connack 0 00");
    rig.log(1)
}

fn return_as_assigned(rig: &mut Rig) -> String {
    rig.connect(1, "", false);
    let id = rig.told(PropertyId::AssignedClientIdentifier);
    rig.lose(1, false);
    rig.connect(2, &id, false);
    rig.log(2)
}

fn longest_id(rig: &mut Rig) -> String {
    for (conn, id) in [(2, "c".repeat(22)), (3, "c".repeat(24))] {
        rig.connect(conn, &id, true);
        assert_eq!(rig.log(conn), "connack 0 00", "{id}");
    }
    rig.connect(1, "0123456789ABCDEFGHIabcd", true);
    rig.log(1)
}

fn qos2_where_told(rig: &mut Rig) -> String {
    rig.connect(1, "c", true);
    rig.skip();
    rig.publish(1, 2, 7, "t", "m");
    format!("{}: {}", rig.told(PropertyId::MaximumQos), rig.log(1))
}

fn subscribe_qos2(rig: &mut Rig) -> String {
    rig.connect(1, "c", true);
    rig.skip();
    rig.subscribe(1, "t", 2);
    format!("{}: {}", rig.told(PropertyId::MaximumQos), rig.log(1))
}

fn will_qos2(rig: &mut Rig) -> String {
    rig.connect_with(1, "c", true, |c| add_will(c, 2, false, 0));
    format!("{}: {}", rig.told(PropertyId::MaximumQos), rig.log(1))
}

fn retained_will(rig: &mut Rig) -> String {
    rig.connect_with(1, "c", true, |c| add_will(c, 1, true, 0));
    format!("{}: {}", rig.told(PropertyId::RetainAvailable), rig.log(1))
}

fn silent_for_50s(rig: &mut Rig) -> String {
    rig.connect_with(1, "c", true, |c| c.keep_alive_s = 60);
    rig.skip();
    rig.wait(50 * SECOND);
    format!("{}: {}", rig.told(PropertyId::ServerKeepAlive), rig.log(1))
}

/// The message of OAUTHBEARER.
fn bearer(token: &str) -> Vec<u8> {
    format!("n,,\u{1}auth=Bearer {token}\u{1}\u{1}").into_bytes()
}

fn auth(reason: u8, token: &str) -> Packet {
    let properties = Properties::new()
        .with(PropertyId::AuthenticationMethod, PropertyValue::Text("OAUTHBEARER".into()))
        .with(PropertyId::AuthenticationData, PropertyValue::Binary(bearer(token).into()));
    Packet::Auth(Auth { reason: Some(reason), properties: Some(properties), ..Auth::default() })
}

fn connect_by(rig: &mut Rig, method: &str, data: Option<&[u8]>) -> String {
    rig.connect_with(1, "c", true, |c| {
        text(&mut c.properties.items, PropertyId::AuthenticationMethod, method);
        if let Some(data) = data {
            binary(&mut c.properties.items, PropertyId::AuthenticationData, data);
        }
    });
    rig.log(1)
}

fn unknown_method(rig: &mut Rig) -> String {
    connect_by(rig, "of-nobody", None)
}

fn method_without_data(rig: &mut Rig) -> String {
    connect_by(rig, "OAUTHBEARER", None)
}

fn wrong_token(rig: &mut Rig) -> String {
    connect_by(rig, "OAUTHBEARER", Some(&bearer("wrong")))
}

fn method_told(rig: &mut Rig) -> String {
    assert_eq!(connect_by(rig, "OAUTHBEARER", Some(&bearer(Secrets::TOKEN))), "connack 0 00");
    rig.told(PropertyId::AuthenticationMethod)
}

fn plain_connect(rig: &mut Rig) -> String {
    rig.connect(1, "c", true);
    rig.log(1)
}

fn wrong_token_again(rig: &mut Rig) -> String {
    method_told(rig);
    rig.send(1, &auth(0x19, "wrong"));
    rig.log(1)
}

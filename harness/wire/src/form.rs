//! Which statements about the form of a packet are put to the test by decoding one that a server sent: those about fields that it
//! fills in itself. What it only hands on (topics, texts, properties of a publisher) says nothing unless somebody handed it in, and
//! where a statement asks for a close as well the form is half of it.

use deadzone_spec::ClauseId;

use crate::{
    AckKind, Packet, Properties, PropertyId, Version,
    clause::{self, Rule},
};

/// All of them but those that ids of our own make besides.
const ALL: [&Rule; 19] = [
    &clause::FLAGS,
    &clause::NON_MINIMAL,
    &clause::NO_PROPERTY_LENGTH,
    &clause::QOS0_DUP,
    &clause::ZERO_ID_OF_SERVER,
    &clause::ALIAS_ZERO,
    &clause::CONNACK_FLAGS,
    &clause::CONNACK_CODE,
    &clause::REFUSED_SESSION,
    &clause::PUBACK_CODE,
    &clause::PUBREC_CODE,
    &clause::PUBREL_CODE,
    &clause::PUBCOMP_CODE,
    &clause::SUBACK_CODE,
    &clause::UNSUBACK_CODE,
    &clause::DISCONNECT_CODE,
    &clause::SERVER_EXPIRY,
    &clause::ZERO_ID_IN_ANSWER,
    &clause::NO_CODES,
];

/// Every statement that [`looked_at`] may name in this version: an AUTH of the server's is no part of it, as none is sent unasked.
pub fn form_clauses(version: Version) -> impl Iterator<Item = ClauseId> {
    ALL.into_iter().filter_map(move |rule| rule.id(version))
}

/// The ids of our own that decoding a packet of a server's may find broken in this version.
pub fn own_form_clauses(version: Version) -> impl Iterator<Item = ClauseId> {
    let ids = clause::ALL.iter().filter_map(move |rule| rule.id(version));
    ids.filter(|id| !id.clause().is_numbered() && id.binds_server())
}

/// Calls `each` with every statement that decoding this packet of a server's puts to the test.
pub fn looked_at(packet: &Packet, version: Version, each: &mut dyn FnMut(ClauseId)) {
    let (own, properties): (&[&Rule], Option<&Properties>) = match packet {
        Packet::Publish(p) if p.qos == 0 => (&[&clause::QOS0_DUP], Some(&p.properties)),
        Packet::Publish(p) => (&[&clause::ZERO_ID_OF_SERVER], Some(&p.properties)),
        Packet::Connack(p) if p.code != 0 => (
            &[&clause::CONNACK_FLAGS, &clause::CONNACK_CODE, &clause::REFUSED_SESSION],
            p.properties.as_ref(),
        ),
        Packet::Connack(p) => (&[&clause::CONNACK_FLAGS, &clause::CONNACK_CODE], p.properties.as_ref()),
        Packet::Ack(p) => (of_ack(p.kind), p.properties.as_ref()),
        Packet::Suback(p) => {
            (&[&clause::SUBACK_CODE, &clause::NO_CODES, &clause::ZERO_ID_IN_ANSWER], Some(&p.properties))
        }
        Packet::Unsuback(p) => (&[&clause::UNSUBACK_CODE, &clause::ZERO_ID_IN_ANSWER], Some(&p.properties)),
        Packet::Bare(_) => (&[], None),
        Packet::Disconnect(p) => (&[&clause::DISCONNECT_CODE, &clause::SERVER_EXPIRY], p.properties.as_ref()),
        Packet::Auth(_)
        | Packet::Connect(_)
        | Packet::Subscribe(_)
        | Packet::Unsubscribe(_)
        | Packet::Opaque(_) => return,
    };
    let mut name = |rule: &Rule| rule.id(version).into_iter().for_each(&mut *each);
    own.iter().copied().for_each(&mut name);
    // The flags of PUBLISH are fields; those of PUBREL and DISCONNECT have a statement of their own that asks for a close too.
    let is_pubrel = matches!(packet, Packet::Ack(ack) if ack.kind == AckKind::Pubrel);
    if !is_pubrel && !matches!(packet, Packet::Publish(_) | Packet::Disconnect(_)) {
        name(&clause::FLAGS);
    }
    if let Some(properties) = properties {
        name(&clause::NO_PROPERTY_LENGTH);
        name(&clause::NON_MINIMAL);
        if properties.get(PropertyId::TopicAlias).is_some() {
            name(&clause::ALIAS_ZERO);
        }
    }
}

fn of_ack(kind: AckKind) -> &'static [&'static Rule] {
    match kind {
        AckKind::Puback => &[&clause::PUBACK_CODE, &clause::ZERO_ID_IN_ANSWER],
        AckKind::Pubrec => &[&clause::PUBREC_CODE, &clause::ZERO_ID_IN_ANSWER],
        AckKind::Pubrel => &[&clause::PUBREL_CODE, &clause::ZERO_ID_IN_ANSWER],
        AckKind::Pubcomp => &[&clause::PUBCOMP_CODE, &clause::ZERO_ID_IN_ANSWER],
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use deadzone_spec::id;

    use super::*;
    use crate::{Connack, Publish};

    fn of(packet: &Packet, version: Version) -> BTreeSet<ClauseId> {
        let mut found = BTreeSet::new();
        looked_at(packet, version, &mut |id| {
            found.insert(id);
        });
        found
    }

    #[test]
    fn what_a_packet_holds_decides_on_what_it_shows() {
        let refusal = of(&Packet::Connack(Connack::new(Version::V311, false, 5)), Version::V311);
        let wanted =
            ["3.1.1/DZ-connack-flags", "3.1.1/MQTT-2.2.2-1", "3.1.1/MQTT-3.2.2-4", "3.1.1/MQTT-3.2.2-6"];
        assert_eq!(refusal.iter().map(|id| id.as_str()).collect::<Vec<_>>(), wanted);
        let accepted = of(&Packet::Connack(Connack::new(Version::V5, false, 0)), Version::V5);
        assert!(!accepted.contains(&id!("5.0/MQTT-3.2.2-6")) && accepted.contains(&id!("5.0/MQTT-2.2.2-1")));
        let publish = |qos, id| Packet::Publish(Publish::new("t", qos, id, &b""[..]));
        assert!(of(&publish(0, None), Version::V5).contains(&id!("5.0/MQTT-3.3.1-2")));
        assert!(of(&publish(1, Some(1)), Version::V5).contains(&id!("5.0/MQTT-2.2.1-4")));
        assert!(!of(&publish(1, Some(1)), Version::V5).contains(&id!("5.0/MQTT-3.3.2-8")), "it has no alias");
    }

    #[test]
    fn each_binds_the_server_and_is_listed() {
        for version in [Version::V311, Version::V5] {
            let listed: BTreeSet<ClauseId> = form_clauses(version).collect();
            assert!(listed.iter().all(|id| id.binds_server()));
            let publish = of(&Packet::Publish(Publish::new("t", 0, None, &b""[..])), version);
            assert!(publish.is_subset(&listed) && !publish.is_empty());
        }
        let own: Vec<ClauseId> = own_form_clauses(Version::V5).collect();
        assert!(own.contains(&id!("5.0/DZ-trailing-bytes")) && !own.contains(&id!("5.0/DZ-retain-handling")));
    }
}

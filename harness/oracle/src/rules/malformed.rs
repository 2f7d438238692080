//! Packets are well formed: what decoding found wrong, as far as it binds the party that is judged.
//!
//! What the broker fills in itself puts the statements about its form to the test, whether it is right or wrong.
//!
//! This includes a Packet Identifier of 0, DUP at QoS 0, Session Present in a refusal, properties and packet types that the
//! version does not have. Before a CONNECT told a known level there is no version, and nobody's format to judge by.

use deadzone_history::{ConnId, Event, EventKind, PacketEvent, Unframable};
use deadzone_spec::{ClauseId, Pair, Party, id, pair};
use deadzone_verdict::Fact;
use deadzone_wire::{Packet, PacketKind, PropertyId, Text, Version, looked_at};

use super::clauses::{CONTENT_TYPE_FORM, RESPONSE_TOPIC_FORM, TOPIC_FORM};
use crate::{
    breach::{Breach, Found},
    rule::{On, Rule},
    state::{State, Transition},
};

/// DISCONNECT is sent by the client only.
const SENT_BY_CLIENTS: ClauseId = id!("3.1.1/DZ-wrong-sender");

/// What few PUBLISHes have, and what has a statement of its own.
const RARE: [PropertyId; 3] = [PropertyId::TopicAlias, PropertyId::ResponseTopic, PropertyId::ContentType];

/// An answer without a code.
const NO_CODES: ClauseId = id!("5.0/DZ-no-codes");

/// A text that is no UTF-8, in either version.
const UTF8: Pair = pair!("MQTT-1.5.3-1", "MQTT-1.5.4-1");

/// The four bytes of a Remaining Length never end.
const REMAINING_LENGTH: Pair = pair!("DZ-remaining-length", "DZ-overlong-varint");

#[derive(Debug, Default)]
pub(crate) struct WellFormed {
    /// The packet types whose form was looked at, a bit each; PUBLISH at QoS 0 has that of the forbidden type 0. By version, 3.1 first.
    looked_at: [u16; 3],
}

impl Rule for WellFormed {
    fn name(&self) -> &'static str {
        "well-formed"
    }

    fn on(&self) -> On {
        On::SEEN.or(On::MALFORMED)
    }

    fn observe(&mut self, event: &Event, state: &State, found: &mut Found) {
        if let EventKind::Packet(packet) = &event.kind {
            self.form(packet, state, found);
            if packet.violations().is_empty() {
                return;
            }
        }
        malformed(event, state, found);
    }
}

impl WellFormed {
    /// Notes what decoding this packet put to the test.
    fn form(&mut self, packet: &PacketEvent, state: &State, found: &mut Found) {
        let conn = state.conn(packet.conn);
        let agreed = conn.is_some_and(|c| c.handshake.connect.as_ref().is_some_and(|c| c.known_level));
        let Some(version) = conn.map(|conn| conn.version).filter(|_| agreed) else { return };
        // Some of it does not stand in every packet of a type.
        let (kind, rare) = match packet.packet() {
            Packet::Publish(p) => (
                if p.qos == 0 { PacketKind::Reserved } else { PacketKind::Publish },
                RARE.iter().any(|id| p.properties.get(*id).is_some()),
            ),
            Packet::Connack(p) => (PacketKind::Connack, p.code != 0),
            other => (other.kind(), false),
        };
        let bit = 1 << kind.nibble();
        let done = &mut self.looked_at[version as usize];
        if state.judged == Party::Server && (*done & bit == 0 || rare) {
            *done |= bit;
            looked_at(packet.packet(), version, &mut |clause| found.tested(Some(clause)));
            for (_, form) in texts(packet.packet()) {
                found.tested(form.of(version));
            }
        }
    }
}

fn malformed(event: &Event, state: &State, found: &mut Found) {
    match &event.kind {
        EventKind::Packet(p) => packet(event, p, state, found),
        // A frame over the recorder's own bound can't be framed either, and a stream without a CONNECT may be no MQTT: neither says
        // anything of its sender here.
        EventKind::Unframed(u)
            if u.why == Unframable::OverlongLength
                && state.is_judged(u.direction)
                && u.end == state.end() =>
        {
            overlong(event, u.conn, state, found);
        }
        _ => {}
    }
}

fn packet(event: &Event, packet: &PacketEvent, state: &State, found: &mut Found) {
    let connect = state.conn(packet.conn).and_then(|c| c.handshake.connect.as_ref());
    let agreed = connect.is_some_and(|c| c.known_level);
    let is_disconnect = matches!(packet.packet(), Packet::Disconnect(_));
    let sent_by_clients =
        state.judged == Party::Server && version_of(state, packet.conn) == Some(Version::V311);
    let source = match state.transition() {
        Transition::Delivered(seen) => seen.source.and_then(|s| s.unique().map(|_| s.at.seq)),
        _ => None,
    };
    for violation in packet.violations() {
        let clause = violation.clause;
        // Only the client sends DISCONNECT in 3.1.1: that it comes, in whatever form, is found by the rule about the broker's last
        // packets, once.
        if !state.binds(clause) || (clause == SENT_BY_CLIENTS || sent_by_clients) && is_disconnect {
            continue;
        }
        let got = format!("{}: {}", packet.packet().summary(), violation.what);
        let echo = state.answers_zero(packet.conn) && packet.packet().packet_id() == Some(0);
        // The refusal of an unknown level may have either version's form.
        if !agreed && matches!(packet.packet(), Packet::Connack(c) if matches!(c.code, 0x01 | 0x84)) {
            continue;
        }
        let unasked = NO_CODES == clause && answers_no_filters(state, packet);
        if !agreed || echo || unasked || clause.version() == Version::V31 {
            found.grade(event, Some(clause).filter(|_| agreed), got, Vec::new());
            continue;
        }
        let only = Some(clause);
        let breach = Breach {
            conn: packet.conn,
            clause: Pair { v311: only, v5: only },
            fact: Fact::Malformed,
            wanted: clause.clause().text.to_owned(),
            got,
            evidence: source.into_iter().collect(),
            could_instead: vec!["send the packet well formed, or close the connection: it did neither"],
        };
        found.broken(event, state, breach);
        if UTF8.of(clause.version()) == Some(clause) {
            for (_, form) in texts(packet.packet()).filter(|(text, _)| text.as_str().is_none()) {
                found.beside(event, form.of(clause.version()));
            }
        }
    }
}

/// A request without a filter, which 5.0 lets a server take, has an answer with as many codes.
fn answers_no_filters(state: &State, packet: &PacketEvent) -> bool {
    let asks = |kept: &crate::state::Kept| match (packet.packet(), kept.packet()) {
        (Packet::Suback(a), Packet::Subscribe(q)) => a.packet_id == q.packet_id && q.filters.is_empty(),
        (Packet::Unsuback(a), Packet::Unsubscribe(q)) => a.packet_id == q.packet_id && q.filters.is_empty(),
        _ => false,
    };
    state.conn(packet.conn).is_some_and(|conn| conn.given.deviant.is_some())
        && state.recent.since(0).any(|kept| kept.conn == packet.conn && asks(kept))
}

/// The texts of a PUBLISH that a statement of their own wants to be UTF-8.
fn texts(packet: &Packet) -> impl Iterator<Item = (&Text, Pair)> {
    let publish = if let Packet::Publish(publish) = packet { Some(publish) } else { None };
    publish.into_iter().flat_map(|publish| {
        let property = |id, form| publish.properties.text(id).map(|text| (text, form));
        let response = property(PropertyId::ResponseTopic, RESPONSE_TOPIC_FORM);
        let content = property(PropertyId::ContentType, CONTENT_TYPE_FORM);
        [Some((&publish.topic, TOPIC_FORM)), response, content].into_iter().flatten()
    })
}

fn version_of(state: &State, conn: ConnId) -> Option<Version> {
    state.conn(conn).map(|conn| conn.version)
}

fn overlong(event: &Event, conn: ConnId, state: &State, found: &mut Found) {
    let breach = Breach {
        conn,
        clause: REMAINING_LENGTH,
        fact: Fact::Malformed,
        wanted: "a Remaining Length of one to four bytes".to_owned(),
        got: "a Remaining Length longer than four bytes".to_owned(),
        evidence: Vec::new(),
        could_instead: vec!["send whole packets, or close the connection: it sent what cannot be framed"],
    };
    found.broken(event, state, breach);
}

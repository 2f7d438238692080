//! PUBRELs come in the order of the PUBRECs that call for them.
//!
//! The statement binds whoever sends (3.1.1/MQTT-4.6.0-4), a server towards its subscribers where it keeps a topic in order
//! (3.1.1/MQTT-4.6.0-6): so within one topic it is a failure in 3.1.1, and everything else is graded. A PUBREL that overtakes one
//! which is owed on the same connection is the proof; what an earlier connection left, and a PUBREC given again, is not compared.

use std::collections::{BTreeMap, VecDeque};

use deadzone_history::{ConnId, Event, EventKind};
use deadzone_spec::{Pair, pair};
use deadzone_verdict::Fact;
use deadzone_wire::{Ack, AckKind, Packet};

use crate::{
    breach::{Breach, Found},
    rule::{On, Rule},
    state::{Content, Currency, Outbound, Session, Stage, State, Transition},
};

pub(super) const RELEASED_IN_ORDER: Pair = pair!("MQTT-4.6.0-6", -);

/// So many PUBRECs without their PUBREL are told apart on one connection.
const OWED_KEPT: usize = 1_024;
/// So many connections are followed.
const CONNS_KEPT: usize = 256;

/// A PUBREC that calls for a PUBREL.
#[derive(Debug)]
struct Owed {
    id: u16,
    given: u64,
    topic: Content,
}

#[derive(Debug, Default)]
pub(crate) struct ReleaseOrder(BTreeMap<ConnId, VecDeque<Owed>>);

impl Rule for ReleaseOrder {
    fn name(&self) -> &'static str {
        "pubrel-order"
    }

    fn on(&self) -> On {
        On::GIVEN.or(On::RELEASED).or(On::CLOSED)
    }

    fn observe(&mut self, event: &Event, state: &State, found: &mut Found) {
        let packet = match &event.kind {
            EventKind::Packet(packet) => packet,
            EventKind::Closed { conn, .. } => {
                self.0.remove(conn);
                return;
            }
            _ => return,
        };
        let Packet::Ack(ack) = packet.packet() else { return };
        let session = state.conn(packet.conn).and_then(|conn| state.session(conn.session?));
        let Some(session) = session.filter(|session| session.certain()) else { return };
        match state.transition() {
            Transition::Released(seen) if seen.currency == Currency::Current => {
                self.released(event, (packet.conn, ack.packet_id), state, found);
            }
            _ if ack.kind == AckKind::Pubrec && ack.code() < 0x80 => {
                self.received(event.seq, packet.conn, ack, session);
            }
            _ => {}
        }
    }
}

impl ReleaseOrder {
    fn received(&mut self, given: u64, conn: ConnId, ack: &Ack, session: &Session) {
        let id = ack.packet_id;
        // One that came again while its PUBREL is owed, or after it, calls for no other place; that of an earlier connection has none.
        let here = |e: &&Outbound| e.stage == Stage::Received && !e.carried;
        let Some(open) = session.outbound.get(id).filter(here) else { return };
        if self.0.len() >= CONNS_KEPT && !self.0.contains_key(&conn) {
            self.0.pop_first();
        }
        let owed = self.0.entry(conn).or_default();
        if owed.len() < OWED_KEPT && owed.iter().all(|owed| owed.id != id) {
            owed.push_back(Owed { id, given, topic: open.topic.clone() });
        }
    }

    fn released(&mut self, event: &Event, (conn, id): (ConnId, u16), state: &State, found: &mut Found) {
        let Some(owed) = self.0.get_mut(&conn) else { return };
        let Some(at) = owed.iter().position(|owed| owed.id == id) else { return };
        found.tested(RELEASED_IN_ORDER.of(state.version(conn)));
        let Some(released) = owed.remove(at) else { return };
        // Each overtaking is told once.
        let overtaken: Vec<Owed> = owed.drain(..at).collect();
        let alike = overtaken.iter().find(|owed| owed.topic == released.topic);
        let Some(first) = alike.or_else(|| overtaken.first()) else { return };
        let got = format!("PUBREL id={id}, before the one for id={}, whose PUBREC came earlier", first.id);
        let evidence = vec![first.given, released.given];
        if alike.is_none() || state.header.target.unordered_topics {
            return found.grade(event, None, format!("{got} (another topic, or none in order)"), evidence);
        }
        let breach = Breach {
            conn,
            clause: RELEASED_IN_ORDER,
            fact: Fact::OutOfOrder,
            wanted: "PUBRELs of one topic in the order of their PUBRECs".to_owned(),
            got,
            evidence,
            could_instead: vec![
                "release messages of other topics in any order: the two have one topic",
                "release later: the order stands whenever it does",
                "release again what an earlier connection left: both PUBRECs came on this one",
            ],
        };
        found.broken(event, state, breach);
    }
}

//! What the CONNACK of this connection limits: QoS, RETAIN, packet size and topic aliases (5.0).
//!
//! A client that sends before it had the CONNACK cannot know them: on such a connection they are graded.

use std::collections::BTreeMap;

use deadzone_history::{ConnId, Event, EventKind, PacketEvent};
use deadzone_spec::{Pair, pair};
use deadzone_verdict::Fact;
use deadzone_wire::{Packet, PropertyId, Publish, Version};

use super::{CONNS_KEPT, breach, forget_ended};
use crate::{
    breach::Found,
    rule::{On, Rule},
    state::{Said, State, Transition},
};

const QOS: Pair = pair!(-, "MQTT-3.2.2-11");
const RETAIN: Pair = pair!(-, "MQTT-3.2.2-14");
const SIZE: Pair = pair!(-, "MQTT-3.2.2-15");
const ALIAS: Pair = pair!(-, "MQTT-3.2.2-17");
const NO_ALIAS: Pair = pair!(-, "MQTT-3.2.2-18");

/// What one CONNACK says, and where.
#[derive(Clone, Copy, Debug)]
struct Told {
    at: u64,
    said: Said,
}

impl Told {
    /// The clauses that a packet is held to, and how it breaks one.
    fn broken(&self, packet: &PacketEvent) -> Vec<(Pair, Fact, String)> {
        let mut broken = Vec::new();
        let length = packet.frame().wire_len() as u64;
        if length > self.said.size {
            broken.push((
                SIZE,
                Fact::WrongPacket,
                format!("{length} bytes where at most {} are taken", self.said.size),
            ));
        }
        if let Packet::Publish(publish) = packet.packet() {
            broken.extend(self.publish(publish));
        }
        broken
    }

    fn publish(&self, publish: &Publish) -> Vec<(Pair, Fact, String)> {
        let mut broken = Vec::new();
        if u32::from(publish.qos) > self.said.qos {
            broken.push((
                QOS,
                Fact::WrongField,
                format!("QoS {} where at most {} is taken", publish.qos, self.said.qos),
            ));
        }
        if publish.retain && !self.said.retain {
            broken.push((RETAIN, Fact::WrongField, "RETAIN where none is taken".to_owned()));
        }
        let alias = publish.properties.number(PropertyId::TopicAlias);
        match (alias, self.said.alias) {
            (Some(alias), 0) => {
                broken.push((NO_ALIAS, Fact::WrongField, format!("alias {alias} where none is taken")));
            }
            (Some(alias), most) if alias > most => {
                broken.push((
                    ALIAS,
                    Fact::WrongField,
                    format!("alias {alias} where at most {most} is taken"),
                ));
            }
            _ => {}
        }
        broken
    }
}

/// The limits of each connection. `None`: the client sent before it had them.
#[derive(Debug, Default)]
pub(crate) struct Limits(BTreeMap<ConnId, Option<Told>>);

impl Rule for Limits {
    fn name(&self) -> &'static str {
        "client-limits"
    }

    fn on(&self) -> On {
        On::SEEN.or(On::CONNECTED).or(On::CLOSED)
    }

    fn observe(&mut self, event: &Event, state: &State, found: &mut Found) {
        forget_ended(&mut self.0, event, state);
        let EventKind::Packet(packet) = &event.kind else { return };
        if let (Transition::Connected(_), Packet::Connack(connack)) = (state.transition(), packet.packet()) {
            let eager = state.conn(packet.conn).is_some_and(|c| c.seen > 1);
            self.0
                .entry(packet.conn)
                .or_insert_with(|| (!eager).then(|| Told { at: event.seq, said: Said::new(connack) }));
            if self.0.len() > CONNS_KEPT {
                self.0.pop_first();
            }
            return;
        }
        if !state.is_judged(packet.direction) || state.version(packet.conn) != Version::V5 {
            return;
        }
        let Some(Some(told)) = self.0.get(&packet.conn) else { return };
        if matches!(packet.packet(), Packet::Publish(_)) {
            [QOS, RETAIN, SIZE].iter().for_each(|clause| found.tested(clause.v5));
        }
        for (clause, fact, what) in told.broken(packet) {
            let got = format!("{}: {what}", packet.packet().summary());
            let mut breach =
                breach(packet.conn, (clause, fact), "what the CONNACK allows", got, vec![told.at]);
            breach.could_instead = vec![
                "keep to the limit, or close the connection: it had the CONNACK, and sent nothing before it",
            ];
            found.broken(event, state, breach);
        }
    }
}

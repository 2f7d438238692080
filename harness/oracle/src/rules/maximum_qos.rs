//! A server that does not take every QoS says so in CONNACK (5.0): one that ends a connection for a QoS that its CONNACK lets a client use
//! has not.

use deadzone_history::{Event, EventKind};
use deadzone_verdict::Fact;
use deadzone_wire::{AckKind, Packet, Version};

use super::clauses::MAXIMUM_QOS_TOLD;
use crate::{
    breach::{Breach, Found},
    rule::{On, Stateless},
    state::State,
};

/// QoS not supported (5.0 §2.4).
const NOT_SUPPORTED: u8 = 0x9b;

pub(crate) const RULE: Stateless = Stateless { name: "maximum-qos", on: On::SEEN, observe };

fn observe(event: &Event, state: &State, found: &mut Found) {
    let EventKind::Packet(packet) = &event.kind else { return };
    let Some(conn) = state.conn(packet.conn).filter(|conn| conn.version == Version::V5) else { return };
    // Where each packet was legal by what CONNACK says, its QoS can't be at fault; a QoS of 3 can.
    if conn.given.deviant.is_some() {
        return;
    }
    let Some(connack) = conn.handshake.connack.filter(|c| c.code == 0 && c.maximum_qos == 2) else { return };
    match packet.packet() {
        Packet::Ack(ack) if ack.kind == AckKind::Pubrec => found.tested(MAXIMUM_QOS_TOLD.of(conn.version)),
        Packet::Disconnect(disconnect) if disconnect.code() == NOT_SUPPORTED => {
            let breach = Breach {
                conn: packet.conn,
                clause: MAXIMUM_QOS_TOLD,
                fact: Fact::WrongPacket,
                wanted: "Maximum QoS in CONNACK, where not every QoS is taken".to_owned(),
                got: format!("{}, and CONNACK has no Maximum QoS", packet.packet().summary()),
                evidence: vec![connack.at.seq],
                could_instead: vec!["tell its Maximum QoS in CONNACK: it told none, which means 2"],
            };
            found.broken(event, state, breach);
        }
        _ => {}
    }
}

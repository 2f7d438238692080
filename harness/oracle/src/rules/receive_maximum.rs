//! The client's Receive Maximum: exactly the counter of 5.0 §4.9, anew for each connection.
//!
//! A PUBLISH above QoS 0 costs a unit, a resent one too. PUBACK, PUBCOMP and a refusing PUBREC return one, up to the maximum,
//! whatever they belong to: so the PUBCOMP of a PUBREL that was carried over, which cost nothing, makes room as well.

use std::collections::BTreeMap;

use deadzone_history::{ConnId, Direction, End, Event, EventKind};
use deadzone_wire::{AckKind, Packet, Version};

use super::clauses::RECEIVE_MAXIMUM;
use crate::{
    rule::{Fault, Notes, Rule},
    trace::{Moment, Sight, Trace},
};

#[derive(Debug, Default)]
pub(crate) struct ReceiveMaximum {
    /// What may still be sent, by connection.
    quota: BTreeMap<ConnId, u16>,
}

impl Rule for ReceiveMaximum {
    fn name(&self) -> &'static str {
        "receive-maximum"
    }

    fn observe(&mut self, event: &Event, trace: &Trace, notes: &mut Notes) {
        let EventKind::Packet(packet) = &event.kind else { return };
        if packet.end != End::Broker || trace.version(packet.conn) != Version::V5 {
            return;
        }
        let Some(connect) = trace.connection(packet.conn).and_then(|c| c.connect.as_ref()) else { return };
        let maximum = connect.receive_maximum;
        match (packet.direction, &packet.decoded.packet) {
            (Direction::Up, Packet::Ack(ack)) => {
                let returns = match ack.kind {
                    AckKind::Puback | AckKind::Pubcomp => true,
                    AckKind::Pubrec => ack.code() >= 0x80,
                    AckKind::Pubrel => false,
                };
                if returns && let Some(quota) = self.quota.get_mut(&packet.conn) {
                    *quota = quota.saturating_add(1).min(maximum);
                }
            }
            (Direction::Down, Packet::Publish(publish)) if publish.qos > 0 => {
                // A repetition on a live connection is found as that and not counted again.
                if matches!(trace.moment(), Moment::Delivered(d) if matches!(d.sight, Sight::Again { live: true, .. }))
                {
                    return;
                }
                let quota = self.quota.entry(packet.conn).or_insert(maximum);
                if let Some(left) = quota.checked_sub(1) {
                    *quota = left;
                    return;
                }
                let fault = Fault {
                    conn: packet.conn,
                    clauses: &RECEIVE_MAXIMUM,
                    wanted: format!("at most {maximum} unacknowledged PUBLISH packets above QoS 0"),
                    got: format!("one more: {}", packet.decoded.packet.summary()),
                    evidence: vec![connect.seq],
                    could_instead: vec![
                        "wait for an acknowledgement: it did not",
                        "take back a unit for a PUBCOMP of a carried-over PUBREL: those are counted here",
                    ],
                };
                notes.broken(event, trace, fault);
            }
            _ => {}
        }
    }
}

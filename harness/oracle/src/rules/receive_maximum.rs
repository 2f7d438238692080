//! The client's Receive Maximum: exactly the counter of 5.0 §4.9, anew for each connection.
//!
//! A PUBLISH above QoS 0 costs a unit, a resent one too. PUBACK, PUBCOMP and a refusing PUBREC return one, up to the maximum,
//! whatever they belong to: so the PUBCOMP of a PUBREL that was carried over, which cost nothing, makes room as well.

use deadzone_history::{ConnId, Event, EventKind};
use deadzone_verdict::Fact;
use deadzone_wire::{Ack, AckKind, Packet, Version};

use super::clauses::{NO_QUOTA, RECEIVE_MAXIMUM};
use crate::{
    breach::{Breach, Found},
    hash::Map,
    rule::{On, Rule},
    state::{CopyKind, State, Transition},
};

#[derive(Debug, Default)]
pub(crate) struct ReceiveMaximum {
    /// What may still be sent, by connection.
    quota: Map<ConnId, u16>,
}

impl Rule for ReceiveMaximum {
    fn name(&self) -> &'static str {
        "receive-maximum"
    }

    fn on(&self) -> On {
        On::SEEN.or(On::GIVEN).or(On::CLOSED)
    }

    fn observe(&mut self, event: &Event, state: &State, found: &mut Found) {
        let packet = match &event.kind {
            EventKind::Packet(packet) => packet,
            EventKind::Closed { conn, .. } => {
                self.quota.remove(conn);
                return;
            }
            _ => return,
        };
        let sent = match (packet.packet(), state.is_judged(packet.direction)) {
            (Packet::Publish(publish), true) if publish.qos > 0 => true,
            (Packet::Ack(ack), false) if returns(ack) => false,
            _ => return,
        };
        let Some(connect) = state
            .conn(packet.conn)
            .filter(|c| c.version == Version::V5)
            .and_then(|c| c.handshake.connect.as_ref())
        else {
            return;
        };
        let maximum = connect.limits.receive_maximum;
        if sent {
            // A repetition on a live connection is found as that and not counted again.
            let live = matches!(state.transition(), Transition::Delivered(d) if matches!(d.copy, CopyKind::Again { live: true, .. }));
            if live {
                return;
            }
            let quota = self.quota.entry(packet.conn).or_insert(maximum);
            if let Some(left) = quota.checked_sub(1) {
                *quota = left;
                if left == 0 {
                    found.tested(RECEIVE_MAXIMUM.of(Version::V5));
                    found.tested(NO_QUOTA.of(Version::V5));
                }
                return;
            }
            let breach = Breach {
                conn: packet.conn,
                clause: RECEIVE_MAXIMUM,
                fact: Fact::LimitExceeded,
                wanted: format!("at most {maximum} unacknowledged PUBLISH packets above QoS 0"),
                got: format!("one more: {}", packet.packet().summary()),
                evidence: vec![connect.at.seq],
                could_instead: vec![
                    "wait for an acknowledgement: it did not",
                    "take back a unit for a PUBCOMP of a carried-over PUBREL: those are counted here",
                ],
            };
            found.broken(event, state, breach);
            found.beside(event, NO_QUOTA.of(Version::V5));
        } else if let Some(quota) = self.quota.get_mut(&packet.conn) {
            *quota = quota.saturating_add(1).min(maximum);
        }
    }
}

/// Whether an acknowledgement makes room for another message.
fn returns(ack: &Ack) -> bool {
    matches!(ack.kind, AckKind::Puback | AckKind::Pubcomp)
        || (ack.kind == AckKind::Pubrec && ack.code() >= 0x80)
}

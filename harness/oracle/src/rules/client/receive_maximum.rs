//! No more unacknowledged messages on a connection than the server's Receive Maximum (5.0).
//!
//! An acknowledgement counts from when it reached the client's end: the client may have read it by then, so that it is never
//! taken to have more open than it may think. One for a message of an earlier connection gives back a place as well.

use std::collections::{BTreeMap, BTreeSet};

use deadzone_history::{ConnId, Event, EventKind};
use deadzone_spec::{Pair, pair};
use deadzone_verdict::Fact;
use deadzone_wire::{Ack, AckKind, Packet, PropertyId, Version};

use super::{CONNS_KEPT, breach, forget_ended};
use crate::{
    breach::{Breach, Found},
    rule::{On, Rule},
    state::{State, Transition},
};

const RECEIVE_MAXIMUM: Pair = pair!(-, "MQTT-3.3.4-7");

#[derive(Debug)]
struct Window {
    said: u64,
    most: usize,
    open: BTreeSet<u16>,
    /// Places that acknowledgements of earlier messages gave back.
    extra: usize,
}

impl Window {
    fn acknowledged(&mut self, ack: &Ack) {
        let ends = match ack.kind {
            AckKind::Puback | AckKind::Pubcomp => true,
            AckKind::Pubrec => ack.code() >= 0x80,
            AckKind::Pubrel => false,
        };
        if ends && !self.open.remove(&ack.packet_id) && !self.open.is_empty() {
            self.extra += 1;
        }
        if self.open.is_empty() {
            self.extra = 0;
        }
    }
}

#[derive(Debug, Default)]
pub(crate) struct ReceiveMaximum(BTreeMap<ConnId, Window>);

impl Rule for ReceiveMaximum {
    fn name(&self) -> &'static str {
        "client-receive-maximum"
    }

    fn on(&self) -> On {
        On::SEEN.or(On::GIVEN).or(On::CLOSED)
    }

    fn observe(&mut self, event: &Event, state: &State, found: &mut Found) {
        forget_ended(&mut self.0, event, state);
        let EventKind::Packet(packet) = &event.kind else { return };
        if state.version(packet.conn) != Version::V5 || packet.end != state.end() {
            return;
        }
        match (state.is_judged(packet.direction), packet.packet()) {
            (false, Packet::Connack(connack)) => {
                let first = matches!(state.transition(), Transition::Connected(c) if c.first);
                let eager = state.conn(packet.conn).is_some_and(|c| c.seen > 1);
                let number = connack.properties.as_ref().and_then(|p| p.number(PropertyId::ReceiveMaximum));
                let most = number.map_or(65_535, |n| n as usize);
                if first && !eager && most > 0 {
                    let window = Window { said: event.seq, most, open: BTreeSet::new(), extra: 0 };
                    self.0.insert(packet.conn, window);
                }
                if self.0.len() > CONNS_KEPT {
                    self.0.pop_first();
                }
            }
            (false, Packet::Ack(ack)) => {
                if let Some(window) = self.0.get_mut(&packet.conn) {
                    window.acknowledged(ack);
                }
            }
            (true, Packet::Publish(publish)) if publish.qos > 0 => {
                let Some(window) = self.0.get_mut(&packet.conn) else { return };
                found.tested(RECEIVE_MAXIMUM.v5);
                window.open.extend(publish.packet_id);
                if window.open.len() <= window.most + window.extra {
                    return;
                }
                let got = format!("{}: {} are unacknowledged", packet.packet().summary(), window.open.len());
                let wanted = format!("at most {} unacknowledged messages", window.most);
                let breach = Breach {
                    wanted,
                    could_instead: vec!["wait for an acknowledgement: none that had come was left to count"],
                    ..breach(packet.conn, (RECEIVE_MAXIMUM, Fact::WrongPacket), "", got, vec![window.said])
                };
                found.broken(event, state, breach);
            }
            _ => {}
        }
    }
}

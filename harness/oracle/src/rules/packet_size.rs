//! No packet from the broker is over the client's Maximum Packet Size (5.0).

use deadzone_history::{Direction, End, Event, EventKind};

use super::clauses::PACKET_SIZE;
use crate::{
    rule::{Fault, Notes, Rule},
    trace::Trace,
};

#[derive(Debug)]
pub(crate) struct PacketSize;

impl Rule for PacketSize {
    fn name(&self) -> &'static str {
        "maximum-packet-size"
    }

    fn observe(&mut self, event: &Event, trace: &Trace, notes: &mut Notes) {
        let EventKind::Packet(packet) = &event.kind else { return };
        if packet.end != End::Broker || packet.direction != Direction::Down {
            return;
        }
        let Some(connect) = trace.connection(packet.conn).and_then(|c| c.connect.as_ref()) else { return };
        let Some(maximum) = connect.maximum_packet else { return };
        let size = packet.frame.wire_len() as u64;
        if size <= u64::from(maximum) {
            return;
        }
        let fault = Fault {
            conn: packet.conn,
            clauses: &PACKET_SIZE,
            wanted: format!("packets of at most {maximum} bytes"),
            got: format!("one of {size} bytes: {}", packet.decoded.packet.summary()),
            evidence: vec![connect.seq],
            could_instead: vec![
                "discard the message as if it had been sent: it sent it",
                "leave out Reason String and User Property: the packet is still too large",
            ],
        };
        notes.broken(event, trace, fault);
    }
}

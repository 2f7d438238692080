//! A client begins with CONNECT, says it once, and sends nothing behind its DISCONNECT.

use deadzone_history::{Event, EventKind};
use deadzone_spec::{Pair, pair};
use deadzone_verdict::Fact;
use deadzone_wire::PacketKind;

use super::breach;
use crate::{
    breach::{Breach, Found},
    rule::{On, Stateless},
    state::State,
};

const CONNECT_FIRST: Pair = pair!("MQTT-3.1.0-1", "MQTT-3.1.0-1");
const NOTHING_BEHIND: Pair = pair!("MQTT-3.14.4-2", "MQTT-3.14.4-1");

pub(crate) const RULE: Stateless = Stateless { name: "client-handshake", on: On::SEEN, observe };

fn observe(event: &Event, state: &State, found: &mut Found) {
    let EventKind::Packet(packet) = &event.kind else { return };
    let Some(conn) = state.conn(packet.conn) else { return };
    let (kind, summary) = (packet.packet().kind(), packet.packet().summary());
    let Some(connect) = &conn.handshake.connect else {
        // Bytes that are no MQTT (TLS through the link) are nobody's breach.
        if conn.seen == 1 && packet.violations().is_empty() {
            let (wanted, got) = ("CONNECT as the first packet", format!("{summary} first"));
            let breach = breach(packet.conn, (CONNECT_FIRST, Fact::WrongPacket), wanted, got, Vec::new());
            found.broken(event, state, breach);
        }
        return;
    };
    found.tested(CONNECT_FIRST.of(conn.version));
    if kind == PacketKind::Connect && connect.at.seq != event.seq {
        found.grade(event, None, format!("a second CONNECT: {summary}"), vec![connect.at.seq]);
    }
    let Some(goodbye) = conn.handshake.goodbye else { return };
    found.tested(NOTHING_BEHIND.of(conn.version));
    if goodbye.at.seq < event.seq && kind != PacketKind::Disconnect {
        let got = format!("{summary} behind its DISCONNECT");
        found.broken(
            event,
            state,
            Breach {
                could_instead: vec!["close the connection: it went on sending"],
                ..breach(
                    packet.conn,
                    (NOTHING_BEHIND, Fact::WrongPacket),
                    "nothing behind DISCONNECT",
                    got,
                    vec![goodbye.at.seq],
                )
            },
        );
    }
}

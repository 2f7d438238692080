//! A client begins with CONNECT, says it once, and sends nothing behind its DISCONNECT.

use deadzone_history::{Event, EventKind, Unframable, Unframed};
use deadzone_spec::{Pair, pair};
use deadzone_verdict::Fact;
use deadzone_wire::{Framer, PacketKind, VarInt, Version};

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
    let packet = match &event.kind {
        EventKind::Packet(packet) => packet,
        EventKind::Unframed(unframed) if unframed.why == Unframable::NoConnect => {
            return another_first(event, unframed, state, found);
        }
        _ => return,
    };
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

/// A stream that begins with another packet is MQTT all the same where a CONNECT comes behind it. One that no client sends is the
/// header of something else (PROXY protocol), and no breach.
fn another_first(event: &Event, unframed: &Unframed, state: &State, found: &mut Found) {
    if !state.is_judged(unframed.direction) || unframed.end != state.end() {
        return;
    }
    let mut framer = Framer::new(unframed.bytes.len() as u32);
    framer.push(&unframed.bytes);
    let Some(Ok(first)) = framer.next() else { return };
    if !of_a_client(first.kind()) {
        return;
    }
    let mut version = level(framer.pending());
    while version.is_none() && matches!(framer.next(), Some(Ok(_))) {
        version = level(framer.pending());
    }
    let Some(clause) = version.and_then(|version| CONNECT_FIRST.of(version)) else { return };
    let got = format!("{} before its CONNECT", first.kind().name());
    let clause = Pair { v311: Some(clause), v5: Some(clause) };
    let wanted = "CONNECT as the first packet";
    found.broken(event, state, breach(unframed.conn, (clause, Fact::WrongPacket), wanted, got, Vec::new()));
}

/// The version of a CONNECT of which at least the beginning is there.
fn level(bytes: &[u8]) -> Option<Version> {
    let connect = bytes.strip_prefix(&[0x10])?;
    let length = VarInt::read(connect).ok().flatten()?;
    let body = connect.get(usize::from(length.width())..)?;
    Version::from_level(*body.strip_prefix(b"\0\x04MQTT")?.first()?)
}

/// Whether clients send packets of this kind.
fn of_a_client(kind: PacketKind) -> bool {
    use PacketKind::{Connack, Pingresp, Reserved, Suback, Unsuback};
    !matches!(kind, Reserved | Connack | Suback | Unsuback | Pingresp)
}

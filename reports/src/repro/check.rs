//! What a script looks for at its end, made of what the finding says and where its evidence decides.

use deadzone_history::{By, ConnId, Direction, End, Event, EventKind, History, PacketEvent};
use deadzone_verdict::{Fact, FactClass, Finding};
use deadzone_wire::{Packet, PacketKind, PropertyId};

use super::{
    silence::{self, Silence},
    step::{Given, Step, Wanted},
    walk::{Walk, recorded},
};

/// Rules about what an identifier stands for: in their findings the identifier is a part of the fault.
const OF_IDENTIFIERS: [&str; 2] = ["packet-id-free", "resend"];

/// What shows the fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Check {
    /// This packet comes; in this order where that is the fault.
    Comes { conn: ConnId, wanted: Wanted, at_once: bool, within_us: Option<u64> },
    /// The broker ends the connection.
    Ends { conn: ConnId, within_us: Option<u64> },
    /// Nothing of this comes.
    Silent(Silence),
    /// No script can look for it, for this reason.
    Unseen(String),
}

/// A record that was taken apart: what leads to the fault, and what shows it.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) walk: Walk,
    pub(super) check: Check,
}

/// The plan of a finding.
pub(super) fn plan(history: &History, finding: &Finding) -> Plan {
    let Some(decides) = finding.evidence.last().and_then(|seq| decider(history, *seq)) else {
        return unseen(history, u64::MAX, "the finding names no event of the record");
    };
    let silent = finding.fact.class() == FactClass::Silence;
    match &decides.kind {
        _ if finding.fact == Fact::Misdelivered => {
            unseen(history, decides.seq, "the message is of another scenario, which is not played here")
        }
        _ if matches!(finding.fact, Fact::Hung | Fact::Crashed) => {
            unseen(history, decides.seq, "what became of the whole broker is not looked for")
        }
        _ if silent => silence::plan(history, finding, decides),
        EventKind::Packet(packet) if packet.direction == Direction::Down => {
            comes(history, finding, decides, packet)
        }
        EventKind::Closed { conn, by: By::Broker, .. } => {
            let walk = Walk::before(history, decides.seq);
            let within_us = walk.deciding(decides);
            Plan { walk, check: Check::Ends { conn: *conn, within_us } }
        }
        _ => unseen(history, decides.seq, "what decides is neither a packet of the broker's nor its close"),
    }
}

/// All that led to it, for reading.
pub(super) fn unseen(history: &History, cut: u64, why: &str) -> Plan {
    Plan { walk: Walk::before(history, cut), check: Check::Unseen(why.to_owned()) }
}

/// The event that decides, at the broker's end.
fn decider(history: &History, seq: u64) -> Option<&Event> {
    let event = history.event(seq)?;
    match &event.kind {
        EventKind::Packet(packet) if packet.end == End::Client && packet.direction == Direction::Down => {
            packet.of.and_then(|seen| history.event(seen.get()))
        }
        EventKind::Closed { conn, end: End::Client, by: By::Broker, .. } => {
            let closed = |event: &&Event| matches!(&event.kind, EventKind::Closed { conn: of, end: End::Broker, by: By::Broker, .. } if of == conn);
            history.events.iter().find(closed)
        }
        _ => Some(event),
    }
}

fn comes(history: &History, finding: &Finding, decides: &Event, packet: &PacketEvent) -> Plan {
    let seq = decides.seq;
    let mut walk = Walk::before(history, seq);
    let earlier = earlier_copies(history, finding, seq, packet);
    let holder = packet.packet().packet_id().and_then(|id| walk.ids.brought_by(packet.conn, id));
    let mut wanted =
        if finding.fact == Fact::Malformed { recorded(packet) } else { walk.wanted_at_last(seq, packet) };
    exact(finding, packet, &mut wanted);
    let has_id = |wanted: &Wanted| wanted.fields.iter().any(|(name, _)| *name == "id");
    if OF_IDENTIFIERS.contains(&finding.by.as_str()) && !has_id(&wanted) {
        wanted.fields.extend(holder.map(|seq| ("id", Given::IdOf(seq))));
    }
    // A message that is sent again must be so under its identifier: where it was another one, that is the point.
    let taken = |seq: &u64| {
        walk.steps.iter().any(|(_, step)| matches!(step, Step::Take { seq: of, .. } if of == seq))
    };
    let again = matches!(packet.packet(), Packet::Publish(publish) if publish.dup);
    if (again || OF_IDENTIFIERS.contains(&finding.by.as_str()))
        && !has_id(&wanted)
        && let Some(before) = earlier.filter(taken)
    {
        wanted.fields.push(("other_than", Given::Packet(before)));
    }
    let at_once = matches!(finding.fact, Fact::OutOfOrder | Fact::WrongPacket);
    let within_us = walk.deciding(decides);
    Plan { walk, check: Check::Comes { conn: packet.conn, wanted, at_once, within_us } }
}

/// The last copy of the same message that the evidence names before, where it came to the same session under another identifier.
fn earlier_copies(history: &History, finding: &Finding, seq: u64, packet: &PacketEvent) -> Option<u64> {
    let Packet::Publish(last) = packet.packet() else { return None };
    let before =
        finding.evidence.iter().filter_map(|seq| decider(history, *seq)).filter(|event| event.seq < seq);
    let mut copies = before.filter_map(|event| match &event.kind {
        EventKind::Packet(copy) if copy.direction == Direction::Down => match copy.packet() {
            Packet::Publish(first) if first.topic == last.topic && first.payload == last.payload => {
                Some((event.seq, first.packet_id))
            }
            _ => None,
        },
        _ => None,
    });
    copies.rfind(|(_, id)| id.is_some() && *id != last.packet_id).map(|(seq, _)| seq)
}

/// What else must be as it was, where it may be the fault.
fn exact(finding: &Finding, packet: &PacketEvent, wanted: &mut Wanted) {
    if finding.fact == Fact::Malformed {
        *wanted =
            Wanted { kind: wanted.kind, fields: vec![("raw", Given::Bytes(packet.frame().to_bytes()))] };
        return;
    }
    let properties = match packet.packet() {
        // A rest of its life that is counted down differs by itself.
        Packet::Publish(publish) => (publish.properties.get(PropertyId::MessageExpiryInterval).is_none()
            || finding.by == "expiry")
            .then_some(()),
        Packet::Connack(_) => (finding.by == "connack-properties").then_some(()),
        _ => None,
    };
    if properties.is_some()
        && let Some(bytes) = properties_of(packet)
    {
        wanted.fields.push(("properties", Given::Bytes(bytes)));
    }
    if packet.packet().packet_id() == Some(0) {
        wanted.fields.retain(|(name, _)| *name != "id");
        wanted.fields.push(("id", Given::Number(0)));
    }
}

/// The bytes of a packet's properties, without their length; nothing where its version has none.
fn properties_of(packet: &PacketEvent) -> Option<bytes::Bytes> {
    use deadzone_wire::{VarInt, Version};
    let body = &packet.frame().body;
    let at = match packet.packet() {
        Packet::Publish(publish) => {
            2 + publish.topic.0.len() + if publish.packet_id.is_some() { 2 } else { 0 }
        }
        Packet::Connack(connack) => connack.properties.as_ref().map(|_| 2)?,
        _ => return None,
    };
    let fits = match packet.packet() {
        // Written again with properties it is the same only where it has some.
        Packet::Publish(_) => packet.packet().encode(Version::V5).body == *body,
        _ => true,
    };
    let length = fits.then(|| VarInt::read(body.get(at..)?).ok().flatten()).flatten()?;
    let from = at + usize::from(length.width());
    let to = from.checked_add(length.value() as usize)?;
    (to <= body.len()).then(|| body.slice(from..to))
}

/// What answers a packet of a client's.
pub(super) fn answer_to(packet: &Packet) -> Option<PacketKind> {
    match packet {
        Packet::Connect(_) => Some(PacketKind::Connack),
        Packet::Publish(publish) if publish.qos == 1 => Some(PacketKind::Puback),
        Packet::Publish(publish) if publish.qos == 2 => Some(PacketKind::Pubrec),
        Packet::Subscribe(_) => Some(PacketKind::Suback),
        Packet::Unsubscribe(_) => Some(PacketKind::Unsuback),
        Packet::Bare(bare) if bare.kind == PacketKind::Pingreq => Some(PacketKind::Pingresp),
        Packet::Ack(ack) => match ack.kind.packet_kind() {
            PacketKind::Pubrel => Some(PacketKind::Pubcomp),
            PacketKind::Pubrec => Some(PacketKind::Pubrel),
            _ => None,
        },
        _ => None,
    }
}

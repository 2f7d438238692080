//! What the mutants of form make of one packet: a flag, a code, a text or a length that no server may send, and a packet in no place of its.

use bytes::{Bytes, BytesMut};
use deadzone_wire::{
    AckKind, Disconnect, Frame, Packet, PacketKind, Properties, PropertyId, PropertyValue, Publish, Text,
    Version,
};

use super::Mutant;

/// A code that no answer of any version lists, below 0x80: what it answers is taken for done.
const UNLISTED: u8 = 0x05;
/// The same of refusals: of 5.0, and of earlier versions.
const UNLISTED_REFUSALS: (u8, u8) = (0xf0, 0x06);

/// The bytes that take the packet's place; `None` where this mutant lets it be.
pub(super) fn forged(mutant: Mutant, frame: &Frame, packet: &Packet, version: Version) -> Option<Vec<Bytes>> {
    let mut packet = packet.clone();
    let is_5 = version == Version::V5;
    let codes = || of_code(mutant).filter(|(_, of_5)| is_5 || !of_5).map(|(kind, _)| kind);
    let known = packet.kind() == codes().unwrap_or(PacketKind::Reserved);
    match (mutant, &mut packet) {
        (Mutant::FlagsSet, p) if p.kind() != PacketKind::Publish => return Some(vec![with_flag(frame)]),
        (Mutant::LengthLong, p) if is_5 && p.kind() != PacketKind::Connack => {
            return Some(vec![with_long_length(frame)?]);
        }
        (_, Packet::Publish(publish)) => of_publish(mutant, publish, version)?,
        (Mutant::ConnackFlagsSet, Packet::Connack(c)) => c.flags |= 0b10,
        (Mutant::PropertyLengthMissing, Packet::Connack(c)) if is_5 => c.properties = None,
        (Mutant::RefusalSessionPresent, Packet::Connack(c)) if c.code != 0 => c.flags |= 1,
        (Mutant::RefusalCodeUnlisted, Packet::Connack(c)) if c.code != 0 => {
            c.code = if is_5 { UNLISTED_REFUSALS.0 } else { UNLISTED_REFUSALS.1 };
        }
        (Mutant::RefusalByDisconnect, Packet::Connack(c)) if c.code != 0 && is_5 => {
            packet = Packet::Disconnect(Disconnect::with_reason(c.code));
        }
        (Mutant::AnswerOfOtherQos, Packet::Ack(a)) if a.kind == AckKind::Puback => a.kind = AckKind::Pubrec,
        (_, Packet::Ack(a)) if known => a.reason = Some(UNLISTED),
        (_, Packet::Suback(s)) if known => s.codes.fill(UNLISTED),
        (_, Packet::Unsuback(u)) if known => u.codes.fill(UNLISTED),
        (Mutant::UnsubackCodeMissing, Packet::Unsuback(u)) if u.codes.len() > 1 => {
            u.codes.pop();
        }
        (_, Packet::Auth(a)) if known => a.reason = Some(UNLISTED),
        (_, Packet::Disconnect(d)) if known => d.reason = Some(UNLISTED),
        (Mutant::DisconnectWithExpiry, Packet::Disconnect(d)) if is_5 => {
            let expiry = PropertyValue::U32(60);
            (d.reason, d.properties) = (
                d.reason.or(Some(0)),
                Some(Properties::new().with(PropertyId::SessionExpiryInterval, expiry)),
            );
        }
        (Mutant::DisconnectTwice, Packet::Disconnect(_)) if is_5 => {
            return Some(vec![frame.to_bytes(), frame.to_bytes()]);
        }
        _ => return None,
    }
    Some(vec![packet.encode(version).to_bytes()])
}

/// Whose code the mutant forges, and whether only 5.0 has one there.
fn of_code(mutant: Mutant) -> Option<(PacketKind, bool)> {
    Some(match mutant {
        Mutant::PubackCodeUnlisted => (PacketKind::Puback, true),
        Mutant::PubrecCodeUnlisted => (PacketKind::Pubrec, true),
        Mutant::PubrelCodeUnlisted => (PacketKind::Pubrel, true),
        Mutant::PubcompCodeUnlisted => (PacketKind::Pubcomp, true),
        Mutant::SubackCodeUnlisted => (PacketKind::Suback, false),
        Mutant::UnsubackCodeUnlisted => (PacketKind::Unsuback, true),
        Mutant::DisconnectCodeUnlisted => (PacketKind::Disconnect, true),
        Mutant::AuthCodeUnlisted => (PacketKind::Auth, true),
        _ => return None,
    })
}

fn of_publish(mutant: Mutant, publish: &mut Publish, version: Version) -> Option<()> {
    let ill_formed = |text: &Text| Text(Bytes::from([&text.0[..], b"\xff"].concat()));
    let text = |publish: &mut Publish, id| {
        if version == Version::V5 {
            publish.properties.remove(id);
            publish.properties.push(id, PropertyValue::Text(Text(Bytes::from_static(b"\xff"))));
        }
    };
    match mutant {
        Mutant::DupSet => publish.dup = publish.qos > 0,
        Mutant::TopicIllFormed => publish.topic = ill_formed(&publish.topic),
        Mutant::TopicEmptied => publish.topic = Text::default(),
        Mutant::ResponseTopicIllFormed => text(publish, PropertyId::ResponseTopic),
        Mutant::ContentTypeIllFormed => text(publish, PropertyId::ContentType),
        Mutant::UserPropertyIllFormed if version == Version::V5 => {
            let pair = PropertyValue::Pair(Text::from("name"), Text(Bytes::from_static(b"\xff")));
            publish.properties.push(PropertyId::UserProperty, pair);
        }
        _ => return None,
    }
    Some(())
}

/// With a bit of the fixed header changed that no sender may choose.
fn with_flag(frame: &Frame) -> Bytes {
    let mut bytes = BytesMut::from(&frame.to_bytes()[..]);
    bytes[0] ^= 1;
    bytes.freeze()
}

/// With a Remaining Length of one byte more than it needs.
fn with_long_length(frame: &Frame) -> Option<Bytes> {
    let bytes = frame.to_bytes();
    let short = bytes.get(1).filter(|length| **length < 0x80)?;
    Some(Bytes::from([&[bytes[0], short | 0x80, 0], &bytes[2..]].concat()))
}

#[cfg(test)]
mod tests {
    use deadzone_wire::{Ack, Connack, Framer, Sender, Suback, Unsuback, decode};

    use super::*;

    /// The statements that decoding what a mutant makes of a packet finds broken.
    fn broken(mutant: Mutant, packet: Packet, version: Version) -> Vec<String> {
        let frame = packet.encode(version);
        let Some(pieces) = forged(mutant, &frame, &packet, version) else { return Vec::new() };
        let mut framer = Framer::new(1_000);
        pieces.iter().for_each(|piece| framer.push(piece));
        let mut found = Vec::new();
        while let Some(frame) = framer.next() {
            let decoded = decode(&frame.unwrap(), version, Sender::Server);
            found.extend(decoded.violations.iter().map(|violation| violation.clause.as_str().to_owned()));
        }
        found
    }

    #[test]
    fn each_forgery_breaks_what_its_row_names() {
        let ack = |kind| Packet::Ack(Ack::new(kind, 1));
        let publish = || Packet::Publish(Publish::new("t", 1, Some(1), "m"));
        let refusal = |version| {
            Packet::Connack(Connack::new(version, false, if version == Version::V5 { 0x87 } else { 5 }))
        };
        let cases = [
            (Mutant::FlagsSet, ack(AckKind::Puback)),
            (Mutant::LengthLong, ack(AckKind::Puback)),
            (Mutant::ConnackFlagsSet, refusal(Version::V5)),
            (Mutant::PropertyLengthMissing, Packet::Connack(Connack::new(Version::V5, false, 0))),
            (Mutant::RefusalSessionPresent, refusal(Version::V5)),
            (Mutant::RefusalCodeUnlisted, refusal(Version::V5)),
            (Mutant::PubackCodeUnlisted, ack(AckKind::Puback)),
            (Mutant::PubrecCodeUnlisted, ack(AckKind::Pubrec)),
            (Mutant::PubrelCodeUnlisted, ack(AckKind::Pubrel)),
            (Mutant::PubcompCodeUnlisted, ack(AckKind::Pubcomp)),
            (Mutant::SubackCodeUnlisted, Packet::Suback(Suback::new(1, [0]))),
            (Mutant::UnsubackCodeUnlisted, Packet::Unsuback(Unsuback::new(1, [0]))),
            (Mutant::DisconnectCodeUnlisted, Packet::Disconnect(Disconnect::with_reason(0x8e))),
            (Mutant::DisconnectWithExpiry, Packet::Disconnect(Disconnect::with_reason(0x8e))),
            (Mutant::TopicIllFormed, publish()),
            (Mutant::TopicEmptied, publish()),
            (Mutant::ResponseTopicIllFormed, publish()),
            (Mutant::ContentTypeIllFormed, publish()),
            (Mutant::UserPropertyIllFormed, publish()),
        ];
        for (mutant, packet) in cases {
            let found = broken(mutant, packet.clone(), Version::V5);
            let named = |id: &String| mutant.clauses().iter().any(|clause| clause.as_str() == id);
            assert!(!found.is_empty() && found.iter().all(named), "{}: {found:?}", mutant.name());
        }
        for mutant in [Mutant::RefusalCodeUnlisted, Mutant::RefusalSessionPresent] {
            let found = broken(mutant, refusal(Version::V311), Version::V311);
            assert_eq!(found.len(), 1, "{}: {found:?}", mutant.name());
        }
    }

    #[test]
    fn what_has_no_form_in_a_version_is_left_alone() {
        let puback = || Packet::Ack(Ack::new(AckKind::Puback, 1));
        assert!(broken(Mutant::PubackCodeUnlisted, puback(), Version::V311).is_empty());
        assert!(broken(Mutant::LengthLong, puback(), Version::V311).is_empty());
        let publish = Publish::new("t", 1, Some(1), "m");
        let frame = Packet::Publish(publish.clone()).encode(Version::V311);
        let same = forged(Mutant::ContentTypeIllFormed, &frame, &Packet::Publish(publish), Version::V311);
        assert_eq!(same, Some(vec![frame.to_bytes()]));
    }

    #[test]
    fn another_answer_and_another_packet_take_the_place_of_one() {
        let kinds = |mutant, packet: Packet| -> Vec<PacketKind> {
            let pieces =
                forged(mutant, &packet.encode(Version::V5), &packet, Version::V5).unwrap_or_default();
            let mut framer = Framer::new(1_000);
            pieces.iter().for_each(|piece| framer.push(piece));
            std::iter::from_fn(|| framer.next()).map(|frame| frame.unwrap().kind()).collect()
        };
        let puback = Packet::Ack(Ack::new(AckKind::Puback, 1));
        assert_eq!(kinds(Mutant::AnswerOfOtherQos, puback), [PacketKind::Pubrec]);
        let refusal = Packet::Connack(Connack::new(Version::V5, false, 0x87));
        assert_eq!(kinds(Mutant::RefusalByDisconnect, refusal), [PacketKind::Disconnect]);
        let end = Packet::Disconnect(Disconnect::with_reason(0x8e));
        assert_eq!(kinds(Mutant::DisconnectTwice, end), [PacketKind::Disconnect; 2]);
    }
}

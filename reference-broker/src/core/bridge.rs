//! Bridges of RSMB and Mosquitto, which say what they are by a bit in the Protocol Level: served under a legal variant alone.

use deadzone_wire::{Frame, PacketKind};

use super::subscription::Subscription;

/// The bit that a bridge sets beside its level.
const BRIDGE: u8 = 0x80;

/// The CONNECT of a bridge as that of an ordinary client; `None` if it is none, or its level is not known without the bit either.
pub(super) fn plain(frame: &Frame) -> Option<Frame> {
    let body = &frame.body;
    let name_bytes = usize::from(u16::from_be_bytes([*body.first()?, *body.get(1)?]));
    let level_at = 2 + name_bytes;
    let level = *body.get(level_at)?;
    let known = matches!((&body[2..level_at], level & !BRIDGE), (b"MQIsdp", 3) | (b"MQTT", 4 | 5));
    if frame.kind() != PacketKind::Connect || level & BRIDGE == 0 || !known {
        return None;
    }
    let mut body = body.to_vec();
    body[level_at] = level & !BRIDGE;
    Some(Frame { body: body.into(), ..frame.clone() })
}

/// A bridge's subscription: what it sent itself does not come back, and what is retained is told to be.
pub(super) fn subscription(subscription: Subscription) -> Subscription {
    Subscription { no_local: !subscription.shared, retain_as_published: true, ..subscription }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bridge_is_known_by_its_bit() {
        let plained = |name: &str, level: u8| {
            let mut body = vec![0, name.len() as u8];
            body.extend(name.bytes());
            body.push(level);
            plain(&Frame::new(0x10, body)).map(|frame| frame.body[2 + name.len()])
        };
        for (name, level, wanted) in [
            ("MQIsdp", 0x83, Some(3)),
            ("MQTT", 0x84, Some(4)),
            ("MQTT", 0x85, Some(5)),
            ("MQTT", 0x83, None),
            ("MQTT", 4, None),
            ("MQIsdp", 0x84, None),
            ("MQTX", 0x84, None),
        ] {
            assert_eq!(plained(name, level), wanted, "{name} {level:#x}");
        }
        assert!(plain(&Frame::new(0x10, vec![0, 4, b'M'])).is_none(), "cut short");
    }
}

//! What a client has subscribed to, as far as it was told.

use std::collections::BTreeMap;

use bytes::Bytes;
use deadzone_wire::Packet;

/// A code of SUBACK that grants nothing begins here.
const FAILURE: u8 = 0x80;

/// Filters of a session, and those that are being asked for.
#[derive(Debug, Default)]
pub(crate) struct Subscriptions {
    granted: BTreeMap<Bytes, u8>,
    asked: BTreeMap<u16, Vec<Bytes>>,
    given_up: BTreeMap<u16, Vec<Bytes>>,
}

impl Subscriptions {
    pub(super) fn sent(&mut self, packet: &Packet) {
        match packet {
            Packet::Subscribe(s) => {
                self.asked
                    .insert(s.packet_id, s.filters.iter().map(|(filter, _)| filter.0.clone()).collect());
            }
            Packet::Unsubscribe(u) => {
                self.given_up.insert(u.packet_id, u.filters.iter().map(|filter| filter.0.clone()).collect());
            }
            _ => {}
        }
    }

    pub(super) fn received(&mut self, packet: &Packet) {
        match packet {
            Packet::Suback(s) => {
                let filters = self.asked.remove(&s.packet_id).unwrap_or_default();
                let granted = filters.into_iter().zip(s.codes.iter().copied());
                self.granted.extend(granted.filter(|(_, code)| *code < FAILURE));
            }
            Packet::Unsuback(u) => {
                for filter in self.given_up.remove(&u.packet_id).unwrap_or_default() {
                    self.granted.remove(&filter);
                }
            }
            _ => {}
        }
    }

    /// Filters with what was granted.
    pub(crate) fn granted(&self) -> impl Iterator<Item = (&Bytes, u8)> {
        self.granted.iter().map(|(filter, qos)| (filter, *qos))
    }

    /// Whether some filter, granted or asked for, may match any topic: its first level is a wildcard.
    pub(crate) fn match_anything(&self) -> bool {
        let asked = self.asked.values().flatten();
        self.granted.keys().chain(asked).any(|filter| {
            let shared = filter.strip_prefix(b"$share/").and_then(|rest| {
                let end = rest.iter().position(|byte| *byte == b'/')?;
                rest.get(end + 1..)
            });
            matches!(shared.unwrap_or(filter).first(), Some(b'+' | b'#'))
        })
    }
}

#[cfg(test)]
mod tests {
    use deadzone_wire::{Suback, Subscribe, Unsuback, Unsubscribe};

    use super::*;

    #[test]
    fn what_was_granted_is_told_from_what_was_refused_or_given_up() {
        let mut held = Subscriptions::default();
        let subscribe = |id, filter: &str| Packet::Subscribe(Subscribe::new(id, filter, 2));
        for (id, filter, code) in [(1, "a/b", 1), (2, "no", 0x80), (3, "gone", 2)] {
            held.sent(&subscribe(id, filter));
            held.received(&Packet::Suback(Suback::new(id, [code])));
        }
        held.sent(&Packet::Unsubscribe(Unsubscribe::new(4, "gone")));
        held.received(&Packet::Unsuback(Unsuback::new(4, [])));
        assert_eq!(held.granted().collect::<Vec<_>>(), [(&Bytes::from_static(b"a/b"), 1)]);
        assert!(!held.match_anything());
        held.sent(&subscribe(5, "$share/g/+/x"));
        assert!(held.match_anything(), "not answered yet, but it may be in force");
    }
}

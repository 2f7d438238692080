//! What a CONNACK says that the server takes (5.0), and whether a client sends more than that.

use deadzone_wire::{AckKind, Connack, Frame, Packet, PropertyId, Publish, Subscribe, Version};

use super::{Mark, conn::Conn};

/// The limits of one CONNACK; an absent one is none.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said {
    pub(crate) qos: u32,
    pub(crate) retain: bool,
    pub(crate) size: u64,
    /// The greatest alias; 0: none is taken.
    pub(crate) alias: u32,
    wildcards: bool,
    identifiers: bool,
    sharing: bool,
    receive_maximum: usize,
}

impl Said {
    pub(crate) fn new(connack: &Connack) -> Self {
        let number = |id| connack.properties.as_ref().and_then(|p| p.number(id));
        Self {
            qos: number(PropertyId::MaximumQos).unwrap_or(2),
            retain: number(PropertyId::RetainAvailable) != Some(0),
            wildcards: number(PropertyId::WildcardSubscriptionAvailable) != Some(0),
            identifiers: number(PropertyId::SubscriptionIdentifierAvailable) != Some(0),
            sharing: number(PropertyId::SharedSubscriptionAvailable) != Some(0),
            size: number(PropertyId::MaximumPacketSize).map_or(u64::MAX, u64::from),
            alias: number(PropertyId::TopicAliasMaximum).unwrap_or(0),
            receive_maximum: number(PropertyId::ReceiveMaximum)
                .map_or_else(|| usize::from(u16::MAX), |n| n as usize),
        }
    }

    fn takes(&self, publish: &Publish) -> bool {
        let alias = publish.properties.number(PropertyId::TopicAlias).unwrap_or(0);
        u32::from(publish.qos) <= self.qos && (self.retain || !publish.retain) && alias <= self.alias
    }

    /// Whether it offers what a SUBSCRIBE asks for (5.0 §3.2.2.3.11 to §3.2.2.3.13). A QoS above the maximum is granted lower.
    fn grants(&self, subscribe: &Subscribe) -> bool {
        let identified = subscribe.properties.get(PropertyId::SubscriptionIdentifier).is_some();
        let offered = |filter: &[u8]| {
            let wild = filter.iter().any(|byte| matches!(byte, b'+' | b'#'));
            (self.wildcards || !wild) && (self.sharing || !filter.starts_with(b"$share/"))
        };
        (self.identifiers || !identified) && subscribe.filters.iter().all(|(filter, _)| offered(&filter.0))
    }
}

impl Conn {
    /// A packet was given: whether it is more than the server takes. What was given before the CONNACK is looked at with it.
    pub(super) fn weighed(&mut self, at: Mark, frame: &Frame, packet: &Packet) {
        let Some(said) = self.said.filter(|_| self.version == Version::V5) else { return };
        let taken = match packet {
            Packet::Publish(publish) => {
                let open = publish.packet_id.filter(|_| publish.qos > 0);
                self.exchange.unfinished.extend(open);
                said.takes(publish) && self.exchange.unfinished.len() <= said.receive_maximum
            }
            Packet::Subscribe(subscribe) => said.grants(subscribe),
            _ => true,
        };
        if (!taken || frame.wire_len() as u64 > said.size) && self.ends.by_broker.is_none() {
            self.given.overrun = Some(at.seq);
        }
    }

    /// What was given at this event was answered. An overrun before it is over, unless more than the Receive Maximum is still
    /// open.
    pub(super) fn answered(&mut self, given: u64) {
        self.answered_up_to = self.answered_up_to.max(given);
        let open = self.said.is_some_and(|said| self.exchange.unfinished.len() > said.receive_maximum);
        if !open {
            self.given.overrun = self.given.overrun.filter(|over| *over >= self.answered_up_to);
        }
    }

    /// The server's answer gives a unit of its Receive Maximum back.
    pub(super) fn gives_back(&mut self, kind: AckKind, id: u16, refused: bool) {
        if matches!(kind, AckKind::Puback | AckKind::Pubcomp) || refused {
            self.exchange.unfinished.remove(&id);
        }
    }
}

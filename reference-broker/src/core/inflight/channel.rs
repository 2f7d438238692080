//! What the present connection of a session allows, and the packets of exchanges as they are written to it.

use bytes::Bytes;
use deadzone_wire::{Ack, AckKind, Packet, Version};

use super::aliases::Aliases;
use crate::{
    Config, Defect, Variant,
    core::{
        alterations::altered,
        message::{Delivery, distorted},
        peer::Peer,
    },
};

/// One connection as exchanges see it. Quota, sizes and aliases start anew with each (5.0 §4.9, §3.1.2.11, §3.3.2.3.4).
#[derive(Clone, Debug)]
pub(crate) struct Channel {
    peer: Peer,
    /// Most PUBLISHes above QoS 0 without an acknowledgement.
    pub(super) window: u16,
    /// How many of them may still be sent.
    pub(super) quota: u16,
    /// From when on what is owed since the resume may be sent.
    pub(super) resend_from_us: u64,
    aliases: Aliases,
}

impl Channel {
    /// A new connection, on which nothing was sent.
    pub(crate) fn new(peer: Peer, window: u16, config: &Config) -> Self {
        Self { peer, window, quota: window, resend_from_us: 0, aliases: Aliases::new(&peer, config) }
    }

    /// Takes the aliases or the quota of an earlier connection for its own: defects.
    pub(super) fn carry_over(&mut self, earlier: &Self, config: &Config) {
        if config.has(Defect::AliasOfEarlierConnection) {
            self.aliases.carry_over(&earlier.aliases);
        }
        if config.has(Defect::QuotaCarriedOver) {
            (self.quota, self.window) = (earlier.quota, earlier.window);
        }
    }

    /// Whether what is unacknowledged is sent again on the living connection: a defect in 5.0, and a legal variant before it.
    pub(super) fn resends_live(&self, config: &Config) -> bool {
        let before = self.peer.version != Version::V5 && config.varies(Variant::LiveResendBefore5);
        before || config.has(Defect::LiveResend)
    }

    /// The PUBLISH as bytes; `None` where the client could not take it (5.0/MQTT-3.1.2-24).
    pub(super) fn publish(
        &mut self,
        delivery: &Delivery,
        id: Option<u16>,
        dup: bool,
        now_us: u64,
        config: &Config,
    ) -> Option<Bytes> {
        let unbound = config.has(Defect::MaximumPacketSizeExceeded);
        let max_packet = if unbound { u32::MAX } else { self.peer.max_packet };
        let newest = config.has(Defect::PropertiesToOlderClient);
        let version = if newest { Version::V5 } else { self.peer.version };
        let peer = Peer { max_packet, version, ..self.peer };
        let dup = dup || delivery.qos == 0 && config.has(Defect::Qos0WithDup);
        let publish = altered(delivery.publish(id, dup, now_us), delivery, config);
        let publish = distorted(publish, version, config);
        if let Some(aliased) = self.aliases.shorten(&publish) {
            // The alias that sets a mapping takes three bytes, which the client may have no room for.
            let bytes = peer.encode(&Packet::Publish(aliased.publish.clone()), config);
            // A client that never saw the mapping could not resolve the next PUBLISH.
            if bytes.is_some() || config.has(Defect::AliasOfDiscarded) {
                self.aliases.note(aliased);
            }
            if bytes.is_some() {
                return bytes;
            }
        }
        peer.encode(&Packet::Publish(publish), config)
    }

    /// The PUBREL as bytes.
    pub(super) fn pubrel(&self, id: u16, config: &Config) -> Option<Bytes> {
        if config.has(Defect::PubrelMissing) {
            return None;
        }
        self.peer.encode(&Packet::Ack(Ack::new(AckKind::Pubrel, id)), config)
    }
}

//! What a performance may leave on the target, to be cleaned up at its end.

use std::collections::BTreeSet;

use bytes::Bytes;
use deadzone_spec::Node;
use deadzone_wire::{Packet, Version};

/// Sessions and retained messages of ours.
#[derive(Debug, Default)]
pub(crate) struct Footprint {
    /// Topics that may hold a retained message, each with where it was published.
    pub(super) retained: BTreeSet<(Node, Bytes)>,
    /// Client ids that may have left a session, with the version they spoke and where.
    pub(super) sessions: BTreeSet<(Bytes, Version, Node)>,
    /// A CONNECT was sent before.
    pub(super) connected: bool,
}

impl Footprint {
    /// A CONNECT that leaves a session behind.
    pub(super) fn session(&mut self, client_id: &Bytes, version: Version, node: Node) {
        self.sessions.insert((client_id.clone(), version, node));
    }

    /// A packet that is about to be sent.
    pub(super) fn sent(&mut self, packet: &Packet, node: Node) {
        match packet {
            Packet::Publish(p) if p.retain => {
                self.retained.insert((node, p.topic.0.clone()));
            }
            Packet::Connect(c) => {
                self.connected = true;
                let retained = c.will.iter().filter(|_| c.will_retain());
                self.retained.extend(retained.map(|will| (node, will.topic.0.clone())));
            }
            _ => {}
        }
    }
}

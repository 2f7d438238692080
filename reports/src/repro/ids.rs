//! Packet Identifiers that the broker chooses: which packet of the record has given one its meaning, so that a script answers what it
//! gets this time.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use deadzone_history::ConnId;
use deadzone_wire::{Packet, PacketKind, Publish};

/// Whose identifiers: a session goes by its client id.
pub(super) type Owner = Vec<u8>;

/// The identifiers in use.
#[derive(Debug, Default)]
pub(super) struct Ids {
    owner_of: BTreeMap<ConnId, Owner>,
    /// The packet that brought an identifier, by its number, with its message.
    brought: BTreeMap<(Owner, u16), (u64, Message)>,
    /// Identifiers of messages that the script leaves aside.
    foreign: BTreeSet<(Owner, u16)>,
}

/// What makes a message the same.
type Message = (Bytes, Bytes);

fn message(publish: &Publish) -> Message {
    (Bytes::copy_from_slice(&publish.topic.0), publish.payload.clone())
}

impl Ids {
    /// A connection belongs to this session; one without a client id belongs to itself.
    pub(super) fn connect(&mut self, conn: ConnId, client_id: &[u8]) {
        let own = || format!("connection {}", conn.0).into_bytes();
        let owner = if client_id.is_empty() { own() } else { client_id.to_vec() };
        self.owner_of.insert(conn, owner);
    }

    fn key(&self, conn: ConnId, id: u16) -> (Owner, u16) {
        (self.owner_of.get(&conn).cloned().unwrap_or_default(), id)
    }

    /// A PUBLISH of the broker's; the packet that it must share its identifier with, where it is the same message again.
    pub(super) fn publish(&mut self, conn: ConnId, seq: u64, publish: &Publish) -> Option<u64> {
        let key = self.key(conn, publish.packet_id?);
        self.foreign.remove(&key);
        let message = message(publish);
        let known = self.brought.get(&key).filter(|(_, before)| publish.dup && *before == message);
        let same = known.map(|(seq, _)| *seq);
        self.brought.insert(key, (same.unwrap_or(seq), message));
        same
    }

    /// A PUBLISH that the script does not wait for.
    pub(super) fn leave_aside(&mut self, conn: ConnId, publish: &Publish) {
        if let Some(id) = publish.packet_id {
            let key = self.key(conn, id);
            self.brought.remove(&key);
            self.foreign.insert(key);
        }
    }

    /// The packet that brought this identifier.
    pub(super) fn brought_by(&self, conn: ConnId, id: u16) -> Option<u64> {
        self.brought.get(&self.key(conn, id)).map(|(seq, _)| *seq)
    }

    /// Whether a packet belongs to the handshake of a message that was left aside.
    pub(super) fn is_aside(&self, conn: ConnId, packet: &Packet) -> bool {
        let of_outbound = matches!(
            packet.kind(),
            PacketKind::Puback | PacketKind::Pubrec | PacketKind::Pubcomp | PacketKind::Pubrel
        );
        of_outbound && packet.packet_id().is_some_and(|id| self.foreign.contains(&self.key(conn, id)))
    }
}

//! What arrived at a client, and which of it steps have taken.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use deadzone_history::{ConnId, Purpose, Recorded, Tapped};
use deadzone_wire::{Bare, Packet, PacketKind};

/// A packet that arrived.
#[derive(Debug)]
pub(crate) struct Arrived {
    pub(crate) conn: ConnId,
    pub(crate) seq: u64,
    pub(crate) body: Arc<Recorded>,
    pub(crate) marker: bool,
    /// A step has taken it, or it answers a question of the harness's own.
    pub(crate) taken: bool,
}

impl Arrived {
    pub(crate) fn packet(&self) -> &Packet {
        self.body.packet()
    }
}

/// All that arrived, in order.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    arrived: Vec<Arrived>,
    /// Everything before it was taken.
    open: usize,
    /// How many of each kind arrived that are not the harness's own.
    counts: BTreeMap<PacketKind, u64>,
    /// The newest connection that the broker accepted.
    accepted: Option<ConnId>,
    /// On whose behalf the PINGREQs of this connection were sent that are not answered.
    pings: VecDeque<Purpose>,
}

impl Inbox {
    /// The client wrote a PINGREQ. A broker answers them in their order.
    pub(crate) fn asked(&mut self, sender: Purpose) {
        self.pings.push_back(sender);
    }

    /// A packet arrived. The answer to a PINGREQ that the script did not write is nothing for the script.
    pub(crate) fn put(&mut self, conn: ConnId, Tapped { seq, sender, body }: Tapped) {
        let is_pong = matches!(body.packet(), Packet::Bare(Bare { kind: PacketKind::Pingresp, .. }));
        let asked = if is_pong { self.pings.pop_front() } else { None };
        let own = sender == Purpose::Life || asked.is_some_and(|asked| asked != Purpose::Script);
        let marker = sender == Purpose::Marker;
        if matches!(body.packet(), Packet::Connack(c) if c.code == 0) {
            self.accepted = Some(conn);
        }
        if !own && !marker {
            *self.counts.entry(body.packet().kind()).or_default() += 1;
        }
        self.arrived.push(Arrived { conn, seq, body, marker, taken: own });
    }

    /// The connection ended: nothing is answered any more.
    pub(crate) fn connection_ended(&mut self) {
        self.pings.clear();
    }

    /// PINGREQs of the harness's own or of the polite client that are not answered.
    pub(crate) fn own_pings(&self) -> usize {
        self.pings.iter().filter(|sender| **sender != Purpose::Script).count()
    }

    /// How many packets of this kind arrived that are not the harness's own.
    pub(crate) fn count(&self, kind: PacketKind) -> u64 {
        self.counts.get(&kind).copied().unwrap_or_default()
    }

    /// How many arrived.
    pub(crate) fn len(&self) -> usize {
        self.arrived.len()
    }

    /// All that arrived from this one on.
    pub(crate) fn since(&self, index: usize) -> &[Arrived] {
        self.arrived.get(index..).unwrap_or_default()
    }

    /// What arrived on a connection and is not taken, markers aside, oldest first.
    pub(crate) fn waiting(&mut self, conn: ConnId) -> impl Iterator<Item = &mut Arrived> {
        let taken = self.arrived[self.open..].iter().take_while(|a| a.taken || a.marker).count();
        self.open += taken;
        self.arrived[self.open..].iter_mut().filter(move |a| a.conn == conn && !a.taken && !a.marker)
    }

    /// Whether the broker accepted this connection.
    pub(crate) fn is_accepted(&self, conn: ConnId) -> bool {
        self.accepted == Some(conn)
    }
}

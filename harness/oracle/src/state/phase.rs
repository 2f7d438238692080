//! Where in its exchange something happens, for the fingerprint of a finding.

use deadzone_history::{ClientIx, ConnId};
use deadzone_spec::Party;
use deadzone_verdict::{Disturbance, Phase, Standing};
use deadzone_wire::{AckKind, Packet, PacketKind};

use super::State;

/// So many characters of a client id name a client.
const CLIENT_ID_SHOWN: usize = 64;

impl State {
    /// The phase of what happens on a connection now: the last acknowledgement there, how it came to its session, and what
    /// disturbed it before.
    pub(crate) fn phase(&self, id: ConnId) -> Phase {
        let Some(conn) = self.conn(id) else { return Phase::default() };
        let target = self.around.target.map(|_| Disturbance::Target);
        Phase {
            acknowledged: conn.exchange.acknowledged,
            standing: conn.standing,
            after: self.around.fault(conn.client).or(target),
        }
    }

    /// Whom a finding on a connection concerns: the scripted client, or, where clients are judged, the client id.
    pub(crate) fn concerned(&self, id: ConnId) -> Option<String> {
        let conn = self.conn(id)?;
        let own_words = || {
            let connect = conn.handshake.connect.as_ref().filter(|_| self.judged == Party::Client)?;
            let shown = String::from_utf8_lossy(&connect.client_id.0);
            Some(shown.escape_debug().take(CLIENT_ID_SHOWN).collect())
        };
        self.client_name(conn.client).or_else(own_words)
    }

    /// The client of this name.
    pub(crate) fn client_named(&self, name: &str) -> Option<ClientIx> {
        let index = self.header.clients.iter().position(|info| info.name == name)?;
        Some(ClientIx::from(index))
    }

    /// A scripted client's name; the harness's own and those of a link's record have none.
    pub(crate) fn client_name(&self, client: ClientIx) -> Option<String> {
        self.header.clients.get(client.index()).map(|info| info.name.clone())
    }
}

/// The acknowledgement that a packet is, if it is one of a message.
pub(super) fn acknowledges(packet: &Packet) -> Option<PacketKind> {
    match packet {
        Packet::Ack(ack) => Some(match ack.kind {
            AckKind::Puback => PacketKind::Puback,
            AckKind::Pubrec => PacketKind::Pubrec,
            AckKind::Pubrel => PacketKind::Pubrel,
            AckKind::Pubcomp => PacketKind::Pubcomp,
        }),
        _ => None,
    }
}

/// How a connection comes to its session.
pub(super) fn standing(resumed: bool, previous_lives: bool) -> Standing {
    match (resumed, previous_lives) {
        (false, _) => Standing::Live,
        (true, false) => Standing::Resumed,
        (true, true) => Standing::TakenOver,
    }
}

//! Where in its exchange something happens, for the fingerprint of a finding.

use deadzone_history::{ClientIx, ConnId};
use deadzone_spec::Party;
use deadzone_verdict::{Disturbance, Phase, Standing};
use deadzone_wire::{Packet, PacketKind};

use super::{CopyKind, Stage, State, Transition};

/// So many characters of a client id name a client.
const CLIENT_ID_SHOWN: usize = 64;

impl State {
    /// Where what happens on a connection now stands: how the connection came to its session, and what disturbed it before.
    pub(crate) fn phase(&self, id: ConnId, acknowledged: Option<PacketKind>) -> Phase {
        let Some(conn) = self.conn(id) else { return Phase::default() };
        let target = self.around.target.map(|_| Disturbance::Target);
        let after = self.around.fault(conn.client).or(target);
        Phase { acknowledged, standing: conn.standing, after }
    }

    /// The step that was acknowledged last in the exchange of the packet that is seen now, as of just before it.
    pub(crate) fn acknowledged_now(&self) -> Option<PacketKind> {
        match self.transition() {
            Transition::Delivered(seen) => match seen.copy {
                CopyKind::Again { stage, qos, .. } | CopyKind::Clash { stage, qos, .. } => {
                    acknowledged(stage, qos)
                }
                CopyKind::Plain | CopyKind::First => None,
            },
            Transition::Released(seen) => acknowledged(seen.stage?, 2),
            _ => None,
        }
    }

    /// QoS of the exchange that evidence shows: that of the judged party's last PUBLISH in it. QoS 0 makes none.
    pub(crate) fn exchange_qos(&self, evidence: &[u64]) -> Option<u8> {
        let mut kept = evidence.iter().rev().filter_map(|seq| self.recent.get(*seq));
        let qos = kept.find_map(|kept| match kept.packet() {
            Packet::Publish(publish) if self.is_judged(kept.direction) => Some(publish.qos),
            _ => None,
        });
        qos.filter(|qos| *qos > 0)
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

    /// A scripted client's name, whichever round it plays; the harness's own and those of a link's record have none.
    pub(crate) fn client_name(&self, client: ClientIx) -> Option<String> {
        self.header.clients.get(client.index()).map(|info| without_round(&info.name).to_owned())
    }
}

/// A scripted client without the number of its round: each round plays the same client anew.
fn without_round(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((client, round)) if !round.is_empty() && round.bytes().all(|b| b.is_ascii_digit()) => client,
        _ => name,
    }
}

/// The step of an exchange that was acknowledged last, by how far it had come.
fn acknowledged(stage: Stage, qos: u8) -> Option<PacketKind> {
    match (stage, qos) {
        (Stage::Unacknowledged, _) => None,
        (Stage::Received, _) => Some(PacketKind::Pubrec),
        (Stage::Released, _) => Some(PacketKind::Pubrel),
        (Stage::Done, 2) => Some(PacketKind::Pubcomp),
        (Stage::Done, _) => Some(PacketKind::Puback),
    }
}

/// How a connection comes to its session.
///
/// As of its CONNECT: whether the broker closed the old connection or answered the new one first is a race of its own.
pub(super) fn standing(resumed: bool, takes_over: bool) -> Standing {
    match (resumed, takes_over) {
        (false, _) => Standing::Live,
        (true, false) => Standing::Resumed,
        (true, true) => Standing::TakenOver,
    }
}

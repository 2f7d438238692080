//! PUBACK, PUBREC, PUBREL and PUBCOMP from a client, given to the half of the session that they belong to.

use deadzone_wire::{Ack, AckKind};

use super::{broker::Broker, ending::Ending, inflight::Answer, malformed, outbox::ConnId};
use crate::Defect;

/// From this Reason Code on PUBACK and PUBREC refuse a message (5.0 §2.4).
const REFUSAL: u8 = 0x80;

impl Broker {
    /// The packet identifier of an answer.
    pub(super) fn answer_id(&self, asked: u16) -> u16 {
        if self.config.has(Defect::AnswerIdsCut) { asked & 0x7fff } else { asked }
    }

    /// The acknowledged-id-remembered defect: keeps the identifier that a client's last exchange had.
    pub(super) fn remember_finished(&mut self, id: ConnId, packet_id: u16) {
        if !self.config.has(Defect::AcknowledgedIdRemembered) {
            return;
        }
        if let Some(conn) = self.conns.get_mut(&id) {
            conn.finished = Some(packet_id);
        }
    }

    /// Two defects: acknowledges a PUBLISH under the identifier of an unfinished one to its client, or of its own last one that is
    /// finished, and no more.
    pub(super) fn takes_for_repetition(&mut self, id: ConnId, qos: u8, packet_id: u16) -> bool {
        let session = self.conns.get(&id).and_then(|conn| self.sessions.get(&conn.client_id));
        let both = self.config.has(Defect::IdsOfBothDirections)
            && session.is_some_and(|session| session.outbound.uses(packet_id));
        let finished = self.conns.get(&id).and_then(|conn| conn.finished) == Some(packet_id);
        let takes = qos > 0 && (both || finished);
        if takes {
            self.acknowledge(id, if qos == 1 { AckKind::Puback } else { AckKind::Pubrec }, packet_id, 0);
        }
        takes
    }

    pub(super) fn on_ack(&mut self, id: ConnId, ack: &Ack) {
        if ack.kind == AckKind::Pubrel {
            return self.on_pubrel(id, ack.packet_id);
        }
        if ack.kind == AckKind::Pubrec && self.config.has(Defect::DropsSubscriberAtPubrec) {
            return self.end(id, Ending::Dropped);
        }
        let Some(client_id) = self.conns.get(&id).map(|c| c.client_id.clone()) else { return };
        let refuses =
            ack.reason.unwrap_or(0) >= REFUSAL && matches!(ack.kind, AckKind::Puback | AckKind::Pubrec);
        if refuses && self.config.has(Defect::RefusedResent) {
            return;
        }
        self.note_acknowledged(&client_id, ack);
        let Some(session) = self.sessions.get_mut(&client_id) else { return };
        let refused = session.outbound.message(ack.packet_id).filter(|_| refuses);
        if self.config.has(Defect::StrayAnswersRaiseQuota) {
            session.outbound.take_stray(ack.packet_id);
        }
        match session.outbound.acknowledge(ack.kind, ack.packet_id, ack.reason.unwrap_or(0)) {
            Answer::Nothing => {}
            Answer::Pubrel(_) if self.config.has(Defect::PubrelMissing) => {}
            Answer::Pubrel(reason) if self.config.has(Defect::PubrelsInReverseOrder) => {
                for (id_held, reason) in session.outbound.hold_back(ack.packet_id, reason) {
                    self.acknowledge(id, AckKind::Pubrel, id_held, reason);
                }
            }
            Answer::Pubrel(reason) => self.acknowledge(id, AckKind::Pubrel, ack.packet_id, reason),
            Answer::Violation => return self.end(id, Ending::Offence(malformed::PROTOCOL_ERROR)),
        }
        if let Some(message) = refused {
            if self.config.has(Defect::RefusalKeepsUnit)
                && let Some(session) = self.sessions.get_mut(&client_id)
            {
                session.outbound.lose_unit();
            }
            if self.config.has(Defect::ShareRefusedMoves) {
                self.pass_on(&message, &client_id);
            }
        }
        // The acknowledgement may have made room for what waits.
        let Some(session) = self.sessions.get_mut(&client_id) else { return };
        let out = session.outbound.pump(self.now_us, &self.config);
        let conn = session.conn;
        self.transmit_all(conn.map(|c| (c, out)).into_iter().collect());
    }
}

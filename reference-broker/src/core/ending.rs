//! How connections and sessions end, and what becomes of wills (3.1.1 §3.1.2.5, 5.0 §3.1.2.5). Knows nothing of packets
//! other than DISCONNECT.

use deadzone_wire::{Disconnect, PropertyId, Text, Version};

use super::{
    broker::Broker,
    connection::Connection,
    malformed,
    outbox::ConnId,
    session::{Expiry, Session},
    will::{PendingWill, Will},
};
use crate::Defect;

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// DISCONNECT with Reason Code 0x00, or any before 5.0.
    Disconnect,
    /// DISCONNECT with another Reason Code: 0x04 asks for the will, the others don't remove it.
    DisconnectWithWill,
    /// The client closed without DISCONNECT.
    PeerClosed,
    /// The connection broke.
    Reset,
    /// Nothing complete came for one and a half times Keep Alive, or no CONNECT came at all.
    KeepAlive,
    /// The client broke a rule; the Reason Code is for 5.0.
    Offence(u8),
    /// The broker's own wish, by no fault of the client; the Reason Code is for 5.0.
    Policy(u8),
    /// The broker drops the connection without a word: a defect.
    Dropped,
    /// The same client connected again.
    Takeover,
}

impl Broker {
    pub(super) fn on_disconnect(&mut self, id: ConnId, disconnect: &Disconnect) {
        let Some(conn) = self.conns.get(&id) else { return };
        let expiry = disconnect.properties.as_ref().and_then(|p| p.number(PropertyId::SessionExpiryInterval));
        let expiry = expiry.map(|wanted_s| self.expiry_s(wanted_s));
        let session = self.sessions.get_mut(&conn.client_id);
        if let (Some(expiry), Some(session), Version::V5) = (expiry, session, conn.peer.version) {
            let raised = session.expiry == Expiry::AT_CLOSE && expiry != 0;
            if raised && !self.config.has(Defect::ZeroExpiryRaised) {
                // 5.0 §3.14.2.2.2: 0 in CONNECT can't be raised; the DISCONNECT does not count as one.
                self.on_refused_disconnect(id);
                return self.end(id, Ending::Offence(malformed::PROTOCOL_ERROR));
            }
            if !self.config.has(Defect::DisconnectExpiryIgnored) {
                session.expiry = Expiry(expiry);
            }
        }
        let misread = disconnect.properties.is_none() && self.config.has(Defect::ShortDisconnectMisread);
        let code = disconnect.reason.filter(|_| !misread).unwrap_or(0);
        self.end(
            id,
            if code == 0 || self.config.is_tolerant() {
                Ending::Disconnect
            } else {
                Ending::DisconnectWithWill
            },
        );
    }

    /// A DISCONNECT that is refused takes no will back (3.1.2-8; 5.0/MQTT-3.14.4-3 speaks of a normal one); a defect thinks so.
    pub(super) fn on_refused_disconnect(&mut self, id: ConnId) {
        if self.config.has(Defect::WillLostAtRefusedDisconnect)
            && let Some(conn) = self.conns.get_mut(&id)
        {
            conn.will = None;
        }
    }

    /// Ends a connection: hangs up where that is ours to do, settles the will, releases the session.
    pub(super) fn end(&mut self, id: ConnId, ending: Ending) {
        let Some(mut conn) = self.conns.remove(&id) else { return };
        tracing::debug!(conn = id.0, ?ending, "connection ends");
        let reason = match ending {
            Ending::PeerClosed
            | Ending::Reset
            | Ending::Dropped
            | Ending::Disconnect
            | Ending::DisconnectWithWill => None,
            Ending::KeepAlive => Some(0x8d),
            Ending::Offence(reason) | Ending::Policy(reason) => Some(reason),
            Ending::Takeover => Some(0x8e),
        };
        if !matches!(ending, Ending::PeerClosed | Ending::Reset) {
            self.say_farewell(id, &conn, ending);
            // After DISCONNECT it is for the client to close; the server closes if it has not (3.14.4).
            self.hang_up(id, &conn, reason, ending == Ending::Dropped);
        }
        if conn.client_id.is_empty() {
            return;
        }
        self.note_aliases(&conn.client_id, std::mem::take(&mut conn.aliases));
        let will = conn.will.take().filter(|_| self.will_survives(ending));
        let session = self.sessions.get_mut(&conn.client_id).filter(|s| s.conn == Some(id));
        let owned = session.is_some();
        if let Some(session) = session {
            // Before the will: the client itself may have subscribed to it, and must not be sent anything any more.
            session.detach(self.now_us, &self.config);
        }
        self.settle_will(&conn, owned, will);
        if owned && self.config.has(Defect::ShareStartedMoves) {
            self.pass_started_on(&conn.client_id);
        }
        if owned {
            self.end_if_over(&conn.client_id);
        }
    }

    fn will_survives(&mut self, ending: Ending) -> bool {
        if ending == Ending::Disconnect {
            return self.keeps_will_at_disconnect();
        }
        let has = |defect| self.config.has(defect);
        match ending {
            Ending::Disconnect => false,
            Ending::KeepAlive => !has(Defect::WillLostOnKeepAliveTimeout),
            Ending::Reset => !has(Defect::WillLostOnRst),
            Ending::Takeover => !has(Defect::WillLostOnTakeover),
            Ending::DisconnectWithWill => !has(Defect::WillLostAtDisconnectWithWill),
            Ending::PeerClosed | Ending::Dropped | Ending::Offence(_) | Ending::Policy(_) => true,
        }
    }

    /// Publishes a will without delay at once, and leaves one with a delay to the session.
    fn settle_will(&mut self, conn: &Connection, owned: bool, will: Option<Will>) {
        let Some(will) = will else { return };
        let due_us = self.now_us.saturating_add(will.delay_us);
        match self.sessions.get_mut(&conn.client_id).filter(|_| owned) {
            Some(session) if will.delay_us > 0 => session.pending_will = Some(PendingWill { will, due_us }),
            _ => self.publish_will(will),
        }
    }

    pub(super) fn publish_will(&mut self, will: Will) {
        if self.config.has(Defect::WillTwice) {
            let message = will.clone().into_message(self.now_us, &self.config);
            self.route_will(message);
        }
        let message = will.into_message(self.now_us, &self.config);
        self.route_will(message);
    }

    /// The late-close defect: takes the session from whatever connection has it.
    pub(super) fn tear_down(&mut self, client_id: &Text) {
        if let Some(session) = self.sessions.get_mut(client_id) {
            session.detach(self.now_us, &self.config);
            self.end_if_over(client_id);
        }
    }

    /// Ends a session that does not outlive its connection.
    fn end_if_over(&mut self, client_id: &Text) {
        let over = |s: &Session| s.expiry == Expiry::AT_CLOSE || self.config.has(Defect::SessionLostAtClose);
        if self.sessions.get(client_id).is_some_and(over) {
            self.end_session(client_id);
        }
    }

    /// Ends a session. A will that waits is due now: its delay never outlasts the session (5.0/MQTT-3.1.2-8).
    pub(super) fn end_session(&mut self, client_id: &Text) -> Option<Session> {
        if self.config.has(Defect::ShareStartedMovesAtEnd) {
            self.pass_started_on(client_id);
        }
        let mut session = self.sessions.remove(client_id)?;
        self.note_ended(client_id);
        self.note_dead_member(&session);
        if self.config.has(Defect::RetainedEndsWithSession) {
            self.retained.remove_of(client_id);
        }
        match session.pending_will.take() {
            Some(_) if self.config.has(Defect::WillLostAtSessionEnd) => {}
            Some(pending) if self.config.has(Defect::WillDelayOutlastsSession) => {
                let message = pending.will.into_message(pending.due_us, &self.config);
                self.publish_later(pending.due_us, message);
            }
            Some(pending) => self.publish_will(pending.will),
            None => {}
        }
        Some(session)
    }

    /// Wills, sessions and resends whose time has come.
    pub(super) fn tick_sessions(&mut self) {
        let now_us = self.now_us;
        let ended = |s: &Session| s.ends_us.is_some_and(|t| t <= now_us);
        let over: Vec<Text> =
            self.sessions.iter().filter(|(_, s)| ended(s)).map(|(id, _)| id.clone()).collect();
        for client_id in over {
            self.end_session(&client_id);
        }
        let due = |s: &mut Session| s.pending_will.take_if(|w| w.due_us <= now_us);
        let wills: Vec<PendingWill> = self.sessions.values_mut().filter_map(due).collect();
        for pending in wills {
            self.publish_will(pending.will);
        }
        let mut out = Vec::new();
        for session in self.sessions.values_mut() {
            if let Some(conn) = session.conn {
                out.push((conn, session.outbound.tick(now_us, &self.config)));
            }
        }
        self.transmit_all(out);
    }
}

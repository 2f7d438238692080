//! CONNECT: whether it is accepted, and with which session (3.1.1 §3.1, 5.0 §3.1).

use deadzone_spec::{ClauseId, id};
use deadzone_wire::{Connect, Decoded, Packet, Properties, PropertyId, Publish, Text, Version};

use super::{
    auth::Method,
    broker::Broker,
    connection::Stage,
    ending::Ending,
    inflight::Channel,
    malformed,
    offers::Offers,
    outbox::ConnId,
    peer::Peer,
    session::{Expiry, Session},
    will::Will,
};
use crate::{Config, Defect, Variant};

/// Where [`Variant::AutomaticSubscription`] publishes: no scenario's topic.
const NOTICE_TOPIC: &str = "broker-notices/welcome";
/// Implementation specific error: the CONNECT is valid, and not accepted by this server (5.0 §3.2.2.2).
const NOT_ACCEPTED: u8 = 0x83;
/// Bad authentication method (5.0 §3.2.2.2).
const BAD_METHOD: u8 = 0x8c;
/// Client Identifier not valid (5.0 §3.2.2.2).
const IDENTIFIER_NOT_VALID: u8 = 0x85;
/// Unacceptable protocol level (3.1.1 §3.2.2.3).
const UNACCEPTABLE_LEVEL: u8 = 0x01;
/// Identifier rejected (3.1.1 §3.2.2.3).
const IDENTIFIER_REJECTED: u8 = 0x02;
/// Not authorized (3.1.1 §3.2.2.3): of the codes of 3.1.1 the nearest to a policy of the server's.
const NOT_AUTHORIZED: u8 = 0x05;
/// Characters of the longest identifier that every server takes (3.1.3-5 of both).
const ID_BYTES: usize = 23;

impl Broker {
    pub(super) fn on_connect(&mut self, id: ConnId, decoded: Decoded) {
        let decoded = self.mended(decoded);
        if let Some(conn) = self.conns.get_mut(&id)
            && let Packet::Connect(connect) = &decoded.packet
        {
            conn.peer = Peer::from_connect(connect);
            if self.config.has(Defect::RefusedConnectTakesOver) {
                self.take_over(&connect.client_id.clone());
            }
        }
        if let Err(code) = self.examine(&decoded) {
            if let Packet::Connect(connect) = &decoded.packet {
                self.publish_refused_will(connect);
            }
            return self.refuse(id, code);
        }
        let Packet::Connect(connect) = decoded.packet else {
            return self.end(id, Ending::Offence(malformed::MALFORMED));
        };
        match self.method(&connect) {
            Ok(Some(method)) => self.authenticate(id, connect, method),
            Ok(None) => self.let_in(id, &connect, Properties::new()),
            Err(code) => self.refuse(id, Some(code)),
        }
    }

    /// The method of enhanced authentication that a CONNECT asks for (5.0/MQTT-4.12.0-1).
    fn method(&self, connect: &Connect) -> Result<Option<Method>, u8> {
        let named = connect.properties.text(PropertyId::AuthenticationMethod);
        let Some(name) = named.filter(|_| connect.layout(Version::V311) == Version::V5) else {
            return Ok(None);
        };
        match Method::offered(name, &self.config) {
            None if self.config.has(Defect::UnknownMethodAccepted) => Ok(None),
            None => Err(BAD_METHOD),
            method => Ok(method),
        }
    }

    /// Takes in a client that was found correct and is who it says; `proof` is what authentication has to say to it.
    pub(super) fn let_in(&mut self, id: ConnId, connect: &Connect, proof: Properties) {
        if self.comes_back_too_soon(&connect.client_id) {
            return self.refuse(id, None);
        }
        let assigned = connect.client_id.is_empty();
        let client_id = if assigned { self.make_client_id() } else { self.as_taken(&connect.client_id) };
        if self.waits_for_older(&client_id) {
            return;
        }
        let Some(told) = self.told(id, connect, &client_id, proof) else {
            return self.refuse(id, Some(NOT_ACCEPTED));
        };
        if !self.admits_session(&client_id) {
            // Quota exceeded; before 5.0 the nearest is Server unavailable.
            let v5 = connect.layout(Version::V311) == Version::V5;
            return self.refuse(id, Some(if v5 { 0x97 } else { 0x03 }));
        }
        self.accept(id, connect, &client_id, told);
    }

    /// `Err` with the code to refuse by, or with `None` to close without an answer.
    fn examine(&self, decoded: &Decoded) -> Result<(), Option<u8>> {
        let connect = match &decoded.packet {
            Packet::Connect(connect) => connect,
            // An unknown level may have an unknown layout.
            Packet::Opaque(opaque) if is_of_unknown_level(&opaque.body) => {
                return Err(Some(UNACCEPTABLE_LEVEL));
            }
            // A body that can't be taken apart shows no version that an answer could be in.
            _ => return Err(None),
        };
        let version = connect.layout(Version::V311);
        let unknown = match &connect.protocol_name.0[..] {
            b"MQTT" => !matches!(connect.level, 4 | 5),
            // Level 5 has a layout of its own, and a code in it.
            b"MQIsdp" => !matches!(connect.level, 3 | 5),
            _ => false,
        };
        if unknown && self.config.has(Defect::UnknownLevelServed) {
            return Ok(());
        }
        if unknown || connect.level == 5 && self.config.has(Defect::UnknownLevelUnanswered) {
            // An unknown level has no layout of its own: 0x01 in the form of 3.1.1, which every older client reads.
            let silent = self.config.has(Defect::UnknownLevelUnanswered);
            return Err((!silent).then_some(UNACCEPTABLE_LEVEL));
        }
        if let Some(violation) = malformed::offence(decoded, &self.config) {
            return Err(refusal(violation.clause, version, malformed::reason(violation)));
        }
        let v5 = version == Version::V5;
        let (user, password) = (connect.username.as_ref(), connect.password.as_ref());
        // Where a method is named it tells who the client is, and no password has to.
        let proves = v5 && connect.properties.get(PropertyId::AuthenticationMethod).is_some();
        if !proves && !self.config.users.admit(user.map(|text| &text.0[..]), password.map(|bytes| &bytes[..]))
        {
            // Bad user name or password (5.0 §3.2.2.2, 3.1.1 §3.2.2.3).
            return Err(Some(if v5 { 0x86 } else { 0x04 }));
        }
        if self.minds(connect, version) {
            return Err(v5.then_some(malformed::PROTOCOL_ERROR));
        }
        let length = connect.client_id.0.len();
        let capitals = connect.client_id.0.iter().any(u8::is_ascii_uppercase);
        if self.config.has(Defect::ClientIdsRefused) && (length == 1 || length == 23 || capitals) {
            return Err(Some(if v5 { IDENTIFIER_NOT_VALID } else { IDENTIFIER_REJECTED }));
        }
        self.examine_policy(connect, v5)
    }

    /// What a valid CONNECT may still be refused for (3.1.4-2 of 5.0 and 3.1.4 of 3.1.1): only legal variants do.
    fn examine_policy(&self, connect: &Connect, v5: bool) -> Result<(), Option<u8>> {
        if connect.keep_alive_s == 0 && self.config.varies(Variant::KeepAliveZeroRefused) {
            return Err(Some(if v5 { NOT_ACCEPTED } else { NOT_AUTHORIZED }));
        }
        let id = &connect.client_id.0;
        let empty = id.is_empty() && self.config.varies(Variant::EmptyIdsRefused);
        let plain = id.len() <= ID_BYTES && id.iter().all(u8::is_ascii_alphanumeric);
        let longest = id.len() == ID_BYTES && self.config.has(Defect::LongestIdRefused);
        if empty || longest || !plain && self.config.varies(Variant::LongIdsRefused) {
            return Err(Some(if v5 { IDENTIFIER_NOT_VALID } else { IDENTIFIER_REJECTED }));
        }
        let offers = Offers::of(&self.config, connect.layout(Version::V311));
        let refused = offers.refuses_will(connect.will_qos().min(2), connect.will_retain(), &self.config);
        match refused.filter(|_| connect.will.is_some()) {
            Some(code) => Err(Some(if v5 { code } else { NOT_AUTHORIZED })),
            None => Ok(()),
        }
    }

    pub(super) fn refuse(&mut self, id: ConnId, code: Option<u8>) {
        self.forward_pipelined(id);
        if let Some(code) = code {
            let other = code == 0x02 && self.config.has(Defect::EmptyIdRefusedBy3);
            let code = if other { 0x03 } else { code };
            self.send_connack(id, false, code, Properties::new());
            if self.config.has(Defect::RefusalLeftOpen) {
                return;
            }
        }
        self.end(id, Ending::Offence(malformed::PROTOCOL_ERROR));
    }

    fn accept(&mut self, id: ConnId, connect: &Connect, client_id: &Text, told: Properties) {
        self.take_over(client_id);
        let present = self.open_session(client_id, connect.clean());
        self.set_up_connection(id, connect, client_id, present);
        let claims = match (connect.clean(), present) {
            (true, _) => self.config.has(Defect::SessionPresentOnCleanStart),
            (false, true) => !self.config.has(Defect::SessionPresentMissing),
            (false, false) => self.claims_ended_session(client_id),
        };
        if self.config.has(Defect::BacklogBeforeConnack) {
            self.attach_session(id, connect, client_id);
        }
        self.send_connack(id, claims, 0, told.clone());
        if self.config.has(Defect::TwoConnacks) {
            self.send_connack(id, claims, 0, told);
        }
        self.greet(id);
        if !self.config.has(Defect::BacklogBeforeConnack) {
            self.attach_session(id, connect, client_id);
        }
        if present {
            self.resend_acknowledged(id, client_id);
        }
        if present && self.config.has(Defect::RetainedAgainOnResume) {
            self.resend_retained(client_id);
        }
    }

    /// What some brokers send unasked behind CONNACK.
    fn greet(&mut self, id: ConnId) {
        if self.config.varies(Variant::AutomaticSubscription) {
            self.send_aside(id, Publish::new(NOTICE_TOPIC, 0, None, "welcome"));
        }
        self.send_stray(id);
        self.send_unasked_auth(id);
    }

    /// Closes the older connection of this client, if there is one (3.1.4-2; 5.0/MQTT-3.1.4-3).
    fn take_over(&mut self, client_id: &Text) {
        let Some(old) = self.sessions.get(client_id).and_then(|s| s.conn) else { return };
        if self.config.has(Defect::TakeoverLeavesOldConnection) {
            return;
        }
        self.end(old, Ending::Takeover);
        self.lose_at_takeover(client_id);
        if self.config.has(Defect::LateCloseKillsNewConnection) {
            self.lapses.departed.insert(old, client_id.clone());
        }
        self.note_takeover(client_id);
    }

    /// Finds or makes the session; `true` when a stored one is resumed.
    fn open_session(&mut self, client_id: &Text, clean: bool) -> bool {
        let mut session = Session::new(client_id.clone());
        if clean {
            if self.config.varies(Variant::DelayedWillLostAtCleanStart)
                && let Some(old) = self.sessions.get_mut(client_id)
            {
                old.pending_will = None;
            }
            // The old session ends here, and with it the delay of its will (5.0/MQTT-3.1.2-8).
            if let Some(old) = self.end_session(client_id) {
                if self.config.has(Defect::CleanStartKeepsSubscriptions) {
                    session.subscriptions = old.subscriptions;
                }
                if self.config.has(Defect::CleanStartKeepsQueue) {
                    session.outbound = old.outbound;
                }
                if self.config.has(Defect::InboundIdsOutliveSession) {
                    session.inbound = old.inbound;
                }
            }
        } else if self.wears_out(client_id) {
            self.end_session(client_id);
        } else if let Some(stored) = self.sessions.get_mut(client_id) {
            stored.return_now();
            let pending = stored.pending_will.is_some();
            if !self.config.has(Defect::WillDelayNotCancelled) {
                // Back before the delay was over (5.0/MQTT-3.1.3-9).
                stored.pending_will = None;
            }
            if self.config.has(Defect::IdentifiersLostOnResume) {
                stored.subscriptions.forget_identifiers();
            }
            if self.config.has(Defect::ShareNotRestored) {
                stored.subscriptions.forget_shared();
            }
            if self.config.has(Defect::InboundQos2ForgottenOnReconnect) {
                stored.inbound.forget();
            }
            self.change_at_resume(client_id, pending);
            return true;
        }
        self.sessions.insert(client_id.clone(), session);
        false
    }

    fn set_up_connection(&mut self, id: ConnId, connect: &Connect, client_id: &Text, resumed: bool) {
        // A late CONNACK is no time that the client could have used.
        let from_us = self.now_us.saturating_add(self.outbox.connack_delay_us());
        let keep_alive_s = self.keep_alive_s(connect);
        let aliases = self.first_aliases(client_id);
        let will = Will::from_connect(connect, client_id, &self.config);
        let will = self.will_of(client_id, will);
        let will = self.will_or_earlier_one(client_id, will);
        let Some(conn) = self.conns.get_mut(&id) else { return };
        conn.stage = Stage::Connected;
        conn.client_id = client_id.clone();
        conn.resumed = resumed;
        conn.aliases = aliases;
        conn.last_packet_us = from_us;
        // 1.5 times Keep Alive; 0 turns it off (3.1.1 §3.1.2.10, 5.0 §3.1.2.10).
        conn.patience_us = (keep_alive_s > 0).then(|| u64::from(keep_alive_s) * 1_500_000);
        conn.will = will;
    }

    /// Binds the session to the connection and sends what it owes; CONNACK must be out by then (3.2.0-1).
    fn attach_session(&mut self, id: ConnId, connect: &Connect, client_id: &Text) {
        let wanted_s = connect.properties.number(PropertyId::SessionExpiryInterval).unwrap_or(0);
        let expiry_s = self.expiry_s(wanted_s);
        let (Some(conn), Some(session)) = (self.conns.get(&id), self.sessions.get_mut(client_id)) else {
            return;
        };
        session.conn = Some(id);
        let kept = (conn.resumed && self.config.has(Defect::FirstExpiryKept)).then_some(session.expiry);
        let told = match (conn.peer.version, connect.clean()) {
            (Version::V5, false) if conn.resumed && self.config.has(Defect::ExpiryOfFirstConnect) => {
                session.expiry
            }
            (Version::V5, _)
                if expiry_s > i32::MAX as u32 && self.config.has(Defect::LongestSessionOverflows) =>
            {
                Expiry::AT_CLOSE
            }
            (_, false) if !conn.resumed && self.config.has(Defect::UncleanSessionNotMade) => Expiry::AT_CLOSE,
            (Version::V5, _) => Expiry(expiry_s),
            (_, true) => Expiry::AT_CLOSE,
            (_, false) => Expiry::NEVER,
        };
        session.expiry = kept.unwrap_or(told);
        let window = window(connect, &self.config);
        let channel = Channel::new(conn.peer, window, &self.config);
        let out = session.outbound.attach(channel, self.now_us, &self.config);
        for bytes in out {
            self.transmit(id, bytes);
        }
    }
}

/// Whether the body of a CONNECT names MQTT, and a level other than those of 3.1.1 and 5.0.
fn is_of_unknown_level(body: &[u8]) -> bool {
    matches!(body, [0, 4, b'M', b'Q', b'T', b'T', level, ..] if !matches!(level, 4 | 5))
}

/// How many unacknowledged PUBLISHes the client takes. Before 5.0 nobody says, so our own bound alone holds.
fn window(connect: &Connect, config: &Config) -> u16 {
    let own = config.limits.inflight.max(1);
    if config.has(Defect::ReceiveMaximumExceeded) {
        return own;
    }
    let wanted = connect.properties.number(PropertyId::ReceiveMaximum);
    if config.has(Defect::LargestReceiveMaximumOverflows) && wanted.is_some_and(|most| most > i16::MAX as u32)
    {
        return 0;
    }
    own.min(wanted.and_then(|w| u16::try_from(w).ok()).unwrap_or(u16::MAX))
}

/// How a bad CONNECT is refused. 3.1.1 says no CONNACK except for a bad client identifier (3.1.1/MQTT-3.1.4-1); 5.0 lets
/// the server say why, and we do.
fn refusal(clause: ClauseId, version: Version, reason: u8) -> Option<u8> {
    match clause {
        id if id == id!("3.1.1/MQTT-3.1.3-7") || id == id!("3.1/DZ-client-id-length") => Some(0x02),
        _ => (version == Version::V5).then_some(reason),
    }
}

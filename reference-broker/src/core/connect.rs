//! CONNECT: whether it is accepted, with which session, and what CONNACK says (3.1.1 §3.1, §3.2; 5.0 §3.1, §3.2).

use deadzone_spec::{ClauseId, id};
use deadzone_wire::{
    Connack, Connect, Decoded, Packet, Properties, PropertyId, PropertyValue, Publish, Text, Version,
};

use super::{
    broker::Broker,
    connection::Stage,
    ending::Ending,
    inflight::Channel,
    malformed,
    outbox::ConnId,
    peer::Peer,
    session::{Expiry, Session},
    will::Will,
};
use crate::{Config, Defect, Variant};

/// The Receive Maximum under [`Variant::SmallReceiveMaximum`].
const SMALL_RECEIVE_MAXIMUM: u16 = 2;
/// Where [`Variant::AutomaticSubscription`] publishes: no scenario's topic.
const NOTICE_TOPIC: &str = "broker-notices/welcome";
/// Implementation specific error: the CONNECT is valid, and not accepted by this server (5.0 §3.2.2.2).
const NOT_ACCEPTED: u8 = 0x83;
/// Unacceptable protocol level (3.1.1 §3.2.2.3).
const UNACCEPTABLE_LEVEL: u8 = 0x01;

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
            return self.refuse(id, code);
        }
        let Packet::Connect(connect) = decoded.packet else {
            return self.end(id, Ending::Offence(malformed::MALFORMED));
        };
        if self.comes_back_too_soon(&connect.client_id) {
            return self.refuse(id, None);
        }
        let assigned = connect.client_id.is_empty();
        let client_id = if assigned { self.make_client_id() } else { self.as_taken(&connect.client_id) };
        let untold = self.config.has(Defect::AssignedIdUntold);
        let told = self.advertised((assigned && !untold).then_some(&client_id));
        if !self.connack_fits(id, &told) {
            return self.refuse(id, Some(NOT_ACCEPTED));
        }
        if !self.admits_session(&client_id) {
            // Quota exceeded; before 5.0 the nearest is Server unavailable.
            let v5 = connect.layout(Version::V311) == Version::V5;
            return self.refuse(id, Some(if v5 { 0x97 } else { 0x03 }));
        }
        self.accept(id, &connect, &client_id, told);
    }

    /// Whether the client can take the CONNACK of its acceptance (5.0/MQTT-3.1.2-24). What it tells, our limits and an
    /// assigned identifier, is not ours to leave out.
    fn connack_fits(&self, id: ConnId, told: &Properties) -> bool {
        let Some(conn) = self.conns.get(&id) else { return false };
        conn.peer.encode(&connack(conn.peer.version, false, 0, told.clone()), &self.config).is_some()
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
        let unknown = connect.protocol_name.0 == "MQTT" && !matches!(connect.level, 4 | 5);
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
        if connect.properties.get(PropertyId::AuthenticationMethod).is_some() && version == Version::V5 {
            // No method is supported (5.0/MQTT-4.12.0-1).
            return Err(Some(0x8c));
        }
        let (user, password) = (connect.username.as_ref(), connect.password.as_ref());
        if !self.config.users.admit(user.map(|text| &text.0[..]), password.map(|bytes| &bytes[..])) {
            // Bad user name or password (5.0 §3.2.2.2, 3.1.1 §3.2.2.3).
            return Err(Some(if version == Version::V5 { 0x86 } else { 0x04 }));
        }
        if self.minds(connect, version) {
            return Err(None);
        }
        let length = connect.client_id.0.len();
        let capitals = connect.client_id.0.iter().any(u8::is_ascii_uppercase);
        if self.config.has(Defect::ClientIdsRefused) && (length == 1 || length == 23 || capitals) {
            return Err(Some(if version == Version::V5 { 0x85 } else { 0x02 }));
        }
        if connect.keep_alive_s == 0 && self.config.varies(Variant::KeepAliveZeroRefused) {
            // Not accepted by this server; before 5.0 the nearest is Not authorized.
            return Err(Some(if version == Version::V5 { NOT_ACCEPTED } else { 0x05 }));
        }
        Ok(())
    }

    fn refuse(&mut self, id: ConnId, code: Option<u8>) {
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
        self.send_connack(id, claims, 0, told.clone());
        if self.config.has(Defect::TwoConnacks) {
            self.send_connack(id, claims, 0, told);
        }
        self.greet(id);
        self.attach_session(id, connect, client_id);
        if present && self.config.has(Defect::RetainedAgainOnResume) {
            self.resend_retained(client_id);
        }
    }

    /// What some brokers send unasked behind CONNACK.
    fn greet(&mut self, id: ConnId) {
        if self.config.varies(Variant::AutomaticSubscription) {
            let notice = Publish::new(NOTICE_TOPIC, 0, None, "welcome");
            self.send(id, &Packet::Publish(notice));
        }
        self.send_stray(id);
    }

    /// Closes the older connection of this client, if there is one (3.1.4-2; 5.0/MQTT-3.1.4-3).
    fn take_over(&mut self, client_id: &Text) {
        let Some(old) = self.sessions.get(client_id).and_then(|s| s.conn) else { return };
        if self.config.has(Defect::TakeoverLeavesOldConnection) {
            return;
        }
        self.end(old, Ending::Takeover);
        if self.config.has(Defect::LateCloseKillsNewConnection) {
            self.lapses.departed.insert(old, client_id.clone());
        }
        self.note_takeover(client_id);
    }

    /// Finds or makes the session; `true` when a stored one is resumed.
    fn open_session(&mut self, client_id: &Text, clean: bool) -> bool {
        let mut session = Session::new(client_id.clone());
        if clean {
            // The old session ends here, and with it the delay of its will (5.0/MQTT-3.1.2-8).
            if let Some(old) = self.end_session(client_id) {
                if self.config.has(Defect::CleanStartKeepsSubscriptions) {
                    session.subscriptions = old.subscriptions;
                }
                if self.config.has(Defect::InboundIdsOutliveSession) {
                    session.inbound = old.inbound;
                }
            }
        } else if self.wears_out(client_id) {
            self.end_session(client_id);
        } else if let Some(stored) = self.sessions.get_mut(client_id) {
            stored.return_now();
            if !self.config.has(Defect::WillDelayNotCancelled) {
                // Back before the delay was over (5.0/MQTT-3.1.3-9).
                stored.pending_will = None;
            }
            if self.config.has(Defect::InboundQos2ForgottenOnReconnect) {
                stored.inbound.forget();
            }
            return true;
        }
        self.sessions.insert(client_id.clone(), session);
        false
    }

    fn set_up_connection(&mut self, id: ConnId, connect: &Connect, client_id: &Text, resumed: bool) {
        // A late CONNACK is no time that the client could have used.
        let from_us = self.now_us.saturating_add(self.outbox.connack_delay_us());
        let will = Will::from_connect(connect, client_id, &self.config);
        let will = self.will_or_earlier_one(client_id, will);
        let Some(conn) = self.conns.get_mut(&id) else { return };
        conn.stage = Stage::Connected;
        conn.client_id = client_id.clone();
        conn.resumed = resumed;
        conn.last_packet_us = from_us;
        // 1.5 times Keep Alive; 0 turns it off (3.1.1 §3.1.2.10, 5.0 §3.1.2.10).
        conn.patience_us = (connect.keep_alive_s > 0).then(|| u64::from(connect.keep_alive_s) * 1_500_000);
        conn.will = will;
    }

    /// Binds the session to the connection and sends what it owes; CONNACK must be out by then (3.2.0-1).
    fn attach_session(&mut self, id: ConnId, connect: &Connect, client_id: &Text) {
        let (Some(conn), Some(session)) = (self.conns.get(&id), self.sessions.get_mut(client_id)) else {
            return;
        };
        session.conn = Some(id);
        let kept = (conn.resumed && self.config.has(Defect::FirstExpiryKept)).then_some(session.expiry);
        let told = match (conn.peer.version, connect.clean()) {
            (Version::V5, _) => {
                Expiry(connect.properties.number(PropertyId::SessionExpiryInterval).unwrap_or(0))
            }
            (_, true) => Expiry::AT_CLOSE,
            (_, false) => Expiry::NEVER,
        };
        session.expiry = kept.unwrap_or(told);
        let window = window(connect, &self.config);
        let channel = Channel::new(conn.peer, window);
        let out = session.outbound.attach(channel, self.now_us, &self.config);
        for bytes in out {
            self.transmit(id, bytes);
        }
    }

    /// The Receive Maximum of this broker.
    pub(super) fn receive_maximum(&self) -> u16 {
        if self.config.varies(Variant::SmallReceiveMaximum) {
            SMALL_RECEIVE_MAXIMUM
        } else {
            self.config.limits.inbound
        }
    }

    /// What CONNACK tells of this broker. What is left out has the default: Maximum QoS 2, retain, wildcards and
    /// subscription identifiers available, the client's own keep-alive and session expiry.
    fn advertised(&self, assigned: Option<&Text>) -> Properties {
        use PropertyId as Id;

        let limits = &self.config.limits;
        let mut properties = Properties::new()
            .with(Id::ReceiveMaximum, PropertyValue::U16(self.receive_maximum().max(1)))
            .with(Id::MaximumPacketSize, PropertyValue::U32(limits.packet_bytes))
            .with(Id::TopicAliasMaximum, PropertyValue::U16(limits.topic_aliases));
        if let Some(id) = assigned {
            properties.push(Id::AssignedClientIdentifier, PropertyValue::Text(id.clone()));
        }
        properties
    }

    pub(super) fn send_connack(&mut self, id: ConnId, present: bool, code: u8, told: Properties) {
        let Some(conn) = self.conns.get(&id) else { return };
        let packet = connack(conn.peer.version, present, code, told);
        self.send(id, &packet);
    }

    /// An identifier that no session has. Counted and not drawn by lot: the same run gives the same bytes.
    fn make_client_id(&mut self) -> Text {
        if self.config.has(Defect::EmptyIdsShared) {
            return "assigned1".into();
        }
        loop {
            self.assigned_ids += 1;
            let id = Text::from(format!("assigned{}", self.assigned_ids));
            if !self.sessions.contains_key(&id) {
                return id;
            }
        }
    }
}

/// Whether the body of a CONNECT names MQTT, and a level other than those of 3.1.1 and 5.0.
fn is_of_unknown_level(body: &[u8]) -> bool {
    matches!(body, [0, 4, b'M', b'Q', b'T', b'T', level, ..] if !matches!(level, 4 | 5))
}

/// A CONNACK; before 5.0 it has no properties, and in 3.1 no Session Present: the bit is reserved there.
fn connack(version: Version, present: bool, code: u8, told: Properties) -> Packet {
    let flags = u8::from(present && version != Version::V31);
    let properties = (version == Version::V5).then_some(told);
    Packet::Connack(Connack { flags, code, properties, tail: bytes::Bytes::new() })
}

/// How many unacknowledged PUBLISHes the client takes. Before 5.0 nobody says, so our own bound alone holds.
fn window(connect: &Connect, config: &Config) -> u16 {
    let own = config.limits.inflight.max(1);
    if config.has(Defect::ReceiveMaximumExceeded) {
        return own;
    }
    let wanted = connect.properties.number(PropertyId::ReceiveMaximum);
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

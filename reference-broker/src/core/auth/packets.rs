//! AUTH from a client and to it, before CONNACK and after (5.0 §3.15, §4.12).

use bytes::Bytes;
use deadzone_wire::{Auth, Connect, Decoded, Packet, Properties, PropertyId, PropertyValue};

use super::{Authentication, Method, exchange::Step, scram};
use crate::{
    Defect,
    core::{broker::Broker, connection::Stage, ending::Ending, malformed, outbox::ConnId},
};

/// Continue authentication (5.0 §3.15.2.1).
const CONTINUE: u8 = 0x18;
/// Re-authenticate (5.0 §3.15.2.1).
const REAUTHENTICATE: u8 = 0x19;
/// Not authorized (5.0 §2.4).
const NOT_AUTHORIZED: u8 = 0x87;

impl Broker {
    /// Begins the exchange that a CONNECT with a method asks for.
    pub(in crate::core) fn authenticate(&mut self, id: ConnId, connect: Box<Connect>, method: Method) {
        let data = data(&connect.properties);
        let nonce = self.next_nonce();
        let Some(conn) = self.conns.get_mut(&id) else { return };
        conn.stage = Stage::Authenticating;
        let authentication = conn.authentication.insert(Authentication::new(method, connect));
        let step = authentication.begin(data.as_deref(), &nonce, &self.config);
        self.take_step(id, step);
    }

    /// A packet that comes before CONNACK: AUTH or DISCONNECT, and nothing else (5.0/MQTT-3.1.2-30).
    pub(in crate::core) fn on_before_connack(&mut self, id: ConnId, decoded: Decoded) {
        if let Some(violation) = malformed::offence(&decoded, &self.config) {
            return self.refuse(id, Some(malformed::reason(violation)));
        }
        match decoded.packet {
            Packet::Auth(auth) => self.on_auth(id, &auth),
            Packet::Disconnect(_) => self.end(id, Ending::Disconnect),
            _ => self.refuse(id, Some(malformed::PROTOCOL_ERROR)),
        }
    }

    pub(in crate::core) fn on_auth(&mut self, id: ConnId, auth: &Auth) {
        let nonce = self.next_nonce();
        let Some(conn) = self.conns.get_mut(&id) else { return };
        let Some(authentication) = &mut conn.authentication else {
            if self.config.is_tolerant() || self.config.has(Defect::BadFlagsAccepted) {
                // Whoever overlooks what is wrong with it passes it over.
                return;
            }
            // AUTH without a method in CONNECT (5.0/MQTT-4.12.0-7).
            return self.end(id, Ending::Offence(malformed::PROTOCOL_ERROR));
        };
        let properties = auth.properties.clone().unwrap_or_default();
        let same = properties.text(PropertyId::AuthenticationMethod);
        let same = same.is_some_and(|name| name.0 == authentication.method.name());
        let data = data(&properties);
        let connected = authentication.waiting.is_none();
        let step = match (auth.reason.unwrap_or(0), authentication.is_under_way()) {
            (CONTINUE, true) if same => authentication.go_on(data.as_deref(), &nonce, &self.config),
            (REAUTHENTICATE, false) if same && connected => {
                authentication.begin(data.as_deref(), &nonce, &self.config)
            }
            // Another method, or an AUTH that nothing asked for (5.0/MQTT-4.12.0-3, -5, 4.12.1-1).
            _ if connected => return self.end(id, Ending::Offence(malformed::PROTOCOL_ERROR)),
            _ => return self.refuse(id, Some(malformed::PROTOCOL_ERROR)),
        };
        self.take_step(id, step);
    }

    /// What an AUTH, or the CONNECT before it, has led to. All else goes on meanwhile (5.0 §4.12.1).
    fn take_step(&mut self, id: ConnId, step: Step) {
        let Some(authentication) = self.conns.get_mut(&id).and_then(|c| c.authentication.as_mut()) else {
            return;
        };
        let method = authentication.method;
        let step = match step {
            Step::Failed if self.config.has(Defect::FailedProofAccepted) => Step::Done(None),
            step => step,
        };
        let waiting = match step {
            Step::Continue(_) => None,
            _ => authentication.waiting.take(),
        };
        match (step, waiting) {
            (Step::Continue(data), _) => {
                let early = self.config.has(Defect::AuthCodeWrong);
                self.send_auth(id, if early { 0 } else { CONTINUE }, repeated(method, data));
            }
            (Step::Done(data), Some(connect)) => {
                let silent = self.config.has(Defect::AuthMethodNotRepeated);
                let told = if silent { Properties::new() } else { repeated(method, data) };
                self.let_in(id, &connect, told);
            }
            (Step::Done(data), None) => self.send_auth(id, 0, repeated(method, data)),
            (Step::Failed, Some(_)) => self.refuse(id, Some(NOT_AUTHORIZED)),
            (Step::Failed, None) if self.config.has(Defect::ReauthenticationFailureIgnored) => {}
            (Step::Failed, None) => self.end(id, Ending::Offence(NOT_AUTHORIZED)),
        }
    }

    /// The auth-unasked defect: an AUTH behind a CONNACK although CONNECT names no method.
    pub(in crate::core) fn send_unasked_auth(&mut self, id: ConnId) {
        if self.config.has(Defect::AuthUnasked)
            && let Some(conn) = self.conns.get(&id)
            && conn.peer.version == deadzone_wire::Version::V5
            && conn.authentication.is_none()
        {
            self.send_auth(id, CONTINUE, repeated(Method::ScramSha256, None));
        }
    }

    fn send_auth(&mut self, id: ConnId, reason: u8, properties: Properties) {
        let auth = Auth { reason: Some(reason), properties: Some(properties), tail: Bytes::new() };
        self.send(id, &Packet::Auth(auth));
    }

    fn next_nonce(&mut self) -> String {
        self.nonces += 1;
        scram::nonce(self.nonces, &self.config)
    }
}

/// The method, which every AUTH and the CONNACK repeats (5.0/MQTT-4.12.0-5), and what the method says.
fn repeated(method: Method, data: Option<Bytes>) -> Properties {
    let method = PropertyValue::Text(method.name().into());
    let mut properties = Properties::new().with(PropertyId::AuthenticationMethod, method);
    if let Some(data) = data {
        properties.push(PropertyId::AuthenticationData, PropertyValue::Binary(data));
    }
    properties
}

fn data(properties: &Properties) -> Option<Bytes> {
    match properties.get(PropertyId::AuthenticationData)? {
        PropertyValue::Binary(data) => Some(data.clone()),
        _ => None,
    }
}

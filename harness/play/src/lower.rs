//! Templates of the script to packets and patterns: placeholders replaced, captures filled in.

use std::collections::BTreeMap;

use bytes::Bytes;
use deadzone_script::{ConnectMode, ConnectOptions, FieldValue, PacketTemplate, Payload, SubscribeFilter};
use deadzone_wire::{
    Ack, AckKind, Auth, Bare, Connack, Connect, Credentials, Disconnect, Field, Packet, PacketKind, Pattern,
    Properties, PropertyId, PropertyValue, Publish, Suback, Subscribe, Text, Unsuback, Unsubscribe, Value,
    Version, Will,
};

/// Session Expiry Interval of `fresh` and `resume` where the script gives none, seconds: longer than any run.
const DEFAULT_EXPIRY_S: u32 = 300;
/// Keep Alive where the script gives none, seconds: longer than any run.
const DEFAULT_KEEP_ALIVE_S: u16 = 60;

/// What placeholders stand for.
#[derive(Debug, Default)]
pub(crate) struct Words {
    pub(crate) run: String,
    pub(crate) captures: BTreeMap<String, Value>,
    /// User and password of a CONNECT that has neither.
    pub(crate) credentials: Option<Credentials>,
}

impl Words {
    /// The bytes that a text of the script stands for.
    pub(crate) fn bytes(&self, payload: &Payload) -> Bytes {
        payload.filled(self.run.as_bytes()).into()
    }

    /// The same of a user name: a name is shown, so that no password may stand in it. `None`: the user of a target that has none, in
    /// 5.0; before, a password is never without a name.
    fn user(&self, payload: &Payload, version: Version) -> Option<Text> {
        let known = self.credentials.as_ref().and_then(|known| known.user.as_deref());
        let user = payload.filled_as_login(self.run.as_bytes(), known.unwrap_or_default().as_bytes(), b"");
        let nobody = version == Version::V5 && known.is_none() && user.is_empty() && !payload.0.is_empty();
        (!nobody).then(|| Text(user.into()))
    }

    /// The same of a password.
    fn password(&self, payload: &Payload) -> Bytes {
        let known = self.credentials.as_ref();
        let user = known.and_then(|known| known.user.as_deref()).unwrap_or_default();
        let password = known.and_then(|known| known.password.as_deref()).unwrap_or_default();
        payload.filled_as_login(self.run.as_bytes(), user.as_bytes(), password).into()
    }

    pub(crate) fn text(&self, payload: &Payload) -> Text {
        Text(self.bytes(payload))
    }

    /// The value, or `None` for a capture that nothing has set.
    pub(crate) fn value(&self, value: &FieldValue) -> Option<Value> {
        Some(match value {
            FieldValue::Number(n) => Value::Number(*n),
            FieldValue::Text(t) => Value::Bytes(self.bytes(t)),
            FieldValue::Pair(name, value) => Value::Pair(self.bytes(name), self.bytes(value)),
            FieldValue::Absent => Value::Absent,
            FieldValue::Capture(name) => self.captures.get(name)?.clone(),
        })
    }

    /// The given fields as a pattern; captures that nothing has set match anything.
    pub(crate) fn pattern(&self, template: &PacketTemplate) -> Pattern {
        Pattern { kind: template.kind, fields: self.fields(&template.fields) }
    }

    /// The fields of a packet as a list of wire values.
    pub(crate) fn fields(&self, fields: &[(Field, FieldValue)]) -> Vec<(Field, Value)> {
        fields.iter().filter_map(|(f, v)| Some((*f, self.value(v)?))).collect()
    }

    /// A whole packet to send. Fields that do not fit are named in the error.
    pub(crate) fn packet(&self, template: &PacketTemplate, version: Version) -> Result<Packet, String> {
        let mut packet = blank(template.kind, version);
        for (field, value) in &template.fields {
            let value = match (field, value) {
                (Field::User, FieldValue::Text(user)) => {
                    self.user(user, version).map(|user| Value::Bytes(user.0))
                }
                (Field::Password, FieldValue::Text(pass)) => Some(Value::Bytes(self.password(pass))),
                _ => self.value(value),
            };
            let value = value.ok_or_else(|| format!("`{field}` names a capture that nothing has set"))?;
            if !field.add(&mut packet, &value) {
                return Err(format!("{} has no `{field}` of that value in {version}", template.kind));
            }
        }
        if let (Packet::Connect(connect), Some(credentials)) = (&mut packet, &self.credentials) {
            credentials.fill(connect, version);
        }
        if let Packet::Publish(p) = &mut packet
            && p.qos == 0
            && p.packet_id == Some(0)
        {
            p.packet_id = None;
        }
        Ok(packet)
    }

    /// The CONNECT that an intent means.
    pub(crate) fn connect(
        &self,
        version: Version,
        client_id: &str,
        mode: ConnectMode,
        options: &ConnectOptions,
    ) -> Connect {
        let mut connect = Connect::new(version, client_id);
        if let Some(id) = &options.client_id {
            connect.client_id = self.text(id);
        }
        connect.set_clean(match mode {
            ConnectMode::Clean | ConnectMode::Fresh => true,
            ConnectMode::Resume => false,
        });
        connect.keep_alive_s = options.keep_alive_s.unwrap_or(DEFAULT_KEEP_ALIVE_S);
        if version == Version::V5 {
            self.connect_properties(&mut connect.properties, mode, options);
        }
        if let Some(user) = options.user.as_ref().and_then(|user| self.user(user, version)) {
            connect.set_username(user);
        }
        if let Some(pass) = &options.pass {
            connect.set_password(self.password(pass));
        }
        if let Some(credentials) = &self.credentials {
            credentials.fill(&mut connect, version);
        }
        if let Some(will) = &options.will {
            let mut properties = Properties::new();
            if version == Version::V5 && will.delay_s > 0 {
                properties.push(PropertyId::WillDelayInterval, PropertyValue::U32(will.delay_s));
            }
            let topic = self.text(&will.topic);
            connect.set_will(
                Will { properties, topic, payload: self.bytes(&will.payload) },
                will.qos,
                will.retain,
            );
        }
        match self.with(connect.into(), &options.properties, version) {
            Packet::Connect(connect) => *connect,
            _ => Connect::new(version, client_id),
        }
    }

    /// The packet with further properties; before 5.0, and where a capture was never set, without.
    pub(crate) fn with(
        &self,
        mut packet: Packet,
        properties: &[(Field, FieldValue)],
        version: Version,
    ) -> Packet {
        for (field, value) in self.fields(properties).into_iter().filter(|_| version == Version::V5) {
            field.add(&mut packet, &value);
        }
        packet
    }

    fn connect_properties(&self, properties: &mut Properties, mode: ConnectMode, options: &ConnectOptions) {
        let expiry_s = match mode {
            ConnectMode::Clean => options.expiry_s.unwrap_or(0),
            ConnectMode::Fresh | ConnectMode::Resume => options.expiry_s.unwrap_or(DEFAULT_EXPIRY_S),
        };
        if expiry_s > 0 {
            properties.push(PropertyId::SessionExpiryInterval, PropertyValue::U32(expiry_s));
        }
        if let Some(max) = options.receive_max {
            properties.push(PropertyId::ReceiveMaximum, PropertyValue::U16(max));
        }
        if let Some(max) = options.max_packet {
            properties.push(PropertyId::MaximumPacketSize, PropertyValue::U32(max));
        }
    }

    /// A SUBSCRIBE of these filters.
    pub(crate) fn subscribe(
        &self,
        version: Version,
        packet_id: u16,
        filters: &[SubscribeFilter],
        sub_id: Option<u32>,
    ) -> Subscribe {
        let mut properties = Properties::new();
        if let (Version::V5, Some(id)) = (version, sub_id) {
            let id = deadzone_wire::VarInt::minimal(id);
            properties.push(PropertyId::SubscriptionIdentifier, PropertyValue::Var(id));
        }
        let filters = filters
            .iter()
            .map(|f| {
                let options = match version {
                    Version::V31 | Version::V311 => f.qos,
                    Version::V5 => {
                        f.qos
                            | (u8::from(f.no_local) << 2)
                            | (u8::from(f.retain_as_published) << 3)
                            | ((f.retain_handling & 3) << 4)
                    }
                };
                (self.text(&f.filter), options)
            })
            .collect();
        Subscribe { packet_id, properties, filters, tail: Bytes::new() }
    }
}

/// A packet of this type with every field at its plainest.
fn blank(kind: PacketKind, version: Version) -> Packet {
    let properties = Properties::new();
    let tail = Bytes::new();
    match kind {
        PacketKind::Connect => Packet::from(Connect::new(version, "")),
        PacketKind::Connack => {
            let properties = (version == Version::V5).then_some(properties);
            Packet::Connack(Connack { flags: 0, code: 0, properties, tail })
        }
        PacketKind::Publish => Packet::Publish(Publish::new("", 0, None, Bytes::new())),
        PacketKind::Puback => Packet::Ack(Ack::new(AckKind::Puback, 0)),
        PacketKind::Pubrec => Packet::Ack(Ack::new(AckKind::Pubrec, 0)),
        PacketKind::Pubrel => Packet::Ack(Ack::new(AckKind::Pubrel, 0)),
        PacketKind::Pubcomp => Packet::Ack(Ack::new(AckKind::Pubcomp, 0)),
        PacketKind::Subscribe => {
            let filters = vec![(Text::default(), 0)];
            Packet::Subscribe(Subscribe { packet_id: 0, properties, filters, tail })
        }
        PacketKind::Suback => Packet::Suback(Suback { packet_id: 0, properties, codes: vec![0] }),
        PacketKind::Unsubscribe => {
            let filters = vec![Text::default()];
            Packet::Unsubscribe(Unsubscribe { packet_id: 0, properties, filters, tail })
        }
        PacketKind::Unsuback => {
            let codes = if version == Version::V5 { vec![0] } else { Vec::new() };
            Packet::Unsuback(Unsuback { packet_id: 0, properties, codes })
        }
        PacketKind::Pingreq => Packet::Bare(Bare::pingreq()),
        PacketKind::Pingresp => Packet::Bare(Bare::pingresp()),
        PacketKind::Disconnect => Packet::Disconnect(Disconnect::default()),
        PacketKind::Auth | PacketKind::Reserved => Packet::Auth(Auth::default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The user name and the password of a CONNECT whose script gives both, at a target with this user and the password `secret`.
    fn login(
        version: Version,
        known: Option<&str>,
        user: &str,
        pass: &str,
    ) -> (Option<Bytes>, Option<Bytes>) {
        let credentials = Credentials { user: known.map(str::to_owned), password: Some("secret".into()) };
        let words = Words { run: "dz1".to_owned(), credentials: Some(credentials), ..Words::default() };
        let of = |text: &str| Some(Payload(text.as_bytes().to_vec()));
        let options = ConnectOptions { user: of(user), pass: of(pass), ..ConnectOptions::default() };
        let connect = words.connect(version, "id", ConnectMode::Clean, &options);
        (connect.username.map(|user| user.0), connect.password)
    }

    #[test]
    fn a_user_name_is_shown_so_no_password_stands_in_it() {
        for version in [Version::V311, Version::V5] {
            let (user, password) = login(version, Some("rider"), "{user} {password}", "{user} {password}");
            assert_eq!(user.as_deref(), Some(&b"rider "[..]));
            assert_eq!(password.as_deref(), Some(&b"rider secret"[..]));
        }
    }

    #[test]
    fn a_target_that_knows_no_user_gets_none_where_that_is_legal() {
        let user = |version, text: &str| login(version, None, text, "{password}").0;
        assert_eq!(user(Version::V5, "{user}"), None);
        assert_eq!(
            user(Version::V311, "{user}").as_deref(),
            Some(&b""[..]),
            "before 5.0 no password is without"
        );
        assert_eq!(
            user(Version::V5, "").as_deref(),
            Some(&b""[..]),
            "a script that says an empty one means it"
        );
        assert_eq!(user(Version::V5, "x{run}").as_deref(), Some(&b"xdz1"[..]));
    }
}

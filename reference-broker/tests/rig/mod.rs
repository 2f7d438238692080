//! A broker with hand-made packets going in and a readable log of what each connection got.
#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::BTreeMap;

use deadzone_reference_broker::{Broker, Config, ConnId, Defect, Effect, Variant};
use deadzone_wire::{
    Ack, AckKind, Auth, Bare, Connack, Connect, Disconnect, Frame, Framer, Packet, PacketKind, Properties,
    Property, PropertyId, PropertyValue, Publish, Sender, Subscribe, Unsubscribe, VarInt, Version, Will,
    decode,
};

pub(crate) const BOTH: [Version; 2] = [Version::V311, Version::V5];
pub(crate) const ALL: [Version; 3] = [Version::V31, Version::V311, Version::V5];
pub(crate) const SECOND: u64 = 1_000_000;

/// Whose log says that the broker has ended.
pub(crate) const ENDED: u64 = u64::MAX;

pub(crate) struct Rig {
    pub(crate) broker: Broker,
    pub(crate) version: Version,
    pub(crate) now_us: u64,
    /// What decoding may find wrong about a packet, because a defect makes it so.
    meant: Vec<&'static str>,
    /// Every CONNACK so far.
    pub(crate) connacks: Vec<Connack>,
    /// Every PUBLISH so far.
    pub(crate) publishes: Vec<Publish>,
    /// Every AUTH so far.
    pub(crate) auths: Vec<Auth>,
    /// Each packet so far: where it went, its type and how many bytes it had.
    pub(crate) sizes: Vec<(u64, PacketKind, usize)>,
    /// Whether the log gives the Reason String of each packet that has one.
    pub(crate) shows_reason_string: bool,
    /// Whether the log says `+` or `-` for each packet, as it has a User Property or not.
    pub(crate) shows_user_property: bool,
    log: BTreeMap<u64, Vec<String>>,
    /// Every packet as it was sent, and to whom.
    sent: Vec<(u64, Vec<u8>)>,
}

impl Rig {
    pub(crate) fn new(version: Version, config: Config) -> Self {
        let wrong = [
            (Defect::PacketIdZero, "Packet Identifier"),
            (Defect::AliasZero, "TopicAlias"),
            (Defect::ResponseTopicUnchecked, "wildcard"),
            (Defect::Qos0WithDup, "DUP"),
            (Defect::FarewellToOlderClient, "DISCONNECT"),
        ];
        let wrong = wrong.into_iter().filter(|(defect, _)| config.has(*defect));
        Self {
            meant: wrong.map(|(_, what)| what).chain(["UTF-8"]).collect(),
            connacks: Vec::new(),
            publishes: Vec::new(),
            auths: Vec::new(),
            sizes: Vec::new(),
            shows_reason_string: false,
            broker: Broker::new(config),
            version,
            now_us: 0,
            shows_user_property: false,
            log: BTreeMap::new(),
            sent: Vec::new(),
        }
    }

    pub(crate) fn good(version: Version) -> Self {
        Self::new(version, Config::default())
    }

    pub(crate) fn bad(version: Version, defect: Defect) -> Self {
        Self::new(version, Config::with_defects([defect]))
    }

    pub(crate) fn odd(version: Version, variant: Variant) -> Self {
        Self::new(version, Config::with_variants([variant]))
    }

    pub(crate) fn open(&mut self, conn: u64) {
        self.broker.opened(self.now_us, ConnId(conn));
        self.drain();
    }

    pub(crate) fn raw(&mut self, conn: u64, bytes: &[u8]) {
        self.broker.received(self.now_us, ConnId(conn), bytes);
        self.drain();
    }

    pub(crate) fn send(&mut self, conn: u64, packet: &Packet) {
        self.raw(conn, &packet.encode(self.version).to_bytes());
    }

    /// Opens and connects; session kept for ever unless `clean`.
    pub(crate) fn connect(&mut self, conn: u64, id: &str, clean: bool) {
        let keep = !clean;
        self.connect_with(conn, id, clean, |c| {
            if keep {
                number(&mut c.properties.items, PropertyId::SessionExpiryInterval, u32::MAX);
            }
        });
    }

    pub(crate) fn connect_with(
        &mut self,
        conn: u64,
        id: &str,
        clean: bool,
        change: impl FnOnce(&mut Connect),
    ) {
        let mut connect = Connect::new(self.version, id);
        connect.set_clean(clean);
        change(&mut connect);
        self.open(conn);
        self.send(conn, &Packet::from(connect));
    }

    pub(crate) fn subscribe(&mut self, conn: u64, filter: &str, options: u8) {
        self.send(conn, &Packet::Subscribe(Subscribe::new(9, filter, options)));
    }

    pub(crate) fn subscribe_as(&mut self, conn: u64, filter: &str, options: u8, sub_id: u32) {
        let mut packet = Subscribe::new(9, filter, options);
        packet
            .properties
            .push(PropertyId::SubscriptionIdentifier, PropertyValue::Var(VarInt::minimal(sub_id)));
        self.send(conn, &Packet::Subscribe(packet));
    }

    pub(crate) fn unsubscribe(&mut self, conn: u64, filter: &str) {
        self.send(conn, &Packet::Unsubscribe(Unsubscribe::new(8, filter)));
    }

    pub(crate) fn publish(&mut self, conn: u64, qos: u8, id: u16, topic: &str, payload: &str) {
        self.publish_with(conn, qos, id, topic, payload, |_| {});
    }

    pub(crate) fn publish_with(
        &mut self,
        conn: u64,
        qos: u8,
        id: u16,
        topic: &str,
        payload: &str,
        change: impl FnOnce(&mut Publish),
    ) {
        let mut publish = Publish::new(topic, qos, (qos > 0).then_some(id), payload.as_bytes().to_vec());
        change(&mut publish);
        self.send(conn, &Packet::Publish(publish));
    }

    pub(crate) fn ack(&mut self, conn: u64, kind: AckKind, id: u16) {
        self.send(conn, &Packet::Ack(Ack::new(kind, id)));
    }

    pub(crate) fn ping(&mut self, conn: u64) {
        self.send(conn, &Packet::Bare(Bare::pingreq()));
    }

    pub(crate) fn disconnect(&mut self, conn: u64, reason: Option<u8>) {
        let packet = reason.map_or_else(Disconnect::default, Disconnect::with_reason);
        self.send(conn, &Packet::Disconnect(packet));
    }

    pub(crate) fn lose(&mut self, conn: u64, rst: bool) {
        self.broker.closed(self.now_us, ConnId(conn), rst);
        self.drain();
    }

    /// Lets time pass, stopping at every deadline on the way.
    pub(crate) fn wait(&mut self, us: u64) {
        let end = self.now_us + us;
        while let Some(due) = self.broker.next_deadline_us().filter(|d| *d <= end) {
            self.now_us = self.now_us.max(due);
            self.broker.tick(self.now_us);
            self.drain();
        }
        self.now_us = end;
    }

    /// What the connection got since the last look, ` | ` between the packets.
    pub(crate) fn log(&mut self, conn: u64) -> String {
        self.log.remove(&conn).unwrap_or_default().join(" | ")
    }

    /// How many bytes the broker sent on the connection since the last look.
    pub(crate) fn sent_bytes(&self, conn: u64) -> usize {
        self.sent.iter().filter(|(to, _)| *to == conn).map(|(_, bytes)| bytes.len()).sum()
    }

    /// The packet identifiers of the answers on the connection since the last look.
    pub(crate) fn sent_ids(&self, conn: u64) -> String {
        let here = self.sent.iter().filter(|(to, _)| *to == conn);
        here.map(|(_, bytes)| u16::from_be_bytes([bytes[2], bytes[3]]).to_string())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// Forgets what all connections got so far.
    pub(crate) fn skip(&mut self) {
        self.log.clear();
        self.sent.clear();
    }

    fn drain(&mut self) {
        while let Some(effect) = self.broker.poll() {
            let (conn, line) = match effect {
                Effect::Send { conn, bytes } => {
                    self.sent.push((conn.0, bytes.to_vec()));
                    (conn, self.describe(conn, &bytes))
                }
                Effect::Close { conn, rst } => (conn, if rst { "reset".into() } else { "closed".into() }),
                // Told to everybody: it is nobody's connection.
                Effect::End => (ConnId(ENDED), "ended".into()),
            };
            self.log.entry(conn.0).or_default().push(line);
        }
    }

    fn describe(&mut self, conn: ConnId, bytes: &[u8]) -> String {
        let mut framer = Framer::new(u32::MAX);
        framer.push(bytes);
        let frame: Frame = framer.next().expect("a whole packet").expect("framed");
        assert!(framer.pending().is_empty(), "one packet an effect");
        let decoded = decode(&frame, self.version, Sender::Server);
        let meant = |what: &str| self.meant.iter().any(|meant| what.contains(meant));
        let known = decoded.violations.iter().all(|v| meant(&v.what));
        assert!(known, "the broker sends a bad packet: {:?}", decoded.violations);
        self.sizes.push((conn.0, frame.kind(), bytes.len()));
        match &decoded.packet {
            Packet::Connack(connack) => self.connacks.push(connack.clone()),
            Packet::Publish(publish) => self.publishes.push(publish.clone()),
            Packet::Auth(auth) => self.auths.push(auth.clone()),
            _ => {}
        }
        if self.shows_user_property {
            let annotated = user_property(&decoded.packet);
            return if annotated { "+" } else { "-" }.into();
        }
        let text = properties(&decoded.packet).and_then(|p| p.text(PropertyId::ReasonString));
        let text = text.filter(|_| self.shows_reason_string).map(|text| format!(" ({})", text.lossy()));
        describe(&decoded.packet) + &text.unwrap_or_default()
    }

    /// A property of the latest CONNACK as text; `none` where it is not there.
    pub(crate) fn told(&self, id: PropertyId) -> String {
        let properties = self.connacks.last().and_then(|c| c.properties.as_ref());
        match properties.and_then(|p| p.get(id)) {
            Some(PropertyValue::Text(text)) => text.lossy(),
            Some(PropertyValue::Byte(n)) => n.to_string(),
            Some(PropertyValue::U16(n)) => n.to_string(),
            Some(PropertyValue::U32(n)) => n.to_string(),
            _ => "none".into(),
        }
    }
}

fn properties(packet: &Packet) -> Option<&Properties> {
    match packet {
        Packet::Connack(p) => p.properties.as_ref(),
        Packet::Publish(p) => Some(&p.properties),
        Packet::Ack(p) => p.properties.as_ref(),
        Packet::Suback(p) => Some(&p.properties),
        Packet::Unsuback(p) => Some(&p.properties),
        Packet::Disconnect(p) => p.properties.as_ref(),
        Packet::Auth(p) => p.properties.as_ref(),
        _ => None,
    }
}

fn user_property(packet: &Packet) -> bool {
    properties(packet).is_some_and(|p| p.get(PropertyId::UserProperty).is_some())
}

pub(crate) fn describe(packet: &Packet) -> String {
    match packet {
        Packet::Connack(p) => format!("connack {} {:02x}", u8::from(p.session_present()), p.code),
        Packet::Publish(p) => {
            let id = p.packet_id.map(|id| format!(" #{id}")).unwrap_or_default();
            let flag = |on: bool, word: &'static str| if on { word } else { "" };
            let subs: Vec<String> = p
                .properties
                .all(PropertyId::SubscriptionIdentifier)
                .map(|v| if let PropertyValue::Var(v) = v { format!(" s{}", v.value()) } else { "?".into() })
                .collect();
            let (topic, payload) = (p.topic.lossy(), String::from_utf8_lossy(&p.payload).into_owned());
            let (dup, retain) = (flag(p.dup, " dup"), flag(p.retain, " retain"));
            let alias = p.properties.number(PropertyId::TopicAlias).map(|alias| format!(" a{alias}"));
            let rest = subs.concat() + &alias.unwrap_or_default();
            format!("{topic}={payload} q{}{id}{dup}{retain}{rest}", p.qos)
        }
        Packet::Ack(p) => {
            let code = p.reason.filter(|r| *r != 0).map(|r| format!(" {r:02x}")).unwrap_or_default();
            format!("{} #{}{code}", p.kind.packet_kind().name().to_lowercase(), p.packet_id)
        }
        Packet::Suback(p) => format!("suback {:02x?}", p.codes),
        Packet::Unsuback(p) => format!("unsuback {:02x?}", p.codes),
        Packet::Bare(_) => "pingresp".into(),
        Packet::Disconnect(p) => format!("disconnect {:02x}", p.reason.unwrap_or(0)),
        Packet::Auth(p) => format!("auth {:02x}", p.reason.unwrap_or(0)),
        other => format!("{:?}", other.kind()),
    }
}

/// Appends a four-byte property.
pub(crate) fn number(items: &mut Vec<Property>, id: PropertyId, value: u32) {
    items.push(Property { id: VarInt::minimal(id as u32), value: PropertyValue::U32(value) });
}

/// Appends a two-byte property.
pub(crate) fn short(items: &mut Vec<Property>, id: PropertyId, value: u16) {
    items.push(Property { id: VarInt::minimal(id as u32), value: PropertyValue::U16(value) });
}

/// Appends a one-byte property.
pub(crate) fn byte(items: &mut Vec<Property>, id: PropertyId, value: u8) {
    items.push(Property { id: VarInt::minimal(id as u32), value: PropertyValue::Byte(value) });
}

/// Adds a will `gone` on topic `will` with these flags and this delay.
pub(crate) fn add_will(connect: &mut Connect, qos: u8, retain: bool, delay_s: u32) {
    let mut will = Will { properties: Default::default(), topic: "will".into(), payload: "gone".into() };
    if delay_s > 0 {
        number(&mut will.properties.items, PropertyId::WillDelayInterval, delay_s);
    }
    connect.set_will(will, qos, retain);
}

/// Appends a string.
pub(crate) fn text(items: &mut Vec<Property>, id: PropertyId, value: &str) {
    items.push(Property { id: VarInt::minimal(id as u32), value: PropertyValue::Text(value.into()) });
}

/// Appends bytes.
pub(crate) fn binary(items: &mut Vec<Property>, id: PropertyId, value: &[u8]) {
    let value = PropertyValue::Binary(value.to_vec().into());
    items.push(Property { id: VarInt::minimal(id as u32), value });
}

//! Intents: `connect`, `subscribe`, `unsubscribe`, `publish`, `burst`, `disconnect`. Each takes its own answer.

use deadzone_spec::nearest;
use deadzone_wire::{Field, PacketKind, Version};

use super::cursor::Parsed;
use super::field::Pair;
use super::range;
use super::step::StepLine;
use crate::diagnostic::{Diagnostic, code};
use crate::{
    ConnectMode, ConnectOptions, FieldValue, Fields, PacketTemplate, Payload, StepKind, SubscribeFilter,
    WillTemplate,
};

const MODES: [(&str, ConnectMode); 3] =
    [("clean", ConnectMode::Clean), ("fresh", ConnectMode::Fresh), ("resume", ConnectMode::Resume)];
const CONNECT: [&str; 14] = [
    "keepalive",
    "expiry",
    "receive_max",
    "max_packet",
    "user",
    "pass",
    "client_id",
    "will_topic",
    "will_payload",
    "will_qos",
    "will_retain",
    "will_delay",
    "session_present",
    "reason",
];
const SUBSCRIBE: [&str; 6] =
    ["qos", "no_local", "retain_as_published", "retain_handling", "sub_id", "reason"];
/// Those of a connect, subscribe or disconnect that exist in 5.0 only.
const V5_ONLY: [&str; 8] = [
    "expiry",
    "receive_max",
    "max_packet",
    "will_delay",
    "no_local",
    "retain_as_published",
    "retain_handling",
    "sub_id",
];
/// Most messages of one burst.
const BURST_MAX: u32 = 10_000;

impl<'l> StepLine<'_, 'l> {
    pub(super) fn connect(&mut self, client: usize) -> Parsed<StepKind> {
        let mode = self.cursor.choose("sort of connect", &MODES)?;
        let versions = self.versions_of(client);
        let mut options = ConnectOptions::default();
        let mut will = None;
        let mut expected = Vec::new();
        let mut given = Vec::new();
        let will_at = self.cursor.here();
        while let Some(pair) = self.next_pair() {
            if let Some(field) = further(pair, &CONNECT) {
                if matches!(field, Field::WillProperty(_)) {
                    will.get_or_insert_with(no_will);
                }
                self.property(PacketKind::Connect, &versions, pair, &mut options.properties)?;
                continue;
            }
            self.known(pair, "connect", &CONNECT, &versions)?;
            self.once(pair, &mut given);
            match pair.key {
                "session_present" | "reason" => {
                    expected.push(self.field(PacketKind::Connack, &versions, pair)?);
                }
                key if key.starts_with("will_") => self.will(pair, &mut will)?,
                _ => self.connect_option(pair, &mut options)?,
            }
        }
        let refused_at = self.cursor.here();
        if self.cursor.eat("refused") {
            if !expected.is_empty() {
                let message = "a CONNECT that is refused has no CONNACK of its own to look at";
                let mistake = Diagnostic::error(code::CONTRADICTION, refused_at, message);
                return Err(self.cursor.fail(mistake.help("leave out `reason` and `session_present`")));
            }
            options.refused = true;
        }
        if will.is_some() && !given.contains(&"will_topic") {
            let mistake = Diagnostic::error(code::MISSING, will_at, "a will needs a topic");
            return Err(self.cursor.fail(mistake.help("add will_topic=\"…\"")));
        }
        options.will = will;
        Ok(StepKind::Connect { client, mode, options, expected })
    }

    fn connect_option(&mut self, pair: Pair<'_>, options: &mut ConnectOptions) -> Parsed<()> {
        match pair.key {
            "keepalive" => options.keep_alive_s = Some(self.ranged(pair, &range::U16)? as u16),
            "expiry" => options.expiry_s = Some(self.ranged(pair, &range::U32)?),
            "receive_max" => options.receive_max = Some(self.ranged(pair, &range::NON_ZERO_U16)? as u16),
            "max_packet" => options.max_packet = Some(self.ranged(pair, &range::NON_ZERO_U32)?),
            "user" => options.user = Some(self.text_of(pair)?),
            "pass" => options.pass = Some(self.text_of(pair)?),
            _ => options.client_id = Some(self.text_of(pair)?),
        }
        Ok(())
    }

    fn will(&mut self, pair: Pair<'_>, will: &mut Option<WillTemplate>) -> Parsed<()> {
        let will = will.get_or_insert_with(no_will);
        match pair.key {
            "will_topic" => {
                will.topic = self.text_of(pair)?;
                self.check_topic(&will.topic, pair.value_at);
            }
            "will_payload" => will.payload = self.text_of(pair)?,
            "will_qos" => will.qos = self.ranged(pair, &range::QOS)? as u8,
            "will_retain" => will.retain = self.ranged(pair, &range::BIT)? == 1,
            _ => will.delay_s = self.ranged(pair, &range::U32)?,
        }
        Ok(())
    }

    pub(super) fn subscribe(&mut self, client: usize) -> Parsed<StepKind> {
        let versions = self.versions_of(client);
        let (mut filters, mut sub_id, mut expected) = (Vec::new(), None, Vec::new());
        let mut properties = Vec::new();
        let (mut given, mut given_here) = (Vec::new(), Vec::new());
        loop {
            if filters.is_empty() || self.next_is_text() {
                let filter = self.filter()?;
                filters.push(SubscribeFilter {
                    filter,
                    qos: 0,
                    no_local: false,
                    retain_as_published: false,
                    retain_handling: 0,
                });
                given_here.clear();
            }
            let Some(pair) = self.next_pair() else {
                if self.next_is_text() {
                    continue;
                }
                return Ok(StepKind::Subscribe { client, filters, sub_id, properties, expected });
            };
            if further(pair, &SUBSCRIBE).is_some() {
                self.property(PacketKind::Subscribe, &versions, pair, &mut properties)?;
                continue;
            }
            if is_nth_reason(pair) {
                self.once(pair, &mut given);
                expected.push(self.field(PacketKind::Suback, &versions, pair)?);
                continue;
            }
            self.known(pair, "subscribe", &SUBSCRIBE, &versions)?;
            match pair.key {
                "sub_id" => {
                    self.once(pair, &mut given);
                    sub_id = Some(self.ranged(pair, &range::SUB_ID)?);
                }
                "reason" => {
                    self.once(pair, &mut given);
                    expected.push(self.field(PacketKind::Suback, &versions, pair)?);
                }
                _ => {
                    self.once(pair, &mut given_here);
                    self.filter_option(pair, filters.last_mut())?;
                }
            }
        }
    }

    fn filter_option(&mut self, pair: Pair<'_>, filter: Option<&mut SubscribeFilter>) -> Parsed<()> {
        let Some(filter) = filter else { return Ok(()) };
        match pair.key {
            "qos" => filter.qos = self.ranged(pair, &range::QOS)? as u8,
            "no_local" => filter.no_local = self.ranged(pair, &range::BIT)? == 1,
            "retain_as_published" => filter.retain_as_published = self.ranged(pair, &range::BIT)? == 1,
            _ => filter.retain_handling = self.ranged(pair, &range::RETAIN_HANDLING)? as u8,
        }
        Ok(())
    }

    pub(super) fn unsubscribe(&mut self, client: usize) -> Parsed<StepKind> {
        let versions = self.versions_of(client);
        let mut filters = vec![self.filter()?];
        while self.next_is_text() {
            filters.push(self.filter()?);
        }
        let (mut properties, mut expected, mut given) = (Vec::new(), Vec::new(), Vec::new());
        while let Some(pair) = self.next_pair() {
            if further(pair, &[]).is_some() {
                self.property(PacketKind::Unsubscribe, &versions, pair, &mut properties)?;
                continue;
            }
            if !is_nth_reason(pair) {
                self.known(pair, "unsubscribe", &["reason"], &versions)?;
            }
            self.once(pair, &mut given);
            expected.push(self.field(PacketKind::Unsuback, &versions, pair)?);
        }
        Ok(StepKind::Unsubscribe { client, filters, properties, expected })
    }

    pub(super) fn publish(&mut self, client: usize) -> Parsed<StepKind> {
        Ok(StepKind::Publish { client, packet: self.message(client, "a payload")? })
    }

    pub(super) fn burst(&mut self, client: usize) -> Parsed<StepKind> {
        let count = self.cursor.count("the size of a burst", 1, BURST_MAX)?;
        Ok(StepKind::Burst { client, count, packet: self.message(client, "the prefix of the payloads")? })
    }

    /// `"topic" "payload" fields`.
    fn message(&mut self, client: usize, payload: &str) -> Parsed<PacketTemplate> {
        let versions = self.versions_of(client);
        let topic_at = self.cursor.here();
        let topic = self.cursor.text("a topic")?.0;
        let payload = self.cursor.payload(payload)?;
        let fields =
            vec![(Field::Topic, FieldValue::Text(topic)), (Field::Payload, FieldValue::Text(payload))];
        let mut packet = PacketTemplate { kind: PacketKind::Publish, fields };
        let (at, before) = (self.cursor.here(), self.cursor.mistakes.len());
        self.fields(&mut packet, &versions)?;
        self.check_sent(&packet, topic_at);
        let own = packet.fields.iter().find(|(field, _)| matches!(field, Field::Id | Field::Dup));
        if let Some((field, _)) = own
            && self.cursor.mistakes.len() == before
        {
            let message = format!("`publish` and `burst` choose {field} themselves");
            let mistake = Diagnostic::error(code::NO_SUCH_FIELD, at, message);
            return Err(self.cursor.fail(mistake.help("use `-> PUBLISH …` for a single packet")));
        }
        Ok(packet)
    }

    /// `"topic" "payload" [qos=N] [retain=1]`.
    pub(super) fn finds(&mut self, client: usize) -> Parsed<StepKind> {
        let topic = self.topic()?;
        let payload = self.cursor.payload("a payload")?;
        let (mut qos, mut flag, mut given) = (0, false, Vec::new());
        while let Some(pair) = self.next_pair() {
            self.known(pair, "finds", &["qos", "retain"], &[])?;
            self.once(pair, &mut given);
            match pair.key {
                "qos" => qos = self.ranged(pair, &range::FENCE_QOS)? as u8,
                _ => flag = self.ranged(pair, &range::ONE)? == 1,
            }
        }
        Ok(StepKind::Finds { client, topic, payload, qos, flag })
    }

    pub(super) fn disconnect(&mut self, client: usize) -> Parsed<StepKind> {
        let versions = self.versions_of(client);
        let (mut reason, mut expiry_s, mut given) = (None, None, Vec::new());
        let mut properties = Vec::new();
        while let Some(pair) = self.next_pair() {
            if further(pair, &["expiry"]).is_some() {
                self.property(PacketKind::Disconnect, &versions, pair, &mut properties)?;
                continue;
            }
            self.known(pair, "disconnect", &["reason", "expiry"], &versions)?;
            self.once(pair, &mut given);
            match pair.key {
                "reason" => {
                    self.has_field(PacketKind::Disconnect, &versions, Field::Reason, pair.key_at)?;
                    reason = Some(self.ranged(pair, &range::BYTE)? as u8);
                }
                _ => expiry_s = Some(self.ranged(pair, &range::U32)?),
            }
        }
        Ok(StepKind::Disconnect { client, reason, expiry_s, properties })
    }

    /// A property of the packet that an intent sends.
    fn property(
        &mut self,
        kind: PacketKind,
        versions: &[Version],
        pair: Pair<'_>,
        to: &mut Fields,
    ) -> Parsed<()> {
        let (field, value) = self.field(kind, versions, pair)?;
        if to.iter().any(|(known, _)| *known == field) && !self.may_be_repeated(kind, field) {
            let message = format!("{field} is given twice");
            self.cursor.report(Diagnostic::error(code::TWICE, pair.key_at, message));
        }
        self.check_sent(&PacketTemplate { kind, fields: vec![(field, value.clone())] }, pair.value_at);
        to.push((field, value));
        Ok(())
    }

    fn text_of(&mut self, pair: Pair<'_>) -> Parsed<Payload> {
        self.cursor.text_value(pair.key, pair.value, pair.value_at)
    }

    /// An option that this intent has, in a version that is run.
    fn known(
        &mut self,
        pair: Pair<'_>,
        intent: &str,
        names: &[&'static str],
        versions: &[Version],
    ) -> Parsed<()> {
        if !names.contains(&pair.key) {
            return Err(match pair.key.parse::<Field>() {
                Ok(field) => {
                    let message = format!("`{intent}` has no field `{field}`");
                    self.cursor.fail(Diagnostic::error(code::NO_SUCH_FIELD, pair.key_at, message))
                }
                Err(_) => self.unknown_field(pair, intent, nearest(pair.key, names.iter().copied())),
            });
        }
        if V5_ONLY.contains(&pair.key) && !versions.contains(&Version::V5) {
            return Err(self.not_in_versions(&format!("`{}`", pair.key), versions, pair.key_at));
        }
        Ok(())
    }

    fn once<'p>(&mut self, pair: Pair<'p>, given: &mut Vec<&'p str>) {
        if given.contains(&pair.key) {
            let message = format!("{} is given twice", pair.key);
            self.cursor.report(Diagnostic::error(code::TWICE, pair.key_at, message));
        }
        given.push(pair.key);
    }
}

/// A property that is no option of the intent's own.
fn further(pair: Pair<'_>, own: &[&str]) -> Option<Field> {
    pair.key.parse::<Field>().ok().filter(|field| field.property().is_some() && !own.contains(&pair.key))
}

fn is_nth_reason(pair: Pair<'_>) -> bool {
    matches!(pair.key.parse::<Field>(), Ok(Field::NthReason(_)))
}

fn no_will() -> WillTemplate {
    let nothing = Payload::default();
    WillTemplate { topic: nothing.clone(), payload: nothing, qos: 0, retain: false, delay_s: 0 }
}

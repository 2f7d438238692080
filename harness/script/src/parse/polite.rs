//! What a polite client does not send, and what can never arrive: looked at in one packet, without playing.

use deadzone_wire::{Field, PacketKind, PropertyId, Version};

use super::step::StepLine;
use crate::diagnostic::{Diagnostic, code};
use crate::{At, FieldValue, PacketTemplate};

impl StepLine<'_, '_> {
    /// A packet that a client sends.
    pub(super) fn check_sent(&mut self, packet: &PacketTemplate, at: At) {
        for (field, value) in &packet.fields {
            match (field, value) {
                (
                    Field::Topic | Field::WillTopic | Field::Property(PropertyId::ResponseTopic),
                    FieldValue::Text(topic),
                ) if !(topic.0.is_empty() && has_alias(packet)) => self.check_topic(topic, at),
                (Field::Filter | Field::NthFilter(_), FieldValue::Text(filter)) => {
                    self.check_filter(filter, at);
                }
                (field, FieldValue::Absent) => {
                    let message = format!("`{field}=none` can be looked for, not sent");
                    let mistake = Diagnostic::error(code::CONTRADICTION, at, message);
                    self.cursor.report(mistake.help("leave the property out"));
                }
                _ => {}
            }
        }
        if packet.kind == PacketKind::Publish {
            self.check_publish(packet, at);
        }
    }

    fn check_publish(&mut self, packet: &PacketTemplate, at: At) {
        let number = |wanted: Field| packet.fields.iter().find(|(f, _)| *f == wanted).map(|(_, value)| value);
        let qos_0 = matches!(number(Field::Qos), None | Some(FieldValue::Number(0)));
        let dup = number(Field::Dup) == Some(&FieldValue::Number(1));
        if qos_0 && dup {
            self.unmarked("DUP on a QoS 0 PUBLISH breaks the protocol", at);
        }
        if number(Field::SUB_ID).is_some() {
            self.unmarked("a client sends no Subscription Identifier in PUBLISH", at);
        }
    }

    /// What breaks the protocol needs its mark.
    fn unmarked(&mut self, what: &str, at: At) {
        if !self.marks.deviant {
            let mistake = Diagnostic::error(code::NOT_MARKED, at, what);
            self.cursor.report(mistake.help("if that is meant, end the line with `deviant`"));
        }
    }

    /// A packet that is waited for: a property can't come in a version that has none.
    pub(super) fn check_awaited(&mut self, packet: &PacketTemplate, versions: &[Version], at: At) {
        let lacks = |field: Field| {
            let version = versions.iter().find(|version| !field.applies_to(packet.kind, **version));
            version.filter(|_| field.property().is_some()).map(|version| (field, *version))
        };
        let wanted = packet.fields.iter().filter(|(_, value)| *value != FieldValue::Absent);
        if let Some((field, version)) = wanted.filter_map(|(field, _)| lacks(*field)).next() {
            let message =
                format!("{} has no `{field}` in MQTT {version}: this can never arrive", packet.kind);
            let mistake = Diagnostic::error(code::NOT_IN_VERSION, at, message);
            self.cursor.report(mistake.help("end the line with `only 5.0`"));
        }
    }
}

fn has_alias(packet: &PacketTemplate) -> bool {
    packet.fields.iter().any(|(field, _)| *field == Field::Property(PropertyId::TopicAlias))
}

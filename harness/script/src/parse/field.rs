//! `name=value` of a packet: is there such a field here, and does the value suit it. Knows no step in particular.

use std::borrow::Cow;

use deadzone_spec::nearest;
use deadzone_wire::{Field, PacketKind, PropertyId, Version};

use super::cursor::{Abandoned, Parsed};
use super::lexer::Value;
use super::range::{self, Range};
use super::step::StepLine;
use super::value::is_name;
use crate::diagnostic::{Diagnostic, code, shown};
use crate::{At, FieldValue};

/// Where a pair stands and what it says.
#[derive(Clone, Copy)]
pub(super) struct Pair<'l> {
    pub(super) key: &'l str,
    pub(super) value: &'l Value,
    pub(super) key_at: At,
    pub(super) value_at: At,
}

impl<'l> StepLine<'_, 'l> {
    pub(super) fn next_pair(&mut self) -> Option<Pair<'l>> {
        let (key, value, key_at, value_at) = self.cursor.pair()?;
        Some(Pair { key, value, key_at, value_at })
    }

    /// A field of a packet with its value.
    pub(super) fn field(
        &mut self,
        kind: PacketKind,
        versions: &[Version],
        pair: Pair<'_>,
    ) -> Parsed<(Field, FieldValue)> {
        let Ok(field) = pair.key.parse::<Field>() else {
            let here = names(kind, versions);
            let all: Vec<_> = Field::all().map(Field::name).collect();
            let near = nearest(pair.key, here.iter().map(|name| &**name))
                .or_else(|| nearest(pair.key, all.iter().map(|name| &**name)));
            let mistake = self.no_such_field(pair, &kind.to_string(), near);
            let legal = legal(kind, versions);
            let help =
                mistake.help.as_ref().map_or_else(|| legal.clone(), |help| format!("{help} ({legal})"));
            return Err(self.cursor.fail(mistake.help(help)));
        };
        self.has_field(kind, versions, field, pair.key_at)?;
        let value = self.field_value(field, pair)?;
        Ok((field, value))
    }

    /// Whether a packet of this type has the field in a version that is run.
    pub(super) fn has_field(
        &mut self,
        kind: PacketKind,
        versions: &[Version],
        field: Field,
        at: At,
    ) -> Parsed<()> {
        if self.marks.deviant && versions.iter().any(|version| field.fits(kind, *version)) {
            return Ok(());
        }
        if !anywhere(field, kind) {
            let message = format!("{kind} has no field `{field}`");
            let mistake = Diagnostic::error(code::NO_SUCH_FIELD, at, message);
            return Err(self.cursor.fail(mistake.help(legal(kind, versions))));
        }
        if versions.iter().any(|version| field.applies_to(kind, *version)) {
            return Ok(());
        }
        Err(self.not_in_versions(&format!("`{field}` of {kind}"), versions, at))
    }

    pub(super) fn not_in_versions(&mut self, what: &str, versions: &[Version], at: At) -> Abandoned {
        let names: Vec<&str> = versions.iter().map(|v| v.as_str()).collect();
        let message = format!("{what} does not exist in MQTT {}", names.join(" and "));
        self.cursor.fail(Diagnostic::error(code::NOT_IN_VERSION, at, message).label("it is in 5.0 only"))
    }

    pub(super) fn unknown_field(&mut self, pair: Pair<'_>, of: &str, near: Option<&str>) -> Abandoned {
        let mistake = self.no_such_field(pair, of, near);
        self.cursor.fail(mistake)
    }

    fn no_such_field(&self, pair: Pair<'_>, of: &str, near: Option<&str>) -> Diagnostic {
        let message = format!("unknown field `{}`", shown(pair.key));
        let mistake = Diagnostic::error(code::UNKNOWN_FIELD, pair.key_at, message);
        mistake.label(format!("{of} has no such field")).suggest(near)
    }

    /// A field that was given before may be given again: where the standard lets it stand often, and where it is broken on purpose.
    pub(super) fn may_be_repeated(&self, kind: PacketKind, field: Field) -> bool {
        match field.property() {
            Some(PropertyId::UserProperty) => true,
            Some(PropertyId::SubscriptionIdentifier) if kind == PacketKind::Publish => true,
            Some(_) => self.marks.deviant,
            None => false,
        }
    }

    fn field_value(&mut self, field: Field, pair: Pair<'_>) -> Parsed<FieldValue> {
        if let Value::Word(word) = pair.value
            && let Some(name) = word.strip_prefix('$')
        {
            if is_name(name) {
                return Ok(FieldValue::Capture(name.to_owned()));
            }
            let message = format!("`{}` is no name for a capture", shown(word));
            return Err(self.cursor.fail(Diagnostic::error(code::NAME, pair.value_at, message)));
        }
        if field.property().is_some() && matches!(pair.value, Value::Word(word) if word == "none") {
            return Ok(FieldValue::Absent);
        }
        if field.property() == Some(PropertyId::UserProperty) {
            let Value::Pair(name, value) = pair.value else {
                let message = format!("{field} is a name and a value");
                let mistake = Diagnostic::error(code::WRONG_SORT, pair.value_at, message);
                return Err(self.cursor.fail(mistake.help(format!("write {field}=\"name\":\"value\""))));
            };
            return Ok(FieldValue::Pair(name.clone(), value.clone()));
        }
        match range::of(field) {
            None => Ok(FieldValue::Text(self.cursor.text_value(&field.name(), pair.value, pair.value_at)?)),
            Some(range) => Ok(FieldValue::Number(self.ranged(pair, &range)?)),
        }
    }

    /// A number that the field can hold; one that breaks the protocol needs `deviant`.
    pub(super) fn ranged(&mut self, pair: Pair<'_>, range: &Range) -> Parsed<u32> {
        let number = self.cursor.number_value(pair.key, pair.value, pair.value_at)?;
        let polite = (range.polite_least..=range.polite_most).contains(&number);
        if number > range.most {
            let message = format!("{} can hold at most {}, not {number}", pair.key, range.most);
            return Err(self.cursor.fail(Diagnostic::error(code::RANGE, pair.value_at, message)));
        }
        if !polite && !self.marks.deviant {
            let (least, most) = (range.polite_least, range.polite_most);
            let message = format!("{}={number} breaks the protocol: {least} to {most} is legal", pair.key);
            let mistake = Diagnostic::error(code::RANGE, pair.value_at, message);
            self.cursor.report(mistake.help("if that is meant, end the line with `deviant`"));
        }
        Ok(number)
    }
}

/// Whether any version of the packet has the field.
fn anywhere(field: Field, kind: PacketKind) -> bool {
    [Version::V31, Version::V311, Version::V5].iter().any(|version| field.applies_to(kind, *version))
}

/// The names of the fields that the packet has in one of these versions.
fn names(kind: PacketKind, versions: &[Version]) -> Vec<Cow<'static, str>> {
    let here = |field: &Field| versions.iter().any(|version| field.applies_to(kind, *version));
    Field::all().filter(here).map(Field::name).collect()
}

fn legal(kind: PacketKind, versions: &[Version]) -> String {
    match names(kind, versions).as_slice() {
        [] => format!("{kind} has no fields"),
        names => format!("fields of {kind}: {}", names.join(" ")),
    }
}

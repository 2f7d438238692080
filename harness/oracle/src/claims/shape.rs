//! Copies that are not as claimed: their flags, QoS and properties.

use bytes::Bytes;
use deadzone_verdict::Fact;
use deadzone_wire::{Field, Value, assignment};

use super::{copies::messages, receives::Watch};
use crate::{
    breach::Found,
    instead,
    owed::Owed,
    state::{Delivery, Held, Message},
    wording,
};

/// Whether a field says what a copy is like, and not which message it is of.
fn of_shape(field: Field) -> bool {
    !matches!(field, Field::Topic | Field::Id | Field::SUB_ID | Field::Payload)
}

/// The fields of the copies of one payload.
pub(super) fn judge(watch: &Watch<'_>, payload: &Bytes, meant: &[&Delivery], found: &mut Found) {
    tested(watch, found);
    let enough = watch.some && meant.iter().any(|copy| watch.wrong_field(copy, of_shape).is_none());
    // Of `some` one wrong copy stands for all.
    let looked_at = if enough {
        0
    } else if watch.some {
        1
    } else {
        meant.len()
    };
    for delivery in meant.iter().take(looked_at) {
        shape(watch, payload, delivery, found);
    }
}

/// The statements that a copy's fields are held to.
fn tested(watch: &Watch<'_>, found: &mut Found) {
    for (field, value) in watch.fields.iter().filter(|(field, _)| of_shape(*field)) {
        let number = if let Value::Number(n) = value { *n } else { 0 };
        let table = crate::owed::clause(Owed::Field(*field, number), watch.version);
        found.tested_all(watch.clauses(table));
    }
}

/// A copy that is not as claimed.
fn shape(watch: &Watch<'_>, payload: &Bytes, delivery: &Delivery, found: &mut Found) {
    let Some((field, value)) = watch.wrong_field(delivery, of_shape) else { return };
    let number = match value {
        Value::Number(n) => *n,
        Value::Bytes(_) | Value::Pair(..) | Value::Absent => 0,
    };
    let seq = delivery.first.seq;
    let message = messages(watch, payload).next();
    if let Some(message) = message {
        if field == Field::Qos
            && let Some(lower) = granted_below(watch, message, number)
        {
            let why = format!("{} can't come at QoS {number}: {lower}", wording::payload(payload));
            return found.not_applicable(seq, why);
        }
        if field == Field::Retain && around_subscribe(watch, message) {
            return;
        }
    }
    let name = watch.state.name(watch.client);
    let some = if watch.some { " at least once" } else { "" };
    let wanted = format!("{} with {} at `{name}`{some}", wording::payload(payload), assignment(field, value));
    let evidence = message.map(|m| m.first.seq).into_iter().chain([seq]).collect();
    let kind = (Some(Owed::Field(field, number)), Fact::WrongField);
    let mut got = wording::event(watch.state, seq);
    if field.property().is_some()
        && let Some(body) = &delivery.body
    {
        let values: Vec<String> =
            field.all_in(body.packet()).iter().map(|value| assignment(field, value)).collect();
        let told = if values.is_empty() { format!("no {field}") } else { values.join(" ") };
        got = format!("{got}, {told}");
    }
    let finding = watch.finding(kind, wanted, got, evidence, instead::copy());
    found.claim_broken(finding);
}

fn held_by<'w>(watch: &'w Watch<'_>, message: &'w Message) -> impl Iterator<Item = &'w Held> {
    let session = watch.state.session_of(watch.client).map(|(_, session)| session);
    session.into_iter().flat_map(|s| s.subscriptions.held(&message.topic))
}

/// Why this QoS is more than was agreed, if so.
fn granted_below(watch: &Watch<'_>, message: &Message, wanted: u32) -> Option<String> {
    let asks = held_by(watch, message).flat_map(|held| &held.asks);
    let granted = asks.map(|ask| ask.granted().unwrap_or_else(|| ask.requested())).max()?;
    (u32::from(granted) < wanted).then(|| format!("QoS {granted} was granted"))
}

/// Whether the message was on its way while a matching subscription was being made, so that live and retained copies are legal.
fn around_subscribe(watch: &Watch<'_>, message: &Message) -> bool {
    let progress = &message.progress;
    let done = progress.completed.or(progress.accepted).map_or(u64::MAX, |at| at.seq);
    held_by(watch, message).flat_map(|held| &held.asks).any(|ask| {
        let acknowledged = ask.answered.map_or(u64::MAX, |(at, _)| at.seq);
        ask.given.seq < done && acknowledged > message.first.seq
    })
}

//! Fields of copies, and the order of first complete copies.

use bytes::Bytes;
use deadzone_spec::ClauseId;
use deadzone_verdict::Fact;
use deadzone_wire::{Field, Value};

use super::{check::Watch, clauses, deliveries::Delivery};
use crate::{
    checkers::wording,
    instead,
    opinion::Opinion,
    survey::{Origin, Publication, Subscription},
};

/// A copy that is not as claimed.
pub(super) fn field(watch: &Watch<'_, '_>, payload: &Bytes, delivery: &Delivery<'_>) -> Option<Opinion> {
    let shape = |field| !matches!(field, Field::Topic | Field::Id | Field::SubId | Field::Payload);
    let (field, value) = watch.wrong_field(delivery, shape)?;
    let number = match value {
        Value::Number(n) => *n,
        Value::Bytes(_) => 0,
    };
    let publication = watch.survey.publications.with_payload(payload).next();
    if let Some(p) = publication {
        if field == Field::Qos
            && let Some(lower) = granted_below(watch, p, number)
        {
            let why = format!("{} can't come at QoS {number}: {lower}", wording::payload(payload));
            return Some(Opinion::NotApplicable { at: delivery.first(), why });
        }
        if field == Field::Retain && around_subscribe(watch, p) {
            return None;
        }
    }
    let got = wording::event(watch.survey, delivery.first());
    let wanted = format!(
        "{} with {field}={number} at `{}`",
        wording::payload(payload),
        watch.survey.name(watch.client)
    );
    let table: Vec<ClauseId> = clauses::field_clause(field, number, watch.version).into_iter().collect();
    let evidence = publication.map(Publication::first).into_iter().chain([delivery.first()]).collect();
    Some(Opinion::broken(
        watch.finding(&table, wanted, got, evidence, instead::copy()).stating(Fact::WrongField),
    ))
}

/// Why this QoS is more than was agreed, if so.
fn granted_below(watch: &Watch<'_, '_>, p: &Publication<'_>, wanted: u32) -> Option<String> {
    let granted = watch.survey.subscriptions.matching(watch.client, &p.topic).map(Subscription::qos).max()?;
    (u32::from(granted) < wanted).then(|| format!("QoS {granted} was granted"))
}

/// Whether the message was on its way while a matching subscription was being made, so that live and retained copies are legal.
fn around_subscribe(watch: &Watch<'_, '_>, p: &Publication<'_>) -> bool {
    let done = p.completed.or(p.accepted).unwrap_or(u64::MAX);
    watch.survey.subscriptions.matching(watch.client, &p.topic).any(|s| {
        let acknowledged = s.answered.unwrap_or(u64::MAX);
        s.given < done && acknowledged > p.first()
    })
}

/// First complete copies out of the order of publication.
pub(super) fn order(watch: &Watch<'_, '_>, payloads: &[Bytes]) -> Option<Opinion> {
    let mut latest: Option<(&Bytes, u64)> = None;
    for payload in payloads {
        let Some(first) = first_had(watch, payload) else { continue };
        match latest {
            Some((before, seq)) if seq > first => {
                return Some(out_of_order(watch, (before, seq), (payload, first)));
            }
            _ => latest = Some((payload, first)),
        }
    }
    None
}

/// The first copy that reached the client. One into a dead link settles no order: its repetition is the first that is had, and
/// repetitions come in their order too (3.1.1/MQTT-4.6.0-1; 5.0 section 4.6 says which repetitions a consumer may see).
fn first_had(watch: &Watch<'_, '_>, payload: &Bytes) -> Option<u64> {
    let survey = watch.survey;
    let reached = |seq: &u64| {
        let conn = survey.packet_event(*seq).and_then(|event| survey.conn(event.conn));
        conn.is_some_and(|conn| conn.undelivered(u64::MAX).binary_search(seq).is_err())
    };
    watch.meant(payload).iter().flat_map(|d| d.copies.iter().copied()).filter(reached).min()
}

fn out_of_order(watch: &Watch<'_, '_>, before: (&Bytes, u64), after: (&Bytes, u64)) -> Opinion {
    let one = |payload: &Bytes| watch.survey.publications.with_payload(payload).next();
    let (Some(a), Some(b)) = (one(before.0), one(after.0)) else {
        return watch.doubt("messages came in another order, but not all were published in this run");
    };
    if let Some(why) = free_order(watch, a, b, before.1, after.1) {
        let text = format!("{} came after {}: {why}", wording::payload(before.0), wording::payload(after.0));
        return watch.doubt(text);
    }
    let wanted = format!("{} before {}", wording::payload(before.0), wording::payload(after.0));
    let got = format!("{} first", wording::payload(after.0));
    let evidence = vec![a.first(), b.first(), after.1, before.1];
    Opinion::broken(
        watch
            .finding(clauses::order(watch.version), wanted, got, evidence, instead::order())
            .stating(Fact::OutOfOrder),
    )
}

/// Why these two have no order that the broker must keep, if so.
fn free_order(
    watch: &Watch<'_, '_>,
    a: &Publication<'_>,
    b: &Publication<'_>,
    a_seen: u64,
    b_seen: u64,
) -> Option<&'static str> {
    let delivered = |seq| match watch.survey.packet(seq) {
        Some(deadzone_wire::Packet::Publish(p)) => Some((p.qos, p.retain)),
        _ => None,
    };
    let mut subscriptions = watch.survey.subscriptions.matching(watch.client, &a.topic);
    let one = subscriptions.next();
    let several = subscriptions.any(|s| one.is_some_and(|one| one.filter != s.filter));
    let released = |p: &Publication<'_>| p.releases.first().copied();
    if a.first() > b.first() {
        Some("they were published in that order")
    } else if a.client != b.client {
        Some("they have different publishers")
    } else if a.topic != b.topic {
        Some("they have different topics")
    } else if a.qos != b.qos || delivered(a_seen).map(|d| d.0) != delivered(b_seen).map(|d| d.0) {
        Some("they have different QoS")
    } else if a.origin != Origin::Publish || b.origin != Origin::Publish {
        Some("one of them is a will")
    } else if several || one.is_some_and(|s| s.filter.shared) {
        Some("they come through several subscriptions or a shared one")
    } else if delivered(a_seen) != delivered(b_seen) {
        Some("one of them is a retained copy")
    } else if a.qos == 2 && released(a) > released(b) {
        Some("their PUBRELs came in that order")
    } else {
        None
    }
}

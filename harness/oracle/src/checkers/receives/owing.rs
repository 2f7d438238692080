//! Whether a message that never came was owed at all. Every legal reason to leave it out is looked for before anybody is blamed.

use bytes::Bytes;
use deadzone_history::{Close, EventKind};
use deadzone_wire::{Packet, Properties, PropertyId};

use super::deliveries::{Delivery, Known};
use crate::survey::{Conn, Origin, Publication, Survey};

/// How many messages a target may be expected to keep for an offline session.
const QUEUE: usize = 50;

/// A message that the broker owes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Debt {
    /// Where it was given.
    pub(crate) published: u64,
    /// Where the broker took it over.
    pub(crate) accepted: u64,
    /// It is owed because of a subscription made later.
    pub(crate) retained: bool,
}

/// Whether a message with this payload is owed to the client at this event, or why not.
pub(crate) fn delivery_owed(
    known: &Known<'_, '_>,
    client: usize,
    payload: &Bytes,
    at: u64,
) -> Result<Debt, String> {
    let mut why = "nobody published it".to_owned();
    for publication in known.survey.publications.with_payload(payload).filter(|p| p.first() < at) {
        match owed(known, client, publication, at) {
            Ok(debt) => return Ok(debt),
            Err(reason) => why = reason,
        }
    }
    Err(why)
}

fn owed(known: &Known<'_, '_>, client: usize, p: &Publication<'_>, at: u64) -> Result<Debt, String> {
    let survey = known.survey;
    if p.refused.is_some() {
        return Err("the broker refused the message, which is its right".to_owned());
    }
    if p.qos == 0 {
        return Err("it was published at QoS 0 and may be lost".to_owned());
    }
    let accepted = match p.origin {
        Origin::Publish => taken_over(known, client, p, at)?,
        Origin::Will { delay_s } => will_due(survey, p, delay_s, at)?,
    };
    let retained = subscribed(survey, client, p, accepted, at)?;
    if let Some(expiry_s) = p.expiry_s
        && survey.at_us(at).saturating_sub(survey.at_us(p.first())) / 1_000_000 >= u64::from(expiry_s)
    {
        return Err(format!("its Message Expiry Interval of {expiry_s} s may have passed"));
    }
    reachable(known, client, p, at)?;
    Ok(Debt { published: p.first(), accepted, retained })
}

/// Where the broker showed that it has taken the message over.
fn taken_over(known: &Known<'_, '_>, client: usize, p: &Publication<'_>, at: u64) -> Result<u64, String> {
    let before = |seq: Option<u64>| seq.filter(|seq| *seq < at);
    let done = before(p.completed);
    if let Some(done) = done {
        return Ok(done);
    }
    // Another subscriber got it: it is being delivered, whichever method the broker has for QoS 2.
    let others = (0..known.survey.of_client.len()).filter(|other| *other != client);
    for other in others {
        let delivered = known.to(other, at);
        if let Some(first) = delivered.with_payload(p.payload).map(Delivery::first).next() {
            return Ok(first);
        }
    }
    match (p.qos, before(p.accepted)) {
        (2, Some(_)) if p.releases.is_empty() => {
            Err("the broker may hold it until PUBREL, which it was never given".to_owned())
        }
        (2, Some(_)) => Err("its PUBREL was not answered: the exchange is not over".to_owned()),
        _ => Err("its publisher never had an acknowledgement: the broker need not have read it".to_owned()),
    }
}

/// Whether this packet is a DISCONNECT that takes the will back: well formed, of reason 0x00, and not one that a server must
/// refuse because it sets an expiry behind a CONNECT without one.
fn takes_back(survey: &Survey<'_>, given: &[u64], seq: u64) -> bool {
    let Some(event) = survey.packet_event(seq) else { return false };
    let Packet::Disconnect(disconnect) = &event.decoded.packet else { return false };
    let expiry = |properties: &Properties| {
        properties.number(PropertyId::SessionExpiryInterval).is_some_and(|seconds| seconds > 0)
    };
    let kept = given.iter().filter_map(|seq| survey.packet(*seq)).any(|packet| match packet {
        Packet::Connect(connect) => expiry(&connect.properties),
        _ => false,
    });
    let refused = disconnect.properties.as_ref().is_some_and(expiry) && !kept;
    disconnect.code() == 0 && event.decoded.violations.is_empty() && !refused
}

/// Where the will was let loose.
fn will_due(survey: &Survey<'_>, p: &Publication<'_>, delay_s: u32, at: u64) -> Result<u64, String> {
    let conn = survey.conn(p.conn).ok_or_else(|| "its connection is not in the record".to_owned())?;
    if conn.accepted.is_none() {
        return Err("the CONNECT with the will was not accepted".to_owned());
    }
    if conn.given.last().is_some_and(|seq| takes_back(survey, &conn.given, *seq)) {
        return Err("the client disconnected, which takes the will back".to_owned());
    }
    let ends = [conn.closed_by_broker, conn.ended_for_broker].into_iter().flatten();
    let Some(end) = ends.map(|closing| closing.seq).min() else {
        return Err("the broker need not have noticed that the connection is gone".to_owned());
    };
    let due_us = released_us(survey, conn, delay_s, survey.at_us(end), at)?;
    if survey.at_us(at) < due_us {
        return Err("the will delay had not passed".to_owned());
    }
    Ok(end)
}

/// Whether it is a will that comes or not, as the broker pleases: DISCONNECT was given, but a RST may have overtaken it.
pub(super) fn may_be_published(survey: &Survey<'_>, p: &Publication<'_>) -> bool {
    let Some(conn) = survey.conn(p.conn).filter(|_| p.origin != Origin::Publish) else { return false };
    let last = conn.given.last().and_then(|seq| survey.packet(*seq));
    let reset = conn.ended_for_broker.and_then(|closing| survey.event(closing.seq));
    let reset = reset.is_some_and(|e| matches!(e.kind, EventKind::Closed { how: Close::Rst, .. }));
    let first =
        conn.closed_by_broker.is_none_or(|broker| conn.ended_for_broker.is_some_and(|c| c.seq < broker.seq));
    matches!(last, Some(Packet::Disconnect(_))) && reset && first
}

/// When the delay of a will is over: the end of the session cuts it short, a return to the session ends it without a will
/// (5.0/MQTT-3.1.2-8, 5.0/MQTT-3.1.3-9).
fn released_us(survey: &Survey<'_>, conn: &Conn, delay_s: u32, end_us: u64, at: u64) -> Result<u64, String> {
    let wait_s = delay_s.min(survey.expiry_s(conn).unwrap_or(delay_s));
    let due_us = end_us + u64::from(wait_s) * 1_000_000;
    let id = survey.connect_of(conn).map(|connect| &connect.client_id);
    let same = |other: &&Conn| survey.connect_of(other).map(|connect| &connect.client_id) == id;
    let later = survey.conns.iter().filter(|other| other.id > conn.id);
    let back = later.filter(same).find(|other| survey.at_us(other.opened) <= due_us).filter(|_| delay_s > 0);
    match back.map(|back| (survey.connect_of(back), back.accepted.filter(|seq| *seq < at))) {
        None => Ok(due_us),
        Some((Some(connect), Some(accepted))) if connect.clean() => Ok(survey.at_us(accepted).min(due_us)),
        Some(_) => Err("the client came back before the will delay had passed".to_owned()),
    }
}

/// Whether the client holds a subscription under which the message must come. `true`: as a retained one.
fn subscribed(
    survey: &Survey<'_>,
    client: usize,
    p: &Publication<'_>,
    accepted: u64,
    at: u64,
) -> Result<bool, String> {
    let mut why = "the client has no subscription that matches it".to_owned();
    for s in survey.subscriptions.matching(client, &p.topic) {
        let Some(granted) = s.granted else {
            why = "its subscription was not acknowledged".to_owned();
            continue;
        };
        let live = s.answered.is_some_and(|answered| answered < p.first());
        let kept = p.retain && !p.payload.is_empty() && s.given > accepted && s.retain_handling == 0;
        if granted == 0 {
            why = "the subscription was granted QoS 0, under which it may be lost".to_owned();
        } else if s.filter.shared {
            why = "a shared subscription may give it to another member".to_owned();
        } else if s.no_local && p.client == client {
            why = "No Local keeps it from its own publisher".to_owned();
        } else if s.ended.is_some_and(|ended| ended < at) {
            why = "the subscription ended before the message was missed".to_owned();
        } else if !live && !kept {
            why = "it was published before the subscription was acknowledged".to_owned();
        } else if !live && replaced(survey, p, at) {
            why = "another retained message took its place".to_owned();
        } else {
            return Ok(!live);
        }
    }
    Err(why)
}

/// Another retained message was given later, or by another client before that client knew that the broker had it: writers
/// on two connections have no order but that of answers.
fn replaced(survey: &Survey<'_>, p: &Publication<'_>, at: u64) -> bool {
    let rival =
        |q: &&Publication<'_>| q.retain && q.topic == p.topic && q.first() != p.first() && q.first() < at;
    let later = |q: &Publication<'_>| {
        q.first() > p.first() || q.client != p.client && q.completed.is_none_or(|done| done > p.first())
    };
    survey.publications.list.iter().any(|q| rival(&q) && later(q))
}

/// Whether the client was there, took what it got, and is able to take this message.
fn reachable(known: &Known<'_, '_>, client: usize, p: &Publication<'_>, at: u64) -> Result<(), String> {
    let survey = known.survey;
    let Some(conn) = survey.conns_of(client).rev().find(|conn| conn.accepted.is_some_and(|seq| seq < at))
    else {
        return Err("the subscriber was never connected".to_owned());
    };
    if !conn.lives_at(at) {
        return Err("the subscriber was not connected when the wait ended".to_owned());
    }
    if away(survey, client, p.first()) > QUEUE {
        return Err(format!("more than {QUEUE} messages came while the subscriber was away"));
    }
    let maximum = survey.connect_of(conn).and_then(|c| c.properties.number(PropertyId::MaximumPacketSize));
    let length = survey.packet_event(p.first()).map_or(0, |event| event.frame.wire_len());
    if maximum.is_some_and(|maximum| length > maximum as usize) {
        return Err("it may be larger than the subscriber's Maximum Packet Size".to_owned());
    }
    if let Some(turn) = survey.target_step_before(at).filter(|turn| turn.seq > p.first()) {
        return Err(format!("the target may have lost it: since then came `{}`", turn.text));
    }
    let waiting = known.to(client, at);
    let waiting = waiting.list.iter().any(|d| d.conn == conn.id && d.first() < at && d.waits_for_client());
    if waiting {
        return Err(
            "the subscriber had not acknowledged an earlier delivery; the broker may wait for it".to_owned()
        );
    }
    Ok(())
}

/// How many messages were published while the client was away, in the absence that holds this event; 0 if it was there.
fn away(survey: &Survey<'_>, client: usize, at: u64) -> usize {
    let (mut left, mut back) = (0, u64::MAX);
    for conn in survey.conns_of(client) {
        let Some(accepted) = conn.accepted else { continue };
        let end = end_for_broker(conn);
        if accepted < at && at < end {
            return 0;
        }
        if end <= at {
            left = left.max(end);
        }
        if accepted > at {
            back = back.min(accepted);
        }
    }
    let list = &survey.publications.list;
    list.partition_point(|q| q.first() < back) - list.partition_point(|q| q.first() < left)
}

/// When the broker closed or was given the end of the stream.
fn end_for_broker(conn: &Conn) -> u64 {
    let ends = [conn.closed_by_broker, conn.ended_for_broker].into_iter().flatten();
    ends.map(|closing| closing.seq).min().unwrap_or(u64::MAX)
}

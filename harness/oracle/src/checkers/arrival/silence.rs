//! Nothing came, or nothing of what was waited for, until patience ended.

use deadzone_verdict::Fact;
use deadzone_wire::{AckKind, Field, Packet, PacketKind, Pattern, Value};

use super::{closing, question, wait::Wait};
use crate::{
    checkers::{receives, wording},
    instead,
    opinion::Opinion,
    owed::{self, Owed},
};

pub(super) fn opinion(wait: &Wait<'_, '_>) -> Opinion {
    if wait.starved() {
        return wait.doubt(format!("the harness was starved while it waited for {}", wait.expected()));
    }
    if let Some(turn) = wait.survey.target_step_before(wait.at)
        && wait.survey.conns.iter().all(|conn| conn.seen_between(turn.seq, wait.at).is_empty())
    {
        return wait.doubt(format!("the target answered nobody since `{}`", turn.text));
    }
    let asked = question::question(wait);
    if let Some((conn, seq)) = asked
        && let Some(why) = never_given(wait, conn, seq)
    {
        return wait.doubt(why);
    }
    if let Some(seq) = lost_on_the_way(wait) {
        let what = wording::event(wait.survey, seq);
        return wait.doubt(format!("the broker sent {what}, but the link did not deliver it"));
    }
    let Some(pattern) = wait.main_pattern() else { return closing::never_closed(wait, asked) };
    let owed = match debt(wait, pattern, asked) {
        Ok(owed) => owed,
        Err(why) => return wait.doubt(why),
    };
    let since = asked.map_or(wait.claimed_at, |(_, seq)| seq);
    let table = owed::clause(owed, wait.version);
    let mut evidence: Vec<u64> = asked.into_iter().map(|(_, seq)| seq).collect();
    evidence.push(wait.at);
    let got = format!("nothing of the sort within {}{}", wording::seconds(wait.waited_us), alive(wait));
    let could = instead::silence(Some(pattern.kind), wait.version);
    let mut finding = wait.finding(table, got, evidence, could).stating(Fact::AnswerMissing);
    finding.meanwhile = wording::meanwhile(wait.survey, wait.conn, since, wait.at);
    Opinion::broken(finding)
}

/// Why the broker can't have had the packet that it should answer.
fn never_given(wait: &Wait<'_, '_>, conn: deadzone_history::ConnId, seq: u64) -> Option<String> {
    let conn = wait.survey.conn(conn)?;
    let what = wording::event(wait.survey, seq);
    let given = match wait.survey.packet(seq) {
        // The n-th of one end is the n-th of the other, unless the link lost something between them.
        Some(_) => conn.given_of(seq).filter(|given| frame(wait, *given) == frame(wait, seq)),
        None => conn.scraps_given,
    };
    match (given.filter(|given| *given < wait.at), conn.closed_by_broker) {
        (None, _) => Some(format!("{what} never reached the broker's end")),
        (Some(given), Some(close)) if close.seq < given => {
            Some(format!("the broker had closed before {what} reached it"))
        }
        (Some(_), _) => None,
    }
}

fn frame<'h>(wait: &Wait<'_, 'h>, seq: u64) -> Option<&'h deadzone_wire::Frame> {
    wait.survey.packet_event(seq).map(|event| &event.frame)
}

/// What was waited for, seen at the broker's end and not delivered by the link.
fn lost_on_the_way(wait: &Wait<'_, '_>) -> Option<u64> {
    let fits = |seq: &&u64| wait.survey.packet(**seq).is_some_and(|packet| wait.matches(packet));
    wait.conn.undelivered(wait.at).iter().find(fits).copied()
}

fn debt(
    wait: &Wait<'_, '_>,
    pattern: &Pattern,
    asked: Option<(deadzone_history::ConnId, u64)>,
) -> Result<Owed, String> {
    let owed = question::owed(wait, pattern, asked);
    if pattern.kind == PacketKind::Pubrel && asked.is_none() {
        return Err("no PUBREC of the client calls for a PUBREL".to_owned());
    }
    if pattern.kind != PacketKind::Publish {
        return Ok(owed);
    }
    if unacknowledged_copy(wait, pattern) {
        return Ok(Owed::Resend);
    }
    let payload = pattern.fields.iter().find_map(|(field, value)| match value {
        Value::Bytes(bytes) if *field == Field::Payload => Some(bytes),
        _ => None,
    });
    let known = receives::Known::of(wait.survey);
    match payload {
        Some(payload) => receives::delivery_owed(&known, wait.client, payload, wait.at)
            .map(|debt| if debt.retained { Owed::Retained } else { owed }),
        None if super::wait::number(pattern, Field::Qos) == Some(0) => {
            Err("a QoS 0 message may be lost".to_owned())
        }
        None => Ok(owed),
    }
}

/// Whether the broker had sent such a PUBLISH on an earlier connection of this session without being given its answer.
fn unacknowledged_copy(wait: &Wait<'_, '_>, pattern: &Pattern) -> bool {
    let Some(start) = wait.survey.session_start(wait.client, wait.at).map(|conn| conn.id) else {
        return false;
    };
    let mut open = std::collections::BTreeSet::new();
    let earlier = wait.survey.conns_of(wait.client).filter(|c| c.id >= start && c.id < wait.conn.id);
    for conn in earlier {
        for seq in conn.seen.iter().chain(&conn.given) {
            match wait.survey.packet(*seq) {
                Some(Packet::Publish(p)) if conn.seen.binary_search(seq).is_ok() && is_copy(pattern, p) => {
                    open.extend(p.packet_id);
                }
                Some(Packet::Ack(ack))
                    if matches!(ack.kind, AckKind::Puback | AckKind::Pubrec)
                        && conn.given.binary_search(seq).is_ok() =>
                {
                    open.remove(&ack.packet_id);
                }
                _ => {}
            }
        }
    }
    !open.is_empty()
}

fn is_copy(pattern: &Pattern, publish: &deadzone_wire::Publish) -> bool {
    let packet = Packet::Publish(publish.clone());
    pattern.fields.iter().all(|(field, value)| {
        !matches!(field, Field::Id | Field::Topic | Field::Payload)
            || field.get(&packet).as_ref() == Some(value)
    })
}

/// Whether the connection showed life during the wait.
fn alive(wait: &Wait<'_, '_>) -> &'static str {
    let given = wait.conn.given_between(wait.claimed_at, wait.at);
    let seen = wait.conn.seen_between(wait.claimed_at, wait.at);
    let is = |list: &[u64], kind| {
        list.iter().any(|seq| wait.survey.packet(*seq).is_some_and(|packet| packet.kind() == kind))
    };
    match (is(given, PacketKind::Pingreq), is(seen, PacketKind::Pingresp)) {
        (_, true) => "; the connection lives: PINGREQ was answered",
        (true, false) => "; PINGREQ was not answered either",
        (false, false) => "",
    }
}

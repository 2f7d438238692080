//! The broker closed instead of answering, or did not close where it must.

use deadzone_history::{By, ConnId};
use deadzone_verdict::Fact;
use deadzone_wire::{Packet, PacketKind, PropertyId, Version};

use super::{question, wait::Wait};
use crate::{
    checkers::wording,
    instead,
    opinion::Opinion,
    owed::{self, CloseCause, Owed},
};

/// A time-out of ours on top of one and a half times the keep-alive, µs: timers of a broker may be coarse.
const KEEP_ALIVE_SLACK_US: u64 = 1_000_000;

/// Closed instead of answering. A server may close at any time, so the finding only counts when it repeats; that is the
/// runner's to see.
pub(super) fn instead(wait: &Wait<'_, '_>, got: u64) -> Opinion {
    let by_broker = match wait.survey.packet(got) {
        Some(_) => true,
        None => wait.conn.closed_by_broker.is_some_and(|c| c.seq <= wait.at) || closed_here_by_broker(wait),
    };
    if !by_broker {
        return wait
            .doubt(format!("the harness ended the connection while {} was waited for", wait.expected()));
    }
    let reason = administrative(wait, got);
    if let Some(reason) = reason {
        return wait.doubt(format!("the broker closed with a reason of its own instead: {reason}"));
    }
    if idle(wait, got) {
        return wait.doubt("the broker closed a connection on which nothing had come for the keep-alive");
    }
    let asked = question::question(wait);
    let given = asked.and_then(|(conn, seq)| wait.survey.conn(conn)?.given_of(seq));
    let closed = wait.conn.closed_by_broker.map_or(got, |closing| closing.seq.min(got));
    if asked.is_some() && given.is_none_or(|given| given > closed) {
        return wait.doubt(format!("the broker closed before it had what calls for {}", wait.expected()));
    }
    let Some(pattern) = wait.main_pattern() else {
        return wait.doubt("the connection closed, but not as the claim has it");
    };
    let table = owed::clause(question::owed(wait, pattern, asked), wait.version);
    let mut evidence: Vec<u64> = asked.into_iter().map(|(_, seq)| seq).collect();
    evidence.push(got);
    let said = match wait.survey.packet(got) {
        Some(packet) => format!(", saying {}", packet.summary()),
        None => last_word(wait, got),
    };
    let text = format!("closed instead of {}{said}", wait.expected());
    let mut finding = wait.finding(table, text, evidence, instead::closed()).stating(Fact::Closed);
    let since = asked.map_or(wait.claimed_at, |(_, seq)| seq);
    finding.meanwhile = wording::meanwhile(wait.survey, wait.conn, since, wait.at);
    Opinion::broken(finding)
}

fn closed_here_by_broker(wait: &Wait<'_, '_>) -> bool {
    wait.conn.closed_here.is_some_and(|closing| closing.by == By::Broker && closing.seq <= wait.at)
}

fn disconnect_before(wait: &Wait<'_, '_>, before: u64) -> Option<u64> {
    let until = wait.conn.seen.partition_point(|seq| *seq <= before);
    let seq = *wait.conn.seen.get(..until)?.last()?;
    matches!(wait.survey.packet(seq), Some(Packet::Disconnect(_))).then_some(seq)
}

fn last_word(wait: &Wait<'_, '_>, got: u64) -> String {
    let word = disconnect_before(wait, got).map(|seq| wording::event(wait.survey, seq));
    word.map_or_else(String::new, |word| format!(", saying {word}"))
}

/// A DISCONNECT that states a reason which has nothing to do with what the client did.
fn administrative(wait: &Wait<'_, '_>, got: u64) -> Option<String> {
    let seq = match wait.survey.packet(got) {
        Some(Packet::Disconnect(_)) => got,
        _ => disconnect_before(wait, got)?,
    };
    match wait.survey.packet(seq)? {
        // Busy, shutting down, taken over, rate, quota, administrative action, use another server, server moved.
        Packet::Disconnect(d) if matches!(d.code(), 0x89 | 0x8b | 0x8e | 0x96..=0x98 | 0x9c | 0x9d) => {
            Some(wording::event(wait.survey, seq))
        }
        _ => None,
    }
}

/// The close was waited for in vain.
pub(super) fn never_closed(wait: &Wait<'_, '_>, asked: Option<(ConnId, u64)>) -> Opinion {
    if wait.conn.closed_by_broker.is_some_and(|closing| closing.seq < wait.at) {
        return wait.doubt("the broker closed its end, but the link did not deliver the close");
    }
    let cause = cause(wait);
    if cause == Some(CloseCause::KeepAlive) && !silent_too_long(wait) {
        return wait.doubt("the wait ended before 1.5 times the keep-alive had passed in silence");
    }
    let table = cause.and_then(|cause| owed::clause(Owed::Close(cause), wait.version));
    let mut evidence: Vec<u64> = asked.into_iter().map(|(_, seq)| seq).collect();
    evidence.push(wait.at);
    let got = format!("the connection stayed open for {}", wording::seconds(wait.waited_us));
    let could = instead::silence(None, wait.version);
    let mut finding = wait.finding(table, got, evidence, could).stating(Fact::NotClosed);
    let since = asked.map_or(wait.claimed_at, |(_, seq)| seq);
    finding.meanwhile = wording::meanwhile(wait.survey, wait.conn, since, wait.at);
    Opinion::broken(finding)
}

/// Why the broker must close here, as far as the record shows.
fn cause(wait: &Wait<'_, '_>) -> Option<CloseCause> {
    let refused =
        wait.conn.seen.iter().any(
            |seq| matches!(wait.survey.packet(*seq), Some(Packet::Connack(connack)) if connack.code != 0),
        );
    if refused {
        return Some(CloseCause::Refused);
    }
    let given = wait.conn.given.iter().filter(|seq| **seq < wait.at);
    let mut events = given.filter_map(|seq| wait.survey.packet_event(*seq)).enumerate();
    let broken = events.find_map(|(nth, event)| match event.decoded.violations.first() {
        _ if nth > 0 && event.decoded.packet.kind() == PacketKind::Connect => Some(CloseCause::SecondConnect),
        Some(violation) => Some(CloseCause::Violation(Some(violation.clause))),
        None => None,
    });
    if broken.is_some() {
        return broken;
    }
    if wait.conn.scraps_given.is_some() {
        return Some(CloseCause::Violation(None));
    }
    if taken_over(wait) {
        return Some(CloseCause::Takeover);
    }
    (keep_alive_us(wait)? > 0).then_some(CloseCause::KeepAlive)
}

fn taken_over(wait: &Wait<'_, '_>) -> bool {
    let id = |conn| wait.survey.connect_of(conn).map(|connect| &connect.client_id);
    let Some(ours) = id(wait.conn) else { return false };
    wait.survey.conns.iter().any(|other| {
        other.id > wait.conn.id && other.accepted.is_some_and(|seq| seq < wait.at) && id(other) == Some(ours)
    })
}

/// Keep-alive in force, µs.
fn keep_alive_us(wait: &Wait<'_, '_>) -> Option<u64> {
    let asked = wait.survey.connect_of(wait.conn)?.keep_alive_s;
    let ruled = match wait.version {
        Version::V5 => wait.survey.acceptance_of(wait.conn).and_then(|connack| {
            connack.properties.as_ref().and_then(|p| p.number(PropertyId::ServerKeepAlive))
        }),
        Version::V31 | Version::V311 => None,
    };
    Some(u64::from(ruled.unwrap_or_else(|| u32::from(asked))) * 1_000_000)
}

/// Whether nothing had been given for the whole keep-alive when it closed. To close before one and a half times of it is
/// early, and no failure: 3.1.1 lets a server drop an inactive client at any time.
fn idle(wait: &Wait<'_, '_>, got: u64) -> bool {
    let Some(keep_alive_us) = keep_alive_us(wait).filter(|us| *us > 0) else { return false };
    let closed = wait.conn.closed_by_broker.map_or(got, |closing| closing.seq.min(got));
    let last = wait.conn.given.iter().rev().find(|seq| **seq < closed);
    last.is_some_and(|last| {
        wait.survey.at_us(closed).saturating_sub(wait.survey.at_us(*last)) >= keep_alive_us
    })
}

/// Whether so much time lay between two complete packets, or behind the last one.
fn silent_too_long(wait: &Wait<'_, '_>) -> bool {
    let Some(keep_alive_us) = keep_alive_us(wait) else { return false };
    let bound_us = keep_alive_us + keep_alive_us / 2 + KEEP_ALIVE_SLACK_US;
    let given = wait.conn.given.iter().filter(|seq| **seq < wait.at).map(|seq| wait.survey.at_us(*seq));
    let mut times: Vec<u64> = given.collect();
    times.push(wait.at_us);
    times.windows(2).any(|pair| matches!(pair, [a, b] if b - a > bound_us))
}

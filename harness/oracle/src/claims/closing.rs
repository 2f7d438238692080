//! The broker closed instead of answering, or did not close where it must.

use deadzone_history::{By, ConnId, Expected};
use deadzone_spec::{ClauseId, id};
use deadzone_verdict::Fact;
use deadzone_wire::{AckKind, Packet, PacketKind, Version};

use super::{mismatch, wait::Wait};
use crate::{
    breach::Found,
    instead,
    owed::{self, CloseCause, Owed},
    state::{Conn, State, is_outsized, seconds_us},
    wording,
};

/// A time-out of ours on top of one and a half times the keep-alive, µs: timers of a broker may be coarse.
const KEEP_ALIVE_SLACK_US: u64 = 5_000_000;

/// Malformed packet and protocol error: what is told of a form, and not of a check (5.0 §2.4).
pub(super) const MALFORMED: [u8; 2] = [0x81, 0x82];

/// Re-authenticate (5.0 §3.15.2.1).
const RE_AUTHENTICATE: u8 = 0x19;

/// Client Identifier not valid (5.0 §2.4).
const CLIENT_ID_NOT_VALID: u8 = 0x85;

/// Session taken over (5.0 §2.4).
const TAKEN_OVER: u8 = 0x8e;

/// So many connections of one scenario before another are many. No standard gives a number. A scenario of the suite has at most
/// four clients, so that a close at the first CONNECT of any of them is never excused; from the fifth connection on, clients
/// come again and again, and a server that holds such clients back would be blamed for it.
const CROWD: usize = 4;
/// Within this time before it, µs: throttles count by the second or by a few, and are over once so much time has passed.
const CROWD_WITHIN_US: u64 = 10_000_000;

/// What a server does not say of a topic that is merely larger than it takes: malformed, protocol error, packet too large (5.0 §2.4).
const OF_NO_TOPIC: [u8; 3] = [0x81, 0x82, 0x95];

/// A DISCONNECT reason that has nothing to do with what the client did: not authorised, busy, shutting down, taken over, rate,
/// quota, administrative action, payload format, use another server, server moved, connection rate, maximum connect time.
pub(super) fn is_policy(code: u8) -> bool {
    matches!(code, 0x87 | 0x89 | 0x8b | 0x8e | 0x90 | 0x96..=0x99 | 0x9c | 0x9d | 0x9f | 0xa0)
}

/// The DISCONNECT of this connection whose reason has nothing to do with what the client did. Nothing took it over where no other
/// connection of the client was accepted.
pub(super) fn policy(state: &State, id: ConnId, conn: &Conn) -> Option<u64> {
    let (seq, code) = conn.handshake.last_word?;
    (is_policy(code) && (code != TAKEN_OVER || taken_over(state, id, conn))).then_some(seq)
}

/// Closed instead of answering. A server may close at any time, so the finding only counts when it repeats; that is the
/// runner's to see.
pub(super) fn instead(wait: &Wait<'_>, got: u64, found: &mut Found) {
    let ends = &wait.conn.ends;
    let by_broker = wait.state.recent.get(got).is_some()
        || ends.by_broker.is_some_and(|c| c.at.seq <= wait.at())
        || ends.here.is_some_and(|c| c.by == By::Broker && c.at.seq <= wait.at());
    if !by_broker {
        let why = format!("the harness ended the connection while {} was waited for", wait.expected());
        return wait.inconclusive(found, why);
    }
    if let Some(why) = outage(wait) {
        return wait.inconclusive(found, why);
    }
    if let Some(seq) = policy(wait.state, wait.id, wait.conn) {
        let reason = wording::event(wait.state, seq);
        return wait
            .inconclusive(found, format!("the broker closed with a reason of its own instead: {reason}"));
    }
    let closed = ends.by_broker.map(|c| c.at).filter(|at| at.seq <= got).unwrap_or(wait.state.now);
    if idle(wait.conn, closed.at_us) {
        return wait.inconclusive(
            found,
            "the broker closed a connection on which nothing had come for the keep-alive",
        );
    }
    let question = wait.question();
    let asked = wait.asked().or_else(|| question.map(|(_, seq)| seq));
    let given = question.map(|(_, seq)| seq);
    if asked.is_some() && given.is_none_or(|given| given > closed.seq) {
        let why = format!("the broker closed before it had what calls for {}", wait.expected());
        return wait.inconclusive(found, why);
    }
    if crowded(wait) {
        let why = "a client was not let in after several others: a server may hold back clients that come too often";
        found.graded(closed.seq, None, why.to_owned(), asked.into_iter().collect());
        return wait.inconclusive(found, why);
    }
    let Some(pattern) = wait.main_pattern() else {
        return wait.inconclusive(found, "the connection closed, but not as the claim has it");
    };
    if let Some(over) = overrun(wait.conn, closed.seq) {
        let why = "the broker closed on a client that had sent more than its CONNACK says that it takes";
        found.graded(closed.seq, None, why.to_owned(), vec![over]);
        return wait.inconclusive(found, why);
    }
    if wait.conn.given.discouraged {
        let why = "the broker closed on a control character or a non-character in a text, as a receiver may";
        found.graded(closed.seq, None, why.to_owned(), asked.into_iter().collect());
        return wait.inconclusive(found, why);
    }
    if let Some(why) = of_right(wait, pattern, question) {
        found.graded(closed.seq, None, why.to_owned(), asked.into_iter().collect());
        return found.not_applicable(closed.seq, why);
    }
    let evidence = asked.into_iter().chain([closed.seq]).collect();
    let said = match wait.conn.handshake.last_word {
        Some((seq, _)) => format!(", saying {}", wording::event(wait.state, seq)),
        None => String::new(),
    };
    let text = format!("closed instead of {}{said}", wait.expected());
    let owed = wait.owed(pattern, question);
    let mut finding = wait.finding(Some(owed), Fact::Closed, text, evidence, instead::closed());
    finding.meanwhile = wording::meanwhile(wait.state, wait.id, asked.unwrap_or(wait.claimed_at.seq));
    found.claim_broken(finding);
}

/// By what right the broker closed, without a word.
fn of_right(
    wait: &Wait<'_>,
    pattern: &deadzone_wire::Pattern,
    question: Option<(Option<ConnId>, u64)>,
) -> Option<&'static str> {
    if without_qos_2(wait, question) {
        return Some("the broker closed on a PUBLISH at QoS 2, which it may not support (3.1.1 §3.3.5)");
    }
    if outsized(wait, question) {
        return Some(
            "the broker closed on a topic of many levels or bytes: the standard sets no limit, and brokers do",
        );
    }
    not_let_in(wait, pattern, question)
}

/// By what right a client was not let in, without a word.
fn not_let_in(
    wait: &Wait<'_>,
    pattern: &deadzone_wire::Pattern,
    question: Option<(Option<ConnId>, u64)>,
) -> Option<&'static str> {
    if without_keep_alive(wait, question) {
        return Some("the broker lets no client in that has no keep-alive, which is its right");
    }
    let lets_in = matches!(pattern.kind, PacketKind::Connack | PacketKind::Auth);
    let accepted = wait.conn.handshake.accepted().is_some();
    if lets_in && !accepted && mismatch::authenticates(wait) {
        return Some("the broker does not offer this method of authentication, which is its right");
    }
    if lets_in && !accepted && wait.version == Version::V5 && mismatch::has_credentials(wait) {
        return Some("the broker may have checked the credentials, and need not say so");
    }
    // The code is optional in 5.0; 3.1.1 owes it.
    let unnamed = wait.version == Version::V5 && mismatch::empty_id(wait);
    (unnamed && pattern.kind == PacketKind::Connack)
        .then_some("the broker takes no empty client identifier, which is its right")
}

/// The connection ended with the target's process.
fn outage(wait: &Wait<'_>) -> Option<String> {
    let ended = wait.state.around.outage_between(wait.conn.opened.seq, wait.at());
    ended.then(|| format!("the target's process ended while {} was waited for", wait.expected()))
}

/// A 3.1.1 server without QoS 2 can't announce it and may close on such a PUBLISH. One that took any has it.
fn without_qos_2(wait: &Wait<'_>, question: Option<(Option<ConnId>, u64)>) -> bool {
    let asked = question.and_then(|(_, seq)| wait.state.recent.get(seq));
    let first = |p: &deadzone_wire::Publish| p.qos == 2 && !p.dup;
    let taken = |kept: &crate::state::Kept| {
        matches!(kept.packet(), Packet::Ack(ack) if ack.kind == AckKind::Pubrec)
            && wait.state.is_judged(kept.direction)
    };
    wait.version != Version::V5
        && !wait.state.header.target.takes_qos_2
        && !wait.state.recent.since(0).any(taken)
        && asked.is_some_and(|kept| matches!(kept.packet(), Packet::Publish(p) if first(p)))
}

/// A legal CONNECT that is not answered where others were, and that follows many connections: a throttle. What the harness
/// connects by itself has been tried again after a pause.
fn crowded(wait: &Wait<'_>) -> bool {
    let asks = wait.main_pattern().is_some_and(|pattern| pattern.kind == PacketKind::Connack);
    if wait.intent || !asks || wait.conn.given.deviant.is_some() || wait.conn.given.scraps.is_some() {
        return false;
    }
    let now_us = wait.conn.opened.at_us;
    let lately = |conn: &&Conn| now_us.saturating_sub(conn.opened.at_us) <= CROWD_WITHIN_US;
    let others = wait.state.conns().into_iter().filter(|(id, _)| *id < wait.id).map(|(_, conn)| conn);
    let others: Vec<&Conn> = others.filter(lately).collect();
    others.len() >= CROWD && others.iter().any(|conn| conn.handshake.accepted().is_some())
}

/// What is asked for has a topic of more levels or bytes than a broker's limit may allow, and the broker says nothing else of it.
fn outsized(wait: &Wait<'_>, question: Option<(Option<ConnId>, u64)>) -> bool {
    let asked = question.and_then(|(_, seq)| wait.state.recent.get(seq));
    asked.is_some_and(|kept| is_outsized(kept.packet())) && says_nothing_of_form(wait.conn)
}

/// The broker closed behind such a topic, before it answered anything that was given later.
pub(super) fn on_outsized(conn: &Conn) -> bool {
    conn.given.outsized.is_some_and(|given| conn.answered_up_to <= given) && says_nothing_of_form(conn)
}

fn says_nothing_of_form(conn: &Conn) -> bool {
    conn.handshake.last_word.is_none_or(|(_, code)| !OF_NO_TOPIC.contains(&code))
}

/// A server may end what never shows a sign of life, and refuse it from the start.
fn without_keep_alive(wait: &Wait<'_>, question: Option<(Option<ConnId>, u64)>) -> bool {
    let asked = question.and_then(|(_, seq)| wait.state.recent.get(seq));
    asked.is_some_and(|kept| matches!(kept.packet(), Packet::Connect(c) if c.keep_alive_s == 0))
}

/// The close was waited for in vain.
pub(super) fn never_closed(wait: &Wait<'_>, found: &mut Found) {
    if wait.conn.ends.by_broker.is_some_and(|closing| closing.at.seq < wait.at()) {
        return wait.inconclusive(found, "the broker closed its end, but the link did not deliver the close");
    }
    let cause = cause(wait);
    if cause == Some(CloseCause::KeepAlive) && !silent_too_long(wait) {
        return wait
            .inconclusive(found, "the wait ended before 1.5 times the keep-alive had passed in silence");
    }
    let got = format!("the connection stayed open for {}", wording::seconds(wait.waited_us()));
    let evidence: Vec<u64> = wait.answers.into_iter().chain([wait.at()]).collect();
    let mut finding = wait.finding(
        cause.map(Owed::Close),
        Fact::NotClosed,
        got,
        evidence,
        instead::silence(None, wait.version),
    );
    if let Some(why) = need_not_close(wait, cause).or_else(|| unanswered_auth(wait)) {
        let text = format!("{}; {why}", finding.got);
        return found.graded(wait.at(), Some(finding.clause), text, finding.evidence);
    }
    finding.meanwhile = wording::meanwhile(wait.state, wait.id, wait.answers.unwrap_or(wait.claimed_at.seq));
    for clause in behind_last_words(wait) {
        finding.breaks_also(clause);
    }
    // The time of a keep-alive is the standard's own: it is not extended.
    match cause {
        Some(CloseCause::KeepAlive) => found.claim_broken(finding),
        _ => found.silent(finding, wait.ended()),
    }
}

/// A server need not answer a re-authentication, and who gives no answer has not said that it failed.
fn unanswered_auth(wait: &Wait<'_>) -> Option<&'static str> {
    let of_auth =
        |kept: &&crate::state::Kept| kept.conn == wait.id && matches!(kept.packet(), Packet::Auth(_));
    let silent = wait.wants(PacketKind::Auth) && wait.conn.handshake.last_word.is_none();
    let last = wait.state.recent.since(0).filter(of_auth).last().filter(|_| silent)?;
    let asks = !wait.state.is_judged(last.direction)
        && matches!(last.packet(), Packet::Auth(a) if a.reason == Some(RE_AUTHENTICATE));
    asks.then_some("no answer to a re-authentication is no answer that accepts it")
}

/// The statements that ask for the close behind what the broker said last, in 5.0: DISCONNECT, and a refusal by its code.
pub(super) fn behind_last_words(wait: &Wait<'_>) -> Vec<ClauseId> {
    let handshake = &wait.conn.handshake;
    let refused = handshake.connack.map(|c| c.code).filter(|code| *code >= 0x80);
    let said = handshake.last_word.map(|(_, code)| code);
    let checked = refused.is_some_and(|code| !MALFORMED.contains(&code));
    let all = [
        (said.is_some(), id!("5.0/MQTT-3.14.4-2")),
        (refused.or(said).is_some_and(|code| code >= 0x80), id!("5.0/MQTT-4.13.2-1")),
        (refused == Some(CLIENT_ID_NOT_VALID), id!("5.0/MQTT-3.1.3-8")),
        (checked, id!("5.0/MQTT-3.1.4-2")),
    ];
    let of_version = wait.version == Version::V5;
    all.into_iter().filter(|(due, _)| *due && of_version).map(|(_, clause)| clause).collect()
}

/// A ping was answered where the close was waited for, or the broken packet itself: the connection is open. Whether a clause lets it be so.
/// An answer to the broken packet says nothing of what a step claims by a statement of another sort.
pub(super) fn may_stay_open(wait: &Wait<'_>, came: &Packet) -> Option<&'static str> {
    let Some((clause, broken)) = wait.conn.given.violation else {
        // What can't be framed is no packet that could be answered.
        let shows = wait.conn.given.scraps.is_some() && came.kind() == PacketKind::Pingresp;
        let wanted = wait.alternatives.contains(&Expected::Closed);
        return if shows && wanted { need_not_close(wait, cause(wait)) } else { None };
    };
    let answers = match came.kind() {
        PacketKind::Pubrel => broken == PacketKind::Pubrec,
        PacketKind::Suback => broken == PacketKind::Subscribe,
        PacketKind::Unsuback => broken == PacketKind::Unsubscribe,
        PacketKind::Puback | PacketKind::Pubrec => broken == PacketKind::Publish,
        PacketKind::Pubcomp => broken == PacketKind::Pubrel,
        _ => false,
    };
    let named = &wait.claim.clauses;
    let at_large = owed::clause(Owed::Close(CloseCause::Violation(None)), wait.version);
    let of_its_form = named.is_empty() || named.iter().any(|c| *c == clause || Some(*c) == at_large);
    let shows_no_more = came.kind() == PacketKind::Pingresp || answers && of_its_form;
    let wanted = wait.alternatives.contains(&Expected::Closed) && shows_no_more;
    let cause = cause(wait).filter(|_| wanted);
    need_not_close(wait, cause)
}

/// Whether the close is one of the answers that are claimed to a breach which no clause lets end in one.
pub(super) fn may_answer_otherwise(wait: &Wait<'_>) -> Option<&'static str> {
    let wanted = wait.alternatives.contains(&Expected::Closed);
    if wanted { need_not_close(wait, cause(wait)) } else { None }
}

/// In 5.0 a server has to close only where a clause says validate, close or treat as malformed; 3.1.1 is strict about what a
/// packet shows by itself, but for what only state shows.
fn need_not_close(wait: &Wait<'_>, cause: Option<CloseCause>) -> Option<&'static str> {
    let Some(CloseCause::Violation(clause)) = cause else { return None };
    let in_connect = wait.conn.given.violation.is_some_and(|(_, kind)| kind == PacketKind::Connect);
    let must = match clause.map(ClauseId::clause) {
        Some(clause) if in_connect => clause.reaction_in_connect.closes(),
        Some(clause) => clause.reaction.closes(),
        None => wait.version != Version::V5,
    };
    (!must).then_some("the standard lets a server leave it open")
}

/// Why the broker must close here, as far as the record shows.
pub(super) fn cause(wait: &Wait<'_>) -> Option<CloseCause> {
    if wait.conn.handshake.connack.is_some_and(|c| c.code != 0) {
        return Some(CloseCause::Refused);
    }
    let given = &wait.conn.given;
    if given.second_connect.is_some() {
        return Some(CloseCause::SecondConnect);
    }
    if let Some((clause, _)) = given.violation {
        return Some(CloseCause::Violation(Some(clause)));
    }
    if given.scraps.is_some() {
        return Some(CloseCause::Violation(None));
    }
    if taken_over(wait.state, wait.id, wait.conn) {
        return Some(CloseCause::Takeover);
    }
    (wait.conn.handshake.keep_alive_s() > 0).then_some(CloseCause::KeepAlive)
}

fn taken_over(state: &State, id: ConnId, conn: &Conn) -> bool {
    let Some(session) = conn.session.and_then(|s| state.session(s)) else { return false };
    let same = state.conns().into_iter().any(|(later, other)| {
        let connect = other.handshake.connect.as_ref();
        later > id
            && other.handshake.accepted().is_some()
            && connect.is_some_and(|c| c.client_id == session.client_id)
    });
    session.current() != Some(id) || same
}

/// A packet before the close that is more than the server takes: what it does behind it, it may do.
pub(super) fn overrun(conn: &Conn, closed: u64) -> Option<u64> {
    conn.given.overrun.filter(|over| *over < closed)
}

/// Whether nothing had been given for the whole keep-alive when it closed. To close before one and a half times of it is
/// early, and no failure: 3.1.1 lets a server drop an inactive client at any time.
pub(super) fn idle(conn: &Conn, closed_us: u64) -> bool {
    let keep_alive_us = seconds_us(u32::from(conn.handshake.keep_alive_s()));
    let last = conn.given.last.filter(|_| keep_alive_us > 0);
    last.is_some_and(|(at, _)| closed_us.saturating_sub(at.at_us) >= keep_alive_us)
}

/// Whether so much time lay between two complete packets, or behind the last one.
fn silent_too_long(wait: &Wait<'_>) -> bool {
    let keep_alive_us = seconds_us(u32::from(wait.conn.handshake.keep_alive_s()));
    let bound_us = keep_alive_us + keep_alive_us / 2 + KEEP_ALIVE_SLACK_US.max(keep_alive_us / 2);
    let until_us = wait.unmet.map_or(wait.state.now.at_us, |unmet| unmet.at.at_us);
    let last_us = wait.conn.given.last.map_or(0, |(at, _)| at.at_us);
    wait.conn.given.longest_gap_us.max(until_us.saturating_sub(last_us)) > bound_us
}

//! Too many copies, unwanted ones, and copies of another shape.

use std::collections::BTreeSet;

use bytes::Bytes;
use deadzone_history::HowOften;
use deadzone_spec::{ClauseId, Pair, id, pair};
use deadzone_verdict::{Fact, Grade, GradeLevel};
use deadzone_wire::PacketKind;

use super::{debt, receives::Watch, shape, will};
use crate::{
    breach::Found,
    instead,
    owed::{Owed, Twice},
    state::{Delivery, Message, Origin},
    wording,
};

/// A server that names no keep-alive of its own goes by the client's.
const KEEP_ALIVE_OF_CLIENT: ClauseId = id!("5.0/MQTT-3.2.2-22");
/// What comes behind a refused CONNECT is not processed.
const BEHIND_A_REFUSAL: Pair = pair!("MQTT-3.1.4-5", "MQTT-3.1.4-6");
/// Keep Alive timeout (5.0 §2.4).
const KEEP_ALIVE_TIMEOUT: u8 = 0x8d;

/// Most events that evidence names; the first and the last ones are kept.
const EVIDENCE: usize = 8;

pub(super) fn judge(watch: &Watch<'_>, found: &mut Found) {
    match (watch.count, watch.payloads.is_empty()) {
        (HowOften::Never, true) => none_at_all(watch, found),
        (HowOften::Never, false) => watch.payloads.iter().for_each(|payload| never(watch, payload, found)),
        (_, true) => any(watch, found),
        (_, false) => watch.payloads.iter().for_each(|payload| each(watch, payload, found)),
    }
}

fn each(watch: &Watch<'_>, payload: &Bytes, found: &mut Found) {
    let meant = watch.meant(payload);
    let came = meant.first().filter(|_| watch.count != HowOften::AtMostOnce);
    let owed = came.map(|delivery| owed_as(watch, payload, delivery));
    if let Some(owed) = owed {
        found.tested_all(watch.clauses(crate::owed::clause(owed, watch.version)));
    }
    shape::judge(watch, payload, &meant, found);
    if matches!(watch.count, HowOften::ExactlyOnce | HowOften::AtMostOnce) {
        too_many(watch, payload, &meant, found);
    }
}

/// What was owed where it had not come.
fn owed_as(watch: &Watch<'_>, payload: &Bytes, delivery: &Delivery) -> Owed {
    let will = |message: &Message| matches!(message.origin, Origin::Will { .. });
    if messages(watch, payload).any(will) {
        Owed::Will
    } else if delivery.retain {
        Owed::Retained
    } else if delivery.conn != delivery.first_conn {
        Owed::Resend
    } else {
        Owed::Delivery
    }
}

/// What the broker promised for a payload to this client.
#[derive(Default)]
struct Promise {
    /// QoS of the publication, the highest of several.
    published: u8,
    /// min(published, granted).
    effective: u8,
    /// How many deliveries are legal: one for each message and matching subscription, retained ones beside.
    copies: usize,
    /// A shared subscription matches: its messages may be dispatched again.
    shared: bool,
    /// Some matching subscription has less than QoS 2, whose copies may be repeated.
    mixed: bool,
}

pub(super) fn messages<'w>(
    watch: &'w Watch<'_>,
    payload: &Bytes,
) -> impl Iterator<Item = &'w Message> + use<'w> {
    watch.state.messages.with_payload(payload).into_iter().flat_map(|g| &g.messages)
}

fn promise(watch: &Watch<'_>, payload: &Bytes) -> Promise {
    let mut promise = Promise::default();
    let mut sessions: Vec<_> = watch.state.conns_of(watch.client).filter_map(|(_, c)| c.session).collect();
    sessions.dedup();
    for message in messages(watch, payload) {
        let mut filters = 0;
        let (mut granted, mut kept) = (None, 0);
        for held in sessions
            .iter()
            .filter_map(|s| watch.state.session(*s))
            .flat_map(|s| s.subscriptions.held(&message.topic))
        {
            let mut counted = false;
            for ask in held.asks.iter().filter(|ask| ask.ended.is_none_or(|ended| ended > message.first.seq))
            {
                let qos = ask.granted().unwrap_or_else(|| ask.requested());
                granted = granted.max(Some(qos));
                promise.shared |= held.filter.shared;
                promise.mixed |= qos < 2;
                counted |= message.progress.completed.is_none_or(|done| ask.given.seq <= done.seq);
                // Retained messages also come because of the subscription itself.
                kept += usize::from(message.retain);
            }
            filters += usize::from(counted);
        }
        promise.published = promise.published.max(message.qos);
        promise.effective = promise.effective.max(message.qos.min(granted.unwrap_or(message.qos)));
        promise.copies += filters.max(usize::from(kept == 0)) + kept;
    }
    promise.copies = promise.copies.max(1);
    promise
}

fn too_many(watch: &Watch<'_>, payload: &Bytes, meant: &[&Delivery], found: &mut Found) {
    let promise = promise(watch, payload);
    let exact: Vec<&Delivery>;
    let meant = if promise.effective == 2 && promise.mixed {
        exact = meant.iter().filter(|d| d.qos == 2).copied().collect();
        &exact
    } else {
        meant
    };
    let cause = meant.get(promise.copies).map(|surplus| cause(watch, payload, surplus, meant));
    let table = crate::owed::clause(Owed::Once(cause.unwrap_or(Twice::AsReceiver)), watch.version);
    if promise.effective == 2 && !promise.shared && !meant.is_empty() {
        found.tested_all(watch.clauses(table));
    }
    let (Some(surplus), Some(cause)) = (meant.get(promise.copies), cause) else { return };
    let (what, n) = (wording::payload(payload), meant.len());
    let again = messages(watch, payload).filter_map(|m| repeated_before(m, surplus.first.seq)).max();
    let seen: Vec<u64> = meant.iter().take(promise.copies + 1).map(|d| d.first.seq).collect();
    let first = meant.first().map_or(surplus.first.seq, |d| d.first.seq);
    // What it had stored may be one copy behind; more than are owed since it came back have no such reason.
    let since = watch.state.around.outage_since(first).map_or(0, |(end, _)| end.seq);
    let behind = meant.iter().filter(|delivery| delivery.first.seq > since).count();
    if behind <= promise.copies && watch.state.around.outage_between(first, surplus.first.seq) {
        let text = format!(
            "durability: {what} was delivered {n} times, the target's process having ended meanwhile"
        );
        let level = GradeLevel::Info;
        found.grades.push((super::receives::NAME, Grade { clause: None, level, text, evidence: seen }));
        return;
    }
    if promise.effective < 2 || promise.shared {
        let cause = match (again, promise.published) {
            (Some(_), _) => "after the publisher sent it again",
            (None, 0) => "published at QoS 0",
            (None, 1) => "although nobody sent anything again",
            (None, _) => "delivered at a lower QoS than published",
        };
        let text = format!("{what} was delivered {n} times, {cause}; at QoS {} it may", promise.effective);
        let level = if again.is_some() { GradeLevel::Info } else { GradeLevel::Should };
        found.grades.push((super::receives::NAME, Grade { clause: None, level, text, evidence: seen }));
        return;
    }
    let got = format!("{n} deliveries{}", told(cause));
    let mut evidence = seen;
    evidence.extend(again);
    evidence.extend(messages(watch, payload).map(|m| m.first.seq));
    let evidence = bounded(evidence, surplus.first.seq);
    let kind = (Some(Owed::Once(cause)), Fact::DeliveredTwice);
    let mut finding =
        watch.finding(kind, watch.wanted(payload), got, evidence, instead::twice(watch.version));
    finding.phase.acknowledged = messages(watch, payload).find_map(|m| had_come(m, surplus.first.seq, again));
    found.claim_broken(finding);
}

/// How far the publisher's exchange had come when a surplus copy came: by what the publisher gave, which is what led to it.
fn had_come(message: &Message, surplus: u64, again: Option<u64>) -> Option<PacketKind> {
    let before = |seq: Option<u64>, than: u64| seq.is_some_and(|seq| seq < than);
    let progress = &message.progress;
    let cause = again.unwrap_or(surplus);
    if before(progress.released.map(|(seq, _)| seq), cause) {
        Some(PacketKind::Pubrel)
    } else if before(progress.accepted.map(|at| at.seq), cause) {
        Some(PacketKind::Pubrec)
    } else {
        None
    }
}

fn repeated_before(message: &Message, before: u64) -> Option<u64> {
    message.progress.repeated.filter(|seq| *seq < before)
}

/// Whose repetition brought the surplus delivery about.
fn cause(watch: &Watch<'_>, payload: &Bytes, surplus: &Delivery, meant: &[&Delivery]) -> Twice {
    if surplus.after_release {
        return Twice::AfterRelease;
    }
    let Some(first) = meant.first() else { return Twice::AsReceiver };
    let between =
        |m: &Message| repeated_before(m, surplus.first.seq).is_some_and(|seq| seq > first.first.seq);
    if messages(watch, payload).any(between) || first.first_conn == surplus.first_conn {
        Twice::AsReceiver
    } else {
        Twice::AsSender
    }
}

fn told(cause: Twice) -> &'static str {
    match cause {
        Twice::AsReceiver => "",
        Twice::AsSender => ": sent as a new message after the subscriber came back",
        Twice::AfterRelease => ": PUBLISH again after its PUBREL",
    }
}

/// Evidence up to the event where the bug is visible, not too much of it.
fn bounded(mut evidence: Vec<u64>, last: u64) -> Vec<u64> {
    evidence.retain(|seq| *seq <= last);
    evidence.sort_unstable();
    evidence.dedup();
    if evidence.len() > EVIDENCE {
        evidence.drain(EVIDENCE / 2..evidence.len() - EVIDENCE / 2);
    }
    evidence
}

fn never(watch: &Watch<'_>, payload: &Bytes, found: &mut Found) {
    let group = watch.state.messages.with_payload(payload);
    let all = group.into_iter().flat_map(|g| &g.deliveries);
    let meant: Vec<&Delivery> = all.filter(|d| fits(watch, d)).collect();
    unwanted(watch, &meant, watch.wanted(payload), found);
}

fn fits(watch: &Watch<'_>, delivery: &Delivery) -> bool {
    delivery.client == watch.client && delivery.ours && watch.wrong_field(delivery, |_| true).is_none()
}

/// Every delivery of this run to the client, in the order in which they came.
fn all_deliveries<'w>(watch: &'w Watch<'_>) -> Vec<&'w Delivery> {
    let groups = watch.state.messages.groups().flat_map(|(_, g)| &g.deliveries);
    let mut all: Vec<&Delivery> = groups.filter(|d| d.client == watch.client).collect();
    all.sort_by_key(|d| d.first);
    all
}

/// No application message of this run at all.
fn none_at_all(watch: &Watch<'_>, found: &mut Found) {
    let meant: Vec<&Delivery> = all_deliveries(watch).into_iter().filter(|d| fits(watch, d)).collect();
    unwanted(watch, &meant, format!("no application message at `{}`", watch.state.name(watch.client)), found);
}

fn unwanted(watch: &Watch<'_>, meant: &[&Delivery], wanted: String, found: &mut Found) {
    found.tested_all(watch.clauses(None));
    let of = |standing| meant.iter().copied().filter(move |d| self::standing(watch, d) == standing);
    let wrong: Vec<&Delivery> = of(Standing::Unwanted).collect();
    if let Some(first) = wrong.first() {
        let seq = first.first.seq;
        let mut got = wording::event(watch.state, seq);
        if wrong.len() > 1 {
            got = format!("{got} and {} more", wrong.len() - 1);
        }
        let source = sources(watch, first).next().map(|m| m.first.seq);
        let evidence = source.filter(|source| *source < seq).into_iter().chain([seq]).collect();
        let kind = (None, Fact::DeliveredUnwanted);
        let finding = watch.finding(kind, wanted, got, evidence, instead::unwanted());
        return found.claim_broken(finding);
    }
    if let Some(served) = of(Standing::Served).next() {
        let why = "the CONNECT was not refused, so that what follows it is served";
        return found.inconclusive(served.first.seq, why);
    }
    if let Some(due) = of(Standing::Due).next() {
        let why = "the connection of that will ended otherwise than the script has it, so that it is due";
        return found.inconclusive(due.first.seq, why);
    }
    if let Some(either) = of(Standing::Either).next() {
        let seq = either.first.seq;
        let event = wording::event(watch.state, seq);
        let text =
            format!("{event}: its DISCONNECT may never have been read or heeded, so that it may come or not");
        found.graded(seq, None, text, Vec::new());
    }
}

/// What may be said of a delivery that the script does not want.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Unwanted,
    /// It came in behind a CONNECT that was accepted, though the claim is about one that is refused.
    Served,
    /// A will whose connection the broker itself had ended before, by no doing of its client's.
    Due,
    /// A will that may come or not.
    Either,
}

fn standing(watch: &Watch<'_>, delivery: &Delivery) -> Standing {
    let ended = |m: &Message| {
        let ends = watch.state.conn(m.conn)?.ends;
        let closed = ends.by_broker?.at.seq;
        Some(closed < delivery.first.seq && !ends.by_harness_before(closed))
    };
    let due = |m: &Message| match m.origin {
        Origin::Will { delay_s } => ended(m) == Some(true) && will::due(watch.state, m, delay_s).is_ok(),
        Origin::Publish => false,
    };
    let keeps = watch.claim.clauses.iter().any(|clause| crate::owed::keeps_a_connection(*clause));
    // By the keep-alive, where that is what the claim is about: a server may close for reasons of its own.
    let of_keep_alive = watch.claim.clauses.contains(&KEEP_ALIVE_OF_CLIENT);
    let said =
        |m: &Message| watch.state.conn(m.conn).and_then(|c| c.handshake.last_word).map(|(_, code)| code);
    let fits = |m: &Message| !of_keep_alive || said(m) == Some(KEEP_ALIVE_TIMEOUT);
    let breach = |m: &Message| keeps && fits(m) && debt::ended_for_nothing(watch.state, m.conn);
    let either =
        |m: &Message| matches!(m.origin, Origin::Will { delay_s } if will::may_come(watch.state, m, delay_s));
    let of_refused = watch.claim.clauses.iter().any(|c| BEHIND_A_REFUSAL.of(c.version()) == Some(*c));
    let served = |m: &Message| {
        of_refused && watch.state.conn(m.conn).is_some_and(|conn| conn.handshake.accepted().is_some())
    };
    let sources: Vec<&Message> = sources(watch, delivery).collect();
    if !sources.is_empty() && sources.iter().all(|m| served(m)) {
        Standing::Served
    } else if sources.is_empty() || sources.iter().all(|m| breach(m)) {
        Standing::Unwanted
    } else if sources.iter().all(|m| due(m)) {
        Standing::Due
    } else if sources.iter().all(|m| either(m)) {
        Standing::Either
    } else {
        Standing::Unwanted
    }
}

/// The messages of which this may be a copy: those with its topic, or with its payload alone where a server maps topics.
fn sources<'w>(watch: &'w Watch<'_>, delivery: &'w Delivery) -> impl Iterator<Item = &'w Message> + use<'w> {
    let payload = delivery.publish().map(|publish| &publish.payload);
    let all = move || payload.into_iter().flat_map(move |payload| messages(watch, payload));
    let same = move |m: &Message| *m.topic == *delivery.topic();
    let mapped = !all().any(same);
    all().filter(move |m| mapped || same(m))
}

/// Any application message, this often.
fn any(watch: &Watch<'_>, found: &mut Found) {
    let all = all_deliveries(watch);
    match watch.count {
        HowOften::ExactlyOnce | HowOften::AtMostOnce if all.len() > 1 => {
            let payloads: BTreeSet<&Bytes> =
                all.iter().filter_map(|d| d.publish()).map(|p| &p.payload).collect();
            let before = (found.findings.len(), found.grades.len());
            for payload in payloads {
                too_many(watch, payload, &watch.meant(payload), found);
            }
            if before == (found.findings.len(), found.grades.len()) {
                watch.inconclusive(found, format!("{} different messages came", all.len()));
            }
        }
        HowOften::ExactlyOnce | HowOften::AtLeastOnce | HowOften::InOrder if all.is_empty() => {
            watch.inconclusive(found, "no message came; which one is owed the claim does not say");
        }
        _ => {}
    }
}

//! Too many, too few, or any at all.

use std::collections::BTreeSet;

use bytes::Bytes;
use deadzone_history::HowOften;
use deadzone_verdict::{Fact, Grade, GradeLevel};
use deadzone_wire::Version;

use super::{
    check::Watch,
    clauses::{self, Twice},
    deliveries::Delivery,
    delivery_owed, owing, shape,
};
use crate::{
    checkers::wording,
    instead,
    opinion::Opinion,
    survey::{Outcome, Publication, Why},
};

/// Most events that evidence names; the first and the last ones are kept.
const EVIDENCE: usize = 8;

/// What the broker promised for a payload to this client.
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

fn promise(watch: &Watch<'_, '_>, payload: &Bytes) -> Promise {
    let mut promise = Promise { published: 0, effective: 0, copies: 0, shared: false, mixed: false };
    for p in watch.survey.publications.with_payload(payload) {
        let mut filters = BTreeSet::new();
        let (mut granted, mut kept) = (None, 0);
        for s in watch.survey.subscriptions.matching(watch.client, &p.topic) {
            if s.ended.is_some_and(|ended| ended <= p.first()) {
                continue;
            }
            granted = granted.max(Some(s.qos()));
            promise.shared |= s.filter.shared;
            promise.mixed |= s.qos() < 2;
            if p.completed.is_none_or(|done| s.given <= done) {
                filters.insert(&s.filter);
            }
            // Retained messages also come because of the subscription itself.
            kept += usize::from(p.retain);
        }
        promise.published = promise.published.max(p.qos);
        promise.effective = promise.effective.max(p.qos.min(granted.unwrap_or(p.qos)));
        promise.copies += filters.len().max(usize::from(kept == 0)) + kept;
    }
    promise.copies = promise.copies.max(1);
    promise
}

pub(super) fn how_often(watch: &Watch<'_, '_>, payload: &Bytes, count: HowOften) -> Vec<Opinion> {
    let meant = watch.meant(payload);
    let mut opinions: Vec<Opinion> = meant.iter().filter_map(|d| shape::field(watch, payload, d)).collect();
    if meant.is_empty() {
        let waited = matches!(count, HowOften::ExactlyOnce | HowOften::AtLeastOnce);
        opinions.extend(waited.then(|| missing(watch, payload)));
        return opinions;
    }
    if count != HowOften::AtLeastOnce {
        opinions.extend(too_many(watch, payload, &meant));
    }
    if opinions.is_empty() {
        opinions.extend(not_had(watch, payload, &meant));
    }
    opinions
}

/// No copy was ever seen at the broker's end.
fn missing(watch: &Watch<'_, '_>, payload: &Bytes) -> Opinion {
    let what = wording::payload(payload);
    let Outcome::Unmet { at, at_us, waited_us, why, .. } = &watch.claimed.outcome else {
        return match &watch.claimed.outcome {
            Outcome::Met { .. } => {
                Opinion::Ours { why: format!("{what} is recorded as received, but never came") }
            }
            _ => watch.doubt(format!("{what} was never waited for: the run ended before")),
        };
    };
    if *why != Why::Patience {
        return watch.doubt(format!("{what} could not be waited for"));
    }
    if watch.survey.starved_while(watch.claimed.at, *waited_us, *at_us) {
        return watch.doubt(format!("the harness was starved while it waited for {what}"));
    }
    let debt = match delivery_owed(watch.known, watch.client, payload, *at) {
        Ok(debt) => debt,
        Err(why) => return watch.doubt(format!("{what} did not come, but was not owed: {why}")),
    };
    let got = format!("nothing within {}", wording::seconds(*waited_us));
    let evidence = vec![debt.published, debt.accepted, *at];
    let table = clauses::lost(debt.retained, watch.version);
    let mut finding = watch.finding(table, wanted(watch, payload), got, evidence, instead::lost());
    let conn = watch.survey.conns_of(watch.client).rev().find(|conn| conn.lives_at(*at));
    if let Some(conn) = conn {
        finding.meanwhile = wording::meanwhile(watch.survey, conn, debt.published, *at);
    }
    Opinion::broken(finding)
}

/// The broker sent it, but the client never had it.
fn not_had(watch: &Watch<'_, '_>, payload: &Bytes, meant: &[&Delivery<'_>]) -> Option<Opinion> {
    let Outcome::Unmet { at, waited_us, .. } = watch.claimed.outcome else { return None };
    let before: Vec<u64> =
        meant.iter().flat_map(|d| d.copies.iter().copied()).filter(|seq| *seq < at).collect();
    let what = wording::payload(payload);
    let Some(last) = before.iter().max().copied() else {
        return Some(watch.doubt(format!("{what} came, but only after the wait had ended")));
    };
    let survey = watch.survey;
    let conn = survey.packet_event(last).and_then(|event| survey.conn(event.conn))?;
    if conn.undelivered(at).binary_search(&last).is_err() {
        return None;
    }
    let resumed = survey.conns_of(watch.client).rev().find(|later| {
        let present = survey.acceptance_of(later).is_some_and(deadzone_wire::Connack::session_present);
        later.id > conn.id && present && later.lives_at(at)
    });
    let open = meant.iter().any(|d| d.publish.qos > 0 && d.stage == super::deliveries::Stage::Sent);
    match resumed {
        Some(later) if open && !survey.starved_between(survey.at_us(later.opened), survey.at_us(at)) => {
            let got = format!(
                "one copy into a dead link, none after the session was resumed, within {}",
                wording::seconds(waited_us)
            );
            let evidence = [Some(last), later.accepted, Some(at)].into_iter().flatten().collect();
            let table = clauses::not_resent(watch.version);
            let mut finding = watch
                .finding(table, wanted(watch, payload), got, evidence, instead::lost())
                .stating(Fact::ResendMissing);
            finding.meanwhile = wording::meanwhile(survey, later, later.opened, at);
            Some(Opinion::broken(finding))
        }
        _ => Some(watch.doubt(format!("the broker sent {what}, but the link did not deliver it"))),
    }
}

fn too_many(watch: &Watch<'_, '_>, payload: &Bytes, meant: &[&Delivery<'_>]) -> Option<Opinion> {
    let promise = promise(watch, payload);
    let exact: Vec<&Delivery<'_>>;
    let meant = if promise.effective == 2 && promise.mixed {
        exact = meant.iter().filter(|d| d.publish.qos == 2).copied().collect();
        &exact
    } else {
        meant
    };
    let surplus = meant.get(promise.copies)?;
    let (what, n) = (wording::payload(payload), meant.len());
    let first = meant.first().map_or(0, |d| d.first());
    let again = watch
        .survey
        .publications
        .with_payload(payload)
        .filter_map(|p| p.repeated_between(0, surplus.first()))
        .max();
    let seen: Vec<u64> = meant.iter().take(promise.copies + 1).map(|d| d.first()).collect();
    if promise.effective < 2 || promise.shared {
        let cause = match (again, promise.published) {
            (Some(_), _) => "after the publisher sent it again",
            (None, 0) => "published at QoS 0",
            (None, 1) => "although nobody sent anything again",
            (None, _) => "delivered at a lower QoS than published",
        };
        let text = format!("{what} was delivered {n} times, {cause}; at QoS {} it may", promise.effective);
        let level = if again.is_some() { GradeLevel::Info } else { GradeLevel::Should };
        return Some(Opinion::Grade(Grade { clause: None, level, text, evidence: seen }));
    }
    let cause = cause(watch, payload, surplus, first);
    let got = format!("{n} deliveries{}", told(cause));
    let mut evidence = seen;
    evidence.extend(again);
    evidence.extend(watch.survey.publications.with_payload(payload).map(Publication::first));
    let evidence = bounded(evidence, surplus.first());
    let table = clauses::twice(cause, watch.version);
    let could = instead::twice(watch.version);
    Some(Opinion::broken(
        watch.finding(table, wanted(watch, payload), got, evidence, could).stating(Fact::DeliveredTwice),
    ))
}

/// Whose repetition brought the surplus delivery about.
fn cause(watch: &Watch<'_, '_>, payload: &Bytes, surplus: &Delivery<'_>, first: u64) -> Twice {
    if surplus.after_release {
        return Twice::AfterRelease;
    }
    let mut publications = watch.survey.publications.with_payload(payload);
    if publications.any(|p| p.repeated_between(first, surplus.first()).is_some()) {
        return Twice::AsReceiver;
    }
    let conn_of = |seq: u64| watch.survey.packet_event(seq).map(|event| event.conn);
    if conn_of(first) == conn_of(surplus.first()) { Twice::AsReceiver } else { Twice::AsSender }
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

pub(super) fn never(watch: &Watch<'_, '_>, payload: &Bytes) -> Option<Opinion> {
    let meant = watch.deliveries.with_payload(payload);
    let meant = meant.filter(|d| watch.ours(d) && watch.wrong_field(d, |_| true).is_none());
    let meant: Vec<&Delivery<'_>> = meant.collect();
    unwanted(watch, &meant, wanted(watch, payload))
}

/// No application message of this run at all.
pub(super) fn none_at_all(watch: &Watch<'_, '_>) -> Option<Opinion> {
    let of_this_run = |d: &&Delivery<'_>| watch.ours(d);
    let fits = |d: &&Delivery<'_>| watch.wrong_field(d, |_| true).is_none();
    let meant: Vec<&Delivery<'_>> = watch.deliveries.list.iter().filter(of_this_run).filter(fits).collect();
    unwanted(watch, &meant, format!("no application message at `{}`", watch.survey.name(watch.client)))
}

fn unwanted(watch: &Watch<'_, '_>, meant: &[&Delivery<'_>], wanted: String) -> Option<Opinion> {
    let first = meant.first()?;
    let source =
        watch.survey.publications.with_payload(&first.publish.payload).map(Publication::first).next();
    let mut got = wording::event(watch.survey, first.first());
    if meant.len() > 1 {
        got = format!("{got} and {} more", meant.len() - 1);
    }
    let evidence = source.filter(|seq| *seq < first.first()).into_iter().chain([first.first()]).collect();
    let of_payload = || watch.survey.publications.with_payload(&first.publish.payload);
    if of_payload().next().is_some() && of_payload().all(|p| owing::may_be_published(watch.survey, p)) {
        return Some(
            watch.doubt(format!("{got}: its DISCONNECT may never have been read, so that it may come")),
        );
    }
    Some(Opinion::broken(
        watch.finding(&[], wanted, got, evidence, instead::unwanted()).stating(Fact::DeliveredUnwanted),
    ))
}

/// Any application message, this often.
pub(super) fn any(watch: &Watch<'_, '_>, count: HowOften) -> Option<Opinion> {
    let n = watch.deliveries.list.len();
    match (count, &watch.claimed.outcome) {
        (HowOften::ExactlyOnce | HowOften::AtLeastOnce | HowOften::InOrder, _) if n == 0 => {
            Some(watch.doubt("no message came; which one is owed the claim does not say"))
        }
        (HowOften::ExactlyOnce | HowOften::AtMostOnce, _) if n > 1 => {
            let payloads: BTreeSet<&Bytes> =
                watch.deliveries.list.iter().map(|d| &d.publish.payload).collect();
            let mut each = payloads.into_iter().filter_map(|p| too_many(watch, p, &watch.meant(p)));
            Some(each.next().unwrap_or_else(|| watch.doubt(format!("{n} different messages came"))))
        }
        _ => None,
    }
}

fn wanted(watch: &Watch<'_, '_>, payload: &Bytes) -> String {
    use deadzone_history::{ClaimKind, HowOften::*};
    let often = match &watch.claim.kind {
        ClaimKind::Receives { count: ExactlyOnce, .. } => "exactly once",
        ClaimKind::Receives { count: AtMostOnce, .. } => "at most once",
        ClaimKind::Receives { count: Never, .. } => "never",
        _ => "at least once",
    };
    let weaker = match (often, watch.version) {
        ("exactly once", Version::V31) => " (3.1: interoperability)",
        _ => "",
    };
    format!("{} at `{}` {often}{weaker}", wording::payload(payload), watch.survey.name(watch.client))
}

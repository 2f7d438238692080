//! First complete copies at the broker's end, in the order of publication.

use bytes::Bytes;
use deadzone_verdict::Fact;

use super::receives::Watch;
use crate::{
    breach::Found,
    instead,
    owed::{self, Owed},
    state::{Delivery, Message, Origin},
    wording,
};

/// The earliest delivery of each payload, in the order that the claim names.
pub(super) fn judge(watch: &Watch<'_>, found: &mut Found) {
    let mut latest: Option<(&Bytes, &Delivery)> = None;
    for payload in watch.payloads {
        let meant = watch.meant(payload);
        let Some(first) = meant.into_iter().min_by_key(|d| d.first) else { continue };
        if latest.is_some() {
            found.tested_all(watch.clauses(owed::clause(Owed::Order, watch.version)));
        }
        match latest {
            // What may be a resend has no place in the order; what was published behind it has its own.
            Some((before, seen)) if seen.first > first.first && resent_unseen(watch, seen) => {
                let (earlier, later) = (wording::payload(before), wording::payload(payload));
                let why = "it may have been sent before, unseen, and this may be a resend";
                watch.inconclusive(found, format!("{earlier} came after {later}: {why}"));
                latest = Some((payload, first));
            }
            Some((before, seen)) if seen.first > first.first => {
                return out_of_order(watch, (before, seen), (payload, first), found);
            }
            _ => latest = Some((payload, first)),
        }
    }
}

fn out_of_order(
    watch: &Watch<'_>,
    before: (&Bytes, &Delivery),
    after: (&Bytes, &Delivery),
    found: &mut Found,
) {
    let one = |payload: &Bytes| watch.state.messages.with_payload(payload).and_then(|g| g.messages.first());
    let (Some(a), Some(b)) = (one(before.0), one(after.0)) else {
        return watch
            .inconclusive(found, "messages came in another order, but not all were published in this run");
    };
    let (earlier, later) = (wording::payload(before.0), wording::payload(after.0));
    if let Some(why) = free_order(watch, (a, before.1), (b, after.1)) {
        return watch.inconclusive(found, format!("{earlier} came after {later}: {why}"));
    }
    let evidence = vec![a.first.seq, b.first.seq, after.1.first.seq, before.1.first.seq];
    let kind = (Some(Owed::Order), Fact::OutOfOrder);
    let wanted = format!("{earlier} before {later}");
    let finding = watch.finding(kind, wanted, format!("{later} first"), evidence, instead::order());
    found.claim_broken(finding);
}

/// Why these two have no order that the broker must keep, if so.
fn free_order(
    watch: &Watch<'_>,
    (a, a_seen): (&Message, &Delivery),
    (b, b_seen): (&Message, &Delivery),
) -> Option<&'static str> {
    let session = watch.state.session_of(watch.client).map(|(_, session)| session);
    let filters = || session.into_iter().flat_map(|s| s.subscriptions.held(&a.topic));
    let released = |m: &Message| m.progress.released.map(|(seq, _)| seq);
    if a.first > b.first {
        Some("they were published in that order")
    } else if a.client != b.client {
        Some("they have different publishers")
    } else if a.topic != b.topic {
        Some("they have different topics")
    } else if a.qos != b.qos || a_seen.qos != b_seen.qos {
        Some("they have different QoS")
    } else if a.origin != Origin::Publish || b.origin != Origin::Publish {
        Some("one of them is a will")
    } else if filters().count() > 1 || filters().any(|held| held.filter.shared) {
        Some("they come through several subscriptions or a shared one")
    } else if a_seen.retain || b_seen.retain {
        Some("one of them is a retained copy")
    } else if a.qos == 2 && released(a) > released(b) {
        Some("their PUBRELs came in that order")
    } else if watch.state.header.target.unordered_topics {
        Some("the target declares that it keeps no order")
    } else {
        None
    }
}

/// Whether the first copy that was seen has DUP, behind a connection that was not read to its end.
fn resent_unseen(watch: &Watch<'_>, seen: &Delivery) -> bool {
    let session = seen.session.and_then(|s| watch.state.session(s));
    let unseen = session.is_some_and(|s| watch.state.sent_unseen_before(s, seen.first_conn));
    unseen && seen.publish().is_some_and(|publish| publish.dup)
}

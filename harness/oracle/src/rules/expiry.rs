//! Message Expiry Interval on deliveries (5.0 §3.3.2.3.3): reduced by the time of waiting, and nothing after its end that had
//! not begun to be delivered.
//!
//! The value must lie between what the longest and the least possible waiting leave. A message that comes after its end fails
//! only where the step of the client that let it come was given long after; otherwise its delivery may have begun in time.

use deadzone_history::Event;
use deadzone_spec::{Pair, pair};
use deadzone_verdict::Fact;
use deadzone_wire::{PropertyId, Version};

use super::{
    clauses::{EXPIRED, EXPIRY_LEFT},
    delivery::Delivery,
};
use crate::{
    breach::{Breach, Found},
    rule::{On, Stateless},
    state::{CopyKind, Message, Origin, State, seconds_us},
};

/// What let an expired message come has to be so much later than its end, µs.
const LATE_US: u64 = 2_000_000;

/// A server adds nothing to what was published.
pub(super) const ADDED: Pair = pair!(-, "DZ-property-added");

pub(crate) const RULE: Stateless = Stateless { name: "message-expiry", on: On::DELIVERED, observe };

fn observe(event: &Event, state: &State, found: &mut Found) {
    let Some(delivery) = Delivery::of(event, state) else { return };
    if delivery.seen.source.is_some_and(|source| source.will && source.count == 0) {
        return of_will(event, &delivery, state, found);
    }
    let first = matches!(delivery.seen.copy, CopyKind::First | CopyKind::Plain) && !delivery.publish.dup;
    let Some(message) =
        delivery.seen.source.and_then(|s| s.unique()).and_then(|id| state.messages.message(id))
    else {
        return;
    };
    if !first || message.origin != Origin::Publish {
        return;
    }
    let v5 = delivery.seen.version == Version::V5;
    let left = delivery.publish.properties.number(PropertyId::MessageExpiryInterval);
    match message.expiry_s {
        Some(expiry_s) => {
            late(event, &delivery, (message, expiry_s), state, found);
            if v5 {
                value(event, &delivery, (message, expiry_s, left), state, found);
            }
        }
        // A server may bound what it keeps, and then it has to say so to subscribers.
        None if v5 => {
            found.tested(ADDED.of(Version::V5));
            if left.is_some() {
                let text = format!("Message Expiry Interval added: {}", delivery.summary());
                found.grade(event, ADDED.of(Version::V5), text, vec![message.first.seq]);
            }
        }
        None => {}
    }
}

/// The interval of a will counts from its publication, which lies between its CONNECT and the delivery.
fn of_will(event: &Event, delivery: &Delivery<'_>, state: &State, found: &mut Found) {
    let group = delivery.seen.delivery.and_then(|id| state.messages.group(id.group));
    let Some(message) = group.filter(|g| g.messages.len() == 1).and_then(|g| g.messages.first()) else {
        return;
    };
    let Some(expiry_s) = message.expiry_s.filter(|_| delivery.seen.version == Version::V5) else { return };
    found.tested(EXPIRY_LEFT.of(Version::V5));
    let left = delivery.publish.properties.number(PropertyId::MessageExpiryInterval);
    let longest_s = event.at_us.saturating_sub(message.first.at_us).div_ceil(1_000_000) + 1;
    let least = u64::from(expiry_s).saturating_sub(longest_s);
    off_range(event, delivery, (message, left), (least, expiry_s.into()), state, found);
}

/// When the step was given that let a message come now: the CONNECT of the connection, or the SUBSCRIBE for a retained copy.
fn let_come_us(delivery: &Delivery<'_>, state: &State) -> u64 {
    let conn = state.conn(delivery.seen.conn);
    let connect_us = conn.and_then(|c| c.handshake.connect.as_ref()).map_or(0, |c| c.at.at_us);
    let asks = delivery.session.subscriptions.held(&delivery.topic.0).filter_map(|held| held.current());
    let subscribed_us = asks.map(|ask| ask.given.at_us).min().unwrap_or(0);
    connect_us.max(subscribed_us)
}

fn late(
    event: &Event,
    delivery: &Delivery<'_>,
    (message, expiry_s): (&Message, u32),
    state: &State,
    found: &mut Found,
) {
    let end_us = message.first.at_us + seconds_us(expiry_s);
    if expiry_s == 0 || event.at_us <= end_us + LATE_US {
        return;
    }
    if let_come_us(delivery, state) < end_us + LATE_US {
        let text = format!("{} after its Message Expiry Interval of {expiry_s} s", delivery.summary());
        return found.grade(event, None, text, vec![message.first.seq]);
    }
    let breach = Breach {
        conn: delivery.seen.conn,
        clause: EXPIRED,
        fact: Fact::DeliveredUnwanted,
        wanted: format!("nothing of a message that expired after {expiry_s} s"),
        got: delivery.summary(),
        evidence: vec![message.first.seq],
        could_instead: vec![
            "finish a delivery that had begun: the client came, or subscribed, after the end",
        ],
    };
    found.broken(event, state, breach);
}

fn value(
    event: &Event,
    delivery: &Delivery<'_>,
    (message, expiry_s, left): (&Message, u32, Option<u32>),
    state: &State,
    found: &mut Found,
) {
    found.tested(EXPIRY_LEFT.of(Version::V5));
    let longest_s = event.at_us.saturating_sub(message.first.at_us).div_ceil(1_000_000) + 1;
    let accepted_us = message.progress.completed.map_or(u64::MAX, |at| at.at_us);
    let certain_s = let_come_us(delivery, state).saturating_sub(accepted_us) / 1_000_000;
    let least = u64::from(expiry_s).saturating_sub(longest_s);
    let most = u64::from(expiry_s).saturating_sub(certain_s);
    off_range(event, delivery, (message, left), (least, most), state, found);
}

fn off_range(
    event: &Event,
    delivery: &Delivery<'_>,
    (message, left): (&Message, Option<u32>),
    (least, most): (u64, u64),
    state: &State,
    found: &mut Found,
) {
    if left.is_some_and(|left| (least..=most).contains(&left.into())) {
        return;
    }
    let Some(expiry_s) = message.expiry_s else { return };
    if expiry_s == 0 {
        // It may come or not, and a server that sends it takes 0 for no interval at all.
        let text = format!("published with a Message Expiry Interval of 0: {}", delivery.summary());
        return found.grade(event, None, text, vec![message.first.seq]);
    }
    let breach = Breach {
        conn: delivery.seen.conn,
        clause: EXPIRY_LEFT,
        fact: Fact::WrongField,
        wanted: format!(
            "a Message Expiry Interval between {least} and {most} s, what the waiting left of {expiry_s} s"
        ),
        got: delivery.summary(),
        evidence: vec![message.first.seq],
        could_instead: vec!["count the waiting in whole seconds, up or down: both are allowed for"],
    };
    found.broken(event, state, breach);
}

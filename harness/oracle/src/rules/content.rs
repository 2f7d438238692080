//! What is delivered was published, and its properties go on unaltered (5.0 §3.3.2.3).
//!
//! A server may add user properties (graded); towards subscribers before 5.0 properties vanish. A payload that may have been
//! given in a way that the state does not follow (before CONNACK, to a session that has gone on, by a client that breaks the
//! protocol, outside the record) is nobody's only as far as the record shows, and no finding.

use deadzone_history::{Event, Origin};
use deadzone_spec::{Pair, pair};
use deadzone_verdict::Fact;
use deadzone_wire::Version;

use super::{
    clauses::{
        CONTENT_TYPE, CORRELATION, FORMAT, RESPONSE_TOPIC, USER_ORDER, USER_PROPERTIES, WILL_USER_PROPERTIES,
    },
    delivery::Delivery,
};
use crate::{
    breach::{Breach, Found},
    rule::{On, Stateless},
    state::{Forwarded, State},
};

/// A message that nobody published.
pub(super) const OF_NOBODY: Pair = pair!("DZ-content-of-nobody", "DZ-content-of-nobody");
/// A client may not send a Subscription Identifier, and a server not hand it on.
pub(super) const PUBLISHERS_IDENTIFIER: Pair = pair!(-, "DZ-publisher-subscription-identifier");

/// A message of QoS 0 has no packet identifier: what was published begins right behind its topic, in 5.0 behind its properties.
pub(super) const NO_IDENTIFIER: Pair = pair!("MQTT-2.3.1-5", "MQTT-2.2.1-2");
/// The bytes of a packet identifier.
const IDENTIFIER: usize = 2;

pub(crate) const RULE: Stateless = Stateless { name: "content", on: On::DELIVERED, observe };

fn observe(event: &Event, state: &State, found: &mut Found) {
    let Some(delivery) = Delivery::of(event, state) else { return };
    if delivery.marker || delivery.publish.payload.is_empty() || !state.of_this_run(delivery.topic) {
        return;
    }
    if delivery.seen.source.is_some() && delivery.publish.qos == 0 {
        found.tested(NO_IDENTIFIER.of(delivery.seen.version));
    }
    match delivery.seen.source {
        None => of_nobody(event, &delivery, state, found),
        Some(source) if source.count + u32::from(source.will) == 1 => {
            forwarded(event, &delivery, state, found);
        }
        Some(_) => {}
    }
}

fn of_nobody(event: &Event, delivery: &Delivery<'_>, state: &State, found: &mut Found) {
    let outside = state.header.origin == Origin::Link || state.header.nonce.is_empty();
    if outside || state.someone_deviates() || state.messages.may_be_forgotten(&delivery.publish.payload) {
        return;
    }
    let breach = Breach {
        conn: delivery.seen.conn,
        clause: OF_NOBODY,
        fact: Fact::DeliveredUnwanted,
        wanted: "only what was published or willed on the topics of this run".to_owned(),
        got: delivery.summary(),
        evidence: Vec::new(),
        could_instead: vec![
            "deliver what another client published: no client of the record published this payload",
        ],
    };
    found.broken(event, state, breach);
    let payload = &delivery.publish.payload;
    let behind = payload.get(IDENTIFIER..).filter(|rest| !rest.is_empty());
    let published = |rest: &[u8]| state.messages.with_payload(&payload.slice_ref(rest)).is_some();
    if delivery.publish.qos == 0 && behind.is_some_and(published) {
        found.beside(event, NO_IDENTIFIER.of(delivery.seen.version));
    }
}

fn forwarded(event: &Event, delivery: &Delivery<'_>, state: &State, found: &mut Found) {
    if delivery.seen.version != Version::V5 {
        return;
    }
    let group = delivery.seen.delivery.and_then(|id| state.messages.group(id.group));
    let Some(message) = group.and_then(|g| g.messages.first()) else { return };
    if state.version(message.conn) != Version::V5 {
        return;
    }
    if message.forwarded.is_none() && delivery.publish.properties.is_empty() {
        return;
    }
    let none = Forwarded::default();
    let published = message.forwarded.as_deref().unwrap_or(&none);
    let delivered = Forwarded::read(&delivery.publish.properties);
    let will = delivery.seen.source.is_some_and(|source| source.will);
    let judged = [
        (CONTENT_TYPE, published.content_type.is_some()),
        (RESPONSE_TOPIC, published.response_topic.is_some()),
        (CORRELATION, published.correlation.is_some()),
        (FORMAT, published.format != 0),
        (USER_PROPERTIES, !published.user.is_empty() && !will),
        (USER_ORDER, published.user.len() > 1 && !will),
        (WILL_USER_PROPERTIES, !published.user.is_empty() && will),
        (PUBLISHERS_IDENTIFIER, published.identifier.is_some()),
    ];
    judged.iter().filter(|(_, is)| *is).for_each(|(clause, _)| found.tested(clause.of(Version::V5)));
    let mut altered = |clause: Pair, name: &str| {
        let breach = Breach {
            conn: delivery.seen.conn,
            clause,
            fact: Fact::WrongField,
            wanted: format!("the publisher's {name}, unaltered"),
            got: delivery.summary(),
            evidence: vec![message.first.seq],
            could_instead: vec!["refuse the message: it delivered it otherwise than it was published"],
        };
        found.broken(event, state, breach);
    };
    if published.content_type != delivered.content_type {
        altered(CONTENT_TYPE, "Content Type");
    }
    // One with wildcards is forbidden: who strips it hands on nothing forbidden.
    let stripped = delivered.response_topic.is_none()
        && published.response_topic.as_ref().is_some_and(|topic| topic.0.iter().any(|b| b"+#".contains(b)));
    if published.response_topic != delivered.response_topic && !stripped {
        altered(RESPONSE_TOPIC, "Response Topic");
    }
    if published.correlation != delivered.correlation {
        altered(CORRELATION, "Correlation Data");
    }
    if published.format != delivered.format {
        altered(FORMAT, "Payload Format Indicator");
    }
    if !published.user_within(&delivered) {
        let (missing, disordered) =
            if will { (WILL_USER_PROPERTIES, WILL_USER_PROPERTIES) } else { (USER_PROPERTIES, USER_ORDER) };
        altered(if published.all_user_in(&delivered) { disordered } else { missing }, "User Properties");
    } else if delivered.user.len() > published.user.len() {
        found.grade(
            event,
            None,
            format!("User Properties added: {}", delivery.summary()),
            vec![message.first.seq],
        );
    }
    if let Some(identifier) = published.identifier {
        handed_on(event, delivery, (identifier, message.first.seq), state, found);
    }
}

/// The publisher's own Subscription Identifier comes out at a subscriber that has none of this number.
fn handed_on(
    event: &Event,
    delivery: &Delivery<'_>,
    (identifier, published): (u32, u64),
    state: &State,
    found: &mut Found,
) {
    let carried = delivery.publish.subscription_ids().any(|id| id == identifier);
    let own = delivery
        .session
        .subscriptions
        .all()
        .any(|(_, h)| h.asks.iter().any(|a| a.identifier == Some(identifier)));
    if !carried || own {
        return;
    }
    let breach = Breach {
        conn: delivery.seen.conn,
        clause: PUBLISHERS_IDENTIFIER,
        fact: Fact::WrongField,
        wanted: "no Subscription Identifier but the subscriber's own".to_owned(),
        got: delivery.summary(),
        evidence: vec![published],
        could_instead: vec!["strip it, or close on the publisher, which may not send it: it handed it on"],
    };
    found.broken(event, state, breach);
}

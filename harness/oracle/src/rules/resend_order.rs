//! What is sent again after a resume comes in the order in which it was sent first.
//!
//! Resends are compared with resends only, on one connection. The statements bind whoever sends (3.1.1/MQTT-4.6.0-1), a server
//! towards its subscribers where it keeps a topic in order (3.1.1/MQTT-4.6.0-6): so within one topic and QoS it is a failure in
//! 3.1.1, and everything else is graded.

use std::collections::BTreeMap;

use deadzone_history::{ConnId, Event};
use deadzone_spec::{Pair, pair};
use deadzone_verdict::Fact;

use super::delivery::Delivery;
use crate::{
    breach::{Breach, Found},
    rule::{On, Rule},
    state::{CopyKind, State},
};

pub(super) const RESENT_IN_ORDER: Pair = pair!("MQTT-4.6.0-6", -);

/// The latest resend on a connection: the topic, its QoS, and where its first copy was sent.
type Latest = (Vec<u8>, u8, u64);

#[derive(Debug, Default)]
pub(crate) struct ResendOrder {
    latest: BTreeMap<ConnId, Vec<Latest>>,
}

/// So many topics with resends are followed on one connection.
const TOPICS_KEPT: usize = 64;
/// So many connections are.
const CONNS_KEPT: usize = 256;

impl Rule for ResendOrder {
    fn name(&self) -> &'static str {
        "resend-order"
    }

    fn on(&self) -> On {
        On::DELIVERED
    }

    fn observe(&mut self, event: &Event, state: &State, found: &mut Found) {
        let Some(delivery) = Delivery::of(event, state) else { return };
        let CopyKind::Again { first, last, live: false, .. } = delivery.seen.copy else { return };
        if delivery.seen.matching.shared || delivery.publish.retain || state.header.target.unordered_topics {
            return;
        }
        let conn = delivery.seen.conn;
        if self.latest.len() >= CONNS_KEPT && !self.latest.contains_key(&conn) {
            self.latest.pop_first();
        }
        let resends = self.latest.entry(conn).or_default();
        let (topic, qos) = (&delivery.topic.0, delivery.publish.qos);
        let Some(known) = resends.iter_mut().find(|(t, q, _)| t == topic && *q == qos) else {
            if resends.len() < TOPICS_KEPT {
                resends.push((topic.to_vec(), qos, first));
            }
            return;
        };
        found.tested(RESENT_IN_ORDER.of(state.version(conn)));
        let before = known.2;
        known.2 = before.max(first);
        if first > before {
            return;
        }
        let breach = Breach {
            conn,
            clause: RESENT_IN_ORDER,
            fact: Fact::OutOfOrder,
            wanted: "resends of one topic and QoS in the order in which the messages were sent first"
                .to_owned(),
            got: format!("{} again, after one that was sent later", delivery.summary()),
            evidence: vec![last, before],
            could_instead: vec![
                "resend messages of other topics or QoS in any order: these are alike",
                "send new messages among the resends: both were sent before",
            ],
        };
        found.broken(event, state, breach);
    }
}

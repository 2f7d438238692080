//! A client resends its messages in the order in which it sent them first.
//!
//! Resends are compared with resends, on one connection of a session that the record saw begin.

use std::collections::BTreeMap;

use deadzone_history::{ConnId, Event};
use deadzone_spec::{Pair, pair};
use deadzone_verdict::Fact;

use super::{CONNS_KEPT, breach};
use crate::{
    breach::{Breach, Found},
    rule::{On, Rule},
    rules::delivery::Delivery,
    state::{CopyKind, Stage, State},
};

const RESENT_IN_ORDER: Pair = pair!("MQTT-4.6.0-1", "MQTT-4.6.0-1");

/// Of each connection the latest of the messages that were resent, by its first copy, and its resend.
#[derive(Debug, Default)]
pub(crate) struct ResendOrder(BTreeMap<ConnId, (u64, u64)>);

impl Rule for ResendOrder {
    fn name(&self) -> &'static str {
        "client-resend-order"
    }

    fn on(&self) -> On {
        On::DELIVERED
    }

    fn observe(&mut self, event: &Event, state: &State, found: &mut Found) {
        let Some(delivery) = Delivery::of(event, state) else { return };
        let CopyKind::Again { first, last, live: false, stage: Stage::Unacknowledged, .. } =
            delivery.seen.copy
        else {
            return;
        };
        let conn = delivery.seen.conn;
        found.tested(RESENT_IN_ORDER.of(state.version(conn)));
        if self.0.len() >= CONNS_KEPT && !self.0.contains_key(&conn) {
            self.0.pop_first();
        }
        let latest = self.0.entry(conn).or_insert((first, event.seq));
        let (sent, resent) = *latest;
        if first >= sent {
            *latest = (first, event.seq);
            return;
        }
        let got = format!("{} again, behind the resend of one that was sent later", delivery.summary());
        let wanted = "resends in the order in which the messages were sent first";
        let breach = Breach {
            could_instead: vec!["send new messages among the resends: both were sent before"],
            ..breach(conn, (RESENT_IN_ORDER, Fact::OutOfOrder), wanted, got, vec![last, sent, resent])
        };
        found.broken(event, state, breach);
    }
}

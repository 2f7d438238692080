//! No delivery above the highest grant that the session held since the message was accepted, nor above its published QoS.
//!
//! Before SUBACK the requested QoS counts. After UNSUBSCRIBE or a lower re-SUBSCRIBE the old grant still covers what was
//! published before.

use deadzone_history::Event;

use super::{clauses::GRANTED_QOS, exchange::Delivery};
use crate::{
    rule::{Fault, Notes, Rule},
    trace::Trace,
};

#[derive(Debug)]
pub(crate) struct GrantedQos;

impl Rule for GrantedQos {
    fn name(&self) -> &'static str {
        "granted-qos"
    }

    fn observe(&mut self, event: &Event, trace: &Trace, notes: &mut Notes) {
        let Some(delivery) = Delivery::of(event, trace) else { return };
        if trace.header().target.automatic_subscriptions || delivery.marker {
            return;
        }
        let (matching, source) = (delivery.seen.matching, delivery.seen.source);
        let granted = matching.qos.unwrap_or(2);
        let published = source.map_or(2, |s| s.qos);
        let most = granted.min(published);
        if delivery.publish.qos <= most {
            return;
        }
        let fault = Fault {
            conn: delivery.seen.conn,
            clauses: &GRANTED_QOS,
            wanted: if published < granted {
                format!("QoS {most} at most, as it was published")
            } else {
                format!("QoS {most} at most, as it was granted")
            },
            got: delivery.summary(),
            evidence: matching.answered.into_iter().chain(source.map(|s| s.seq)).collect(),
            could_instead: vec![
                "deliver under an older, higher grant what was published while it held: none held since",
                "deliver under an overlapping subscription with a higher grant: there is none",
            ],
        };
        notes.broken(event, trace, fault);
    }
}

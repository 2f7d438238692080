//! The rules: one property of the protocol in a file, each passive, each holding in every history.
//!
//! A rule is called for the transitions that it asks for and looks at the [state](crate::state); it must not know scenarios,
//! claims or other rules. Each fails only on what no conformant broker can do, given what was given, seen and left open; where
//! the record leaves a legal way out the rule is silent or grades. In 3.1, which has no clauses, everything is a grade.

mod acknowledgements;
mod after_the_end;
mod alias;
mod clauses;
pub(crate) mod client;
mod client_id;
mod connack;
mod connack_properties;
mod content;
mod copies;
mod delivery;
mod dup;
mod expiry;
mod granted_qos;
mod identifiers;
mod malformed;
mod maximum_qos;
mod optional;
mod order;
mod overtaken;
mod packet_id;
mod packet_size;
mod receive_maximum;
mod release;
mod release_order;
mod resend;
mod resend_order;
mod retain;
mod session_present;
mod sharing;
mod subprotocol;
mod topic;

pub(crate) use clauses::{FIRST_CONNACK, OVERLAP_QOS, pairs};

use crate::rule::Rule;

/// One of each, in the order in which a reader meets them in the standard.
pub(crate) fn all() -> Vec<Box<dyn Rule>> {
    vec![
        Box::new(subprotocol::RULE),
        Box::new(malformed::WellFormed::default()),
        Box::new(connack::RULE),
        Box::new(client_id::RULE),
        Box::new(connack_properties::ConnackProperties::default()),
        Box::new(session_present::SessionPresent::default()),
        Box::new(after_the_end::AfterTheEnd::default()),
        Box::new(packet_size::RULE),
        Box::new(alias::RULE),
        Box::new(packet_id::RULE),
        Box::new(dup::RULE),
        Box::new(resend::RULE),
        Box::new(release::RULE),
        Box::new(acknowledgements::RULE),
        Box::new(receive_maximum::ReceiveMaximum::default()),
        Box::new(maximum_qos::RULE),
        Box::new(topic::RULE),
        Box::new(content::RULE),
        Box::new(identifiers::Identifiers::default()),
        Box::new(sharing::RULE),
        Box::new(expiry::RULE),
        Box::new(granted_qos::GrantedQos::default()),
        Box::new(retain::Retain::default()),
        Box::new(order::Order::default()),
        Box::new(resend_order::ResendOrder::default()),
        Box::new(release_order::ReleaseOrder::default()),
        Box::new(copies::RULE),
        Box::new(overtaken::Overtaken),
    ]
}

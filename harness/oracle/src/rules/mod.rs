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
mod order;
mod overtaken;
mod packet_id;
mod packet_size;
mod receive_maximum;
mod release;
mod resend;
mod resend_order;
mod retain;
mod session_present;
mod topic;

pub(crate) use clauses::pairs;

use crate::rule::Rule;

/// One of each, in the order in which a reader meets them in the standard.
pub(crate) fn all() -> Vec<Box<dyn Rule>> {
    vec![
        Box::new(malformed::Malformed),
        Box::new(connack::FirstIsConnack),
        Box::new(connack_properties::ConnackProperties::default()),
        Box::new(session_present::SessionPresent),
        Box::new(after_the_end::AfterTheEnd::default()),
        Box::new(packet_size::PacketSize),
        Box::new(alias::Alias),
        Box::new(packet_id::PacketId),
        Box::new(dup::Dup),
        Box::new(resend::Resend),
        Box::new(release::Release),
        Box::new(acknowledgements::Acknowledgements),
        Box::new(receive_maximum::ReceiveMaximum::default()),
        Box::new(topic::Topic),
        Box::new(content::Content),
        Box::new(identifiers::Identifiers::default()),
        Box::new(expiry::Expiry),
        Box::new(granted_qos::GrantedQos::default()),
        Box::new(retain::Retain::default()),
        Box::new(order::Order::default()),
        Box::new(resend_order::ResendOrder::default()),
        Box::new(copies::Copies),
        Box::new(overtaken::Overtaken),
    ]
}

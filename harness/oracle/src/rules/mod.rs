//! The rules: one property of the protocol in a file, each passive, each holding in every history.
//!
//! A rule looks at the current event and at the [trace](crate::trace); it must not know scenarios, claims or
//! other rules. Each fails only on what no conformant broker can do, given what was given, seen and left open; where the record
//! leaves a legal way out the rule is silent or grades. In 3.1, which has no clauses, everything is a grade.

mod acknowledgements;
mod after_the_end;
mod alias;
mod clauses;
mod connack;
mod copies;
mod dup;
mod exchange;
mod granted_qos;
mod malformed;
mod order;
mod packet_id;
mod packet_size;
mod receive_maximum;
mod release;
mod resend;
mod retain;
mod session_present;
mod topic;

use crate::rule::Rule;

/// One of each, in the order in which a reader meets them in the standard.
pub(crate) fn all() -> Vec<Box<dyn Rule>> {
    vec![
        Box::new(malformed::Malformed),
        Box::new(connack::FirstIsConnack::default()),
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
        Box::new(granted_qos::GrantedQos),
        Box::new(retain::Retain),
        Box::new(order::Order::default()),
        Box::new(copies::Copies::default()),
    ]
}

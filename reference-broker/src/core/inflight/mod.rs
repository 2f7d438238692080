//! The QoS exchanges of one session, each direction on its own: the two use separate packet-identifier spaces.

mod aliases;
mod channel;
mod ids;
mod inbound;
mod outbound;
mod queue;

pub(crate) use channel::Channel;
pub(crate) use inbound::{Arrival, Inbound, Release};
pub(crate) use outbound::{Answer, Outbound};

//! The same radio for IP packets: whole packets in, whole packets out, late or never.
//!
//! [`PacketLink`] serves two [lanes](crate::Direction) of one modem. A byte stream can only be late where the radio loses
//! something; a packet is lost, and its sender has to notice. So this is what the byte-stream link is measured
//! against. `flows` remembers conversations, for address translation and for addresses that change.
//!
//! A packet is whatever its owner says: nothing here reads it.

mod flows;
mod link;

pub use flows::{FLOWS_MAX, Flow};
pub use link::{Fate, Lost, PacketLink, PacketSums};

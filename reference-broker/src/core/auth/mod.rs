//! Enhanced authentication (5.0 §4.12): the methods, one exchange of either, and what it makes of AUTH packets.
//!
//! `SCRAM-SHA-256` (RFC 7677) proves a password that never crosses the wire, `OAUTHBEARER` (RFC 7628) shows a token. Who is
//! known is in [`crate::Secrets`] and [`crate::Users`].

mod bearer;
mod exchange;
mod packets;
mod scram;

pub(super) use exchange::{Authentication, Method};

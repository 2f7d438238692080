//! Histories made by hand: what a test of a rule, checker or report feeds to it, without any network.
//!
//! A packet goes over both ends unless a method's name says otherwise. [`handshake`] holds the exchanges that tests
//! repeat, [`claims`] what the script expects. Decoding is real: the bytes of each packet are encoded and decoded, so that a
//! hand-made record equals one that was read back from its file. It does not check that the story is legal or possible.

mod claims;
mod handshake;
mod record;

pub use handshake::Start;
pub use record::HandMade;

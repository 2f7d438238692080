//! The rules that a client is held to, over the same state with the parties exchanged: what it wrote is *seen*, what reached its
//! end is *given*.
//!
//! What was given may be unread, so that a client is blamed only for what is wrong whether it had read it or not. Silence and
//! times are graded: a client owes an answer, but no statement says when; it fails where a later answer overtook one that was
//! owed. A session that the record did not see begin is not judged, but for what is wrong by itself.

mod acknowledgements;
mod answer_order;
mod exchange;
mod handshake;
mod keep_alive;
mod limits;
mod list;
mod owed;
mod receive_maximum;
mod release;
mod resend_order;

pub(crate) use list::all;
use list::{CONNS_KEPT, breach, forget_ended};

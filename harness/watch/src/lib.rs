//! A link that is watched while it runs: its record is judged as it grows, the clients and the broker behind it in one go.
//!
//! `queue` takes events off the way of the bytes: it is bounded and never waits, and what does not fit is left out and said.
//! `judges` holds both parties to their clauses, and `evidence` cuts out of the latest events what shows a finding.

mod evidence;
mod judges;
mod queue;

pub use judges::{Proven, Watched};
pub use queue::{Tap, Watching, watch};

//! The health of a target: crashed, hung or half dead, told from the pulse of its connections.
//!
//! `watch` looks at the pulse while a pass runs and holds new performances back while something is unclear; `examine` finds
//! out what it is, with fresh clients of its own; `suspects` says who may have been the cause.

mod examine;
mod trouble;
mod watch;

pub(crate) use examine::{Examiner, Found};
pub(crate) use trouble::{Kind, Trouble};
pub(crate) use watch::Health;

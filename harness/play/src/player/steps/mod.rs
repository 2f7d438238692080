//! What each kind of step does. A step is a function on the [`Stage`](super::stage::Stage): it returns once the next one may
//! begin, or says why going on makes no sense.

mod ask;
mod connect;
mod expect;
mod finds;
mod link;
mod marker;
mod packet;
mod step;
mod target;

use step::{Done, needed, unmet};

pub(super) use ask::ping;
pub(super) use connect::{connect, disconnect};
pub(super) use expect::quiescent;
pub(super) use finds::longest_us;
pub(super) use step::perform;
pub(super) use target::put_off;

//! The pool: tasks, workers, job slots and the watch over them. `slots` says who may run, `seat` is one performance's part in
//! it, `work` carries tasks out, `watch` keeps what came of them and gives up what hangs.

mod seat;
mod slots;
mod task;
mod watch;
mod work;

pub(crate) use seat::Seat;
pub(crate) use slots::{Limits, Slots};
pub(crate) use task::{Done, First, Next, Task, Why};
pub(crate) use work::{Outcome, Pass, Progress, work};

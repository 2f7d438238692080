//! A bench: one player over scripted streams, in memory, on a paused clock. The broker here is a table of answers.

mod broker;
mod control;
mod finds;
mod performed;
mod process;
mod waits;
mod wire;

use performed::{Bench, Busy, RUN, Record};

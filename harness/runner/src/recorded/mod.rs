//! Recorded histories to verdicts: what `run` said of a performance, or would have said.
//!
//! No verdict is stored in a record; `file` judges each one while it reads it, whole or cut off, and `results` puts the runs of
//! one scenario together as a run does.

mod file;
mod results;

pub use results::{JudgeOptions, judge_files};

//! Scenarios to text, in one form: what the engine makes, it makes by printing. Must not know how text is read.

mod file;
mod header;
mod intent;
mod link;
mod step;
mod value;

pub use file::print;

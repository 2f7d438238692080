//! Proves that the suite can fail: every scenario against every defect or mutant that it names, every control run on a
//! correct broker, and every legal variant.

mod caught;
mod culprit;
mod expected;
mod prove;
mod report;

pub use prove::selftest;
pub use report::{Kill, SelftestOptions, SelftestProgress, SelftestReport};

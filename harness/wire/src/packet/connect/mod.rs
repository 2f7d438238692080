//! CONNECT (3.1.1 §3.1, 5.0 §3.1): its fields, and its bytes with their checks.

mod codec;
mod fields;

pub use fields::{Connect, Will};

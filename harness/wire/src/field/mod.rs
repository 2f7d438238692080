//! Named access to packet fields, for scenario templates and patterns: `id=7`, `qos=2`, `session_present=1`.

mod access;
mod name;

pub use name::{Field, Nth, UnknownField, Value};

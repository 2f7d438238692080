//! Named ways to break a valid packet. They compose: a list is applied left to right.
//! Breaking is all this knows; what a broker should do about it belongs to scenarios and oracle.

mod draft;
mod fields;
mod name;
mod of_field;

pub use name::{Mutation, UnknownMutation};
pub use of_field::TextBreakage;

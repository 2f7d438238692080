//! Named ways to break a valid packet. They compose: a list is applied left to right.

mod name;

pub use name::Mutation;

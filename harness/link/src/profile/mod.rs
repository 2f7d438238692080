//! How a link behaves, by name: numbers with units and sources, as people write and read them.
//!
//! A [`Profile`] is read from TOML, may inherit from another one, may lie over one (an overlay replaces whole sections), and
//! its numbers may be set one by one. A [`Catalogue`] holds profiles that name each other. What a profile means to the
//! model is its shape.
//!
//! Nothing here knows a file system or the time.

mod catalogue;
mod error;
mod named;
mod numbers;
mod parse;
mod preview;
mod rules;
mod schema;
mod setting;
mod wants;

pub use catalogue::Catalogue;
pub use error::ProfileError;
pub use named::{Number, Profile};
pub use schema::{KEYS, Key, Kind};
pub use wants::Wants;

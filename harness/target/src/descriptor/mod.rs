//! Target descriptors: a TOML file that says where a broker is or how it is started, who clients are to it and what it
//! declares.

mod address;
mod check;
mod described;
mod file;
mod read;
mod recipe;

pub(crate) use address::{bridged, places_of};
pub use described::{Descriptor, Way};
pub(crate) use file::Addresses;
pub use recipe::Recipe;

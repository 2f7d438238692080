//! MQTT 5.0 properties: the list and its values, their bytes, and where each may stand.

mod codec;
mod list;
mod rules;
mod sort;

pub use list::{Properties, Property, PropertyId, PropertyValue};
pub(crate) use rules::{Home, repeatable};
pub use sort::PropertySort;

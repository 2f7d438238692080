//! The two-ended timeline of a history: one row for one thing, whichever ends recorded it.
//!
//! [`rows`] merges what the client's end and the broker's end say of the same packet and tells what became of it;
//! [`select`] picks the rows that a reader needs. Drawing is for the formats; nothing here judges.

mod merge;
mod packet;
mod row;
mod select;
mod silence;

pub(crate) use merge::{close_word, rows, seconds};
pub(crate) use packet::{bytes, summary};
pub(crate) use row::{Fate, Row, Weight, What};
pub(crate) use select::{Shown, select};
pub(crate) use silence::silence;

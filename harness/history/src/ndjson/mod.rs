//! A history as newline-delimited JSON: a header line, a line for each event, an end footer.
//!
//! `SCHEMA.md` says what each field means. Equal histories give equal bytes: keys come in one order, nothing depends on
//! the machine. A packet is its exact bytes in hex, once for both ends; the text beside it is for people and is not read back.
//! This module knows JSON and the record's types, not what a record proves.

pub(crate) mod fields;
pub(crate) mod hex;
mod line;
pub(crate) mod pattern;
mod read;
mod write;

pub use read::{HistoryError, Reader, read};
pub use write::{Writer, write};

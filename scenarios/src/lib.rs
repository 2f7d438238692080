//! The suite's scenario files, link profiles and targets as text. It knows nothing of their languages.

mod embedded;

pub use embedded::{File, files, profiles, targets, traces};

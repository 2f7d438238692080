//! The suite's scenario files and link profiles as text. It knows nothing of their languages.

mod embedded;

pub use embedded::{File, files, profiles, traces};

//! The suite's scenario files as text. It knows nothing of their language.

/// One embedded scenario file.
#[derive(Clone, Copy, Debug)]
pub struct File {
    /// Path below the suite's root, with `/`: `qos2/interrupted.mqt`.
    pub path: &'static str,
    /// The path without `.mqt`: the first part of its scenarios' ids.
    pub area: &'static str,
    /// The whole text.
    pub text: &'static str,
}

static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// Every file of the suite, sorted by path.
pub fn files() -> &'static [File] {
    FILES
}

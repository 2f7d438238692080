//! The texts that `build.rs` found below this crate. Knows no more of a text than its name.

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
static PROFILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/profiles.rs"));
static TARGETS: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/targets.rs"));
static TRACES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/traces.rs"));

/// Every file of the suite, sorted by path.
pub fn files() -> &'static [File] {
    FILES
}

/// Every link profile: its name and its TOML, sorted by name.
pub fn profiles() -> &'static [(&'static str, &'static str)] {
    PROFILES
}

/// Every recorded link trace that a profile names: its file's name and its text.
pub fn traces() -> &'static [(&'static str, &'static str)] {
    TRACES
}

/// Every target that comes with the suite: its name and its descriptor's TOML, sorted by name.
pub fn targets() -> &'static [(&'static str, &'static str)] {
    TARGETS
}

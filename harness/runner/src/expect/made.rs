//! Files and outcomes made by hand, for the tests of this module.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use deadzone_spec::Transport;
use deadzone_verdict::{Outcome, ScenarioKey, VerdictKind};
use deadzone_wire::Version;

use super::{Expectations, Known};

/// Two findings of one clause.
pub(super) const TWICE: &str = "5.0/MQTT-4.3.3-10 delivered-twice acknowledged=PUBREC live client=sub qos=2";
pub(super) const TWICE_RESUMED: &str = "5.0/MQTT-4.3.3-10 delivered-twice resumed client=sub qos=2";
/// One of another clause.
pub(super) const SILENT: &str = "5.0/MQTT-4.3.3-11 answer-missing acknowledged=PUBREL live client=pub";

pub(super) fn key(id: &str) -> ScenarioKey {
    ScenarioKey { id: id.to_owned(), version: Version::V5 }
}

/// An outcome in 5.0.
pub(super) fn outcome(id: &str, kind: VerdictKind, found: &[&str]) -> Outcome {
    Outcome {
        key: key(id),
        kind,
        found: found.iter().map(|&print| print.to_owned()).collect(),
        now_and_then: BTreeSet::new(),
        unconfirmed: Vec::new(),
        repeated: BTreeSet::new(),
        steady: false,
    }
}

/// A file with these lines behind its head.
pub(super) fn text(lines: &str) -> String {
    format!("schema = \"deadzone.expect/1\"\ntarget = \"t\"\n{lines}")
}

/// An entry of a scenario in 5.0, with these lines more.
pub(super) fn entry(id: &str, lines: &str) -> String {
    format!("[[known]]\nscenario = \"{id}\"\nversion = \"5.0\"\nreason = \"known\"\n{lines}\n")
}

/// An entry that names a finding.
pub(super) fn fails(id: &str, print: &str) -> String {
    entry(id, &format!("fingerprint = \"{print}\""))
}

pub(super) fn file(lines: &str) -> Expectations {
    Expectations::parse(Path::new("known.toml"), &text(lines)).unwrap()
}

/// What holds of a file for a target that tells this version.
pub(super) fn known(lines: &str, target_version: Option<&str>) -> Known {
    Known::new(Arc::new(file(lines)), target_version, Some(Transport::Tcp))
}

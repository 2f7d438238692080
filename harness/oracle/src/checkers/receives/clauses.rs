//! Clauses for what is wrong with messages, by version. The first that the scenario names is taken.

use deadzone_wire::{Field, Version};

/// Whose role went wrong when a message came twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Twice {
    /// As a receiver: the publisher's repetition went onward again.
    AsReceiver,
    /// As a sender: sent as new what was not finished.
    AsSender,
    /// As a sender: PUBLISH again though PUBREL had been sent.
    AfterRelease,
}

pub(super) fn twice(cause: Twice, version: Version) -> &'static [&'static str] {
    match (version, cause) {
        (Version::V31, _) => &[],
        (Version::V311, Twice::AsReceiver) => &["3.1.1/MQTT-4.3.3-2"],
        (Version::V311, Twice::AsSender | Twice::AfterRelease) => &["3.1.1/MQTT-4.3.3-1"],
        (Version::V5, Twice::AsReceiver) => &["5.0/MQTT-4.3.3-10"],
        (Version::V5, Twice::AsSender) => &["5.0/MQTT-4.3.3-3", "5.0/MQTT-4.3.3-6"],
        (Version::V5, Twice::AfterRelease) => &["5.0/MQTT-4.3.3-6"],
    }
}

pub(super) fn lost(retained: bool, version: Version) -> &'static [&'static str] {
    match (version, retained) {
        (Version::V31, _) => &[],
        (Version::V311, false) => &["3.1.1/MQTT-4.5.0-1"],
        (Version::V311, true) => &["3.1.1/MQTT-3.3.1-6"],
        (Version::V5, false) => &["5.0/MQTT-4.5.0-1"],
        (Version::V5, true) => &["5.0/MQTT-3.3.1-9"],
    }
}

pub(super) fn not_resent(version: Version) -> &'static [&'static str] {
    match version {
        Version::V31 => &[],
        Version::V311 => &["3.1.1/MQTT-4.4.0-1"],
        Version::V5 => &["5.0/MQTT-4.4.0-1"],
    }
}

pub(super) fn order(version: Version) -> &'static [&'static str] {
    match version {
        Version::V31 => &[],
        Version::V311 => &["3.1.1/MQTT-4.6.0-6"],
        Version::V5 => &["5.0/MQTT-4.6.0-5"],
    }
}

/// The clause for a number in a PUBLISH that is not as claimed.
pub(crate) fn field_clause(field: Field, wanted: u32, version: Version) -> Option<&'static str> {
    let (v311, v5) = match (field, wanted) {
        (Field::Retain, 0) => ("3.1.1/MQTT-3.3.1-9", "5.0/MQTT-3.3.1-12"),
        (Field::Retain, _) => ("3.1.1/MQTT-3.3.1-8", "5.0/MQTT-3.3.1-13"),
        (Field::Qos, _) => ("3.1.1/MQTT-3.8.4-6", "5.0/MQTT-3.8.4-8"),
        (Field::Dup, 0) => ("3.1.1/MQTT-3.3.1-3", "5.0/MQTT-3.3.1-3"),
        (Field::Dup, _) => ("3.1.1/MQTT-3.3.1-1", "5.0/MQTT-3.3.1-1"),
        (Field::MessageExpiry, _) => return (version == Version::V5).then_some("5.0/MQTT-3.3.2-6"),
        (Field::SubId, _) => return (version == Version::V5).then_some("5.0/MQTT-3.3.4-3"),
        _ => return None,
    };
    match version {
        Version::V31 => None,
        Version::V311 => Some(v311),
        Version::V5 => Some(v5),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_clause_is_a_must_of_its_version_that_binds_the_server() {
        for version in [Version::V311, Version::V5] {
            let fields = [Field::Retain, Field::Qos, Field::Dup, Field::MessageExpiry, Field::SubId];
            let fields = fields.iter().flat_map(|f| [0, 1].map(|wanted| field_clause(*f, wanted, version)));
            let twice =
                [Twice::AsReceiver, Twice::AsSender, Twice::AfterRelease].map(|cause| twice(cause, version));
            let others = [lost(true, version), lost(false, version), not_resent(version), order(version)];
            for id in fields.flatten().chain(twice.into_iter().chain(others).flatten().copied()) {
                let clause =
                    deadzone_spec::find(id).unwrap_or_else(|| panic!("{id} is not in the catalogue"));
                assert!(clause.binds_server(), "{id}");
                assert_eq!(clause.version, version.as_str());
            }
        }
    }
}

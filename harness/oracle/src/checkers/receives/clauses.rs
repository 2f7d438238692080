//! Clauses for what is wrong with messages, by version. The first that the scenario names is taken.

use deadzone_spec::{ClauseId, id, pair};
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

pub(super) fn twice(cause: Twice, version: Version) -> &'static [ClauseId] {
    match (version, cause) {
        (Version::V31, _) => &[],
        (Version::V311, Twice::AsReceiver) => &[id!("3.1.1/MQTT-4.3.3-2")],
        (Version::V311, Twice::AsSender | Twice::AfterRelease) => &[id!("3.1.1/MQTT-4.3.3-1")],
        (Version::V5, Twice::AsReceiver) => &[id!("5.0/MQTT-4.3.3-10")],
        (Version::V5, Twice::AsSender) => &[id!("5.0/MQTT-4.3.3-3"), id!("5.0/MQTT-4.3.3-6")],
        (Version::V5, Twice::AfterRelease) => &[id!("5.0/MQTT-4.3.3-6")],
    }
}

pub(super) fn lost(retained: bool, version: Version) -> &'static [ClauseId] {
    match (version, retained) {
        (Version::V31, _) => &[],
        (Version::V311, false) => &[id!("3.1.1/MQTT-4.5.0-1")],
        (Version::V311, true) => &[id!("3.1.1/MQTT-3.3.1-6")],
        (Version::V5, false) => &[id!("5.0/MQTT-4.5.0-1")],
        (Version::V5, true) => &[id!("5.0/MQTT-3.3.1-9")],
    }
}

pub(super) fn not_resent(version: Version) -> &'static [ClauseId] {
    match version {
        Version::V31 => &[],
        Version::V311 => &[id!("3.1.1/MQTT-4.4.0-1")],
        Version::V5 => &[id!("5.0/MQTT-4.4.0-1")],
    }
}

pub(super) fn order(version: Version) -> &'static [ClauseId] {
    match version {
        Version::V31 => &[],
        Version::V311 => &[id!("3.1.1/MQTT-4.6.0-6")],
        Version::V5 => &[id!("5.0/MQTT-4.6.0-5")],
    }
}

/// The clause for a number in a PUBLISH that is not as claimed.
pub(crate) fn field_clause(field: Field, wanted: u32, version: Version) -> Option<ClauseId> {
    let pair = match (field, wanted) {
        (Field::Retain, 0) => pair!("MQTT-3.3.1-9", "MQTT-3.3.1-12"),
        (Field::Retain, _) => pair!("MQTT-3.3.1-8", "MQTT-3.3.1-13"),
        (Field::Qos, _) => pair!("MQTT-3.8.4-6", "MQTT-3.8.4-8"),
        (Field::Dup, 0) => pair!("MQTT-3.3.1-3", "MQTT-3.3.1-3"),
        (Field::Dup, _) => pair!("MQTT-3.3.1-1", "MQTT-3.3.1-1"),
        (Field::MessageExpiry, _) => pair!(-, "MQTT-3.3.2-6"),
        (Field::SubId, _) => pair!(-, "MQTT-3.3.4-3"),
        _ => return None,
    };
    pair.of(version)
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
                assert!(id.binds_server(), "{id}");
                assert_eq!(id.version(), version);
            }
        }
    }
}

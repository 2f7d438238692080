//! The sections of the standards, as tables of coverage list them. Knows no statement but by its section.

use crate::{ClauseId, Version};

/// A section of a standard that is one row of a table: `3.1` of 3.1.1, CONNECT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Section {
    /// Its number.
    pub number: &'static str,
    /// Its title, where the standard's own is long in short.
    pub title: &'static str,
}

const fn section(number: &'static str, title: &'static str) -> Section {
    Section { number, title }
}

/// Those that make numbered statements, as 5.0 has them.
const SECTIONS: [Section; 30] = [
    section("1.5", "Data representation"),
    section("2.1", "Structure of a packet"),
    section("2.2", "Variable header"),
    section("3.1", "CONNECT"),
    section("3.2", "CONNACK"),
    section("3.3", "PUBLISH"),
    section("3.4", "PUBACK"),
    section("3.5", "PUBREC"),
    section("3.6", "PUBREL"),
    section("3.7", "PUBCOMP"),
    section("3.8", "SUBSCRIBE"),
    section("3.9", "SUBACK"),
    section("3.10", "UNSUBSCRIBE"),
    section("3.11", "UNSUBACK"),
    section("3.12", "PINGREQ"),
    section("3.14", "DISCONNECT"),
    section("3.15", "AUTH"),
    section("4.1", "Session state"),
    section("4.2", "Network connections"),
    section("4.3", "Quality of Service levels"),
    section("4.4", "Message delivery retry"),
    section("4.5", "Message receipt"),
    section("4.6", "Message ordering"),
    section("4.7", "Topic Names and Topic Filters"),
    section("4.8", "Subscriptions"),
    section("4.9", "Flow control"),
    section("4.12", "Enhanced authentication"),
    section("4.13", "Handling errors"),
    section("6", "WebSocket as a transport"),
    section("7", "Conformance"),
];
/// What 3.1.1 has otherwise.
const OF_3_1_1: [Section; 3] =
    [section("2.2", "Fixed header"), section("2.3", "Variable header"), section("4.8", "Handling errors")];

impl ClauseId {
    /// The section of the standard that makes the statement, as one row of a table: `3.1` of `3.1.2`, and chapters 6 and 7 whole.
    pub fn row(self) -> Option<Section> {
        let clause = self.clause();
        let of = |known: &[Section]| known.iter().copied().find(|row| is_within(clause.section, row.number));
        let own = if clause.version == Version::V5 { None } else { of(&OF_3_1_1) };
        own.or_else(|| of(&SECTIONS))
    }
}

/// Whether a section is the other one or a part of it.
fn is_within(section: &str, other: &str) -> bool {
    section.strip_prefix(other).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{all, id};

    #[test]
    fn every_numbered_statement_is_in_a_row() {
        for id in all().filter(|id| id.clause().is_numbered()) {
            let row = id.row().unwrap_or_else(|| panic!("{id} is in no section"));
            assert!(!row.title.is_empty(), "{id}");
        }
    }

    #[test]
    fn a_row_is_of_its_version() {
        let title = |id: ClauseId| id.row().map(|row| (row.number, row.title));
        assert_eq!(title(id!("3.1.1/MQTT-2.2.2-1")), Some(("2.2", "Fixed header")));
        assert_eq!(title(id!("5.0/MQTT-2.2.1-6")), Some(("2.2", "Variable header")));
        assert_eq!(title(id!("3.1.1/MQTT-3.1.4-5")), Some(("3.1", "CONNECT")));
        assert_eq!(title(id!("5.0/MQTT-3.12.4-1")), Some(("3.12", "PINGREQ")));
        assert_eq!(title(id!("3.1.1/MQTT-4.8.0-1")), Some(("4.8", "Handling errors")));
        assert_eq!(title(id!("5.0/MQTT-4.8.2-1")), Some(("4.8", "Subscriptions")));
        assert_eq!(title(id!("3.1.1/MQTT-7.1.1-1")), Some(("7", "Conformance")));
    }
}

//! From a violation that decoding found to what the broker does about it. Knows clauses by id, and nothing of state.

use deadzone_spec::ClauseId;
use deadzone_wire::{Decoded, PacketKind, Violation};

use crate::{Config, Defect};

/// Malformed Packet (5.0 §2.4).
pub(crate) const MALFORMED: u8 = 0x81;
/// Protocol Error (5.0 §2.4).
pub(crate) const PROTOCOL_ERROR: u8 = 0x82;

/// The first violation that this broker minds.
pub(crate) fn offence<'a>(decoded: &'a Decoded, config: &Config) -> Option<&'a Violation> {
    decoded.violations.iter().find(|v| !overlooked(v, decoded.packet.kind(), config))
}

fn overlooked(violation: &Violation, kind: PacketKind, config: &Config) -> bool {
    let clause = violation.clause;
    let flags = [
        "2.2.2-1",
        "2.1.3-1",
        "3.6.1-1",
        "3.8.1-1",
        "3.10.1-1",
        "3.14.1-1",
        "3.15.1-1",
        "DZ-fixed-header-flags",
    ];
    let strings =
        ["1.5.3-1", "1.5.3-2", "1.5.4-1", "1.5.4-2", "1.5.7-1", "DZ-ill-formed-utf8", "DZ-nul-in-topic"];
    let listed = |list: &[&str]| list.iter().any(|id| bare(clause) == *id);
    // A PUBLISH of a client with a Subscription Identifier.
    let foreign_id = kind == PacketKind::Publish && listed(&["3.3.4-6"]);
    let names =
        ["3.3.2-2", "4.7.0-1", "4.7.1-1", "4.7.1-2", "4.7.1-3", "4.7.3-1", "4.7.3-2", "1.5.3-2", "1.5.4-2"];
    let published = kind == PacketKind::Publish;
    config.tolerates(clause)
        || published && listed(&["3.3.2-14"]) && config.has(Defect::ResponseTopicUnchecked)
        || published && listed(&["3.3.2-8"]) && config.has(Defect::ClientAliasZeroRouted)
        || foreign_id && config.has(Defect::PublisherSubscriptionIdForwarded)
        || config.has(Defect::MalformedConnectTaken) && kind == PacketKind::Connect
        || config.has(Defect::ProtocolNameIgnored) && listed(&["3.1.2-1"])
        || config.has(Defect::BadNamesTaken) && kind != PacketKind::Connect && listed(&names)
        || config.has(Defect::BadFlagsAccepted) && listed(&flags)
        || config.has(Defect::BadUtf8Forwarded) && kind == PacketKind::Publish && listed(&strings)
}

/// The number without version and prefix; ids of our own without the version only.
fn bare(clause: ClauseId) -> &'static str {
    let number = clause.clause().number;
    number.strip_prefix("MQTT-").unwrap_or(number)
}

/// The reason code that 5.0 names for the violation, for DISCONNECT or CONNACK. Where the text says "Protocol Error" it
/// is 0x82, where it says "Malformed Packet" or nothing it is 0x81; topics have codes of their own.
pub(crate) fn reason(violation: &Violation) -> u8 {
    match bare(violation.clause) {
        "3.1.2-1" | "3.1.2-2" => 0x84,
        "3.3.2-2" | "4.7.0-1" | "3.3.2-14" => 0x90,
        "4.7.1-1" | "4.7.1-2" | "4.8.2-1" | "4.8.2-2" => 0x8f,
        "3.3.2-8" => 0x94,
        "4.7.3-1"
        | "2.2.1-3"
        | "3.8.3-2"
        | "3.8.3-4"
        | "3.10.3-2"
        | "3.3.4-6"
        | "DZ-wrong-sender"
        | "DZ-forbidden-type"
        | "DZ-retain-handling"
        | "DZ-property-not-allowed"
        | "DZ-repeated-property"
        | "DZ-property-range"
        | "DZ-authentication-data-alone"
        | "DZ-authentication-method-absent"
        | "DZ-reason-of-other-party" => PROTOCOL_ERROR,
        _ => MALFORMED,
    }
}

//! How tests say what the rules about clients must find.

use deadzone_history::{ClientIx, ConnId, HandMade, History, Start};
use deadzone_oracle::{RuleOutcome, obey_as};
use deadzone_spec::Party;
use deadzone_wire::{Ack, AckKind, Connack, Packet, Properties, PropertyId, PropertyValue, Publish, Version};

/// The versions that have clauses.
pub(crate) const BOTH: [Version; 2] = [Version::V311, Version::V5];

fn outcomes(history: &History) -> Vec<RuleOutcome> {
    obey_as(history, Party::Client)
}

/// Exactly these rules find exactly these clauses, once each; `MQTT-…` is of the history's version.
#[track_caller]
pub(crate) fn found(h: HandMade, wanted: &[(&str, &str)]) {
    let history = h.finish();
    let (version, outcomes) = (history.header.version, outcomes(&history));
    let all = outcomes.iter().flat_map(|o| o.findings.iter().map(|f| (o.rule, f)));
    let got: Vec<_> = all.map(|(rule, f)| (rule.to_owned(), f.clause.to_string())).collect();
    let wanted: Vec<_> = wanted.iter().map(|(r, c)| ((*r).to_owned(), format!("{version}/{c}"))).collect();
    assert_eq!(got, wanted, "in {version}");
    for finding in outcomes.iter().flat_map(|o| &o.findings) {
        assert!(finding.clause.binds_client(), "{finding:?}");
        assert!(!finding.evidence.is_empty() && !finding.got.is_empty() && finding.client.is_some());
    }
}

/// No rule finds anything, nor has anything to say.
#[track_caller]
pub(crate) fn legal(h: HandMade) {
    let outcomes = outcomes(&h.finish());
    let said: Vec<_> = outcomes.iter().filter(|o| !o.findings.is_empty() || !o.grades.is_empty()).collect();
    assert!(said.is_empty(), "{said:#?}");
}

/// Nothing is found, and one rule has so many grades.
#[track_caller]
pub(crate) fn graded(h: HandMade, rule: &str, times: usize) {
    let outcomes = outcomes(&h.finish());
    assert!(outcomes.iter().all(|o| o.findings.is_empty()), "{outcomes:#?}");
    let of_rule = outcomes.iter().filter(|o| o.rule == rule);
    assert_eq!(of_rule.map(|o| o.grades.len()).sum::<usize>(), times, "{outcomes:#?}");
}

/// A clause by version.
pub(crate) fn by(version: Version, v311: &'static str, v5: &'static str) -> &'static str {
    if version == Version::V5 { v5 } else { v311 }
}

pub(crate) fn puback(id: u16) -> Ack {
    Ack::new(AckKind::Puback, id)
}

pub(crate) fn pubrec(id: u16) -> Ack {
    Ack::new(AckKind::Pubrec, id)
}

pub(crate) fn pubrel(id: u16) -> Ack {
    Ack::new(AckKind::Pubrel, id)
}

pub(crate) fn pubcomp(id: u16) -> Ack {
    Ack::new(AckKind::Pubcomp, id)
}

/// A PUBLISH on `dz1/t` without DUP.
pub(crate) fn message(qos: u8, id: u16, payload: &str) -> Packet {
    HandMade::message("dz1/t", qos, id, payload)
}

/// The same with DUP.
pub(crate) fn again(qos: u8, id: u16, payload: &str) -> Packet {
    Packet::Publish(Publish {
        dup: true,
        ..Publish::new("dz1/t", qos, Some(id), payload.as_bytes().to_vec())
    })
}

/// A client with a connection that keeps its session.
pub(crate) fn kept(version: Version) -> (HandMade, ClientIx, ConnId) {
    let mut h = HandMade::new(version);
    let client = h.client("c");
    let conn = h.connect(client, Start::Fresh);
    (h, client, conn)
}

/// The client's next connection, to the session that it had.
pub(crate) fn resumed(h: &mut HandMade, client: ClientIx) -> ConnId {
    h.connect(client, Start::Resume)
}

/// A connection of 5.0 whose CONNACK has one property.
pub(crate) fn limited(id: PropertyId, value: PropertyValue) -> (HandMade, ConnId) {
    let mut h = HandMade::new(Version::V5);
    let client = h.client("c");
    let connect = h.connect_packet(client, Start::Clean);
    let connack = Connack {
        properties: Some(Properties::new().with(id, value)),
        ..Connack::new(Version::V5, false, 0)
    };
    let conn = h.connect_with(client, connect, connack);
    (h, conn)
}

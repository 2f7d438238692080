//! Clients, and what must be said of a history.

use deadzone_history::{ClientIx, ConnId, HandMade, Start};
use deadzone_oracle::judge;
use deadzone_verdict::{Verdict, VerdictKind};
use deadzone_wire::{Packet, Publish, Version};

/// The versions that have clauses.
pub(crate) const BOTH: [Version; 2] = [Version::V311, Version::V5];
/// The topic of these histories.
pub(crate) const TOPIC: &str = "dz1/t";

/// A publisher and a subscriber, connected with sessions that are kept; the subscriber holds `dz1/#` at QoS 2.
pub(crate) struct Pair {
    pub(crate) h: HandMade,
    pub(crate) publisher: ConnId,
    pub(crate) sub: ClientIx,
    pub(crate) subscriber: ConnId,
}

impl Pair {
    pub(crate) fn new(version: Version) -> Self {
        let mut h = HandMade::new(version);
        let (p, sub) = (h.client("pub"), h.client("sub"));
        let publisher = h.connect(p, Start::Fresh);
        let subscriber = h.connect(sub, Start::Fresh);
        h.subscribe(subscriber, 1, "dz1/#", 2);
        h.step("sub <- something");
        Self { h, publisher, sub, subscriber }
    }
}

/// A PUBLISH on the topic.
pub(crate) fn message(qos: u8, id: u16, payload: &str) -> Packet {
    HandMade::message(TOPIC, qos, id, payload)
}

/// The same with DUP.
pub(crate) fn again(qos: u8, id: u16, payload: &str) -> Packet {
    Packet::Publish(Publish { dup: true, ..Publish::new(TOPIC, qos, Some(id), payload.as_bytes().to_vec()) })
}

/// The numbers of the clauses that fail, folded ones left out.
pub(crate) fn failing(h: HandMade) -> Vec<String> {
    let verdict = judge(&h.finish());
    assert_ne!(verdict.kind, VerdictKind::Error, "{verdict:#?}");
    verdict.findings.iter().map(|f| f.clause.clause().number.to_owned()).collect()
}

#[track_caller]
pub(crate) fn fails(h: HandMade, number: &str) {
    let found = failing(h);
    assert!(found.iter().any(|n| n == number), "{number} is not among {found:?}");
}

/// Nothing fails; what is graded may be.
#[track_caller]
pub(crate) fn passes(h: HandMade) -> Verdict {
    let verdict = judge(&h.finish());
    assert!(matches!(verdict.kind, VerdictKind::Pass | VerdictKind::PassSlow), "{verdict:#?}");
    verdict
}

//! Waits made by hand, for claims that something arrives.

use deadzone_history::{ClaimKind, ClientIx, ConnId, Ended, Expected, HandMade, Start};
use deadzone_oracle::judge;
use deadzone_spec::ClauseId;
use deadzone_verdict::{Verdict, VerdictKind};
use deadzone_wire::{Ack, AckKind, Field, Packet, PacketKind, Pattern, Publish, Value, Version};

pub(crate) const BOTH: [Version; 2] = [Version::V311, Version::V5];

pub(crate) fn of(version: Version, v311: &str, v5: &str) -> ClauseId {
    let number = if version == Version::V5 { v5 } else { v311 };
    ClauseId::find(&format!("{version}/MQTT-{number}")).expect("a clause")
}

pub(crate) fn publish(qos: u8, id: u16, dup: bool) -> Packet {
    Packet::Publish(Publish { dup, ..Publish::new("dz1/t", qos, Some(id), &b"once"[..]) })
}

pub(crate) fn ack(kind: AckKind, id: u16) -> Packet {
    Packet::Ack(Ack::new(kind, id))
}

pub(crate) fn with(kind: PacketKind, fields: &[(Field, u32)]) -> Expected {
    let fields = fields.iter().map(|(field, n)| (*field, Value::Number(*n))).collect();
    Expected::Packet(Pattern { kind, fields })
}

pub(crate) fn arrival(
    h: &mut HandMade,
    conn: ConnId,
    alternatives: Vec<Expected>,
    strict: bool,
    intent: bool,
) -> u32 {
    let kind = ClaimKind::Arrives { client: ClientIx(0), conn, alternatives, strict, answers: None, intent };
    h.claim("<- something", kind)
}

pub(crate) fn started(version: Version) -> (HandMade, ConnId) {
    let mut h = HandMade::new(version);
    let client = h.client("pub");
    let conn = h.connect(client, Start::Fresh);
    h.step("pub <- something");
    (h, conn)
}

/// A claim that waits in vain for ten seconds.
pub(crate) fn silence(mut h: HandMade, conn: ConnId, wanted: Expected) -> Verdict {
    let claim = arrival(&mut h, conn, vec![wanted], false, false);
    h.pass_us(2_000_000).up(conn, deadzone_wire::Bare::pingreq());
    h.down(conn, deadzone_wire::Bare::pingresp());
    h.pass_us(8_000_000).unmet(claim, 10_000_000, Ended::LongBound, None);
    judge(&h.finish())
}

/// What a verdict says, without the clauses that it put to the test.
pub(crate) fn told(verdict: Verdict) -> Verdict {
    Verdict { judged: Vec::new(), ..verdict }
}

/// Another client publishes the message of these histories at both QoS, before anybody subscribes.
pub(crate) fn published(h: &mut HandMade) {
    let other = h.client("other");
    let conn = h.connect(other, Start::Clean);
    h.publish(conn, "dz1/t", 1, 1, "once");
    h.publish(conn, "dz1/t", 2, 2, "once");
}

#[track_caller]
pub(crate) fn fails_by(verdict: &Verdict, clause: impl AsRef<str>) {
    assert_eq!(verdict.kind, VerdictKind::Fail, "{verdict:#?}");
    assert_eq!(verdict.findings[0].clause, clause.as_ref(), "{verdict:#?}");
    assert_eq!(verdict.findings.len(), 1, "{verdict:#?}");
    let finding = &verdict.findings[0];
    assert!(!finding.could_instead.is_empty() && finding.evidence.is_sorted() && finding.place.is_some());
}

#[track_caller]
pub(crate) fn is(verdict: &Verdict, kind: VerdictKind, word: &str) {
    assert_eq!(verdict.kind, kind, "{verdict:#?}");
    let reason = verdict.reason.clone().unwrap_or_default();
    assert!(reason.contains(word), "`{word}` is not in: {reason}");
}

//! A publisher and a subscriber, for claims about messages.

use deadzone_history::{ClientIx, ConnId, Ended, HandMade, HowOften, Start};
use deadzone_oracle::judge;
use deadzone_spec::ClauseId;
use deadzone_verdict::{Finding, Verdict, VerdictKind};
use deadzone_wire::{Ack, AckKind, Packet, Publish, Version};

pub(crate) const BOTH: [Version; 2] = [Version::V311, Version::V5];
pub(crate) const TOPIC: &str = "dz1/t";

pub(crate) fn of(version: Version, v311: &str, v5: &str) -> ClauseId {
    let number = if version == Version::V5 { v5 } else { v311 };
    ClauseId::find(&format!("{version}/MQTT-{number}")).expect("a clause")
}

pub(crate) fn message(qos: u8, id: u16, dup: bool, payload: &str) -> Packet {
    let id = (qos > 0).then_some(id);
    Packet::Publish(Publish { dup, ..Publish::new(TOPIC, qos, id, payload.as_bytes().to_vec()) })
}

pub(crate) fn ack(kind: AckKind, id: u16) -> Packet {
    Packet::Ack(Ack::new(kind, id))
}

/// A publisher and a subscriber with a subscription of this QoS; the scenario names no clause.
pub(crate) struct Story {
    pub(crate) h: HandMade,
    pub(crate) publisher: ConnId,
    pub(crate) subscriber: ConnId,
}

pub(crate) const SUB: ClientIx = ClientIx(1);

impl Story {
    pub(crate) fn new(version: Version, granted: u8) -> Self {
        let mut h = HandMade::new(version);
        let (p, s) = (h.client("pub"), h.client("sub"));
        let publisher = h.connect(p, Start::Fresh);
        let subscriber = h.connect(s, Start::Fresh);
        h.subscribe(subscriber, 1, TOPIC, granted);
        h.step("expect sub receives");
        Self { h, publisher, subscriber }
    }

    pub(crate) fn publish(&mut self, qos: u8, payload: &str) -> &mut Self {
        self.h.publish(self.publisher, TOPIC, qos, 7, payload);
        self
    }

    pub(crate) fn deliver(&mut self, qos: u8, id: u16, payload: &str) -> &mut Self {
        self.h.deliver(self.subscriber, TOPIC, qos, id, payload);
        self
    }

    pub(crate) fn resume_subscriber(&mut self) -> &mut Self {
        self.subscriber = self.h.connect(SUB, Start::Resume);
        self
    }

    pub(crate) fn expects(mut self, payloads: &[&str], count: HowOften) -> Verdict {
        let claim = self.h.receives(SUB, payloads, count);
        self.h.pass_us(10_000_000);
        if !matches!(count, HowOften::Never | HowOften::AtMostOnce) {
            self.h.met(claim, &[]);
        }
        judge(&self.h.finish())
    }

    pub(crate) fn waits_in_vain(mut self, payload: &str) -> Verdict {
        let claim = self.h.receives(SUB, &[payload], HowOften::ExactlyOnce);
        self.h.pass_us(10_000_000).unmet(claim, 10_000_000, Ended::LongBound, None);
        judge(&self.h.finish())
    }
}

#[track_caller]
pub(crate) fn fails_by(verdict: &Verdict, clause: impl AsRef<str>) -> &Finding {
    assert_eq!(verdict.kind, VerdictKind::Fail, "{verdict:#?}");
    let by = |f: &&Finding| f.by == "receives";
    let all = verdict.findings.iter().flat_map(|f| std::iter::once(f).chain(&f.folded));
    let found: Vec<&Finding> = all.filter(by).collect();
    assert_eq!(
        found.iter().map(|f| f.clause.as_str()).collect::<Vec<_>>(),
        [clause.as_ref()],
        "{verdict:#?}"
    );
    assert!(!found[0].could_instead.is_empty() && found[0].evidence.is_sorted() && found[0].place.is_some());
    found[0]
}

#[track_caller]
pub(crate) fn is(verdict: &Verdict, kind: VerdictKind, word: &str) {
    assert_eq!(verdict.kind, kind, "{verdict:#?}");
    let reason = verdict.reason.clone().unwrap_or_default();
    assert!(reason.contains(word), "`{word}` is not in: {reason}");
}

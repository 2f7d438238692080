//! Steps, claims and how they ended, made by hand.

use bytes::Bytes;
use deadzone_spec::ClauseId;
use deadzone_wire::{PacketKind, Pattern};

use super::HandMade;
use crate::{
    Abandon, Claim, ClaimKind, ClientIx, ConnId, Ended, EventKind, Expected, HowOften, Late, Place,
    SkipReason, StepClass, StepEvent,
};

/// After how long an answer is slow, µs.
const WITHIN_US: u64 = 2_000_000;

impl HandMade {
    /// The next step, on a line of its own; its number. It is done to the client or link that its text begins with.
    pub fn step(&mut self, text: &str) -> u32 {
        let kind = self.class_of(text);
        self.step_of(text, kind, false, None)
    }

    /// A step that breaks the protocol on purpose; its number.
    pub fn deviant_step(&mut self, text: &str) -> u32 {
        let kind = self.class_of(text);
        self.step_of(text, kind, true, None)
    }

    /// A step that was left out; its number.
    pub fn skipped_step(&mut self, text: &str, why: SkipReason) -> u32 {
        let kind = self.class_of(text);
        self.step_of(text, kind, false, Some(why))
    }

    /// A step with all that is known of it; its number.
    pub fn step_of(
        &mut self,
        text: &str,
        kind: StepClass,
        deviant: bool,
        skipped: Option<SkipReason>,
    ) -> u32 {
        let (step, text) = (self.step, text.into());
        self.step += 1;
        let event = StepEvent { step, line: step + 1, text, kind, deviant, round: 0, skipped };
        self.event(EventKind::Step(Box::new(event)));
        step
    }

    fn class_of(&self, text: &str) -> StepClass {
        let mut words = text.split_whitespace();
        let named = |name: Option<&str>| {
            let at = self.header.clients.iter().position(|client| Some(client.name.as_str()) == name);
            at.map_or_else(|| self.harness(), ClientIx::from)
        };
        match words.next() {
            Some("link") => StepClass::Link(named(words.next())),
            Some("expect") => StepClass::Expect(named(words.next())),
            first => StepClass::Client(named(first)),
        }
    }

    /// A claim of the current step; its number.
    pub fn claim(&mut self, text: &str, kind: ClaimKind) -> u32 {
        self.claim_of(text, &[], kind)
    }

    /// A claim that names its clauses; its number.
    pub fn claim_of(&mut self, text: &str, clauses: &[ClauseId], kind: ClaimKind) -> u32 {
        let id = self.claims;
        self.claims += 1;
        let step = self.step.saturating_sub(1);
        let place = Place { line: step + 1, column: 1, length: text.chars().count().max(1) as u32 };
        let clauses = clauses.to_vec();
        let claim = Claim { id, step, place, text: text.into(), clauses, within_us: WITHIN_US, kind };
        self.event(EventKind::Claim(Box::new(claim)));
        id
    }

    /// The claim that a packet of this type arrives; its number.
    pub fn arrives(&mut self, conn: ConnId, kind: PacketKind, answers: Option<u64>) -> u32 {
        let client = self.owner(conn);
        let alternatives = vec![Expected::Packet(Pattern::of(kind))];
        let text = format!("<- {kind}");
        self.claim(
            &text,
            ClaimKind::Arrives { client, conn, alternatives, strict: false, answers, intent: false },
        )
    }

    /// The claim that a client receives these payloads this often; its number.
    pub fn receives(&mut self, client: impl Into<ClientIx>, payloads: &[&str], count: HowOften) -> u32 {
        let client = client.into();
        let payloads = payloads.iter().map(|p| Bytes::copy_from_slice(p.as_bytes())).collect();
        self.claim(
            "expect receives",
            ClaimKind::Receives { client, payloads, some: false, fields: Vec::new(), count },
        )
    }

    /// What a claim waited for came in time.
    pub fn met(&mut self, claim: u32, by: &[u64]) -> u64 {
        self.met_when(claim, by, Late::InTime)
    }

    /// It came late, within patience.
    pub fn met_late(&mut self, claim: u32, by: &[u64]) -> u64 {
        self.met_when(claim, by, Late::Slow { us: WITHIN_US + 1_000 })
    }

    /// It came, at this time.
    pub fn met_when(&mut self, claim: u32, by: &[u64], late: Late) -> u64 {
        self.event(EventKind::Met { claim, by: by.into(), late })
    }

    /// Its wait met silence past its patience.
    pub fn parked(&mut self, claim: u32) -> u64 {
        self.event(EventKind::Parked { claim })
    }

    /// The wait ended without it.
    pub fn unmet(&mut self, claim: u32, waited_us: u64, why: Ended, got: Option<u64>) -> u64 {
        self.event(EventKind::Unmet { claim, waited_us, why, got })
    }

    /// The steps behind this one were not performed, for this reason.
    pub fn abandoned(&mut self, step: u32, why: &str) -> u64 {
        self.event(EventKind::Abandoned { step, why: Abandon::BadStep(why.into()) })
    }

    /// The watch for late messages at the end, µs.
    pub fn grace(&mut self, us: u64) -> u64 {
        self.pass_us(us).event(EventKind::Grace { us })
    }
}

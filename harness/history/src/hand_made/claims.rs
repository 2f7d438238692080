//! Steps, claims and how they ended, made by hand.

use bytes::Bytes;
use deadzone_spec::ClauseId;
use deadzone_wire::{PacketKind, Pattern};

use super::HandMade;
use crate::{Claim, ClaimKind, ConnId, EventKind, Expected, HowOften, Place};

impl HandMade {
    /// The next step, on a line of its own; its number.
    pub fn step(&mut self, text: &str) -> u32 {
        let step = self.step;
        self.step += 1;
        self.event(EventKind::Step { step, line: step + 1, text: text.to_owned(), skipped: None });
        step
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
        let claim = Claim { id, step, place, text: text.to_owned(), clauses, kind };
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
    pub fn receives(&mut self, client: usize, payloads: &[&str], count: HowOften) -> u32 {
        let payloads = payloads.iter().map(|p| Bytes::copy_from_slice(p.as_bytes())).collect();
        self.claim("expect receives", ClaimKind::Receives { client, payloads, fields: Vec::new(), count })
    }

    /// What a claim waited for came in time.
    pub fn met(&mut self, claim: u32, by: &[u64]) -> u64 {
        self.event(EventKind::Met { claim, by: by.to_vec(), slow: false })
    }

    /// It came late, within patience.
    pub fn met_late(&mut self, claim: u32, by: &[u64]) -> u64 {
        self.event(EventKind::Met { claim, by: by.to_vec(), slow: true })
    }

    /// The wait ended without it: `patience`, `closed`, `mismatch` or `not connected`.
    pub fn unmet(&mut self, claim: u32, waited_us: u64, why: &str, got: Option<u64>) -> u64 {
        self.event(EventKind::Unmet { claim, waited_us, why: why.to_owned(), got })
    }

    /// The watch for late messages at the end, µs.
    pub fn grace(&mut self, us: u64) -> u64 {
        self.pass_us(us).event(EventKind::Grace { us })
    }
}

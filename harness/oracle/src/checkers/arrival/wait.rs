//! One wait of the script, with everything that judging it needs at hand.

use deadzone_history::{Claim, ClaimKind, Expected};
use deadzone_spec::ClauseId;
use deadzone_verdict::{Fact, Finding, Phase};
use deadzone_wire::{Field, Packet, PacketKind, Pattern, Value, Version};

use crate::{
    checkers::wording,
    opinion::Opinion,
    owed,
    survey::{Claimed, Conn, Outcome, Survey},
};

/// A claim that something arrives.
pub(super) struct Wait<'s, 'h> {
    pub(super) survey: &'s Survey<'h>,
    pub(super) claim: &'h Claim,
    pub(super) client: usize,
    pub(super) conn: &'s Conn,
    pub(super) version: Version,
    pub(super) alternatives: &'h [Expected],
    pub(super) strict: bool,
    pub(super) answers: Option<u64>,
    pub(super) intent: bool,
    /// The event of the claim.
    pub(super) claimed_at: u64,
    /// The event that ended the wait.
    pub(super) at: u64,
    /// When that was, µs.
    pub(super) at_us: u64,
    /// How long it lasted, µs.
    pub(super) waited_us: u64,
}

impl<'s, 'h> Wait<'s, 'h> {
    pub(super) fn of(survey: &'s Survey<'h>, claimed: &Claimed<'h>) -> Option<Self> {
        let ClaimKind::Arrives { client, conn, alternatives, strict, answers, intent } = &claimed.claim.kind
        else {
            return None;
        };
        let conn = survey.conn(*conn)?;
        let (at, at_us, waited_us) = match claimed.outcome {
            Outcome::Unmet { at, at_us, waited_us, .. } => (at, at_us, waited_us),
            _ => (claimed.at, claimed.at_us, 0),
        };
        Some(Self {
            survey,
            claim: claimed.claim,
            client: client.index(),
            conn,
            version: conn.version,
            alternatives,
            strict: *strict,
            answers: *answers,
            intent: *intent,
            claimed_at: claimed.at,
            at,
            at_us,
            waited_us,
        })
    }

    pub(super) fn patterns(&self) -> impl Iterator<Item = &'h Pattern> {
        self.alternatives.iter().filter_map(|expected| match expected {
            Expected::Packet(pattern) => Some(pattern),
            Expected::Closed => None,
        })
    }

    /// The first alternative; it names the duty.
    pub(super) fn main_pattern(&self) -> Option<&'h Pattern> {
        match self.alternatives.first()? {
            Expected::Packet(pattern) => Some(pattern),
            Expected::Closed => None,
        }
    }

    pub(super) fn wants(&self, kind: PacketKind) -> bool {
        self.patterns().any(|pattern| pattern.kind == kind)
    }

    pub(super) fn matches(&self, packet: &Packet) -> bool {
        self.patterns().any(|pattern| pattern.matches(packet).is_ok())
    }

    pub(super) fn expected(&self) -> String {
        wording::expected(self.alternatives)
    }

    pub(super) fn name(&self) -> &'h str {
        self.survey.name(self.client)
    }

    pub(super) fn doubt(&self, why: impl Into<String>) -> Opinion {
        Opinion::doubt(self.at, why)
    }

    pub(super) fn starved(&self) -> bool {
        self.survey.starved_while(self.claimed_at, self.waited_us, self.at_us)
    }

    /// A finding of this claim; `table` is the clause for what is owed here.
    pub(super) fn finding(
        &self,
        table: Option<ClauseId>,
        got: String,
        evidence: Vec<u64>,
        could_instead: Vec<String>,
    ) -> Finding {
        let scenario = &self.survey.history.header.clauses;
        let (clause, also) = owed::choose(&self.claim.clauses, table, scenario, self.version);
        let mut evidence = evidence;
        evidence.sort_unstable();
        evidence.dedup();
        Finding {
            clause,
            also,
            fact: Fact::WrongField,
            phase: Phase::default(),
            client: Some(self.name().to_owned()),
            qos: None,
            by: super::NAME.to_owned(),
            wanted: format!("{} at `{}`", self.expected(), self.name()),
            got,
            meanwhile: String::new(),
            evidence,
            claim: Some(self.claim.id),
            place: Some(self.claim.place),
            could_instead,
            folded: Vec::new(),
        }
    }
}

/// A number that a pattern gives.
pub(super) fn number(pattern: &Pattern, field: Field) -> Option<u32> {
    pattern.fields.iter().find_map(|(f, value)| match value {
        Value::Number(n) if *f == field => Some(*n),
        _ => None,
    })
}

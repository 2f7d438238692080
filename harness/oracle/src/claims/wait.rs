//! One wait of the script, with everything that judging it needs at hand.

use deadzone_history::{Claim, ClaimKind, ClientIx, ConnId, Ended, Expected};
use deadzone_spec::ClauseId;
use deadzone_verdict::{Fact, Finding};
use deadzone_wire::{Field, Packet, PacketKind, Pattern, Value, Version};

use super::judge::{Claimed, Unmet};
use crate::{
    breach::{Found, ordered},
    owed::{self, Owed},
    state::{Conn, Mark, Outbound, Session, Stage, State, calls_for},
    wording,
};

/// A claim that something arrives.
pub(super) struct Wait<'s> {
    pub(super) state: &'s State,
    pub(super) claim: &'s Claim,
    pub(super) client: ClientIx,
    pub(super) id: ConnId,
    pub(super) conn: &'s Conn,
    pub(super) version: Version,
    pub(super) alternatives: &'s [Expected],
    pub(super) strict: bool,
    pub(super) answers: Option<u64>,
    pub(super) intent: bool,
    /// The event of the claim.
    pub(super) claimed_at: Mark,
    /// What ended the wait, where it was in vain.
    pub(super) unmet: Option<Unmet>,
}

impl<'s> Wait<'s> {
    pub(super) fn of(state: &'s State, claimed: &'s Claimed, unmet: Option<Unmet>) -> Option<Self> {
        let ClaimKind::Arrives { client, conn: id, alternatives, strict, answers, intent } =
            &claimed.claim.kind
        else {
            return None;
        };
        let conn = state.conn(*id)?;
        Some(Self {
            state,
            claim: &claimed.claim,
            client: *client,
            id: *id,
            conn,
            version: conn.version,
            alternatives,
            strict: *strict,
            answers: *answers,
            intent: *intent,
            claimed_at: claimed.at,
            unmet,
        })
    }

    /// The event that ended the wait.
    pub(super) fn at(&self) -> u64 {
        self.unmet.map_or(self.claimed_at.seq, |unmet| unmet.at.seq)
    }

    /// What ended it.
    pub(super) fn ended(&self) -> Ended {
        self.unmet.map_or(Ended::Closed, |unmet| unmet.why)
    }

    /// How long it lasted, µs.
    pub(super) fn waited_us(&self) -> u64 {
        self.unmet.map_or(0, |unmet| unmet.waited_us)
    }

    pub(super) fn patterns(&self) -> impl Iterator<Item = &'s Pattern> {
        self.alternatives.iter().filter_map(|expected| match expected {
            Expected::Packet(pattern) => Some(pattern),
            Expected::Closed => None,
        })
    }

    /// The first alternative; it names the duty.
    pub(super) fn main_pattern(&self) -> Option<&'s Pattern> {
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

    pub(super) fn name(&self) -> &'s str {
        self.state.name(self.client)
    }

    pub(super) fn inconclusive(&self, found: &mut Found, why: impl Into<String>) {
        found.inconclusive(self.at(), why);
    }

    /// The packet that calls for this answer, at the broker's end: still unanswered there, on this connection or, for a
    /// handshake that goes on after a resume, in the session.
    pub(super) fn question(&self) -> Option<(Option<ConnId>, u64)> {
        let pattern = self.main_pattern()?;
        let id = number(pattern, Field::Id);
        let fits = |kind: PacketKind, packet_id: u16| {
            kind == pattern.kind && id.is_none_or(|id| id == u32::from(packet_id))
        };
        let owing = self.conn.debts.judged.sorted();
        let open = owing.iter().filter(|((kind, id), _)| fits(*kind, *id));
        let here = open.map(|(_, at)| at.seq).max();
        if let Some(seq) = here {
            return Some((Some(self.id), seq));
        }
        if pattern.kind == PacketKind::Pubrel {
            let session = self.conn.session.and_then(|s| self.state.session(s))?;
            let carried = session
                .outbound
                .unfinished()
                .filter(|(packet_id, e)| e.carried && id.is_none_or(|id| id == u32::from(*packet_id)));
            return carried.map(|(_, e)| (None, e.touched)).max();
        }
        None
    }

    /// The packet that the client itself sent last that calls for this answer, at its own end: whether or not it was given.
    pub(super) fn asked(&self) -> Option<u64> {
        let pattern = self.main_pattern()?;
        let id = number(pattern, Field::Id);
        let asks = |kept: &&crate::state::Kept| {
            kept.conn == self.id
                && !self.state.is_judged(kept.direction)
                && kept.end == deadzone_history::End::Client
                && calls_for(kept.packet()).is_some_and(|(kind, packet_id)| {
                    kind == pattern.kind && id.is_none_or(|id| id == u32::from(packet_id))
                })
        };
        let mut sent = self.state.recent.since(0).filter(|kept| kept.seq < self.claimed_at.seq);
        sent.find(asks).map(|kept| kept.seq)
    }

    pub(super) fn starved(&self) -> bool {
        let Some(unmet) = self.unmet else { return false };
        let from_us = self.claimed_at.at_us.min(unmet.at.at_us.saturating_sub(unmet.waited_us));
        self.state.around.starved_while(from_us, unmet.at.at_us)
    }

    /// What is owed where this packet stays out.
    pub(super) fn owed(&self, pattern: &Pattern, question: Option<(Option<ConnId>, u64)>) -> Owed {
        let asked = question.and_then(|(_, seq)| self.state.recent.get(seq)).map(crate::state::Kept::packet);
        match (pattern.kind, asked, question) {
            (PacketKind::Pubrec, Some(Packet::Publish(p)), _) if p.dup => Owed::PubrecAgain,
            (PacketKind::Pubrel, _, Some((None, _))) => Owed::Resend,
            (PacketKind::Publish, ..) if self.given_before(pattern) => Owed::Resend,
            (PacketKind::Publish, ..) if number(pattern, Field::Retain) == Some(1) => Owed::Retained,
            (PacketKind::Publish, ..) => Owed::Delivery,
            (kind, ..) => Owed::Answer(kind),
        }
    }

    /// The clause that is broken where what this one of the table is about is not so, and those named beside it.
    pub(super) fn clauses(&self, table: Option<ClauseId>) -> (ClauseId, Vec<ClauseId>) {
        owed::choose(&self.claim.clauses, table, &self.state.header.clauses, self.version)
    }

    /// The clauses that the step names and that this fact breaks: only a packet that came first breaks one about the order of what
    /// comes, and nothing at all none about a field of it.
    fn broken_by(&self, fact: Fact, evidence: &[u64]) -> Vec<ClauseId> {
        let named = &self.claim.clauses;
        let missing = matches!(fact, Fact::AnswerMissing | Fact::ResendMissing | Fact::DeliveryMissing);
        let out_of_turn = !missing && !matches!(fact, Fact::NotClosed | Fact::Closed | Fact::WrongState);
        if self.strict && !out_of_turn {
            return Vec::new();
        }
        let mut seen = evidence.iter().filter_map(|seq| self.state.recent.get(*seq));
        let came = |kept: &crate::state::Kept| {
            self.state.is_judged(kept.direction) && self.wants(kept.packet().kind())
        };
        if !missing || seen.any(came) {
            return named.clone();
        }
        named.iter().filter(|clause| !owed::about_a_field(**clause)).copied().collect()
    }

    /// Whether the broker had sent such a PUBLISH on an earlier connection of this session without being given its answer.
    fn given_before(&self, pattern: &Pattern) -> bool {
        let Some(session) = self.session() else { return false };
        let mut open = session.outbound.unfinished();
        open.any(|(id, e)| {
            e.stage == Stage::Unacknowledged && e.last_conn != self.id && is_of(pattern, id, e)
        })
    }

    /// The last copy of such a PUBLISH under the id that it had, and the one that came under another id on this connection.
    pub(super) fn moved(&self, pattern: &Pattern) -> Option<(u64, u64)> {
        let moved = self.session()?.outbound.moved();
        let mut here =
            moved.filter(|(id, e)| is_of(pattern, *id, e)).filter_map(|(_, e)| Some((e.last, e.moved?)));
        here.find(|(_, copy)| *copy > self.conn.opened.seq)
    }

    fn session(&self) -> Option<&'s Session> {
        self.conn.session.and_then(|s| self.state.session(s))
    }

    /// The step of the exchange that was acknowledged before what is waited for.
    fn acknowledged(&self) -> Option<PacketKind> {
        match self.main_pattern()?.kind {
            PacketKind::Pubrel => Some(PacketKind::Pubrec),
            PacketKind::Pubcomp => Some(PacketKind::Pubrel),
            _ => None,
        }
    }

    /// A finding of this claim; `owed` names the clause of what is owed here.
    pub(super) fn finding(
        &self,
        owed: Option<Owed>,
        fact: Fact,
        got: String,
        evidence: Vec<u64>,
        could_instead: Vec<String>,
    ) -> Finding {
        let table = owed.and_then(|owed| owed::clause(owed, self.version));
        let step = self.broken_by(fact, &evidence);
        let (clause, also) = owed::choose(&step, table, &self.state.header.clauses, self.version);
        let last = evidence.last().copied().unwrap_or_else(|| self.at());
        let evidence = ordered(evidence, last);
        let waited_for = self.main_pattern().and_then(|p| number(p, Field::Qos));
        Finding {
            clause,
            also,
            by: super::arrival::NAME.to_owned(),
            fact,
            phase: self.state.phase(self.id, self.acknowledged()),
            client: self.state.client_name(self.client),
            qos: waited_for.and_then(|n| u8::try_from(n).ok()).or_else(|| self.state.exchange_qos(&evidence)),
            wanted: format!("{} at `{}`", self.expected(), self.name()),
            got,
            meanwhile: String::new(),
            evidence,
            repeat: None,
            claim: Some(self.claim.id),
            place: Some(self.claim.place),
            could_instead,
            folded: Vec::new(),
        }
    }
}

/// Whether a pattern that waits for a PUBLISH means this exchange.
fn is_of(pattern: &Pattern, id: u16, exchange: &Outbound) -> bool {
    let fits = |(field, value): &(Field, Value)| match (field, value) {
        (Field::Id, Value::Number(n)) => *n == u32::from(id),
        (Field::Topic, Value::Bytes(topic)) => *exchange.topic == **topic,
        (Field::Payload, Value::Bytes(payload)) => *exchange.payload == **payload,
        _ => true,
    };
    pattern.fields.iter().all(fits)
}

/// A number that a pattern gives.
pub(super) fn number(pattern: &Pattern, field: Field) -> Option<u32> {
    pattern.fields.iter().find_map(|(f, value)| match value {
        Value::Number(n) if *f == field => Some(*n),
        _ => None,
    })
}

//! What was found wrong, and the collector of all that rules and claims say about one history.

use deadzone_history::{ConnId, Ended, Event, Place};
use deadzone_spec::{ClauseId, Pair};
use deadzone_verdict::{Fact, Finding, Grade, GradeLevel, Phase};
use deadzone_wire::PacketKind;

use crate::{hash::Set, state::State};

/// Most findings that are kept folded under the first of the same kind; what comes after is a cascade without end.
const MOST_FOLDED: usize = 16;
/// Most grades that one rule keeps.
const MOST_GRADES: usize = 32;

/// What a rule saw go wrong.
#[derive(Debug)]
pub(crate) struct Breach {
    /// Where: its version decides on the clause.
    pub(crate) conn: ConnId,
    pub(crate) clause: Pair,
    /// What kind of fact it is.
    pub(crate) fact: Fact,
    /// What a conformant party does here.
    pub(crate) wanted: String,
    /// What this one did.
    pub(crate) got: String,
    /// Events that show it, in any order; that of the breach is added.
    pub(crate) evidence: Vec<u64>,
    /// The legal answers, each with why this is none of them.
    pub(crate) could_instead: Vec<&'static str>,
}

/// Where a breach is seen.
struct Seen {
    /// The event.
    seq: u64,
    /// The step of the script during which it happened.
    place: Option<Place>,
    /// The last acknowledged step of the exchange before.
    acknowledged: Option<PacketKind>,
}

/// The experiment, or a part of it, did not happen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Reason {
    /// The event at which that became clear.
    pub(crate) at: u64,
    /// Why, for people.
    pub(crate) why: String,
}

/// A step of a client that broke the protocol without being told to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Illegal {
    /// The event.
    pub(crate) at: u64,
    /// What it did, for people.
    pub(crate) why: String,
    /// The script's step that did it; absent where it was our own client by itself.
    pub(crate) place: Option<Place>,
    /// Only what the broker had sent unasked made it illegal: the experiment did not happen, and nothing is a mistake.
    pub(crate) unforeseen: bool,
}

/// All that was found in one history.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Who speaks: the name of a rule or of a kind of claim.
    by: &'static str,
    pub(crate) findings: Vec<Finding>,
    pub(crate) grades: Vec<(&'static str, Grade)>,
    pub(crate) inconclusive: Vec<Reason>,
    /// Silences that were not extended.
    pub(crate) unconfirmed: Vec<Finding>,
    pub(crate) not_applicable: Vec<Reason>,
    /// A grant that was lower than asked for: what needs more is not applicable behind it.
    pub(crate) lowered: Option<Reason>,
    /// What did not come about because of a grant.
    pub(crate) granted_less: Vec<Reason>,
    pub(crate) illegal: Vec<Illegal>,
    /// The harness contradicts itself: how.
    pub(crate) ours: Vec<String>,
    /// Something came after its `within`.
    pub(crate) slow: bool,
    /// Clauses that were put to the test: it could have come out otherwise.
    pub(crate) judged: Set<ClauseId>,
}

impl Found {
    /// The same collector, for another speaker.
    pub(crate) fn by(&mut self, name: &'static str) -> &mut Self {
        self.by = name;
        self
    }

    /// A clause was put to the test here.
    pub(crate) fn tested(&mut self, clause: Option<ClauseId>) {
        if let Some(clause) = clause.filter(|clause| !self.judged.contains(clause)) {
            self.judged.insert(clause);
        }
    }

    /// Notes that these were put to the test by one claim: a breach of it would have named each of them.
    pub(crate) fn tested_all(&mut self, (first, also): (ClauseId, Vec<ClauseId>)) {
        for clause in [first].into_iter().chain(also) {
            self.tested(Some(clause));
        }
    }

    /// Names another clause that the breach at this event breaks as well.
    pub(crate) fn beside(&mut self, event: &Event, clause: Option<ClauseId>) {
        let by = self.by;
        let here = |f: &&mut Finding| f.by == by && f.evidence.last() == Some(&event.seq);
        let told = self.findings.iter_mut().rev().find_map(|finding| {
            if here(&finding) { Some(finding) } else { finding.folded.iter_mut().rev().find(here) }
        });
        if let (Some(finding), Some(clause)) = (told, clause) {
            finding.breaks_also(clause);
        }
        self.tested(clause);
    }

    /// Notes a breach at this event. In a version that has no clause for it, it is a grade.
    pub(crate) fn broken(&mut self, event: &Event, state: &State, breach: Breach) {
        let seen =
            Seen { seq: event.seq, place: state.around.place(), acknowledged: state.acknowledged_now() };
        self.note(seen, state, breach);
    }

    /// The same at an earlier event, during the step that was played then: what only the end of the record shows.
    pub(crate) fn broken_at(&mut self, (seq, place): (u64, Option<Place>), state: &State, breach: Breach) {
        self.note(Seen { seq, place, acknowledged: None }, state, breach);
    }

    fn note(&mut self, seen: Seen, state: &State, breach: Breach) {
        let Seen { seq, place, acknowledged } = seen;
        let Some(clause) = breach.clause.of(state.version(breach.conn)) else {
            let text = format!("{} ({})", breach.got, breach.wanted);
            return self.graded(seq, None, text, breach.evidence);
        };
        self.tested(Some(clause));
        // What is of another scenario, or goes to any client that connects, says nothing of this one's exchanges and clients.
        let astray = matches!(breach.fact, Fact::Misdelivered | Fact::UnaskedRetained);
        let evidence = ordered(breach.evidence, seq);
        let finding = Finding {
            clause,
            also: Vec::new(),
            by: self.by.to_owned(),
            fact: breach.fact,
            phase: if astray { Phase::default() } else { state.phase(breach.conn, acknowledged) },
            client: state.concerned(breach.conn).filter(|_| !astray),
            qos: state.exchange_qos(&evidence).filter(|_| !astray),
            wanted: breach.wanted,
            got: breach.got,
            meanwhile: String::new(),
            evidence,
            repeat: None,
            claim: None,
            place,
            could_instead: breach.could_instead.into_iter().map(str::to_owned).collect(),
            folded: Vec::new(),
        };
        self.push(finding);
    }

    /// Keeps a finding of a rule: a repetition of the same kind is folded under its first.
    fn push(&mut self, finding: Finding) {
        let alike = |f: &&mut Finding| {
            f.claim.is_none()
                && f.by == finding.by
                && (f.clause, f.fact, f.phase, &f.client)
                    == (finding.clause, finding.fact, finding.phase, &finding.client)
        };
        match self.findings.iter_mut().find(alike) {
            None => self.findings.push(finding),
            Some(first) if first.folded.len() < MOST_FOLDED => first.folded.push(finding),
            Some(_) => {}
        }
    }

    /// Notes what a claim proved.
    pub(crate) fn claim_broken(&mut self, finding: Finding) {
        self.tested(Some(finding.clause));
        self.findings.push(finding);
    }

    /// Notes what a silence proved: nothing, where its wait was not extended to the long bound.
    pub(crate) fn silent(&mut self, finding: Finding, ended: Ended) {
        if ended != Ended::Patience {
            return self.claim_broken(finding);
        }
        let at = finding.evidence.last().copied().unwrap_or_default();
        let (wanted, got) = (&finding.wanted, &finding.got);
        let why = format!("{got} where {wanted} was claimed (unconfirmed: the wait was not extended)");
        self.inconclusive(at, why);
        self.unconfirmed.push(finding);
    }

    /// Notes something that is no failure.
    pub(crate) fn grade(&mut self, event: &Event, clause: Option<ClauseId>, text: String, seqs: Vec<u64>) {
        self.graded(event.seq, clause, text, seqs);
    }

    /// The same at an event by its number.
    pub(crate) fn graded(&mut self, seq: u64, clause: Option<ClauseId>, text: String, seqs: Vec<u64>) {
        self.tested(clause);
        if self.grades.iter().filter(|(by, _)| *by == self.by).count() < MOST_GRADES {
            let evidence = ordered(seqs, seq);
            self.grades.push((self.by, Grade { clause, level: GradeLevel::Info, text, evidence }));
        }
    }

    /// Notes what did not outlive the target's process, which need not.
    pub(crate) fn lost(&mut self, at: u64, what: &str, why: &str) {
        self.graded(at, None, format!("durability: {what} did not come: {why}"), Vec::new());
    }

    pub(crate) fn inconclusive(&mut self, at: u64, why: impl Into<String>) {
        self.inconclusive.push(Reason { at, why: why.into() });
    }

    /// Something did not come about, and a grant is the reason.
    pub(crate) fn granted_less(&mut self, at: u64, why: impl Into<String>) {
        self.granted_less.push(Reason { at, why: why.into() });
    }

    pub(crate) fn not_applicable(&mut self, at: u64, why: impl Into<String>) {
        self.not_applicable.push(Reason { at, why: why.into() });
    }

    pub(crate) fn ours(&mut self, why: impl Into<String>) {
        self.ours.push(why.into());
    }
}

/// In order, each once, the event itself last unless something later is named.
pub(crate) fn ordered(mut seqs: Vec<u64>, seq: u64) -> Vec<u64> {
    seqs.push(seq);
    seqs.sort_unstable();
    seqs.dedup();
    seqs
}

//! Findings and grades: what was broken, and what is worth saying.

use deadzone_history::Place;
use deadzone_spec::ClauseId;

use crate::{Fact, Fingerprint, Phase};

/// One broken clause with its evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The clause, with version.
    pub clause: ClauseId,
    /// Further clauses of the same obligation that the scenario names.
    pub also: Vec<ClauseId>,
    /// What kind of fact it is.
    pub fact: Fact,
    /// Where in its exchange it happened.
    pub phase: Phase,
    /// The scripted client that it concerns, if one.
    pub client: Option<String>,
    /// QoS of the exchange, if it has one.
    pub qos: Option<u8>,
    /// Name of the rule or checker that found it.
    pub by: String,
    /// What a conformant broker does here.
    pub wanted: String,
    /// What this one did. Text from the wire is escaped and bounded.
    pub got: String,
    /// What else the broker answered meanwhile, where silence is the finding; empty otherwise.
    pub meanwhile: String,
    /// Events that show it, by sequence number, in order. The last one is where the bug is visible.
    pub evidence: Vec<u64>,
    /// The repeat whose record the evidence and the claim are of, from 1; absent where that is the first run's.
    pub repeat: Option<u32>,
    /// The claim that failed, if one did.
    pub claim: Option<u32>,
    /// Where the scenario claims it, or the step during which it happened.
    pub place: Option<Place>,
    /// The legal answers that were considered, each with why this is none of them.
    pub could_instead: Vec<String>,
    /// Findings that follow from this one.
    pub folded: Vec<Self>,
}

impl Finding {
    /// Names a further clause that is broken, once; whether it is new here.
    pub fn breaks_also(&mut self, clause: ClauseId) -> bool {
        let new = clause != self.clause && !self.also.contains(&clause);
        if new {
            self.also.push(clause);
        }
        new
    }

    /// A finding that says no more than this.
    pub fn new(clause: ClauseId, fact: Fact, by: impl Into<String>) -> Self {
        Self {
            clause,
            also: Vec::new(),
            fact,
            phase: Phase::default(),
            client: None,
            qos: None,
            by: by.into(),
            wanted: String::new(),
            got: String::new(),
            meanwhile: String::new(),
            evidence: Vec::new(),
            repeat: None,
            claim: None,
            place: None,
            could_instead: Vec::new(),
            folded: Vec::new(),
        }
    }

    /// The same, stating this.
    #[must_use]
    pub fn stating(self, fact: Fact) -> Self {
        Self { fact, ..self }
    }

    /// The same, with all that follows from it, as the record of this run shows it: of a repeat, or of the first run.
    #[must_use]
    pub fn of_run(self, repeat: Option<u32>) -> Self {
        let folded = self.folded.into_iter().map(|finding| finding.of_run(repeat)).collect();
        Self { repeat, folded, ..self }
    }

    /// What makes it the same finding in another run.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint {
            clause: self.clause,
            fact: self.fact,
            phase: self.phase,
            client: self.client.clone(),
            qos: self.qos,
        }
    }
}

/// The level of a grade.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GradeLevel {
    /// Against a SHOULD.
    Should,
    /// Unusual use of a MAY.
    May,
    /// Worth knowing; no requirement.
    Info,
}

/// Something worth saying that is no failure.
#[derive(Clone, Debug, PartialEq)]
pub struct Grade {
    /// The clause concerned, if one.
    pub clause: Option<ClauseId>,
    /// Its level.
    pub level: GradeLevel,
    /// What was seen.
    pub text: String,
    /// Events that show it.
    pub evidence: Vec<u64>,
}

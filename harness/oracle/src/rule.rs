//! What a rule is, how it says what it found, and how all of them go over one history.
//!
//! A rule that panics becomes an error of that rule only. Which verdict findings make is not decided here.

use deadzone_spec::{ClauseId, Pair};
use std::panic::{AssertUnwindSafe, catch_unwind};

use deadzone_history::{ConnId, Event, History};
use deadzone_verdict::{Fact, Finding, Grade, GradeLevel, Phase};

use crate::{rules, trace::Trace};

/// Most findings that are kept folded under the first of the same rule; what comes after is a cascade without end.
const MOST_FOLDED: usize = 16;

/// Most grades that one rule keeps.
const MOST_GRADES: usize = 32;

/// The kind of fact that a rule states.
fn fact_of(rule: &str) -> Fact {
    match rule {
        "order" => Fact::OutOfOrder,
        "copies" => Fact::DeliveredTwice,
        "resend" => Fact::ResendMissing,
        "topic-matches" => Fact::DeliveredUnwanted,
        "receive-maximum" | "maximum-packet-size" => Fact::LimitExceeded,
        "well-formed" => Fact::Malformed,
        "session-present" => Fact::WrongState,
        "dup" | "packet-id-free" | "topic-alias" | "retain-flag" | "granted-qos" => Fact::WrongField,
        _ => Fact::WrongPacket,
    }
}

/// A property of the protocol that holds in every history.
pub(crate) trait Rule {
    /// Its name: kebab-case, unique.
    fn name(&self) -> &'static str;

    /// Looks at one event, after the trace took it.
    fn observe(&mut self, event: &Event, trace: &Trace, notes: &mut Notes);
}

/// What a rule saw go wrong.
#[derive(Debug)]
pub(crate) struct Fault<'a> {
    /// Where: its version decides on the clause.
    pub(crate) conn: ConnId,
    pub(crate) clauses: &'a Pair,
    /// What a conformant broker does here.
    pub(crate) wanted: String,
    /// What this one did.
    pub(crate) got: String,
    /// Events that show it, in any order; that of the fault is added.
    pub(crate) evidence: Vec<u64>,
    /// The legal answers, each with why this is none of them.
    pub(crate) could_instead: Vec<&'static str>,
}

/// What one rule has to say.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    rule: &'static str,
    findings: Vec<Finding>,
    grades: Vec<Grade>,
}

impl Notes {
    /// Notes a fault at this event. In a version that has no clause for it, it is a grade.
    pub(crate) fn broken(&mut self, event: &Event, trace: &Trace, fault: Fault<'_>) {
        let Some(clause) = fault.clauses.of(trace.version(fault.conn)) else {
            let text = format!("{} ({})", fault.got, fault.wanted);
            return self.grade(event, None, text, fault.evidence);
        };
        self.broken_clause(event, trace, clause, fault);
    }

    /// The same for a clause that is known by its id.
    pub(crate) fn broken_clause(&mut self, event: &Event, trace: &Trace, clause: ClauseId, fault: Fault<'_>) {
        let finding = Finding {
            clause,
            also: Vec::new(),
            fact: fact_of(self.rule),
            phase: Phase::default(),
            client: None,
            qos: None,
            by: self.rule.to_owned(),
            wanted: fault.wanted,
            got: fault.got,
            meanwhile: String::new(),
            evidence: evidence(event, fault.evidence),
            claim: None,
            place: trace.place(),
            could_instead: fault.could_instead.into_iter().map(str::to_owned).collect(),
            folded: Vec::new(),
        };
        match self.findings.iter_mut().find(|f| f.clause == finding.clause) {
            None => self.findings.push(finding),
            Some(first) if first.folded.len() < MOST_FOLDED => first.folded.push(finding),
            Some(_) => {}
        }
    }

    /// Notes something that is no failure.
    pub(crate) fn grade(&mut self, event: &Event, clause: Option<ClauseId>, text: String, seqs: Vec<u64>) {
        if self.grades.len() < MOST_GRADES {
            let evidence = evidence(event, seqs);
            self.grades.push(Grade { clause, level: GradeLevel::Info, text, evidence });
        }
    }
}

/// In order, each once, the event itself last unless something later is named.
fn evidence(event: &Event, mut seqs: Vec<u64>) -> Vec<u64> {
    seqs.push(event.seq);
    seqs.sort_unstable();
    seqs.dedup();
    seqs
}

/// What one rule found in a history.
#[derive(Clone, Debug)]
pub struct RuleOutcome {
    /// The rule's name.
    pub rule: &'static str,
    /// Broken clauses, first in time first; a repetition of the same clause is folded under its first.
    pub findings: Vec<Finding>,
    /// What is worth saying beside.
    pub grades: Vec<Grade>,
    /// The rule itself broke: what it said, for people. Its findings up to then are kept.
    pub panicked: Option<String>,
}

struct Runner {
    rule: Box<dyn Rule>,
    notes: Notes,
    panicked: Option<String>,
}

impl Runner {
    fn observe(&mut self, event: &Event, trace: &Trace) {
        if self.panicked.is_some() {
            return;
        }
        let (rule, notes) = (&mut self.rule, &mut self.notes);
        let done = catch_unwind(AssertUnwindSafe(|| rule.observe(event, trace, notes)));
        self.panicked = done.err().map(|payload| {
            let text = payload.downcast_ref::<&str>().map(|s| (*s).to_owned());
            let text = text.or_else(|| payload.downcast_ref::<String>().cloned());
            text.unwrap_or_else(|| "without a word".to_owned())
        });
    }
}

/// Judges a history by the rules that hold in every one. Events behind the teardown mark are not looked at.
pub fn obey(history: &History) -> Vec<RuleOutcome> {
    obey_these(history, rules::all())
}

pub(crate) fn obey_these(history: &History, rules: Vec<Box<dyn Rule>>) -> Vec<RuleOutcome> {
    let mut trace = Trace::new(&history.header);
    let run = |rule: Box<dyn Rule>| {
        let notes = Notes { rule: rule.name(), ..Notes::default() };
        Runner { rule, notes, panicked: None }
    };
    let mut runners: Vec<Runner> = rules.into_iter().map(run).collect();
    for event in &history.events {
        trace.observe(event);
        if trace.is_over() {
            break;
        }
        for runner in &mut runners {
            runner.observe(event, &trace);
        }
    }
    let outcome = |r: Runner| RuleOutcome {
        rule: r.notes.rule,
        findings: r.notes.findings,
        grades: r.notes.grades,
        panicked: r.panicked,
    };
    runners.into_iter().map(outcome).collect()
}

#[cfg(test)]
mod tests {
    use deadzone_wire::Version;

    use deadzone_history::{HandMade, Start};

    use super::*;

    struct Breaks;

    impl Rule for Breaks {
        fn name(&self) -> &'static str {
            "breaks"
        }

        fn observe(&mut self, event: &Event, _: &Trace, notes: &mut Notes) {
            notes.grade(event, None, "still here".to_owned(), vec![7, 7, 0]);
            assert!(event.seq < 1, "at event {}", event.seq);
        }
    }

    #[test]
    fn a_rule_that_panics_is_an_error_of_its_own() {
        let mut h = HandMade::new(Version::V5);
        let c = h.client("c");
        h.connect(c, Start::Clean);
        let mut rules = rules::all();
        rules.insert(0, Box::new(Breaks));
        let outcomes = obey_these(&h.finish(), rules);
        assert_eq!(outcomes[0].panicked.as_deref(), Some("at event 1"));
        assert_eq!(outcomes[0].grades.len(), 2, "it was not asked again");
        assert_eq!(outcomes[0].grades[0].evidence, [0, 7], "in order, each once");
        assert!(outcomes[1..].iter().all(|o| o.panicked.is_none() && o.findings.is_empty()));
    }

    #[test]
    fn names_are_unique() {
        let mut names: Vec<_> = rules::all().iter().map(|r| r.name()).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}

//! A history to a verdict, event by event.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use deadzone_history::{Event, EventKind, Header, History, Origin};
use deadzone_spec::Party;
use deadzone_verdict::{Finding, Grade, Verdict, VerdictKind};

use crate::{
    beside::Beside,
    breach::{Found, Reason},
    claims::Claims,
    hash::Map,
    legality::Legality,
    rule::{On, Rule},
    rules,
    state::State,
    verdict::compose,
};

/// Judges one history while it is written, or from a file: the same events give the same verdict.
///
/// It holds what is open, not what has been: [`Judge::observe`] may be called for as many events as there are.
pub struct Judge {
    state: State,
    rules: Vec<(&'static str, Box<dyn Rule>)>,
    /// Which rules are called for a transition, as soon as there was one of its kind.
    called: Map<On, Vec<usize>>,
    claims: Claims,
    legality: Option<Legality>,
    found: Found,
    beside: Beside,
    /// The clean-up has begun: nothing is judged any more.
    over: bool,
}

impl Judge {
    /// A judge of the broker, before the first event.
    pub fn new(header: &Header) -> Self {
        Self::of(header, Party::Server)
    }

    /// A judge of one party: of the broker, or of the clients, for which *given* and *seen* change places.
    pub fn of(header: &Header, party: Party) -> Self {
        let header = Arc::new(header.clone());
        let scripted = header.origin != Origin::Link && party != Party::Client;
        let legality = scripted.then(|| Legality::new(&header));
        let rules = if party == Party::Client { rules::client::all() } else { rules::all() };
        Self {
            state: State::new(&header, party),
            rules: rules.into_iter().map(|rule| (rule.name(), rule)).collect(),
            called: Map::default(),
            claims: Claims::default(),
            legality,
            found: Found::default(),
            beside: Beside::default(),
            over: false,
        }
    }

    /// Takes the next event. Events behind the teardown mark are not looked at.
    pub fn observe(&mut self, event: &Event) {
        if self.over {
            return;
        }
        if matches!(event.kind, EventKind::Teardown) {
            self.over = true;
            return;
        }
        if self.beside.takes(event, &self.state.header) {
            return;
        }
        self.state.observe(event);
        self.obeyed(event, On::of(event, &self.state));
        for ahead in self.state.take_ahead() {
            self.state.came_ahead(&ahead);
            self.obeyed(&ahead, On::of_transition(&self.state));
        }
        if self.state.judged != Party::Client {
            self.claims.observe(event, &mut self.state, &mut self.found);
        }
        if let Some(legality) = &mut self.legality {
            legality.observe(event, &self.state, &mut self.found);
        }
    }

    fn obeyed(&mut self, event: &Event, on: On) {
        if on == On::END {
            return;
        }
        let Self { state, rules, called, found, .. } = self;
        for index in called.entry(on).or_insert_with(|| called_for(on, rules)) {
            let (name, rule) = &mut rules[*index];
            rule.observe(event, state, found.by(name));
        }
    }

    /// How many findings there are so far.
    pub fn findings(&self) -> &[Finding] {
        &self.found.findings
    }

    /// The verdict on all that was observed.
    pub fn finish(mut self) -> Verdict {
        self.close();
        compose(&self.state, self.found)
    }

    /// The verdict on a record that has no end: what was found stands, and what only the end would show is not asked.
    pub fn finish_cut_off(mut self, why: &str) -> Verdict {
        let reason = Reason { at: u64::MAX, why: why.to_owned() };
        self.found.inconclusive.push(reason);
        compose(&self.state, self.found)
    }

    fn close(&mut self) {
        for (name, rule) in &mut self.rules {
            rule.finish(&self.state, self.found.by(name));
        }
        if self.state.judged != Party::Client {
            self.claims.finish(&self.state, &mut self.found);
        }
    }
}

/// The rules that ask for a transition, by their place.
fn called_for(on: On, rules: &[(&'static str, Box<dyn Rule>)]) -> Vec<usize> {
    rules.iter().enumerate().filter(|(_, (_, rule))| rule.on().meets(on)).map(|(index, _)| index).collect()
}

/// Judges a whole history. A panic of ours makes the verdict `error`.
pub fn judge(history: &History) -> Verdict {
    judge_with(history, Vec::new())
}

/// The same with what was found besides, by whoever looks at more than one history.
pub fn judge_with(history: &History, extra: Vec<Finding>) -> Verdict {
    contained(|| {
        let mut judge = Judge::new(&history.header);
        history.events.iter().for_each(|event| judge.observe(event));
        judge.found.findings.extend(extra);
        judge.finish()
    })
}

/// Judges, and makes a panic of ours the verdict `error`.
pub fn contained(run: impl FnOnce() -> Verdict) -> Verdict {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
        let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
        let text = text.unwrap_or_else(|| "no message".to_owned());
        Verdict::because(VerdictKind::Error, format!("the oracle panicked: {text}"))
    })
}

/// What one rule found in a history.
#[derive(Clone, Debug)]
pub struct RuleOutcome {
    /// The rule's name.
    pub rule: &'static str,
    /// Broken clauses, first in time first; a repetition of the same kind is folded under its first.
    pub findings: Vec<Finding>,
    /// What is worth saying beside.
    pub grades: Vec<Grade>,
}

/// Judges a history by the rules alone, each by its name, in the order in which a reader meets them in the standard.
pub fn obey(history: &History) -> Vec<RuleOutcome> {
    obey_as(history, Party::Server)
}

/// The same for one party.
pub fn obey_as(history: &History, party: Party) -> Vec<RuleOutcome> {
    let mut judge = Judge::of(&history.header, party);
    history.events.iter().for_each(|event| judge.observe(event));
    for (name, rule) in &mut judge.rules {
        rule.finish(&judge.state, judge.found.by(name));
    }
    let Found { findings, grades, .. } = judge.found;
    let of = |rule: &'static str| RuleOutcome {
        rule,
        findings: findings.iter().filter(|f| f.by == rule).cloned().collect(),
        grades: grades.iter().filter(|(by, _)| *by == rule).map(|(_, grade)| grade.clone()).collect(),
    };
    judge.rules.iter().map(|(name, _)| of(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_ours_is_our_error() {
        let verdict = contained(|| panic!("out of bounds"));
        assert_eq!(verdict.kind, VerdictKind::Error);
        assert_eq!(verdict.reason.as_deref(), Some("the oracle panicked: out of bounds"));
    }

    #[test]
    fn names_of_rules_are_unique() {
        let mut names: Vec<_> = rules::all().iter().map(|rule| rule.name()).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}

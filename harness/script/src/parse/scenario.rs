//! The scenario that is being read, and what must be true of it as a whole. Must not know how lines are read.

use std::collections::{BTreeMap, BTreeSet};

use deadzone_spec::ClauseId;
use deadzone_wire::Version;

use super::lexer::{Kind, Token, Value};
use super::{framing, gates, node, order, outage, rounds, tls, unfinished};
use crate::diagnostic::{Diagnostic, code, shown};
use crate::{At, Control, Gate, Scenario, Step};

/// Versions that a scenario runs in unless it says otherwise.
pub(crate) const DEFAULT_VERSIONS: [Version; 2] = [Version::V311, Version::V5];

/// A scenario that is being read.
pub(super) struct Draft {
    pub(super) scenario: Scenario,
    /// Header lines that were there, right or wrong: what is wrong is not missing too.
    pub(super) headers: BTreeSet<&'static str>,
    /// Where each clause stands, to be checked when the versions are known.
    pub(super) clause_places: Vec<At>,
    /// Where `gate` names one.
    pub(super) gate_at: Option<At>,
    /// The gates that `stands on` names, with their places.
    pub(super) stands_on: Vec<(Gate, At)>,
    /// Where `times` says how often.
    pub(super) times_at: Option<At>,
    /// Step lines so far, right or wrong.
    pub(super) step_lines: usize,
    /// What lines with mistakes may have named.
    pub(super) unread: Unread,
    /// Steps of the `control` block.
    pub(super) control: Vec<Step>,
    /// Mistakes that the file had before this scenario.
    pub(super) mistakes_before: usize,
}

/// Clients and captures that lines name which could not be read: nothing that is missing of them is a mistake.
#[derive(Debug, Default)]
pub(super) struct Unread {
    pub(super) clients: BTreeSet<usize>,
    pub(super) captures: BTreeSet<String>,
}

impl Draft {
    pub(super) fn new(id: String, file: &str, at: At, mistakes_before: usize) -> Self {
        let scenario = Scenario {
            id,
            file: file.to_owned(),
            at,
            title: String::new(),
            clauses: Vec::new(),
            needs: Vec::new(),
            versions: DEFAULT_VERSIONS.to_vec(),
            tags: Vec::new(),
            catches: Vec::new(),
            like: Vec::new(),
            solo: false,
            gate: None,
            stands_on: Vec::new(),
            times: 1,
            clients: Vec::new(),
            steps: Vec::new(),
            control: Control::Derived,
        };
        Self {
            scenario,
            headers: BTreeSet::new(),
            clause_places: Vec::new(),
            gate_at: None,
            stands_on: Vec::new(),
            times_at: None,
            step_lines: 0,
            unread: Unread::default(),
            control: Vec::new(),
            mistakes_before,
        }
    }

    /// A step line could not be read: remember what it names.
    pub(super) fn distrust(&mut self, tokens: &[Token]) {
        for token in tokens {
            match &token.kind {
                Kind::Word(word) => {
                    let client = self.scenario.clients.iter().position(|client| client.name == *word);
                    self.unread.clients.extend(client);
                }
                Kind::Pair(_, Value::Word(word), _) => {
                    self.unread.captures.extend(word.strip_prefix('$').map(str::to_owned));
                }
                _ => {}
            }
        }
    }

    /// Looks at the whole; gives the scenario if nothing in it is wrong.
    pub(super) fn finish(mut self, mistakes: &mut Vec<Diagnostic>) -> Option<Scenario> {
        self.missing(mistakes);
        for (clause, at) in self.scenario.clauses.iter().copied().zip(&self.clause_places) {
            mistakes.extend(check_clause(clause, *at, &self.scenario.versions));
        }
        for steps in [&self.scenario.steps, &self.control] {
            order::check(&self.scenario.clients, steps, &self.unread, mistakes);
            if self.unread.clients.is_empty() {
                outage::check((&self.scenario.versions, &self.scenario.clients), steps, mistakes);
            }
            unfinished::check(&self.scenario, steps, &self.unread, mistakes);
            framing::check(&self.scenario, steps, &self.unread, mistakes);
            tls::check(&self.scenario, steps, mistakes);
        }
        if mistakes.len() == self.mistakes_before {
            // What a line with a mistake would have done is not known.
            node::check_clients(&self.scenario, mistakes);
            for steps in [&self.scenario.steps, &self.control] {
                node::check(&self.scenario, steps, mistakes);
            }
            rounds::check(&self, mistakes);
            gates::settle(&mut self, mistakes);
        }
        if !self.control.is_empty() {
            self.scenario.control = Control::Steps(self.control);
        }
        self.scenario.solo |= self.scenario.handles_target() || node::handles_bridge(&self.scenario);
        (mistakes.len() == self.mistakes_before).then_some(self.scenario)
    }

    fn missing(&self, mistakes: &mut Vec<Diagnostic>) {
        let at = self.scenario.at;
        let mut lacks = |code, what: &str, help: &str| {
            mistakes.push(Diagnostic::error(code, at, format!("this scenario has no {what}")).help(help));
        };
        if !self.headers.contains("title") {
            lacks(code::NO_TITLE, "title", "add a line: title WHAT IT SHOWS");
        }
        if !self.headers.contains("clauses") {
            lacks(code::NO_CLAUSES, "clauses", "add a line: clauses 3.1.1/MQTT-… 5.0/MQTT-…");
        }
        if !self.headers.contains("catches") {
            lacks(code::NO_CATCHES, "defect that it catches", "add a line: catches NAME");
        }
        if self.step_lines == 0 {
            lacks(code::NO_STEPS, "steps", "add clients and what they do");
        }
    }
}

/// The clause that this word names.
pub(super) fn clause(word: &str, at: At) -> Result<ClauseId, Diagnostic> {
    ClauseId::find(word).ok_or_else(|| {
        let mistake =
            Diagnostic::error(code::UNKNOWN_CLAUSE, at, format!("unknown clause `{}`", shown(word)));
        mistake.suggest(deadzone_spec::suggest(word).map(ClauseId::as_str))
    })
}

/// What is wrong with naming this clause in a scenario of these versions.
pub(super) fn check_clause(id: ClauseId, at: At, versions: &[Version]) -> Option<Diagnostic> {
    if !versions.contains(&id.version()) {
        let message = format!("this scenario does not run in MQTT {}", id.version());
        return Some(Diagnostic::error(code::OTHER_VERSION, at, message).label("a clause of that version"));
    }
    if !id.binds_server() {
        let mistake = Diagnostic::error(code::CLIENT_CLAUSE, at, format!("{id} binds the client only"));
        return Some(
            mistake.label(id.clause().text).help("a broker can't break it; name what the broker must do"),
        );
    }
    None
}

/// Slugs of a file with their lines.
pub(super) type Slugs = BTreeMap<String, u32>;

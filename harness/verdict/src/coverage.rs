//! What a run put to the test, statement by statement and in counts. All coverage is counted here; whoever prints it counts nothing.
//! Knows no suite and no report.

use std::collections::{BTreeMap, BTreeSet};

use deadzone_spec::{ClauseId, Held, all};
use deadzone_wire::Version;

use crate::{ScenarioKey, VerdictKind};

/// What the performances of a run judged, and what their scenarios name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judged {
    /// The versions that anything was planned in.
    pub versions: BTreeSet<Version>,
    /// The clauses that a claim or a rule judged: each could have come out otherwise.
    pub clauses: BTreeSet<ClauseId>,
    /// The scenarios that name a clause, by id.
    pub named: BTreeMap<ClauseId, BTreeSet<String>>,
}

impl Judged {
    /// Adds one performance: what it judged counts where it happened, what its scenario names in any case.
    pub fn add(&mut self, key: &ScenarioKey, kind: VerdictKind, judged: &[ClauseId], named: &[ClauseId]) {
        self.versions.insert(key.version);
        if kind.happened() {
            self.clauses.extend(judged.iter().filter(|id| id.version() == key.version));
        }
        for clause in named {
            self.name(*clause, &key.id);
        }
    }

    /// A scenario names a clause, whether it was performed or not.
    pub fn name(&mut self, clause: ClauseId, scenario: &str) {
        self.named.entry(clause).or_default().insert(scenario.to_owned());
    }
}

/// What a run put to the test in one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// The version.
    pub version: Version,
    /// Numbered clauses that bind a server and were judged.
    pub tested: usize,
    /// How many there are.
    pub of: usize,
    /// Ids of our own that were judged.
    pub own: usize,
}

impl Coverage {
    /// Counts a version's.
    pub fn of(version: Version, judged: &Judged) -> Self {
        let of_server = |id: &ClauseId| id.version() == version && id.binds_server();
        let (numbered, own): (Vec<ClauseId>, Vec<ClauseId>) =
            judged.clauses.iter().filter(|id| of_server(id)).partition(|id| id.clause().is_numbered());
        let of = all().filter(|id| of_server(id) && id.clause().is_numbered()).count();
        Self { version, tested: numbered.len(), of, own: own.len() }
    }
}

/// What became of one statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StatementState {
    /// A claim or an exercised rule judged it: a breach would have failed.
    Tested,
    /// The same, where the standard lets a broker do otherwise: a breach would have been told.
    Graded,
    /// A scenario or a rule here is about it, and nothing had the occasion on this target.
    Vacuous,
    /// Nothing here is about it yet.
    Nothing,
    /// It is not observable.
    Hidden,
    /// It binds the client alone.
    Client,
}

impl StatementState {
    /// The word in tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Tested => "tested",
            Self::Graded => "graded",
            Self::Vacuous => "vacuous here",
            Self::Nothing => "nothing",
            Self::Hidden => "not observable",
            Self::Client => "binds the client",
        }
    }
}

/// One statement with all that is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covered {
    /// The statement.
    pub id: ClauseId,
    /// What became of it.
    pub standing: StatementState,
    /// Something judged it. Of a statement that binds the client: the broker's reaction to its breach.
    pub judged: bool,
    /// Defects and mutants that break this very clause and were caught under it; empty where nothing was proven.
    pub proven_by: Vec<String>,
    /// The scenarios that name it, by id.
    pub named_by: Vec<String>,
}

/// What is known of every statement on one target.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// What was judged, and what names a clause.
    pub judged: Judged,
    /// Clauses that a rule or a claim judges without a word of a scenario.
    pub unnamed: BTreeSet<ClauseId>,
    /// What proves a clause; absent where nothing was tried.
    pub proven: Option<BTreeMap<ClauseId, BTreeSet<String>>>,
}

impl Evidence {
    /// Every statement of a version, those of the standard before the ids of our own.
    pub fn statements(&self, version: Version) -> Vec<Covered> {
        let mut statements: Vec<Covered> =
            all().filter(|id| id.version() == version).map(|id| self.statement(id)).collect();
        statements.sort_by_cached_key(|statement| in_order(statement.id));
        statements
    }

    fn statement(&self, id: ClauseId) -> Covered {
        let judged = self.judged.clauses.contains(&id);
        let named = self.judged.named.get(&id);
        let proven = self.proven.as_ref().and_then(|proven| proven.get(&id));
        let standing = match (id.held(), judged) {
            (Held::Client, _) => StatementState::Client,
            (Held::Graded, true) => StatementState::Graded,
            (_, true) => StatementState::Tested,
            (Held::Hidden, false) => StatementState::Hidden,
            (_, false) if named.is_some() || self.unnamed.contains(&id) => StatementState::Vacuous,
            (_, false) => StatementState::Nothing,
        };
        let texts = |set: Option<&BTreeSet<String>>| set.into_iter().flatten().cloned().collect();
        Covered { id, standing, judged, proven_by: texts(proven), named_by: texts(named) }
    }
}

/// As the standards order them: by the numbers, and not by their texts.
fn in_order(id: ClauseId) -> (bool, Vec<u32>, ClauseId) {
    let clause = id.clause();
    let number = |text: &str| text.parse().unwrap_or(0);
    let mut numbers: Vec<u32> = clause.section.split('.').map(number).collect();
    numbers.resize(4, 0);
    numbers.push(clause.number.rsplit('-').next().map_or(0, number));
    (!clause.is_numbered(), numbers, id)
}

/// How many statements stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All of them: the sum of those below but `proven`.
    pub statements: usize,
    /// Judged, and a breach would have failed.
    pub tested: usize,
    /// Judged, and a breach would have been told.
    pub graded: usize,
    /// Not judged here, though a scenario or a rule is about it.
    pub vacuous: usize,
    /// Nothing is about it.
    pub nothing: usize,
    /// Not observable.
    pub hidden: usize,
    /// Binds the client alone.
    pub client: usize,
    /// Of those tested and graded: proven by a defect or mutant that breaks that very clause.
    pub proven: usize,
}

impl Counts {
    /// Counts them.
    pub fn of<'a>(statements: impl IntoIterator<Item = &'a Covered>) -> Self {
        let mut counts = Self::default();
        for statement in statements {
            counts.statements += 1;
            *match statement.standing {
                StatementState::Tested => &mut counts.tested,
                StatementState::Graded => &mut counts.graded,
                StatementState::Vacuous => &mut counts.vacuous,
                StatementState::Nothing => &mut counts.nothing,
                StatementState::Hidden => &mut counts.hidden,
                StatementState::Client => &mut counts.client,
            } += 1;
            let counted = matches!(statement.standing, StatementState::Tested | StatementState::Graded);
            counts.proven += usize::from(counted && !statement.proven_by.is_empty());
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use deadzone_spec::id;

    use super::*;

    const TESTED: ClauseId = id!("5.0/MQTT-3.12.4-1");
    const GRADED: ClauseId = id!("5.0/MQTT-4.13.1-1");
    const NAMED: ClauseId = id!("5.0/MQTT-3.1.3-9");
    const CLIENTS: ClauseId = id!("5.0/MQTT-3.8.3-2");
    const OWN: ClauseId = id!("5.0/DZ-crash");

    fn evidence() -> Evidence {
        let mut judged = Judged::default();
        let key = |id: &str| ScenarioKey { id: id.to_owned(), version: Version::V5 };
        let all = [TESTED, GRADED, CLIENTS, OWN, id!("3.1.1/MQTT-3.12.4-1")];
        judged.add(&key("ping/answered"), VerdictKind::Pass, &all, &[TESTED]);
        judged.add(&key("will/delay"), VerdictKind::Inconclusive, &[NAMED], &[NAMED]);
        let by = BTreeSet::from(["pingresp-missing".to_owned()]);
        let proven = Some(BTreeMap::from([(TESTED, by.clone()), (NAMED, by)]));
        Evidence { judged, unnamed: BTreeSet::from([id!("5.0/MQTT-3.2.0-2")]), proven }
    }

    fn standing(id: ClauseId) -> StatementState {
        let statements = evidence().statements(Version::V5);
        statements.iter().find(|statement| statement.id == id).unwrap().standing
    }

    #[test]
    fn a_statement_stands_as_it_was_judged() {
        assert_eq!(standing(TESTED), StatementState::Tested);
        assert_eq!(standing(GRADED), StatementState::Graded);
        assert_eq!(standing(NAMED), StatementState::Vacuous, "what did not happen judged nothing");
        assert_eq!(standing(id!("5.0/MQTT-3.2.0-2")), StatementState::Vacuous, "a rule knows it");
        assert_eq!(standing(id!("5.0/MQTT-3.2.2-12")), StatementState::Nothing);
        assert_eq!(standing(id!("5.0/MQTT-4.2-1")), StatementState::Hidden);
        assert_eq!(standing(CLIENTS), StatementState::Client, "whatever the broker made of its breach");
    }

    #[test]
    fn the_counts_are_those_of_a_run() {
        let evidence = evidence();
        let coverage = Coverage::of(Version::V5, &evidence.judged);
        let statements = evidence.statements(Version::V5);
        let (numbered, own): (Vec<_>, Vec<_>) =
            statements.into_iter().partition(|statement| statement.id.clause().is_numbered());
        let counts = Counts::of(&numbered);
        assert_eq!((coverage.tested, coverage.of, coverage.own), (2, 204, 1));
        assert_eq!(counts.tested + counts.graded, coverage.tested);
        assert_eq!(counts.statements - counts.client, coverage.of);
        let of_own = Counts::of(&own);
        assert_eq!(of_own.tested + of_own.graded, coverage.own);
        assert_eq!((counts.proven, counts.hidden, counts.statements), (1, 1, 251));
        let sum = counts.tested + counts.graded + counts.vacuous + counts.nothing + counts.hidden;
        assert_eq!(sum + counts.client, counts.statements);
    }

    #[test]
    fn statements_come_as_the_standard_has_them() {
        let of = |version| {
            let statements = Evidence::default().statements(version);
            statements.iter().map(|statement| statement.id.as_str()).collect::<Vec<_>>()
        };
        let v5 = of(Version::V5);
        let at = |id: &str| v5.iter().position(|other| *other == id).unwrap();
        assert!(at("5.0/MQTT-3.3.1-9") < at("5.0/MQTT-3.3.1-10"));
        assert!(at("5.0/MQTT-3.9.2-1") < at("5.0/MQTT-3.10.1-1"));
        assert!(at("5.0/MQTT-6.0.0-4") < at("5.0/DZ-crash"));
        assert_eq!(of(Version::V311).iter().filter(|id| id.contains("MQTT-")).count(), 141);
    }
}

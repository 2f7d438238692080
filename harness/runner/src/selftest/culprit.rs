//! What makes a broker wrong, and which scenarios say that they catch it.

use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr,
};

use deadzone_reference_broker::{Defect, Variant};
use deadzone_spec::ClauseId;
use deadzone_verdict::ScenarioResult;
use deadzone_wire::Version;

use super::{caught::names_a_clause, expected::is_shown_elsewhere};
use crate::{Mutant, Suite};

/// Something that can be switched on to make a broker wrong.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Culprit {
    Defect(Defect),
    Mutant(Mutant),
}

impl Culprit {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Defect(d) => d.name(),
            Self::Mutant(m) => m.name(),
        }
    }

    /// The clauses that it breaks.
    pub(super) fn clauses(self) -> &'static [ClauseId] {
        match self {
            Self::Defect(d) => d.clauses(),
            Self::Mutant(m) => m.clauses(),
        }
    }

    /// The legal variant that it is switched on beside: only a broker of that kind can be wrong so.
    pub(super) fn setting(self) -> Option<Variant> {
        match self {
            Self::Defect(Defect::HighQosSubscribeRefused | Defect::WillQosUnchecked) => {
                Some(Variant::MaximumQos1)
            }
            Self::Defect(Defect::WillRetainUnchecked) => Some(Variant::RetainUnavailable),
            _ => None,
        }
    }

    /// Whether the failure is this culprit's: one of its findings is of a clause that it breaks.
    pub(super) fn is_blamed_in(self, result: &ScenarioResult) -> bool {
        let broken = |clause: ClauseId| self.clauses().contains(&clause);
        result.verdict.findings.iter().any(|f| names_a_clause(f, &broken))
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        Defect::from_str(name)
            .ok()
            .map(Self::Defect)
            .or_else(|| Mutant::from_str(name).ok().map(Self::Mutant))
    }
}

/// Scenarios in versions, by the name of what they say they catch.
pub(super) type Named = BTreeMap<&'static str, BTreeSet<(String, Version)>>;

/// Which scenarios name which culprit. A name that nothing bears is a hole.
pub(super) fn named(suite: &Suite, holes: &mut Vec<String>) -> Named {
    let mut named = Named::new();
    for scenario in &suite.scenarios {
        for catch in &scenario.catches {
            if is_shown_elsewhere(&catch.name) {
                continue;
            }
            let Some(culprit) = Culprit::parse(&catch.name) else {
                holes.push(format!("{}: `{}` is no defect and no mutant", scenario.id, catch.name));
                continue;
            };
            for version in &scenario.versions {
                if catch.only.is_none_or(|v| v == *version) {
                    named.entry(culprit.name()).or_default().insert((scenario.id.clone(), *version));
                }
            }
        }
    }
    named
}

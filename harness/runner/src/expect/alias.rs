//! Names that were changed since a file was written: the table of `scenarios/aliases.tsv`.

/// What became of an old name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Alias {
    /// Its name today; none where it has no successor.
    pub(super) now: Option<&'static str>,
    /// Why it was changed, for people.
    pub(super) why: &'static str,
}

/// What a name is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Scenario,
    Clause,
    Fact,
}

impl Kind {
    fn word(self) -> &'static str {
        match self {
            Self::Scenario => "scenario",
            Self::Clause => "clause",
            Self::Fact => "fact",
        }
    }
}

/// What became of a name; nothing where it is no old one.
pub(super) fn alias(kind: Kind, name: &str) -> Option<Alias> {
    rows().find(|(of, old, _)| *of == kind.word() && *old == name).map(|(_, _, alias)| alias)
}

/// Whether a scenario was retired without a successor.
pub(super) fn is_retired(scenario: &str) -> bool {
    alias(Kind::Scenario, scenario).is_some_and(|alias| alias.now.is_none())
}

fn rows() -> impl Iterator<Item = (&'static str, &'static str, Alias)> {
    let lines = deadzone_scenarios::ALIASES.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| {
        let mut cells = line.split('\t');
        let (kind, old, now, why) = (cells.next()?, cells.next()?, cells.next()?, cells.next()?);
        Some((kind, old, Alias { now: Some(now).filter(|now| *now != "-"), why }))
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use deadzone_spec::ClauseId;
    use deadzone_verdict::Fact;

    use super::*;
    use crate::Suite;

    /// An old name that is used again would be read as the new thing; a new one that is none would pardon nothing.
    #[test]
    fn every_old_name_is_gone_and_every_new_one_is_there() {
        let suite = Suite::embedded().unwrap();
        let ids: BTreeSet<&str> = suite.scenarios.iter().map(|scenario| scenario.id.as_str()).collect();
        let exists = |kind: &str, name: &str| match kind {
            "scenario" => ids.contains(name),
            "clause" => ClauseId::find(name).is_some(),
            "fact" => Fact::ALL.iter().any(|fact| fact.name() == name),
            other => panic!("`{other}` is no kind of name"),
        };
        let lines = deadzone_scenarios::ALIASES.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(rows().count(), lines, "a line without its four cells");
        assert!(lines > 0);
        for (kind, old, alias) in rows() {
            assert!(!exists(kind, old), "{kind} {old} is in use");
            assert!(alias.now.is_none_or(|now| exists(kind, now)), "{kind} {:?} is none", alias.now);
            assert!(!alias.why.is_empty(), "{kind} {old}");
        }
    }

    #[test]
    fn an_old_name_has_its_new_one_or_a_reason() {
        let clause = alias(Kind::Clause, "3.1.1/DZ-connack-code").unwrap();
        assert_eq!(clause.now, Some("3.1.1/MQTT-3.2.2-6"));
        assert_eq!(alias(Kind::Scenario, "3.1.1/DZ-connack-code"), None, "of another kind");
        assert!(is_retired("will/takeover/published") && !is_retired("will/takeover/session-ends"));
    }
}

//! How a statement can be held against a broker, and which statements of the other version answer it. Knows no rule and no
//! scenario: what was really put to the test is counted where runs are.

use std::fmt;

use crate::{ClauseId, Level, Party, id};

include!(concat!(env!("OUT_DIR"), "/obligations.rs"));

/// How a statement can be held against a broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Held {
    /// A broker's breach shows on the wire, and fails.
    Seen,
    /// A broker's breach shows, and is told without failing.
    Graded,
    /// It binds the client alone: ours is held to it, and a broker's reaction to a breach is looked at.
    Client,
    /// Nothing that a client of the broker can do or see shows a breach.
    Hidden,
}

/// What the standard's reader wants to know of one numbered statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Obligation {
    /// The statement.
    pub id: ClauseId,
    /// The statements of the other version that make the same demand or a part of it; empty where none does.
    pub answered_by: &'static [ClauseId],
    /// How it is held.
    pub held: Held,
    /// How it is observed, or why it can't be: one sentence or two.
    pub how: &'static str,
}

impl ClauseId {
    /// What is known of a numbered statement; `None` for an id of our own, whose text says it.
    pub fn obligation(self) -> Option<&'static Obligation> {
        OBLIGATIONS.binary_search_by_key(&self, |row| row.id).ok().map(|at| &OBLIGATIONS[at])
    }

    /// How it can be held against a broker. An id of our own exists because something looks at it: it follows from whom it binds and
    /// how strongly.
    pub fn held(self) -> Held {
        let clause = self.clause();
        match self.obligation() {
            Some(obligation) => obligation.held,
            None if clause.party == Party::Client => Held::Client,
            None if clause.level == Level::Must => Held::Seen,
            None => Held::Graded,
        }
    }
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Seen => "seen",
            Self::Graded => "graded",
            Self::Client => "client",
            Self::Hidden => "hidden",
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{Version, all};

    /// All that may be called not observable, as two readers of the standards agreed; the reason of each is its sentence.
    const HIDDEN: [(&str, &str); 5] = [
        ("3.1.1/MQTT-4.8.0-2", "what was a transient error is known to the broker alone"),
        ("3.1.1/MQTT-7.0.0-1", "a server's own connections to other servers"),
        ("3.1.1/MQTT-7.0.0-2", "a need for extensions shows as other failures"),
        ("3.1.1/MQTT-7.1.1-1", "without a transport nothing can be judged"),
        ("5.0/MQTT-4.2-1", "without a transport nothing can be judged"),
    ];

    #[test]
    fn every_numbered_statement_has_its_row_and_nothing_else_has_one() {
        let numbered: Vec<ClauseId> = all().filter(|id| id.clause().is_numbered()).collect();
        let rows: Vec<ClauseId> = OBLIGATIONS.iter().map(|row| row.id).collect();
        assert_eq!(rows, numbered, "each once, in the order of the ids");
    }

    #[test]
    fn answers_are_mutual_and_of_the_other_version() {
        for row in &OBLIGATIONS {
            for other in row.answered_by {
                assert_ne!(other.version(), row.id.version(), "{} {other}", row.id);
                let back = other.obligation().map(|answer| answer.answered_by).unwrap_or_default();
                assert!(back.contains(&row.id), "{other} does not name {}", row.id);
            }
            let each: BTreeSet<_> = row.answered_by.iter().collect();
            assert_eq!(each.len(), row.answered_by.len(), "{}: twice", row.id);
        }
    }

    /// What binds only clients in one version and servers in the other can't be one demand.
    #[test]
    fn an_answer_binds_one_party_that_the_statement_binds() {
        for row in OBLIGATIONS.iter().filter(|row| row.id.version() == Version::V311) {
            for other in row.answered_by {
                let both = row.id.binds_server() && other.binds_server()
                    || row.id.binds_client() && other.binds_client();
                assert!(both, "{} {other}", row.id);
            }
        }
    }

    #[test]
    fn it_is_the_clients_where_it_binds_the_client_alone() {
        for row in &OBLIGATIONS {
            let alone = row.id.clause().party == Party::Client;
            assert_eq!(row.held == Held::Client, alone, "{}", row.id);
        }
    }

    #[test]
    fn not_observable_is_only_what_is_listed() {
        let hidden: Vec<&str> =
            OBLIGATIONS.iter().filter(|row| row.held == Held::Hidden).map(|row| row.id.as_str()).collect();
        assert_eq!(hidden, HIDDEN.map(|(id, _)| id));
        assert!(HIDDEN.iter().all(|(_, why)| !why.is_empty()));
    }

    #[test]
    fn each_sentence_can_be_read() {
        for row in &OBLIGATIONS {
            let (id, how) = (row.id, row.how);
            assert!(how.ends_with('.') && how.trim() == how, "{id}: {how}");
            assert!((30..=260).contains(&how.chars().count()), "{id}: {} characters", how.chars().count());
            assert!(how.starts_with(|c: char| c.is_uppercase() || c == 'a'), "{id}: {how}");
            assert!(how.is_ascii(), "{id}: {how}");
        }
    }

    /// An id of our own has no row: what it says of itself decides.
    #[test]
    fn an_id_of_our_own_is_held_as_it_binds() {
        assert_eq!(id!("5.0/DZ-whole-packet").held(), Held::Seen);
        assert_eq!(id!("5.0/DZ-retain-handling").held(), Held::Client);
        assert_eq!(id!("3.1/DZ-crash").held(), Held::Graded);
        assert_eq!(id!("5.0/DZ-crash").obligation(), None);
        assert_eq!(id!("5.0/MQTT-4.13.1-1").held(), Held::Graded);
    }
}

//! What a finding means to whoever uses the target, in their words and not in the standard's.

use std::fmt;

use crate::{Fact, Finding};

/// One line for each: its name in the format, and what it says to a user. The order is the order of telling: worst first.
macro_rules! consequences {
    ($($consequence:ident $name:literal $what:literal)*) => {
        /// What a finding means to a user.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Consequence {
            $(#[doc = $what] $consequence,)*
        }

        impl Consequence {
            /// All of them, worst first.
            pub const ALL: &[Self] = &[$(Self::$consequence),*];

            /// Its stable name.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$consequence => $name,)*
                }
            }

            /// What it says to a user.
            pub fn text(self) -> &'static str {
                match self {
                    $(Self::$consequence => $what,)*
                }
            }
        }
    };
}

consequences! {
    Down "down" "the target ends or hangs: nobody is served"
    Loses "loses" "messages are lost"
    Strangers "strangers" "messages come to strangers: clients that never asked for them"
    Duplicates "duplicates" "messages come more often than they were sent"
    Unwanted "unwanted" "messages come that must not come"
    Session "session" "sessions keep what must be gone, or lose what must be kept"
    Stuck "stuck" "an exchange is stuck: its answer never comes"
    Disorder "disorder" "messages come out of order"
    Ended "ended" "connections end without need"
    Refused "refused" "what must be accepted is refused"
    Overrun "overrun" "clients get more than they said that they take"
    Unreadable "unreadable" "clients get what they can't read"
    Tolerates "tolerates" "what is malformed or forbidden is taken as if it were right"
    Misled "misled" "clients are told something untrue in a field"
    Confused "confused" "clients get a packet that must not come there"
    Cosmetic "cosmetic" "a habit that harms nobody"
}

impl Consequence {
    /// What follows from a kind of fact.
    pub fn of_fact(fact: Fact) -> Self {
        match fact {
            Fact::Crashed | Fact::Hung => Self::Down,
            Fact::DeliveryMissing | Fact::ResendMissing => Self::Loses,
            Fact::Misdelivered | Fact::UnaskedRetained => Self::Strangers,
            Fact::DeliveredTwice => Self::Duplicates,
            Fact::DeliveredUnwanted => Self::Unwanted,
            Fact::WrongState => Self::Session,
            Fact::AnswerMissing => Self::Stuck,
            Fact::OutOfOrder => Self::Disorder,
            Fact::Closed => Self::Ended,
            Fact::Refused => Self::Refused,
            Fact::LimitExceeded => Self::Overrun,
            Fact::Malformed => Self::Unreadable,
            Fact::NotClosed => Self::Tolerates,
            Fact::WrongField => Self::Misled,
            Fact::WrongPacket => Self::Confused,
        }
    }

    /// What follows from a finding: a breach that the table of clauses calls a habit harms nobody, whatever its kind.
    pub fn of(finding: &Finding) -> Self {
        if finding.clause.clause().habit { Self::Cosmetic } else { Self::of_fact(finding.fact) }
    }
}

impl fmt::Display for Consequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_lists_every_consequence_with_the_facts_that_it_follows_from() {
        let format = include_str!("../FORMAT.md");
        for consequence in Consequence::ALL {
            let head = format!("| `{}` | {} |", consequence.name(), consequence.text());
            let row = format.lines().find(|line| line.starts_with(&head));
            let row = row.unwrap_or_else(|| panic!("FORMAT.md has no {head}"));
            let facts = Fact::ALL.iter().filter(|fact| Consequence::of_fact(**fact) == *consequence);
            let facts: Vec<String> = facts.map(|fact| format!("`{fact}`")).collect();
            assert!(
                row.ends_with(&format!("| {} |", facts.join(", "))) || facts.is_empty(),
                "{row}: {facts:?}"
            );
        }
    }

    #[test]
    fn a_habit_harms_nobody() {
        let habit = deadzone_spec::all().find(|id| id.clause().habit).expect("there are habits");
        let finding = Finding::new(habit, Fact::WrongPacket, "a rule");
        assert_eq!(Consequence::of(&finding), Consequence::Cosmetic);
        let other = Finding::new(deadzone_spec::id!("5.0/MQTT-4.3.3-10"), Fact::WrongPacket, "a rule");
        assert_eq!(Consequence::of(&other), Consequence::Confused);
    }
}

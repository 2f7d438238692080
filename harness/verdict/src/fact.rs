//! The kinds of facts that a finding can state, and what makes two findings the same. Names are a public format: they don't change
//! their meaning.

use std::fmt;

use deadzone_spec::ClauseId;

use crate::Phase;

/// How much a fact proves by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FactClass {
    /// It was done: the record proves it.
    Done,
    /// A close or a refusal: it wants a second one.
    CloseOrRefusal,
    /// Silence: proof only once its wait was extended to the long bound.
    Silence,
}

/// One line for each fact: how much it proves by itself, its name in the format, and what it says.
macro_rules! facts {
    ($($fact:ident $class:ident $name:literal $what:literal)*) => {
        /// What kind of fact a finding states.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Fact {
            $(#[doc = $what] $fact,)*
        }

        impl Fact {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$fact),*];

            /// How much it proves by itself.
            pub fn class(self) -> FactClass {
                match self {
                    $(Self::$fact => FactClass::$class,)*
                }
            }

            /// Its stable name.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$fact => $name,)*
                }
            }
        }
    };
}

facts! {
    AnswerMissing Silence "answer-missing" "An answer that is owed never came."
    DeliveryMissing Silence "delivery-missing" "A message that is owed never came."
    ResendMissing Silence "resend-missing" "An exchange that must be taken up again was not."
    NotClosed Silence "not-closed" "A connection that must be closed was not."
    DeliveredTwice Done "delivered-twice" "A message came once too often."
    DeliveredUnwanted Done "delivered-unwanted" "A message came that must not."
    Misdelivered Done "misdelivered" "A message of another scenario came to a client that never asked for it."
    UnaskedRetained Done "unasked-retained" "A retained message of the scenario came to a client that never subscribed to anything."
    OutOfOrder Done "out-of-order" "It came in another order."
    WrongField Done "wrong-field" "The right packet with a wrong field."
    WrongPacket Done "wrong-packet" "A packet that must not come here."
    Malformed Done "malformed" "A packet that breaks the format."
    LimitExceeded Done "limit-exceeded" "More than the client said that it takes."
    WrongState Done "wrong-state" "Something of the session was kept that must be gone, or is gone that must be kept."
    Closed CloseOrRefusal "closed" "The connection was closed without need."
    Refused CloseOrRefusal "refused" "A request was refused without need."
    Crashed Done "crashed" "The target ended."
    Hung Silence "hung" "The target hangs, for all or for some."
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What makes a finding the same in another run: two bugs that deliver twice, one at PUBREC and one at PUBREL, are two.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint {
    /// The clause.
    pub clause: ClauseId,
    /// The kind of fact.
    pub fact: Fact,
    /// Where in the exchange.
    pub phase: Phase,
    /// The scripted client, if one.
    pub client: Option<String>,
    /// QoS of the exchange, if it has one.
    pub qos: Option<u8>,
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.clause, self.fact, self.phase)?;
        if let Some(client) = &self.client {
            write!(f, " client={client}")?;
        }
        self.qos.map_or(Ok(()), |qos| write!(f, " qos={qos}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Disturbance, Standing};

    #[test]
    fn a_fingerprint_is_one_line_that_tells_phases_apart() {
        let phase = Phase {
            acknowledged: Some(deadzone_wire::PacketKind::Pubrec),
            standing: Standing::Resumed,
            after: Some(Disturbance::Cut),
        };
        let first = Fingerprint {
            clause: deadzone_spec::id!("5.0/MQTT-4.3.3-10"),
            fact: Fact::DeliveredTwice,
            phase,
            client: Some("pub".to_owned()),
            qos: Some(2),
        };
        let line = "5.0/MQTT-4.3.3-10 delivered-twice acknowledged=PUBREC resumed after=cut client=pub qos=2";
        assert_eq!(first.to_string(), line);
        let other = Fingerprint { phase: Phase::default(), client: None, qos: None, ..first.clone() };
        assert_eq!(other.to_string(), "5.0/MQTT-4.3.3-10 delivered-twice live");
        assert_ne!(first, other);
    }

    #[test]
    fn the_format_lists_every_fact_with_what_it_proves() {
        let format = include_str!("../FORMAT.md");
        for fact in Fact::ALL {
            let row = format.lines().find(|line| line.starts_with(&format!("| `{fact}` |")));
            let proves = row.and_then(|row| row.trim_end_matches(" |").rsplit(" | ").next());
            let proves = proves.unwrap_or_else(|| panic!("FORMAT.md has no `{fact}`"));
            let class = match proves {
                "yes" => FactClass::Done,
                "at the second time" => FactClass::CloseOrRefusal,
                _ => FactClass::Silence,
            };
            assert_eq!(fact.class(), class, "{fact}: {proves}");
        }
    }
}

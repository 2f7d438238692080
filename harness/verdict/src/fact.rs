//! The kinds of facts that a finding can state, and what makes two findings the same. Names are a public format: they don't change
//! their meaning.

use std::fmt;

use deadzone_spec::ClauseId;
use serde::{Deserialize, Serialize};

use crate::Phase;

/// What kind of fact a finding states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fact {
    /// An answer that is owed never came.
    AnswerMissing,
    /// A message that is owed never came.
    DeliveryMissing,
    /// An exchange that must be taken up again was not.
    ResendMissing,
    /// A connection that must be closed was not.
    NotClosed,
    /// A message came once too often.
    DeliveredTwice,
    /// A message came that must not.
    DeliveredUnwanted,
    /// A message of another scenario came to a client that never asked for it.
    Misdelivered,
    /// It came in another order.
    OutOfOrder,
    /// The right packet with a wrong field.
    WrongField,
    /// A packet that must not come here.
    WrongPacket,
    /// A packet that breaks the format.
    Malformed,
    /// More than the client said that it takes.
    LimitExceeded,
    /// Something of the session was kept that must be gone, or is gone that must be kept.
    WrongState,
    /// The connection was closed without need.
    Closed,
    /// A request was refused without need.
    Refused,
    /// The target ended.
    Crashed,
    /// The target hangs, for all or for some.
    Hung,
}

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

impl Fact {
    /// How much it proves by itself.
    pub fn class(self) -> FactClass {
        match self {
            Self::AnswerMissing
            | Self::DeliveryMissing
            | Self::ResendMissing
            | Self::NotClosed
            | Self::Hung => FactClass::Silence,
            Self::Closed | Self::Refused => FactClass::CloseOrRefusal,
            Self::DeliveredTwice
            | Self::DeliveredUnwanted
            | Self::Misdelivered
            | Self::OutOfOrder
            | Self::WrongField
            | Self::WrongPacket
            | Self::Malformed
            | Self::LimitExceeded
            | Self::WrongState
            | Self::Crashed => FactClass::Done,
        }
    }

    /// Its stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::AnswerMissing => "answer-missing",
            Self::DeliveryMissing => "delivery-missing",
            Self::ResendMissing => "resend-missing",
            Self::NotClosed => "not-closed",
            Self::DeliveredTwice => "delivered-twice",
            Self::DeliveredUnwanted => "delivered-unwanted",
            Self::Misdelivered => "misdelivered",
            Self::OutOfOrder => "out-of-order",
            Self::WrongField => "wrong-field",
            Self::WrongPacket => "wrong-packet",
            Self::Malformed => "malformed",
            Self::LimitExceeded => "limit-exceeded",
            Self::WrongState => "wrong-state",
            Self::Closed => "closed",
            Self::Refused => "refused",
            Self::Crashed => "crashed",
            Self::Hung => "hung",
        }
    }
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
    fn names_are_those_of_the_format() {
        for fact in
            [Fact::AnswerMissing, Fact::OutOfOrder, Fact::NotClosed, Fact::Refused, Fact::LimitExceeded]
        {
            let deserializer = serde::de::value::StrDeserializer::<serde::de::value::Error>::new(fact.name());
            assert_eq!(Fact::deserialize(deserializer), Ok(fact));
        }
    }
}

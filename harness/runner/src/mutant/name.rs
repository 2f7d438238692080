//! The mutants by name.

use std::str::FromStr;

/// One way to make any good broker a bad one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mutant {
    /// Session Present says the opposite.
    SessionPresentFlipped,
    /// A resent PUBLISH comes with DUP 0.
    DupCleared,
    /// PUBCOMP never comes.
    PubcompSwallowed,
    /// PUBACK never comes.
    PubackSwallowed,
    /// PUBACK comes with the next packet identifier.
    PubackIdShifted,
    /// Every PUBLISH comes with RETAIN 1.
    RetainSet,
    /// PINGRESP never comes.
    PingrespSwallowed,
    /// CONNACK comes twice.
    ConnackTwice,
    /// The broker's close is never seen.
    CloseSwallowed,
    /// SUBACK grants one QoS less than what is then used.
    GrantUnderstated,
    /// PUBREL never comes.
    PubrelSwallowed,
}

impl Mutant {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::SessionPresentFlipped,
        Self::DupCleared,
        Self::PubcompSwallowed,
        Self::PubackSwallowed,
        Self::PubackIdShifted,
        Self::RetainSet,
        Self::PingrespSwallowed,
        Self::ConnackTwice,
        Self::CloseSwallowed,
        Self::GrantUnderstated,
        Self::PubrelSwallowed,
    ];

    /// Its name in scenario files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::SessionPresentFlipped => "mutant-session-present-flipped",
            Self::DupCleared => "mutant-dup-cleared",
            Self::PubcompSwallowed => "mutant-pubcomp-swallowed",
            Self::PubackSwallowed => "mutant-puback-swallowed",
            Self::PubackIdShifted => "mutant-puback-id-shifted",
            Self::RetainSet => "mutant-retain-set",
            Self::PingrespSwallowed => "mutant-pingresp-swallowed",
            Self::ConnackTwice => "mutant-connack-twice",
            Self::CloseSwallowed => "mutant-close-swallowed",
            Self::GrantUnderstated => "mutant-grant-understated",
            Self::PubrelSwallowed => "mutant-pubrel-swallowed",
        }
    }

    /// What it does wrong, in one sentence.
    pub fn what(self) -> &'static str {
        match self {
            Self::SessionPresentFlipped => "CONNACK's Session Present says the opposite of the truth",
            Self::DupCleared => "a resent PUBLISH comes with DUP 0",
            Self::PubcompSwallowed => "PUBREL is never answered by PUBCOMP",
            Self::PubackSwallowed => "a QoS 1 PUBLISH is never answered by PUBACK",
            Self::PubackIdShifted => "PUBACK names another packet identifier",
            Self::RetainSet => "every PUBLISH to a subscriber has RETAIN 1",
            Self::PingrespSwallowed => "PINGREQ is never answered by PINGRESP",
            Self::ConnackTwice => "CONNACK is sent twice",
            Self::CloseSwallowed => "the connection is never closed by the broker",
            Self::GrantUnderstated => "messages come at a higher QoS than SUBACK granted",
            Self::PubrelSwallowed => "PUBREC is never answered by PUBREL",
        }
    }
}

impl FromStr for Mutant {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|m| m.name() == s).ok_or_else(|| format!("unknown mutant `{s}`"))
    }
}

//! The mutants by name.

use std::str::FromStr;

use deadzone_spec::ClauseId;

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
    /// A PUBLISH above QoS 0 comes with packet identifier 0.
    PacketIdZeroed,
    /// Each third PUBLISH above QoS 0 comes with the identifier of the one before it.
    PacketIdRepeated,
    /// A PUBLISH comes with one QoS less.
    QosLowered,
    /// Behind each PUBLISH comes one that nobody published.
    PublishInvented,
    /// Each third PUBLISH never comes.
    ThirdPublishSwallowed,
    /// Every PUBLISH carries the identifier of a subscription that was never made.
    SubscriptionIdAdded,
    /// The connection is reset where PUBREL should come.
    ResetAtPubrel,
}

impl Mutant {
    /// All of them.
    pub const ALL: [Self; 18] = [
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
        Self::PacketIdZeroed,
        Self::PacketIdRepeated,
        Self::QosLowered,
        Self::PublishInvented,
        Self::ThirdPublishSwallowed,
        Self::SubscriptionIdAdded,
        Self::ResetAtPubrel,
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
            Self::PacketIdZeroed => "mutant-packet-id-zeroed",
            Self::PacketIdRepeated => "mutant-packet-id-repeated",
            Self::QosLowered => "mutant-qos-lowered",
            Self::PublishInvented => "mutant-publish-invented",
            Self::ThirdPublishSwallowed => "mutant-third-publish-swallowed",
            Self::SubscriptionIdAdded => "mutant-subscription-id-added",
            Self::ResetAtPubrel => "mutant-reset-at-pubrel",
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
            Self::PacketIdZeroed => "a PUBLISH above QoS 0 has the packet identifier 0",
            Self::PacketIdRepeated => {
                "each third PUBLISH above QoS 0 has the packet identifier of the one before it"
            }
            Self::QosLowered => "every PUBLISH to a subscriber comes one QoS below what is owed",
            Self::PublishInvented => "behind each PUBLISH comes another at QoS 0 that no client published",
            Self::ThirdPublishSwallowed => "each third PUBLISH of a connection never comes",
            Self::SubscriptionIdAdded => {
                "every PUBLISH in 5.0 carries the identifier of a subscription that was never made"
            }
            Self::ResetAtPubrel => "the connection is reset where PUBREL should come",
        }
    }

    /// The clauses that it breaks, in each version.
    pub fn clauses(self) -> &'static [ClauseId] {
        match self {
            Self::SessionPresentFlipped => {
                const {
                    &[
                        ClauseId::of("3.1.1/MQTT-3.2.2-1"),
                        ClauseId::of("3.1.1/MQTT-3.2.2-2"),
                        ClauseId::of("3.1.1/MQTT-3.2.2-3"),
                        ClauseId::of("5.0/MQTT-3.2.2-2"),
                        ClauseId::of("5.0/MQTT-3.2.2-3"),
                    ]
                }
            }
            Self::DupCleared => {
                const { &[ClauseId::of("3.1.1/MQTT-3.3.1-1"), ClauseId::of("5.0/MQTT-3.3.1-1")] }
            }
            Self::PubcompSwallowed => {
                const { &[ClauseId::of("3.1.1/MQTT-4.3.3-2"), ClauseId::of("5.0/MQTT-4.3.3-11")] }
            }
            Self::PubackSwallowed => {
                const { &[ClauseId::of("3.1.1/MQTT-4.3.2-2"), ClauseId::of("5.0/MQTT-4.3.2-4")] }
            }
            Self::PubackIdShifted => {
                const { &[ClauseId::of("3.1.1/MQTT-2.3.1-6"), ClauseId::of("5.0/MQTT-2.2.1-5")] }
            }
            Self::RetainSet => {
                const { &[ClauseId::of("3.1.1/MQTT-3.3.1-9"), ClauseId::of("5.0/MQTT-3.3.1-12")] }
            }
            Self::PingrespSwallowed => {
                const { &[ClauseId::of("3.1.1/MQTT-3.12.4-1"), ClauseId::of("5.0/MQTT-3.12.4-1")] }
            }
            Self::ConnackTwice => {
                const { &[ClauseId::of("3.1.1/DZ-one-connack"), ClauseId::of("5.0/MQTT-3.2.0-2")] }
            }
            Self::CloseSwallowed => {
                const {
                    &[
                        ClauseId::of("3.1.1/MQTT-3.1.2-24"),
                        ClauseId::of("3.1.1/MQTT-3.1.4-2"),
                        ClauseId::of("3.1.1/MQTT-4.8.0-1"),
                        ClauseId::of("5.0/MQTT-3.1.2-22"),
                        ClauseId::of("5.0/MQTT-3.1.4-3"),
                    ]
                }
            }
            Self::GrantUnderstated => {
                const { &[ClauseId::of("3.1.1/MQTT-3.8.4-6"), ClauseId::of("5.0/MQTT-3.8.4-8")] }
            }
            Self::PubrelSwallowed => {
                const { &[ClauseId::of("3.1.1/MQTT-4.3.3-1"), ClauseId::of("5.0/MQTT-4.3.3-4")] }
            }
            Self::PacketIdZeroed => {
                const { &[ClauseId::of("3.1.1/MQTT-2.3.1-1"), ClauseId::of("5.0/MQTT-2.2.1-4")] }
            }
            Self::PacketIdRepeated => {
                const { &[ClauseId::of("3.1.1/MQTT-2.3.1-4"), ClauseId::of("5.0/MQTT-2.2.1-4")] }
            }
            Self::QosLowered => {
                const { &[ClauseId::of("3.1.1/MQTT-3.8.4-6"), ClauseId::of("5.0/MQTT-3.8.4-8")] }
            }
            Self::PublishInvented => {
                const { &[ClauseId::of("3.1.1/DZ-content-of-nobody"), ClauseId::of("5.0/DZ-content-of-nobody")] }
            }
            Self::ThirdPublishSwallowed => {
                const { &[ClauseId::of("3.1.1/MQTT-4.5.0-1"), ClauseId::of("5.0/MQTT-4.5.0-1")] }
            }
            Self::SubscriptionIdAdded => const { &[ClauseId::of("5.0/MQTT-3.3.4-4")] },
            Self::ResetAtPubrel => {
                const { &[ClauseId::of("3.1.1/MQTT-4.3.3-1"), ClauseId::of("5.0/MQTT-4.3.3-4")] }
            }
        }
    }
}

impl FromStr for Mutant {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|m| m.name() == s).ok_or_else(|| format!("unknown mutant `{s}`"))
    }
}

#[cfg(test)]
mod tests {
    use super::Mutant;

    #[test]
    fn each_breaks_what_binds_the_server_in_both_versions() {
        for mutant in Mutant::ALL {
            let clauses = mutant.clauses();
            assert!(clauses.iter().all(|id| id.binds_server()), "{}", mutant.name());
            for version in ["3.1.1", "5.0"] {
                assert!(clauses.iter().any(|id| id.version().as_str() == version), "{}", mutant.name());
            }
        }
    }
}

//! The mutants by name, as one table. What each does is one branch in `rewrite` or `stream`, found by its name.

use std::str::FromStr;

use deadzone_spec::ClauseId;

macro_rules! mutants {
    ($($variant:ident $name:literal $what:literal [$($clause:literal)*];)*) => {
        /// One way to make any good broker a bad one.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Mutant {
            $(#[doc = concat!("With it ", $what, ".")] $variant,)*
        }

        impl Mutant {
            /// All of them, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name in scenario files and on the command line.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it does wrong, in one sentence.
            pub fn what(self) -> &'static str {
                match self { $(Self::$variant => $what,)* }
            }

            /// The clauses that it breaks, in each version. A version without a clause does not forbid it.
            pub fn clauses(self) -> &'static [ClauseId] {
                match self { $(Self::$variant => const { &[$(ClauseId::of($clause)),*] },)* }
            }
        }
    };
}

mutants! {
    SessionPresentFlipped "mutant-session-present-flipped"
        "CONNACK's Session Present says the opposite of the truth"
        ["3.1.1/MQTT-3.2.2-1" "3.1.1/MQTT-3.2.2-2" "3.1.1/MQTT-3.2.2-3" "5.0/MQTT-3.2.2-2" "5.0/MQTT-3.2.2-3"];
    DupCleared "mutant-dup-cleared"
        "a resent PUBLISH comes with DUP 0"
        ["3.1.1/MQTT-3.3.1-1" "5.0/MQTT-3.3.1-1"];
    PubcompSwallowed "mutant-pubcomp-swallowed"
        "PUBREL is never answered by PUBCOMP"
        ["3.1.1/MQTT-4.3.3-2" "5.0/MQTT-4.3.3-11"];
    PubackSwallowed "mutant-puback-swallowed"
        "a QoS 1 PUBLISH is never answered by PUBACK"
        ["3.1.1/MQTT-4.3.2-2" "5.0/MQTT-4.3.2-4"];
    PubackIdShifted "mutant-puback-id-shifted"
        "PUBACK names another packet identifier"
        ["3.1.1/MQTT-2.3.1-6" "5.0/MQTT-2.2.1-5"];
    RetainSet "mutant-retain-set"
        "every PUBLISH to a subscriber has RETAIN 1"
        ["3.1.1/MQTT-3.3.1-9" "5.0/MQTT-3.3.1-12"];
    PingrespSwallowed "mutant-pingresp-swallowed"
        "PINGREQ is never answered by PINGRESP"
        ["3.1.1/MQTT-3.12.4-1" "5.0/MQTT-3.12.4-1"];
    ConnackTwice "mutant-connack-twice"
        "CONNACK is sent twice"
        ["3.1.1/DZ-one-connack" "5.0/MQTT-3.2.0-2"];
    CloseSwallowed "mutant-close-swallowed"
        "the connection is never closed by the broker"
        ["3.1.1/MQTT-3.1.2-24" "3.1.1/MQTT-3.1.4-2" "3.1.1/MQTT-4.8.0-1" "5.0/MQTT-3.1.2-22" "5.0/MQTT-3.1.4-3"];
    GrantUnderstated "mutant-grant-understated"
        "messages come at a higher QoS than SUBACK granted"
        ["3.1.1/MQTT-3.8.4-6" "5.0/MQTT-3.8.4-8"];
    PubrelSwallowed "mutant-pubrel-swallowed"
        "PUBREC is never answered by PUBREL"
        ["3.1.1/MQTT-4.3.3-1" "5.0/MQTT-4.3.3-4"];
    PacketIdZeroed "mutant-packet-id-zeroed"
        "a PUBLISH above QoS 0 has the packet identifier 0"
        ["3.1.1/MQTT-2.3.1-1" "5.0/MQTT-2.2.1-4"];
    PacketIdRepeated "mutant-packet-id-repeated"
        "each third PUBLISH above QoS 0 has the packet identifier of the one before it"
        ["3.1.1/MQTT-2.3.1-4" "5.0/MQTT-2.2.1-4"];
    QosLowered "mutant-qos-lowered"
        "every PUBLISH to a subscriber comes one QoS below what is owed"
        ["3.1.1/MQTT-3.8.4-6" "5.0/MQTT-3.8.4-8"];
    PublishInvented "mutant-publish-invented"
        "behind each PUBLISH comes another at QoS 0 that no client published"
        ["3.1.1/DZ-content-of-nobody" "5.0/DZ-content-of-nobody"];
    ThirdPublishSwallowed "mutant-third-publish-swallowed"
        "each third PUBLISH of a connection never comes"
        ["3.1.1/MQTT-4.5.0-1" "5.0/MQTT-4.5.0-1"];
    SubscriptionIdAdded "mutant-subscription-id-added"
        "every PUBLISH in 5.0 carries the identifier of a subscription that was never made"
        ["5.0/MQTT-3.3.4-4"];
    ResetAtPubrel "mutant-reset-at-pubrel"
        "the connection is reset where PUBREL should come"
        ["3.1.1/MQTT-4.3.3-1" "5.0/MQTT-4.3.3-4"];
}

impl FromStr for Mutant {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|m| m.name() == s).ok_or_else(|| format!("unknown mutant `{s}`"))
    }
}

#[cfg(test)]
mod tests {
    use super::Mutant;

    #[test]
    fn each_breaks_what_binds_the_server_in_each_version_that_has_it() {
        for mutant in Mutant::ALL {
            let clauses = mutant.clauses();
            assert!(clauses.iter().all(|id| id.binds_server()), "{}", mutant.name());
            // Subscription Identifiers are of 5.0.
            let since = if *mutant == Mutant::SubscriptionIdAdded { 1 } else { 0 };
            for version in &["3.1.1", "5.0"][since..] {
                assert!(clauses.iter().any(|id| id.version().as_str() == *version), "{}", mutant.name());
            }
        }
    }
}

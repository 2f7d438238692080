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
        ["3.1.1/MQTT-3.3.1-9" "5.0/MQTT-3.3.1-12" "5.0/MQTT-3.3.1-13"];
    PingrespSwallowed "mutant-pingresp-swallowed"
        "PINGREQ is never answered by PINGRESP"
        ["3.1.1/MQTT-3.12.4-1" "5.0/MQTT-3.12.4-1"];
    ConnackTwice "mutant-connack-twice"
        "CONNACK is sent twice"
        ["3.1.1/DZ-one-connack" "5.0/MQTT-3.2.0-2"];
    CloseSwallowed "mutant-close-swallowed"
        "the connection is never closed by the broker"
        ["3.1.1/MQTT-3.1.2-24" "3.1.1/MQTT-3.1.4-2" "3.1.1/MQTT-3.2.2-5" "3.1.1/MQTT-4.8.0-1" "5.0/MQTT-3.1.2-22" "5.0/MQTT-3.1.3-8" "5.0/MQTT-3.1.4-2" "5.0/MQTT-3.1.4-3" "5.0/MQTT-3.2.2-7" "5.0/MQTT-3.2.2-22" "5.0/MQTT-3.14.4-2" "5.0/MQTT-4.12.0-4" "5.0/MQTT-4.13.2-1"];
    GrantUnderstated "mutant-grant-understated"
        "messages come at a higher QoS than SUBACK granted"
        ["3.1.1/MQTT-3.8.4-6" "5.0/MQTT-3.8.4-7" "5.0/MQTT-3.8.4-8"];
    PubrelSwallowed "mutant-pubrel-swallowed"
        "PUBREC is never answered by PUBREL"
        ["3.1.1/MQTT-4.3.3-1" "5.0/MQTT-4.3.3-4"];
    PacketIdZeroed "mutant-packet-id-zeroed"
        "a PUBLISH above QoS 0 has the packet identifier 0"
        ["3.1.1/MQTT-2.3.1-1" "5.0/MQTT-2.2.1-4"];
    PacketIdRepeated "mutant-packet-id-repeated"
        "each third PUBLISH above QoS 0 has the packet identifier of the one before it"
        ["3.1.1/MQTT-2.3.1-4" "3.1.1/MQTT-4.3.2-1" "3.1.1/MQTT-4.3.3-1" "5.0/MQTT-2.2.1-4" "5.0/MQTT-4.3.2-1" "5.0/MQTT-4.3.3-1"];
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
    PubrecSwallowed "mutant-pubrec-swallowed"
        "a QoS 2 PUBLISH is never answered by PUBREC"
        ["3.1.1/MQTT-4.3.3-2" "5.0/MQTT-4.3.3-8"];
    SubackSwallowed "mutant-suback-swallowed"
        "SUBSCRIBE is never answered by SUBACK"
        ["3.1.1/MQTT-3.8.4-1" "5.0/MQTT-3.8.4-1"];
    AnswerOfOtherQos "mutant-answer-of-other-qos"
        "a QoS 1 PUBLISH is answered by PUBREC"
        ["3.1.1/MQTT-3.3.4-1" "5.0/MQTT-3.3.4-1"];
    DupSet "mutant-dup-set"
        "a PUBLISH above QoS 0 has DUP 1 when it comes for the first time"
        ["3.1.1/MQTT-3.3.1-3" "3.1.1/MQTT-4.3.2-1" "3.1.1/MQTT-4.3.3-1" "5.0/MQTT-3.3.1-3" "5.0/MQTT-4.3.2-2" "5.0/MQTT-4.3.3-2"];
    FlagsSet "mutant-flags-set"
        "every packet but PUBLISH has a wrong bit in its fixed header"
        ["3.1.1/MQTT-2.2.2-1" "3.1.1/MQTT-3.6.1-1" "5.0/MQTT-2.1.3-1" "5.0/MQTT-3.6.1-1" "5.0/MQTT-3.14.1-1" "5.0/MQTT-3.15.1-1"];
    LengthLong "mutant-length-long"
        "the Remaining Length has a byte more than it needs"
        ["5.0/MQTT-1.5.5-1"];
    ConnackFlagsSet "mutant-connack-flags-set"
        "CONNACK has a flag that no version knows"
        ["3.1.1/DZ-connack-flags" "5.0/MQTT-3.2.2-1"];
    PropertyLengthMissing "mutant-property-length-missing"
        "CONNACK ends behind its code"
        ["5.0/MQTT-2.2.2-1"];
    RefusalSessionPresent "mutant-refusal-session-present"
        "a CONNACK that refuses says that a session is present"
        ["3.1.1/MQTT-3.2.2-4" "5.0/MQTT-3.2.2-6"];
    RefusalCodeUnlisted "mutant-refusal-code-unlisted"
        "a CONNACK that refuses has a code that no version lists"
        ["3.1.1/MQTT-3.2.2-6" "5.0/MQTT-3.2.2-8"];
    RefusalByDisconnect "mutant-refusal-by-disconnect"
        "a DISCONNECT comes in place of a CONNACK that refuses"
        ["5.0/MQTT-3.14.0-1"];
    PubackCodeUnlisted "mutant-puback-code-unlisted"
        "PUBACK has a Reason Code that it does not list"
        ["5.0/MQTT-3.4.2-1"];
    PubrecCodeUnlisted "mutant-pubrec-code-unlisted"
        "PUBREC has a Reason Code that it does not list"
        ["5.0/MQTT-3.5.2-1"];
    PubrelCodeUnlisted "mutant-pubrel-code-unlisted"
        "PUBREL has a Reason Code that it does not list"
        ["5.0/MQTT-3.6.2-1"];
    PubcompCodeUnlisted "mutant-pubcomp-code-unlisted"
        "PUBCOMP has a Reason Code that it does not list"
        ["5.0/MQTT-3.7.2-1"];
    SubackCodeUnlisted "mutant-suback-code-unlisted"
        "SUBACK has codes that it does not list"
        ["3.1.1/MQTT-3.9.3-2" "5.0/MQTT-3.9.3-2"];
    UnsubackCodeUnlisted "mutant-unsuback-code-unlisted"
        "UNSUBACK has Reason Codes that it does not list"
        ["5.0/MQTT-3.11.3-2"];
    UnsubackCodeMissing "mutant-unsuback-code-missing"
        "UNSUBACK has a Reason Code less than there were filters"
        ["5.0/MQTT-3.11.3-1"];
    DisconnectCodeUnlisted "mutant-disconnect-code-unlisted"
        "DISCONNECT has a Reason Code that it does not list"
        ["5.0/MQTT-3.14.2-1"];
    DisconnectWithExpiry "mutant-disconnect-with-expiry"
        "DISCONNECT has a Session Expiry Interval"
        ["5.0/MQTT-3.14.2-2"];
    DisconnectTwice "mutant-disconnect-twice"
        "a second DISCONNECT comes behind the first"
        ["5.0/MQTT-3.14.4-1"];
    AuthCodeUnlisted "mutant-auth-code-unlisted"
        "AUTH has a Reason Code that it does not list"
        ["5.0/MQTT-3.15.2-1"];
    TopicIllFormed "mutant-topic-ill-formed"
        "the topic of every PUBLISH ends in a byte that is no UTF-8"
        ["3.1.1/MQTT-1.5.3-1" "3.1.1/MQTT-3.3.2-1" "5.0/MQTT-1.5.4-1" "5.0/MQTT-3.3.2-1"];
    TopicEmptied "mutant-topic-emptied"
        "every PUBLISH has a topic of no character"
        ["3.1.1/MQTT-4.7.3-1" "5.0/MQTT-4.7.3-1"];
    ResponseTopicIllFormed "mutant-response-topic-ill-formed"
        "every PUBLISH has a Response Topic that is no UTF-8"
        ["5.0/MQTT-1.5.4-1" "5.0/MQTT-3.3.2-13"];
    ContentTypeIllFormed "mutant-content-type-ill-formed"
        "every PUBLISH has a Content Type that is no UTF-8"
        ["5.0/MQTT-1.5.4-1" "5.0/MQTT-3.3.2-19"];
    UserPropertyIllFormed "mutant-user-property-ill-formed"
        "every PUBLISH has a User Property that is no UTF-8"
        ["5.0/MQTT-1.5.7-1"];
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

    /// Properties, Reason Codes and packets that earlier versions do not have, or a form that they do not forbid.
    const OF_5_ALONE: [Mutant; 17] = [
        Mutant::SubscriptionIdAdded,
        Mutant::LengthLong,
        Mutant::PropertyLengthMissing,
        Mutant::RefusalByDisconnect,
        Mutant::PubackCodeUnlisted,
        Mutant::PubrecCodeUnlisted,
        Mutant::PubrelCodeUnlisted,
        Mutant::PubcompCodeUnlisted,
        Mutant::UnsubackCodeUnlisted,
        Mutant::UnsubackCodeMissing,
        Mutant::DisconnectCodeUnlisted,
        Mutant::DisconnectWithExpiry,
        Mutant::DisconnectTwice,
        Mutant::AuthCodeUnlisted,
        Mutant::ResponseTopicIllFormed,
        Mutant::ContentTypeIllFormed,
        Mutant::UserPropertyIllFormed,
    ];

    #[test]
    fn each_breaks_what_binds_the_server_in_each_version_that_has_it() {
        for mutant in Mutant::ALL {
            let clauses = mutant.clauses();
            assert!(clauses.iter().all(|id| id.binds_server()), "{}", mutant.name());
            let of = |version: &str| clauses.iter().any(|id| id.version().as_str() == version);
            assert!(of("5.0") && (of("3.1.1") || OF_5_ALONE.contains(mutant)), "{}", mutant.name());
        }
    }
}

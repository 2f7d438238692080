//! Defects of what is handed on from a publisher to subscribers, and of how long it is kept: properties, expiries, aliases,
//! Subscription Identifiers, groups, refusals and session ends of 5.0.

/// Hands rows on to the first of the tables behind it, with its own behind them.
macro_rules! with_handed_on_defects {
    ([$next:ident $($more:ident)*] $($rows:tt)*) => {
        $next! {
            [$($more)*]
            $($rows)*
            FormatDropped "format-dropped"
                "forwards no Payload Format Indicator"
                ["5.0/MQTT-3.3.2-4"]
                "https://github.com/emqx/emqx/issues/3614";
            ContentTypeDropped "content-type-dropped"
                "forwards no Content Type"
                ["5.0/MQTT-3.3.2-20"]
                "https://github.com/emqx/emqx/issues/3614";
            ResponseTopicDropped "response-topic-dropped"
                "forwards no Response Topic"
                ["5.0/MQTT-3.3.2-15"]
                "https://github.com/mochi-mqtt/server/issues/126";
            CorrelationCutAtZero "correlation-cut-at-zero"
                "takes the first zero byte of Correlation Data for its end"
                ["5.0/MQTT-3.3.2-16"]
                "https://github.com/mochi-mqtt/server/issues/126";
            UserPropertiesDropped "user-properties-dropped"
                "forwards no User Properties"
                ["5.0/MQTT-3.3.2-17" "5.0/MQTT-3.1.3-10"]
                "https://github.com/bschwind/mqtt-broker/issues/36";
            UserPropertiesMerged "user-properties-merged"
                "forwards of several User Properties of one name the last alone"
                ["5.0/MQTT-3.3.2-17"]
                "https://github.com/emqx/emqx/issues/3614";
            UserPropertiesSorted "user-properties-sorted"
                "forwards User Properties in the order of their names"
                ["5.0/MQTT-3.3.2-18" "5.0/MQTT-3.1.3-10"]
                "https://github.com/emqx/emqx/issues/3614";
            EmptyPropertiesDropped "empty-properties-dropped"
                "takes a property with an empty text for one that is not there"
                ["5.0/MQTT-3.3.2-16" "5.0/MQTT-3.3.2-17" "5.0/MQTT-3.3.2-20"]
                "https://github.com/mochi-mqtt/server/issues/126";
            PropertiesLostInQueue "properties-lost-in-queue"
                "keeps no properties of what waits for an absent client"
                ["5.0/MQTT-3.3.2-4" "5.0/MQTT-3.3.2-15" "5.0/MQTT-3.3.2-16" "5.0/MQTT-3.3.2-17" "5.0/MQTT-3.3.2-20"]
                "https://github.com/vernemq/vernemq/issues/1649";
            PropertiesLostInRetained "properties-lost-in-retained"
                "keeps no properties of what it retains"
                ["5.0/MQTT-3.3.2-4" "5.0/MQTT-3.3.2-15" "5.0/MQTT-3.3.2-16" "5.0/MQTT-3.3.2-17" "5.0/MQTT-3.3.2-20"]
                "https://github.com/LabOverWire/mqtt-lib/issues/77";
            PropertiesLostInWill "properties-lost-in-will"
                "publishes a will without its properties"
                ["5.0/MQTT-3.3.2-4" "5.0/MQTT-3.3.2-15" "5.0/MQTT-3.3.2-16" "5.0/MQTT-3.3.2-20" "5.0/MQTT-3.1.3-10"]
                "https://github.com/moquette-io/moquette/issues/876";
            PropertiesLostAtResend "properties-lost-at-resend"
                "sends a message again without its properties"
                ["5.0/MQTT-3.3.2-4" "5.0/MQTT-3.3.2-15" "5.0/MQTT-3.3.2-16" "5.0/MQTT-3.3.2-17" "5.0/MQTT-3.3.2-20"]
                "https://github.com/vernemq/vernemq/issues/1649";
            PropertiesToOlderClient "properties-to-older-client"
                "sends PUBLISH in the form of 5.0 to clients that speak 3.1.1"
                ["3.1.1/DZ-content-of-nobody" "5.0/DZ-content-of-nobody"]
                "https://github.com/eclipse-paho/paho.mqtt.testing/issues/51";
            ResponseTopicUnchecked "response-topic-unchecked"
                "hands on a Response Topic with wildcards"
                ["5.0/MQTT-3.3.2-14"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/3542";
            ExpiryNotReduced "expiry-not-reduced"
                "hands on the Message Expiry Interval as it came, however long the message waited"
                ["5.0/MQTT-3.3.2-6"]
                "https://github.com/hivemq/hivemq-community-edition/issues/784";
            ExpiryDropped "expiry-dropped"
                "hands on no Message Expiry Interval"
                ["5.0/MQTT-3.3.2-6"]
                "https://github.com/hivemq/hivemq-community-edition/issues/784";
            ExpiryAdded "expiry-added"
                "adds a Message Expiry Interval of a day to messages without one"
                ["5.0/DZ-property-added"]
                "https://github.com/mochi-mqtt/server/issues/444";
            ExpiredQueuedDelivered "expired-queued-delivered"
                "delivers what expired while it waited for its turn"
                ["5.0/MQTT-3.3.2-5"]
                "https://github.com/emqx/emqx/issues/14462";
            ExpiredRetainedDelivered "expired-retained-delivered"
                "sends retained messages that have expired"
                ["5.0/MQTT-3.3.2-5"]
                "https://github.com/hivemq/hivemq-community-edition/issues/784";
            ExpiredHeadBlocks "expired-head-blocks"
                "delivers nothing that waits behind an expired message"
                ["5.0/MQTT-4.5.0-1"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/3744";
            ExpiryEndsExchange "expiry-ends-exchange"
                "forgets a started exchange whose message has expired"
                ["5.0/MQTT-4.3.3-7"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/3744";
            ExpiredPubrelUnanswered "expired-pubrel-unanswered"
                "does not answer the PUBREL of a message that has expired"
                ["5.0/MQTT-4.3.3-13" "5.0/MQTT-4.3.3-11"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/3744";
            LongestExpiryOverflows "longest-expiry-overflows"
                "takes a Message Expiry Interval of 2^31 s or more for one that has passed"
                ["5.0/MQTT-4.5.0-1"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/1525";
            ClientAliasNotRemapped "client-alias-not-remapped"
                "keeps the first topic of a client's alias"
                ["5.0/MQTT-3.3.2-12"]
                "https://github.com/halfgaar/FlashMQ/issues/122";
            ClientAliasUnknownRouted "client-alias-unknown-routed"
                "routes a PUBLISH under an alias that was never set to the topic of another one"
                ["5.0/DZ-illegal-alias-routed"]
                "https://issues.apache.org/jira/browse/ARTEMIS-3775";
            ClientAliasZeroRouted "client-alias-zero-routed"
                "takes the alias 0 of a client"
                ["5.0/DZ-illegal-alias-routed"]
                "https://github.com/nanomq/nanomq/issues/2336";
            ClientAliasLost "client-alias-lost"
                "routes nothing that comes under an alias alone"
                ["5.0/MQTT-3.3.2-12" "5.0/MQTT-4.5.0-1"]
                "https://github.com/halfgaar/FlashMQ/issues/122";
            IdentifiersDropped "identifiers-dropped"
                "tells no Subscription Identifiers"
                ["5.0/MQTT-3.3.4-4"]
                "https://github.com/LabOverWire/mqtt-lib/issues/113";
            IdentifierKept "identifier-kept"
                "keeps the Subscription Identifier of a subscription that is replaced"
                ["5.0/MQTT-3.8.4-3" "5.0/DZ-stale-subscription-identifier"]
                "https://github.com/erlio/vmq_server/pull/70";
            OneIdentifierOfOverlap "one-identifier-of-overlap"
                "tells of several matching subscriptions one identifier"
                ["5.0/MQTT-3.3.4-4"]
                "https://github.com/eclipse-paho/paho.mqtt.testing/issues/56";
            IdentifiersDroppedAtOverlap "identifiers-dropped-at-overlap"
                "tells no identifier where several subscriptions match"
                ["5.0/MQTT-3.3.4-3" "5.0/MQTT-3.3.4-4"]
                "https://github.com/eclipse-paho/paho.mqtt.testing/issues/56";
            CopiesWithFirstIdentifier "copies-with-first-identifier"
                "sends a copy for each matching subscription, each with the identifier of the first"
                ["5.0/MQTT-3.3.4-5"]
                "https://github.com/hivemq/hivemq-mqtt-client/issues/596";
            IdentifierLostInRetained "identifier-lost-in-retained"
                "sends retained messages without the identifier of their subscription"
                ["5.0/MQTT-3.3.4-4"]
                "https://github.com/vernemq/vernemq/issues/1287";
            IdentifierLostInQueue "identifier-lost-in-queue"
                "tells no identifier with what waited for an absent client"
                ["5.0/MQTT-3.3.4-4"]
                "https://github.com/LabOverWire/mqtt-lib/issues/113";
            IdentifiersLostOnResume "identifiers-lost-on-resume"
                "forgets the identifiers of a session's subscriptions when it is resumed"
                ["5.0/MQTT-3.3.4-4" "5.0/MQTT-4.1.0-1"]
                "https://github.com/LabOverWire/mqtt-lib/issues/113";
            ShareGrantIgnored "share-grant-ignored"
                "delivers to a member of a group with the publisher's QoS although less was granted"
                ["5.0/MQTT-4.8.2-3" "5.0/MQTT-3.8.4-8"]
                "https://github.com/apache/rocketmq-mqtt/issues/248";
            ShareStartedMoves "share-started-moves"
                "gives a started QoS 2 message of a group to another member when the connection is lost"
                ["5.0/MQTT-4.8.2-4"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/2662";
            ShareStartedMovesAtEnd "share-started-moves-at-end"
                "gives a started QoS 2 message of a group to another member when the session ends"
                ["5.0/MQTT-4.8.2-5"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/2662";
            ShareRefusedMoves "share-refused-moves"
                "gives a message that a member of a group refused to another member"
                ["5.0/MQTT-4.8.2-6"]
                "https://github.com/moquette-io/moquette/issues/791";
            ShareToEveryMember "share-to-every-member"
                "gives a message to every member of a group"
                ["5.0/DZ-share-one-member"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/2662";
            ShareGroupsCollapse "share-groups-collapse"
                "gives a message to one of the groups that it matches"
                ["5.0/DZ-share-each-group"]
                "https://github.com/DrmagicE/gmqtt/issues/65";
            ShareBringsRetained "share-brings-retained"
                "sends retained messages for a shared subscription"
                ["5.0/DZ-retained-on-share"]
                "https://github.com/eclipse-mosquitto/mosquitto/blob/master/ChangeLog.txt";
            ShareMembershipKept "share-membership-kept"
                "answers the UNSUBSCRIBE of a shared subscription and leaves the client in its group"
                ["5.0/MQTT-3.10.4-1" "5.0/MQTT-3.10.4-2"]
                "https://github.com/eclipse-mosquitto/mosquitto/blob/master/ChangeLog.txt";
            ShareNotRestored "share-not-restored"
                "restores no shared subscriptions with a session"
                ["5.0/MQTT-4.1.0-1" "5.0/MQTT-4.5.0-1"]
                "https://github.com/eclipse-mosquitto/mosquitto/blob/master/ChangeLog.txt";
            ShareNameAtLastSlash "share-name-at-last-slash"
                "takes all but the last level of a shared subscription for its share name"
                ["5.0/MQTT-4.5.0-1"]
                "https://github.com/redboltz/mqtt_cpp/issues/716";
            RefusedResent "refused-resent"
                "takes no notice of a PUBACK or PUBREC of 0x80 or more, and sends the message again"
                ["5.0/MQTT-4.4.0-2"]
                "https://github.com/LabOverWire/mqtt-lib/issues/113";
            RefusalKeepsUnit "refusal-keeps-unit"
                "gives back no unit of the Receive Maximum for a message that the client refused"
                ["5.0/MQTT-4.5.0-1"]
                "https://github.com/LabOverWire/mqtt-lib/issues/113";
            StallsAtQuotaZero "stalls-at-quota-zero"
                "answers no request while the client's Receive Maximum is used up"
                ["5.0/MQTT-3.3.4-10" "5.0/MQTT-4.9.0-3"]
                "https://github.com/vernemq/vernemq/issues/2150";
            LargestReceiveMaximumOverflows "largest-receive-maximum-overflows"
                "takes a Receive Maximum of 2^15 or more for 0"
                ["5.0/MQTT-4.9.0-1" "5.0/MQTT-4.5.0-1"]
                "https://github.com/halfgaar/FlashMQ/commit/c5bdec0";
            OversizedKeepsUnit "oversized-keeps-unit"
                "counts a message that is too large for the client against its Receive Maximum for good"
                ["5.0/MQTT-3.1.2-25"]
                "https://github.com/rmqtt/rmqtt/issues/513";
            DisconnectExpiryIgnored "disconnect-expiry-ignored"
                "takes no notice of the Session Expiry Interval of DISCONNECT"
                ["5.0/MQTT-3.2.2-3" "5.0/MQTT-3.1.2-23" "5.0/MQTT-4.1.0-2"]
                "https://issues.apache.org/jira/browse/ARTEMIS-3789";
            ExpiryOfFirstConnect "expiry-of-first-connect"
                "keeps a resumed session for as long as its first CONNECT said"
                ["5.0/MQTT-3.2.2-3" "5.0/MQTT-3.1.2-23" "5.0/MQTT-4.1.0-2"]
                "https://github.com/vernemq/vernemq/issues/489";
            SessionNeverExpires "session-never-expires"
                "keeps every session that outlives its connection for ever"
                ["5.0/MQTT-3.2.2-3" "5.0/MQTT-4.1.0-2"]
                "https://github.com/thingsboard/tbmq/issues/372";
            SessionLostAtClose "session-lost-at-close"
                "ends every session with its connection"
                ["3.1.1/MQTT-3.1.2-4" "3.1.1/MQTT-3.2.2-2" "5.0/MQTT-3.1.2-23" "5.0/MQTT-3.2.2-3"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/1525";
            LongestSessionOverflows "longest-session-overflows"
                "takes a Session Expiry Interval of 2^31 s or more for 0"
                ["5.0/MQTT-3.1.2-23" "5.0/MQTT-3.2.2-3"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/1525";
            ZeroExpiryRaised "zero-expiry-raised"
                "keeps a session for as long as DISCONNECT says although CONNECT said 0"
                ["5.0/MQTT-4.1.0-2" "5.0/MQTT-3.2.2-3"]
                "https://issues.apache.org/jira/browse/ARTEMIS-3789";
            WillLostAtSessionEnd "will-lost-at-session-end"
                "publishes no will whose delay is running when the session ends"
                ["5.0/MQTT-3.1.2-8" "5.0/MQTT-3.1.2-7"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/1401";
            WillDelayOutlastsSession "will-delay-outlasts-session"
                "waits for a will's delay to pass although the session has ended"
                ["5.0/MQTT-3.1.2-8"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/3505";
        }
    };
}

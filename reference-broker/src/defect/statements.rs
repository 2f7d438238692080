//! The defects that stand for one statement each, beside those of the table: whoever adds a scenario for a statement adds what
//! breaks it here. Knows no broker.

/// Hands rows on to the first of the tables behind it, with its own behind them.
macro_rules! with_statements {
    ([$next:ident $($more:ident)*] $($rows:tt)*) => {
        $next! {
            [$($more)*]
            $($rows)*
            ClientIdsRefused "client-ids-refused"
                "refuses client identifiers of one character, of twenty-three, and with capital letters"
                ["3.1.1/MQTT-3.1.3-5" "5.0/MQTT-3.1.3-5"]
                "https://github.com/moscajs/mosca/issues/33";
            EmptyIdsShared "empty-ids-shared"
                "gives every client that connects with an empty identifier the same one"
                ["3.1.1/MQTT-3.1.3-6" "5.0/MQTT-3.1.3-6"]
                "https://github.com/rmqtt/rmqtt/issues/27";
            EmptyIdRefusedBy3 "empty-id-refused-by-3"
                "refuses an empty client identifier with CleanSession 0 by 0x03"
                ["3.1.1/MQTT-3.1.3-8" "3.1.1/MQTT-3.1.3-9"]
                "https://github.com/rmqtt/rmqtt/pull/461";
            ProtocolNameIgnored "protocol-name-ignored"
                "serves a CONNECT whatever its protocol name"
                ["3.1.1/MQTT-3.1.2-1" "5.0/MQTT-3.1.2-1"]
                "https://github.com/LabVIEW-Open-Source/LV-MQTT-Broker/issues/12";
            PipelinedBehindRefusalTaken "pipelined-behind-refusal-taken"
                "sends a PUBLISH onward that came in one piece with a CONNECT which it refuses"
                ["3.1.1/MQTT-3.1.4-5" "5.0/MQTT-3.1.4-6"]
                "https://github.com/halfgaar/FlashMQ/commit/7732277";
            MalformedConnectTaken "malformed-connect-taken"
                "accepts a CONNECT whatever is wrong with its form"
                ["3.1.1/MQTT-1.5.3-1" "3.1.1/MQTT-1.5.3-2" "3.1.1/MQTT-3.1.2-3" "3.1.1/MQTT-3.1.4-1" "5.0/MQTT-1.5.4-1" "5.0/MQTT-1.5.4-2" "5.0/MQTT-3.1.2-3" "5.0/MQTT-3.1.4-1"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/731";
            ClientIdsFolded "client-ids-folded"
                "takes client identifiers that differ by the case of letters for the same one"
                ["3.1.1/MQTT-3.1.3-2" "5.0/MQTT-3.1.3-2"]
                "https://github.com/nats-io/nats-server/commit/0bb51511b";
            WillComesAgain "will-comes-again"
                "publishes the will of an earlier connection when one of the same client ends that has none"
                ["3.1.1/MQTT-3.1.2-10" "3.1.1/MQTT-3.1.2-12" "5.0/DZ-no-will" "5.0/MQTT-3.1.2-10"]
                "https://issues.apache.org/jira/browse/ARTEMIS-5522";
            PasswordAloneRefused "password-alone-refused"
                "closes at a CONNECT that has a password and no user name"
                ["5.0/DZ-password-alone"]
                "https://github.com/netty/netty/pull/16833";
            EmptyFieldsRefused "empty-fields-refused"
                "closes at a CONNECT with a user name, a password or a will payload of no bytes"
                ["3.1.1/DZ-empty-field" "5.0/DZ-empty-field"]
                "https://github.com/mochi-mqtt/server/issues/178";
            RefusedConnectTakesOver "refused-connect-takes-over"
                "ends the older connection of a client before it looks whether the new CONNECT is to be refused"
                ["3.1.1/DZ-refused-connect" "5.0/DZ-refused-connect"]
                "https://github.com/moscajs/aedes/pull/337";
            BomStripped "bom-stripped"
                "strips the bytes EF BB BF at the beginning of a topic"
                ["3.1.1/MQTT-1.5.3-3" "5.0/MQTT-1.5.4-3"]
                "https://github.com/hivemq/hivemq-community-edition/issues/493";
            TopicsFolded "topics-folded"
                "takes topics that differ by the case of letters for the same one"
                ["3.1.1/MQTT-4.7.3-4" "5.0/MQTT-4.7.3-4"]
                "https://github.com/apache/bifromq/issues/87";
            EmptyLevelsSkipped "empty-levels-skipped"
                "passes over empty levels of topics"
                ["3.1.1/MQTT-4.7.3-4" "5.0/MQTT-4.7.3-4"]
                "https://github.com/RangerMauve/mqtt-pattern/issues/3";
            LettersComposed "letters-composed"
                "takes a letter with a combining accent for the letter that is composed of both, and passes over spaces at the ends of a level"
                ["3.1.1/MQTT-4.7.3-4" "5.0/MQTT-4.7.3-4"]
                "https://github.com/apache/bifromq/issues/87";
            LongTopicsLost "long-topics-lost"
                "loses messages whose topic has 32,768 bytes or more"
                ["3.1.1/MQTT-4.7.3-3" "5.0/MQTT-4.7.3-3"]
                "https://github.com/halfgaar/FlashMQ/commit/045b2e6";
            DeepTopicsLost "deep-topics-lost"
                "loses messages whose topic has more than 32 levels"
                ["3.1.1/MQTT-4.5.0-1" "5.0/MQTT-4.5.0-1"]
                "https://github.com/redboltz/async_mqtt/pull/456";
            PlusMissesEmptyLevel "plus-misses-empty-level"
                "lets + match no empty level"
                ["3.1.1/MQTT-4.5.0-1" "5.0/MQTT-4.5.0-1"]
                "https://github.com/moscajs/aedes/issues/373";
            HashMissesParent "hash-misses-parent"
                "lets a/# not match a"
                ["3.1.1/MQTT-4.5.0-1" "5.0/MQTT-4.5.0-1"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/670";
            PlusCrossesLevels "plus-crosses-levels"
                "lets + at the end of a filter match all levels that are left"
                ["3.1.1/MQTT-3.3.2-3" "5.0/MQTT-3.3.2-3"]
                "https://github.com/mochi-mqtt/server/pull/243";
            WildcardsMatchAll "wildcards-match-all"
                "lets a filter with a wildcard match every topic"
                ["3.1.1/MQTT-3.3.2-3" "5.0/MQTT-3.3.2-3"]
                "https://github.com/mochi-mqtt/server/pull/243";
            WildcardsReachDollar "wildcards-reach-dollar"
                "lets a leading wildcard match topics that begin with $"
                ["3.1.1/MQTT-4.7.2-1" "5.0/MQTT-4.7.2-1"]
                "https://github.com/vernemq/vernemq/issues/14";
            BadNamesTaken "bad-names-taken"
                "takes topics and filters with wildcards out of place, with U+0000, or of no character"
                ["3.1.1/MQTT-3.3.2-2" "3.1.1/MQTT-4.7.1-1" "3.1.1/MQTT-4.7.1-2" "3.1.1/MQTT-4.7.1-3" "3.1.1/MQTT-4.7.3-1" "3.1.1/MQTT-4.7.3-2" "5.0/MQTT-3.3.2-2" "5.0/MQTT-4.7.0-1" "5.0/MQTT-4.7.1-1" "5.0/MQTT-4.7.1-2" "5.0/MQTT-4.7.3-1" "5.0/MQTT-4.7.3-2"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/3319";
            RetainedKeptBehindQos0 "retained-kept-behind-qos0"
                "keeps a retained message where one of QoS 0 follows it"
                ["3.1.1/MQTT-3.3.1-7" "5.0/MQTT-3.3.1-5"]
                "https://github.com/hivemq/hivemq-community-edition/commit/1c662fc6";
            EmptyRetainedUnsent "empty-retained-unsent"
                "sends no subscriber an empty message with RETAIN 1"
                ["3.1.1/MQTT-3.3.1-10" "3.1.1/MQTT-4.5.0-1" "5.0/MQTT-4.5.0-1"]
                "https://github.com/halfgaar/FlashMQ/commit/cab0104";
            UnretainedStored "unretained-stored"
                "stores messages with RETAIN 0 as retained ones"
                ["3.1.1/MQTT-3.3.1-12" "5.0/MQTT-3.3.1-8"]
                "https://github.com/emqxarchive/emqx-docker/issues/103";
            EmptyRetainedStored "empty-retained-stored"
                "stores an empty message with RETAIN 1 as the retained one"
                ["3.1.1/MQTT-3.3.1-11" "5.0/MQTT-3.3.1-7"]
                "https://github.com/ioBroker/ioBroker.mqtt/issues/286";
            OneRetainedAFilter "one-retained-a-filter"
                "sends one retained message for a filter, whatever it matches"
                ["3.1.1/MQTT-3.3.1-6" "5.0/MQTT-3.3.1-9"]
                "https://github.com/redboltz/async_mqtt/pull/456";
            NoRetainedForHash "no-retained-for-hash"
                "sends no retained messages for the filter #"
                ["3.1.1/MQTT-3.3.1-6" "5.0/MQTT-3.3.1-9"]
                "https://github.com/thingsboard/tbmq/commit/1b9030bd5";
            RetainHandlingIgnored "retain-handling-ignored"
                "sends retained messages whatever Retain Handling says"
                ["5.0/MQTT-3.3.1-10" "5.0/MQTT-3.3.1-11"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/2402";
            RetainedEndsWithSession "retained-ends-with-session"
                "deletes the retained messages of a client when its session ends"
                ["3.1.1/MQTT-3.1.2-7" "5.0/DZ-retained-outlives-session"]
                "https://github.com/hivemq/hivemq-community-edition/commit/ba9967f8";
            SubackIdShifted "suback-id-shifted"
                "answers a SUBSCRIBE under the next packet identifier"
                ["3.1.1/MQTT-2.3.1-7" "3.1.1/MQTT-3.8.4-2" "5.0/MQTT-2.2.1-6" "5.0/MQTT-3.8.4-2"]
                "https://github.com/eclipse-mosquitto/mosquitto.rsmb/issues/27";
            ResubscribeIgnored "resubscribe-ignored"
                "leaves a subscription as it is when its filter is subscribed to again"
                ["3.1.1/MQTT-3.8.4-3" "5.0/MQTT-3.8.4-3"]
                "https://github.com/halfgaar/FlashMQ/commit/bae6511";
            AnswerIdsCut "answer-ids-cut"
                "answers under the lower 15 bits of a packet identifier"
                ["3.1.1/MQTT-2.3.1-6" "3.1.1/MQTT-2.3.1-7" "5.0/MQTT-2.2.1-5" "5.0/MQTT-2.2.1-6"]
                "https://github.com/moscajs/aedes/pull/652";
            SubackForEachFilter "suback-for-each-filter"
                "answers each filter of a SUBSCRIBE by a SUBACK of its own"
                ["3.1.1/MQTT-3.8.4-4" "3.1.1/MQTT-3.8.4-5" "5.0/MQTT-3.8.4-5" "5.0/MQTT-3.8.4-6"]
                "https://github.com/nanomq/nanomq/issues/180";
            SubackReversed "suback-reversed"
                "has the codes of a SUBACK in reverse order"
                ["3.1.1/MQTT-3.9.3-1" "5.0/MQTT-3.9.3-1"]
                "https://github.com/nanomq/nanomq/issues/180";
            UnsubackForEachFilter "unsuback-for-each-filter"
                "answers each filter of an UNSUBSCRIBE by an UNSUBACK of its own"
                ["3.1.1/MQTT-3.10.4-6" "5.0/MQTT-3.10.4-6"]
                "https://github.com/LabVIEW-Open-Source/LV-MQTT-Broker/issues/99";
            Qos0WithId "qos0-with-id"
                "writes a packet identifier into messages of QoS 0"
                ["3.1.1/MQTT-2.3.1-5" "5.0/MQTT-2.2.1-2"]
                "https://github.com/nanomq/nanomq/issues/1782";
            Qos0WithDup "qos0-with-dup"
                "sets DUP on messages of QoS 0"
                ["3.1.1/MQTT-3.3.1-2" "3.1.1/MQTT-4.3.1-1" "5.0/MQTT-3.3.1-2" "5.0/MQTT-4.3.1-1"]
                "https://github.com/nanomq/NanoNNG/commit/50f3130ee";
            SessionWornOut "session-worn-out"
                "ends a session at its third resume"
                ["3.1.1/MQTT-3.1.2-4" "3.1.1/MQTT-3.2.2-2" "3.1.1/MQTT-4.1.0-1" "5.0/MQTT-3.1.2-5" "5.0/MQTT-3.1.2-23" "5.0/MQTT-3.2.2-3" "5.0/MQTT-4.1.0-1"]
                "https://github.com/vernemq/vernemq/issues/2552";
            BacklogCut "backlog-cut"
                "keeps sixteen messages for an absent client and loses those that follow"
                ["3.1.1/MQTT-3.1.2-5" "3.1.1/MQTT-4.5.0-1" "5.0/MQTT-4.5.0-1"]
                "https://github.com/nanomq/nanomq/issues/1885";
            InboundIdsOutliveSession "inbound-ids-outlive-session"
                "takes the QoS 2 identifiers that await PUBREL into a clean session"
                ["3.1.1/MQTT-3.1.2-6" "3.1.1/MQTT-3.1.4-3" "5.0/MQTT-3.1.2-4" "5.0/MQTT-3.1.4-4"]
                "https://github.com/nats-io/nats-server/commit/4cc267757";
            FirstExpiryKept "first-expiry-kept"
                "goes by the Session Expiry Interval of the CONNECT that made the session, whatever a later one says"
                ["5.0/MQTT-3.1.2-23" "5.0/MQTT-3.2.2-3" "5.0/MQTT-4.1.0-2"]
                "https://issues.apache.org/jira/browse/ARTEMIS-3789";
            DeafAtQuotaZero "deaf-at-quota-zero"
                "answers nothing but acknowledgements while a client's Receive Maximum is used up"
                ["5.0/MQTT-3.3.4-10" "5.0/MQTT-4.9.0-3"]
                "https://github.com/eclipse-mosquitto/mosquitto/issues/3542";
            SecondPacketInPieceLost "second-packet-in-piece-lost"
                "reads the first packet of what comes in one piece, and passes over the others in it"
                ["3.1.1/DZ-packet-segments" "5.0/DZ-packet-segments"]
                "https://github.com/nanomq/nanomq/issues/1844";
            IdsOfBothDirections "ids-of-both-directions"
                "takes a client's PUBLISH for a repetition whose identifier is that of an unfinished one to it"
                ["3.1.1/DZ-ids-of-both-directions" "5.0/DZ-ids-of-both-directions"]
                "https://github.com/mochi-mqtt/server/issues/545";
            LargePacketsRefused "large-packets-refused"
                "closes at a packet whose Remaining Length needs three bytes"
                ["3.1.1/DZ-large-packet" "5.0/DZ-large-packet"]
                "https://github.com/nats-io/nats-server/commit/778a0c6c7";
            AcknowledgedIdRemembered "acknowledged-id-remembered"
                "takes a PUBLISH under the identifier of a finished one for a repetition of it"
                ["3.1.1/MQTT-4.3.2-2" "3.1.1/MQTT-4.3.3-2" "5.0/MQTT-4.3.2-5" "5.0/MQTT-4.3.3-12"]
                "https://github.com/emqx/emqx/issues/18441";
            WillAlwaysRetained "will-always-retained"
                "retains every will"
                ["3.1.1/MQTT-3.1.2-16" "5.0/MQTT-3.1.2-14"]
                "https://github.com/mochi-mqtt/server/pull/234";
            ResubscribeBringsNothing "resubscribe-brings-nothing"
                "sends no retained messages where a subscription is replaced"
                ["3.1.1/MQTT-3.8.4-3" "5.0/MQTT-3.8.4-4"]
                "https://github.com/emqx/emqx/issues/1314";
            DollarPublishUnanswered "dollar-publish-unanswered"
                "does not acknowledge at QoS 1 what a client publishes to a topic that begins with $"
                ["3.1.1/MQTT-3.3.5-2"]
                "https://github.com/hivemq/hivemq-community-edition/issues/749";
            WildcardsUnserved "wildcards-unserved"
                "grants filters with wildcards and delivers nothing by them"
                ["3.1.1/MQTT-3.8.3-2" "3.1.1/MQTT-4.5.0-1" "5.0/MQTT-4.5.0-1"]
                "https://github.com/mochi-mqtt/server/pull/243";
            UncleanSessionNotMade "unclean-session-not-made"
                "keeps no session that a CONNECT with Clean Start 0 began"
                ["3.1.1/MQTT-3.1.2-4" "5.0/MQTT-3.1.2-23"]
                "https://github.com/nats-io/nats-server/commit/4cc267757";
        }
    };
}

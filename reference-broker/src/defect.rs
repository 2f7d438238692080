//! The named wrong behaviours, as one table. What each does is one branch at the one place it changes, found by its name.

use std::{fmt, str::FromStr};

use deadzone_spec::ClauseId;

#[macro_use]
mod handed_on;
#[macro_use]
mod negotiated;
#[macro_use]
mod reported;
#[macro_use]
mod tolerates;
#[macro_use]
mod statements;

macro_rules! defects {
    ([] $($variant:ident $name:literal $what:literal [$($clause:literal)*] $like:literal;)*) => {
        /// One wrong behaviour that can be switched on. Two defects that excuse each other are not meant to be combined.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Defect {
            $(#[doc = concat!("The broker ", $what, ".")] $variant,)*
        }

        impl Defect {
            /// Every defect, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name in text: `puback-missing`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What the broker does, as the rest of a sentence that begins with "The broker".
            pub fn what(self) -> &'static str {
                match self { $(Self::$variant => $what,)* }
            }

            /// The clauses that it breaks, each with its version. A version without a clause does not forbid it.
            pub fn clauses(self) -> &'static [ClauseId] {
                match self { $(Self::$variant => const { &[$(ClauseId::of($clause)),*] },)* }
            }

            /// Whether it is that breaches of its clauses by the form of a packet are overlooked.
            pub fn is_tolerant(self) -> bool {
                self.name().starts_with("tolerates-")
            }

            /// The address of a report of a bug of this sort in a real broker, or of the nearest to it.
            pub fn like(self) -> &'static str {
                match self { $(Self::$variant => $like,)* }
            }
        }
    };
}

with_negotiated_defects! { [with_statements with_handed_on_defects with_tolerant_defects with_reported_defects defects]
    InboundQos2ForgottenOnReconnect "inbound-qos2-forgotten-on-reconnect"
        "forgets on reconnect which inbound QoS 2 identifiers await their PUBREL, so that a replayed PUBLISH goes onward again"
        ["3.1.1/MQTT-4.3.3-2" "3.1.1/MQTT-4.1.0-1" "5.0/MQTT-4.3.3-10" "5.0/MQTT-4.1.0-1"]
        "https://github.com/vernemq/vernemq/issues/2552";
    PubrelReplayUnanswered "pubrel-replay-unanswered"
        "answers a PUBREL only if its identifier is still open, so that a lost PUBCOMP is never made good"
        ["3.1.1/MQTT-4.3.3-2" "5.0/MQTT-4.3.3-11"]
        "https://github.com/moscajs/aedes/issues/634";
    OnwardAgainAtPubrelReplay "onward-again-at-pubrel-replay"
        "sends a QoS 2 message onward once more when the PUBREL of a completed exchange is replayed"
        ["3.1.1/MQTT-4.3.3-2" "5.0/MQTT-4.3.3-10"]
        "https://github.com/vernemq/vernemq/issues/944";
    DupPublishUnacknowledged "dup-publish-unacknowledged"
        "sends no PUBACK for a QoS 1 PUBLISH with DUP 1 after a resume"
        ["3.1.1/MQTT-4.3.2-2" "5.0/MQTT-4.3.2-4"]
        "https://github.com/emqx/emqx/issues/18441";
    PubrelNotResentOnResume "pubrel-not-resent-on-resume"
        "does not resend an unacknowledged PUBREL when a session resumes"
        ["3.1.1/MQTT-4.4.0-1" "5.0/MQTT-4.4.0-1" "3.1.1/MQTT-4.3.3-1" "5.0/MQTT-4.3.3-5"]
        "https://github.com/emqx/emqx/issues/1216";
    PublishResentAfterPubrec "publish-resent-after-pubrec"
        "resends the PUBLISH instead of the PUBREL when a session resumes after PUBREC"
        ["3.1.1/MQTT-4.3.3-1" "5.0/MQTT-4.3.3-6"]
        "https://github.com/apache/bifromq/issues/281";
    PublishNotResentOnResume "publish-not-resent-on-resume"
        "drops unacknowledged PUBLISHes when a session resumes"
        ["3.1.1/MQTT-4.4.0-1" "5.0/MQTT-4.4.0-1" "3.1.1/MQTT-4.3.2-1" "3.1.1/MQTT-4.3.3-1" "3.1.1/MQTT-3.10.4-3" "5.0/MQTT-4.3.2-3" "5.0/MQTT-4.3.3-3" "5.0/MQTT-3.10.4-3"]
        "https://github.com/wolfSSL/wolfMQTT/issues/489";
    ResendWithoutDup "resend-without-dup"
        "resends PUBLISHes on resume with DUP 0"
        ["3.1.1/MQTT-3.3.1-1" "5.0/MQTT-3.3.1-1"]
        "https://github.com/halfgaar/FlashMQ/issues/176";
    ResendWithNewId "resend-with-new-id"
        "resends PUBLISHes on resume under fresh packet identifiers"
        ["3.1.1/MQTT-4.4.0-1" "5.0/MQTT-4.4.0-1"]
        "https://github.com/cloudamqp/lavinmq/issues/2233";
    ResendInReverseOrder "resend-in-reverse-order"
        "resends on resume in reverse order"
        ["3.1.1/MQTT-4.6.0-6" "5.0/MQTT-4.6.0-5"]
        "https://github.com/nanomq/NanoNNG/commit/920e40334";
    OfflineQueueDropped "offline-queue-dropped"
        "keeps nothing for a session whose client is away"
        ["3.1.1/MQTT-3.1.2-5" "3.1.1/MQTT-4.5.0-1" "5.0/MQTT-4.5.0-1"]
        "https://github.com/nanomq/nanomq/issues/1885";
    OfflineQueueReordered "offline-queue-reordered"
        "delivers what waited for an absent client in reverse order"
        ["3.1.1/MQTT-4.6.0-6" "5.0/MQTT-4.6.0-5"]
        "https://github.com/moscajs/aedes/issues/649";
    SessionPresentOnCleanStart "session-present-on-clean-start"
        "says Session Present 1 in answer to a clean start"
        ["3.1.1/MQTT-3.2.2-1" "5.0/MQTT-3.2.2-2"]
        "https://github.com/wolfSSL/wolfMQTT/issues/506";
    SessionPresentMissing "session-present-missing"
        "resumes a session but says Session Present 0"
        ["3.1.1/MQTT-3.2.2-2" "5.0/MQTT-3.2.2-3"]
        "https://github.com/bytebeamio/rumqtt/pull/792";
    CleanStartKeepsSubscriptions "clean-start-keeps-subscriptions"
        "carries the old session's subscriptions into a clean one"
        ["3.1.1/MQTT-3.1.2-6" "3.1.1/MQTT-3.1.4-3" "5.0/MQTT-3.1.2-4" "5.0/MQTT-3.1.4-4"]
        "https://github.com/LabOverWire/mqtt-lib/issues/150";
    TakeoverLeavesOldConnection "takeover-leaves-old-connection"
        "leaves the older connection open when the same client connects again"
        ["3.1.1/MQTT-3.1.4-2" "5.0/MQTT-3.1.4-3"]
        "https://github.com/vogler75/monster-mq/issues/181";
    LateCloseKillsNewConnection "late-close-kills-new-connection"
        "tears down the session of the new connection when the end of the old one is noticed after a takeover"
        ["3.1.1/MQTT-4.1.0-2" "5.0/MQTT-4.1.0-1"]
        "https://github.com/moquette-io/moquette/issues/99";
    WillLostOnKeepAliveTimeout "will-lost-on-keep-alive-timeout"
        "publishes no will when the keep-alive runs out"
        ["3.1.1/MQTT-3.1.2-8" "5.0/MQTT-3.1.2-8"]
        "https://github.com/eclipse-mosquitto/mosquitto/issues/1143";
    WillOnDisconnect "will-on-disconnect"
        "publishes the will after an orderly DISCONNECT"
        ["3.1.1/MQTT-3.1.2-10" "3.1.1/MQTT-3.14.4-3" "5.0/MQTT-3.1.2-10" "5.0/MQTT-3.14.4-3"]
        "https://github.com/vernemq/vernemq/issues/138";
    WillLostOnRst "will-lost-on-rst"
        "publishes no will when the connection is reset"
        ["3.1.1/MQTT-3.1.2-8" "5.0/MQTT-3.1.2-8"]
        "https://github.com/vernemq/vernemq/issues/50";
    WillLostOnTakeover "will-lost-on-takeover"
        "publishes no will when the client's own new connection ends the old one"
        ["3.1.1/MQTT-3.1.2-8" "5.0/MQTT-3.1.2-8"]
        "https://github.com/eclipse-mosquitto/mosquitto/issues/1946";
    WillDelayNotCancelled "will-delay-not-cancelled"
        "publishes a delayed will although the client came back in time"
        ["5.0/MQTT-3.1.3-9"]
        "https://github.com/LabOverWire/mqtt-lib/issues/154";
    WillDelayIgnored "will-delay-ignored"
        "publishes a will at once in spite of its delay"
        ["5.0/MQTT-3.1.2-8"]
        "https://github.com/eclipse-mosquitto/mosquitto/issues/3505";
    RetainedNotReplaced "retained-not-replaced"
        "keeps the first retained message of a topic for ever"
        ["3.1.1/MQTT-3.3.1-5" "3.1.1/MQTT-3.3.1-6" "5.0/MQTT-3.3.1-5"]
        "https://github.com/emqx/emqx/issues/11711";
    RetainedNotCleared "retained-not-cleared"
        "keeps a retained message that an empty one should remove"
        ["3.1.1/MQTT-3.3.1-10" "5.0/MQTT-3.3.1-6"]
        "https://github.com/halfgaar/FlashMQ/commit/cab0104";
    RetainedAgainOnResume "retained-again-on-resume"
        "sends retained messages again when a session resumes, though no SUBSCRIBE was made"
        ["3.1.1/DZ-retained-on-resume" "3.1.1/MQTT-3.3.1-8" "5.0/DZ-retained-on-resume" "5.0/MQTT-3.3.1-9"]
        "https://github.com/mochi-mqtt/server/issues/153";
    RetainFlagKept "retain-flag-kept"
        "leaves RETAIN at 1 on messages to an established subscription"
        ["3.1.1/MQTT-3.3.1-9" "5.0/MQTT-3.3.1-12"]
        "https://github.com/nanomq/NanoNNG/commit/9fc0e0710";
    KeepAliveIgnored "keep-alive-ignored"
        "never closes a silent connection"
        ["3.1.1/MQTT-3.1.2-24" "5.0/MQTT-3.1.2-22"]
        "https://github.com/rmqtt/rmqtt/issues/465";
    KeepAliveFedByDownlink "keep-alive-fed-by-downlink"
        "takes its own sending for a sign of life of the client"
        ["3.1.1/MQTT-3.1.2-24" "5.0/MQTT-3.1.2-22"]
        "https://github.com/apache/bifromq/issues/260";
    SecondConnectAccepted "second-connect-accepted"
        "answers a second CONNECT instead of closing"
        ["3.1.1/MQTT-3.1.0-2" "5.0/MQTT-3.1.0-2"]
        "https://github.com/moquette-io/moquette/issues/969";
    PublishBeforeConnectAccepted "publish-before-connect-accepted"
        "sends a PUBLISH onward that came before any CONNECT"
        ["3.1.1/MQTT-4.8.0-1" "5.0/MQTT-4.13.1-1"]
        "https://github.com/halfgaar/FlashMQ/issues/103";
    BadFlagsAccepted "bad-flags-accepted"
        "takes packets whose reserved fixed-header flags are wrong"
        ["3.1.1/MQTT-2.2.2-2" "3.1.1/MQTT-3.6.1-1" "3.1.1/MQTT-3.8.1-1" "3.1.1/MQTT-3.10.1-1" "5.0/MQTT-3.6.1-1" "5.0/MQTT-3.8.1-1" "5.0/MQTT-3.10.1-1"]
        "https://github.com/halfgaar/FlashMQ/commit/045b2e6";
    BadUtf8Forwarded "bad-utf8-forwarded"
        "sends a PUBLISH onward whose strings are no proper UTF-8"
        ["3.1.1/MQTT-1.5.3-1" "3.1.1/MQTT-1.5.3-2" "5.0/MQTT-1.5.4-1" "5.0/MQTT-1.5.4-2"]
        "https://github.com/hivemq/hivemq-community-edition/issues/493";
    TornPublishForwarded "torn-publish-forwarded"
        "delivers a PUBLISH that a lost connection cut inside its payload as if it were whole"
        ["3.1.1/DZ-whole-packet" "5.0/DZ-whole-packet"]
        "https://github.com/emqx/emqx/issues/18441";
    GrantedQosExceeded "granted-qos-exceeded"
        "delivers with the publisher's QoS although less was granted"
        ["3.1.1/MQTT-3.8.4-6" "5.0/MQTT-3.8.4-8"]
        "https://github.com/moscajs/aedes/pull/229";
    PacketIdReusedInFlight "packet-id-reused-in-flight"
        "gives a new message a packet identifier that is still in use"
        ["3.1.1/MQTT-2.3.1-4" "5.0/MQTT-2.2.1-4"]
        "https://github.com/emqx/emqx/issues/16296";
    ReceiveMaximumExceeded "receive-maximum-exceeded"
        "has more unacknowledged PUBLISHes in flight than the client's Receive Maximum"
        ["5.0/MQTT-3.3.4-9" "5.0/MQTT-4.9.0-2"]
        "https://github.com/moquette-io/moquette/issues/858";
    DupForwarded "dup-forwarded"
        "copies the publisher's DUP into the first delivery"
        ["3.1.1/MQTT-3.3.1-3" "5.0/MQTT-3.3.1-3"]
        "https://github.com/nanomq/NanoNNG/commit/50f3130ee";
    TwoConnacks "two-connacks"
        "answers CONNECT with two CONNACKs"
        ["3.1.1/DZ-one-connack" "5.0/MQTT-3.2.0-2"]
        "https://github.com/eclipse-mosquitto/mosquitto/issues/2339";
    MaximumPacketSizeExceeded "maximum-packet-size-exceeded"
        "sends PUBLISHes larger than the client's Maximum Packet Size"
        ["5.0/MQTT-3.1.2-24"]
        "https://github.com/eclipse-mosquitto/mosquitto/issues/3503";
    LiveResend "live-resend"
        "resends an unacknowledged PUBLISH after two seconds on the living connection"
        ["5.0/MQTT-4.4.0-1"]
        "https://github.com/moquette-io/moquette/issues/695";
    PubackMissing "puback-missing"
        "never sends a PUBACK"
        ["3.1.1/MQTT-3.3.4-1" "3.1.1/MQTT-4.3.2-2" "5.0/MQTT-3.3.4-1" "5.0/MQTT-4.3.2-4"]
        "https://github.com/eclipse-mosquitto/mosquitto/issues/3542";
    PubcompMissing "pubcomp-missing"
        "never sends a PUBCOMP"
        ["3.1.1/MQTT-4.3.3-2" "5.0/MQTT-4.3.3-11"]
        "https://github.com/vogler75/monster-mq/issues/180";
    Qos2DeliveredTwice "qos2-delivered-twice"
        "sends a QoS 2 message onward at PUBLISH and again at PUBREL"
        ["3.1.1/MQTT-4.3.3-2" "5.0/MQTT-4.3.3-10"]
        "https://github.com/rmqtt/rmqtt/issues/456";
    UnsubscribeIgnored "unsubscribe-ignored"
        "answers UNSUBSCRIBE but keeps the subscription"
        ["3.1.1/MQTT-3.10.4-1" "3.1.1/MQTT-3.10.4-2" "5.0/MQTT-3.10.4-1" "5.0/MQTT-3.10.4-2"]
        "https://github.com/moscajs/mosca/issues/391";
    NoLocalIgnored "no-local-ignored"
        "echoes messages to their own publisher in spite of No Local"
        ["5.0/MQTT-3.8.3-3"]
        "https://github.com/eclipse-mosquitto/mosquitto/issues/2871";
    PingrespMissing "pingresp-missing"
        "does not answer PINGREQ"
        ["3.1.1/MQTT-3.12.4-1" "5.0/MQTT-3.12.4-1"]
        "https://github.com/eclipse-mosquitto/mosquitto/issues/3542";
    WillLostAtRefusedDisconnect "will-lost-at-refused-disconnect"
        "discards the will at a DISCONNECT that it refuses: of an unlisted reason, malformed, or with an expiry that CONNECT ruled out"
        ["3.1.1/MQTT-3.1.2-8" "5.0/MQTT-3.1.2-8"]
        "https://github.com/moscajs/aedes/pull/351";
    OverlapQosLowered "overlap-qos-lowered"
        "delivers at the lowest granted QoS where several subscriptions of a client match"
        ["3.1.1/MQTT-3.3.5-1" "5.0/MQTT-3.3.4-2"]
        "https://github.com/eclipse-mosquitto/mosquitto/blob/master/ChangeLog.txt";
    QueuedQosLowered "queued-qos-lowered"
        "delivers what waited for an absent client one QoS below what is owed"
        ["3.1.1/MQTT-3.8.4-6" "5.0/MQTT-3.8.4-8"]
        "https://github.com/halfgaar/FlashMQ/commit/6081679";
    WillQosLowered "will-qos-lowered"
        "publishes a will one QoS below what CONNECT said"
        ["3.1.1/MQTT-3.8.4-6" "5.0/MQTT-3.8.4-8"]
        "https://github.com/rabbitmq/rabbitmq-mqtt/issues/74";
    RetainedQosLowered "retained-qos-lowered"
        "sends retained messages one QoS below what is owed"
        ["3.1.1/MQTT-3.8.4-6" "5.0/MQTT-3.8.4-8"]
        "https://github.com/halfgaar/FlashMQ/commit/6081679";
    ForeignSubscriptionIds "foreign-subscription-ids"
        "tells each subscriber the identifiers of the other clients' matching subscriptions beside its own"
        ["5.0/MQTT-3.3.4-3" "5.0/MQTT-3.3.4-4"]
        "https://github.com/LabOverWire/mqtt-lib/issues/113";
    PublisherSubscriptionIdForwarded "publisher-subscription-id-forwarded"
        "takes a PUBLISH with a Subscription Identifier from a client and hands the identifier on"
        ["5.0/DZ-publisher-subscription-identifier"]
        "https://github.com/eclipse-mosquitto/mosquitto/issues/3319";
    PubrelMissing "pubrel-missing"
        "never sends a PUBREL, on no connection"
        ["3.1.1/MQTT-4.3.3-1" "5.0/MQTT-4.3.3-4"]
        "https://github.com/emqx/emqx/issues/1216";
    PubrelsInReverseOrder "pubrels-in-reverse-order"
        "holds PUBRELs back while a PUBREC of another message is due, and sends them in reverse order"
        ["3.1.1/MQTT-4.6.0-6"]
        "https://github.com/moscajs/aedes/issues/649";
    InventsMessages "invents-messages"
        "sends beside each message another one at QoS 0 that no client has published"
        ["3.1.1/DZ-content-of-nobody" "5.0/DZ-content-of-nobody"]
        "https://github.com/hivemq/hivemq-community-edition/issues/291";
    StrayRetained "stray-retained"
        "sends every client behind CONNACK a retained message that it never subscribed to"
        ["3.1.1/MQTT-3.3.2-3" "5.0/MQTT-3.3.2-3"]
        "https://github.com/mochi-mqtt/server/issues/153";
    PacketIdZero "packet-id-zero"
        "gives the first message of each session the packet identifier 0"
        ["3.1.1/MQTT-2.3.1-1" "5.0/MQTT-2.2.1-4"]
        "https://github.com/moscajs/aedes/pull/652";
    PacketIdReusedSometimes "packet-id-reused-sometimes"
        "gives each fourth message of a session the identifier of the one before it, if that is still in use"
        ["3.1.1/MQTT-2.3.1-4" "5.0/MQTT-2.2.1-4"]
        "https://github.com/emqx/emqx/issues/16296";
    SessionPresentSometimes "session-present-sometimes"
        "says Session Present 1 at each third return to a session that has ended"
        ["3.1.1/MQTT-3.2.2-3" "5.0/MQTT-3.2.2-3"]
        "https://github.com/vernemq/vernemq/blob/main/changelog.md";
    WaitingMessageLost "waiting-message-lost"
        "loses the first, the third and each further second message that must wait until the client acknowledges others"
        ["3.1.1/MQTT-4.5.0-1" "5.0/MQTT-4.5.0-1"]
        "https://github.com/halfgaar/FlashMQ/issues/173";
    DupPublishRefused "dup-publish-refused"
        "answers the legal resend of a QoS 2 PUBLISH, DUP 1, with PUBREC 0x91 in 5.0"
        ["5.0/MQTT-4.3.3-10"]
        "https://github.com/eclipse-mosquitto/mosquitto/issues/3602";
    WillAfterDisconnectSometimes "will-after-disconnect-sometimes"
        "publishes the will after each seventh orderly DISCONNECT"
        ["3.1.1/MQTT-3.1.2-10" "3.1.1/MQTT-3.14.4-3" "5.0/MQTT-3.1.2-10" "5.0/MQTT-3.14.4-3"]
        "https://github.com/vernemq/vernemq/issues/138";
    UnknownLevelUnanswered "unknown-level-unanswered"
        "speaks no 5.0, and closes at that level and at each that it does not know without CONNACK 0x01"
        ["3.1.1/MQTT-3.1.2-2"]
        "https://github.com/halfgaar/FlashMQ/issues/103";
    UnknownLevelServed "unknown-level-served"
        "serves a CONNECT of a level that it does not know as if it were 3.1.1"
        ["3.1.1/MQTT-3.1.2-2" "5.0/MQTT-3.1.2-2"]
        "https://github.com/halfgaar/FlashMQ/issues/103";
    PingBeforeConnectAnswered "ping-before-connect-answered"
        "answers a PINGREQ that comes before any CONNECT"
        ["3.1.1/MQTT-3.2.0-1" "5.0/MQTT-3.2.0-1"]
        "https://github.com/halfgaar/FlashMQ/issues/103";
    HalfDeadAfterUnsubscribe "half-dead-after-unsubscribe"
        "leaves every second CONNECT unanswered once an UNSUBSCRIBE has come; all else goes on"
        ["3.1.1/MQTT-3.1.4-4" "5.0/MQTT-3.1.4-5"]
        "https://github.com/moquette-io/moquette/issues/933";
    NodesApart "nodes-apart"
        "keeps the clients of each of its endpoints apart, as brokers do that know nothing of each other"
        ["3.1.1/MQTT-3.1.2-4" "3.1.1/MQTT-3.1.2-8" "3.1.1/MQTT-3.1.4-2" "3.1.1/MQTT-3.2.2-2" "3.1.1/MQTT-3.3.1-5" "3.1.1/MQTT-3.3.1-6" "3.1.1/MQTT-3.3.1-10" "3.1.1/MQTT-4.4.0-1" "3.1.1/MQTT-4.5.0-1" "5.0/MQTT-3.1.2-5" "5.0/MQTT-3.1.2-8" "5.0/MQTT-3.1.4-3" "5.0/MQTT-3.2.2-3" "5.0/MQTT-3.3.1-5" "5.0/MQTT-3.3.1-6" "5.0/MQTT-3.3.1-9" "5.0/MQTT-4.4.0-1" "5.0/MQTT-4.5.0-1"]
        "https://github.com/thingsboard/tbmq/commit/fbb490dbb";
    EndsAtUnsubscribe "ends-at-unsubscribe"
        "ends at an UNSUBSCRIBE: every connection is reset and no other is accepted"
        ["3.1.1/MQTT-3.10.4-4" "3.1.1/MQTT-3.10.4-5" "5.0/MQTT-3.10.4-4" "5.0/MQTT-3.10.4-5"]
        "https://github.com/eclipse-mosquitto/mosquitto/blob/master/ChangeLog.txt";
    HangsAtUnsubscribe "hangs-at-unsubscribe"
        "hangs at an UNSUBSCRIBE: it reads and accepts, and answers nothing any more"
        ["3.1.1/MQTT-3.10.4-4" "3.1.1/MQTT-3.10.4-5" "5.0/MQTT-3.10.4-4" "5.0/MQTT-3.10.4-5"]
        "https://github.com/eclipse-mosquitto/mosquitto/issues/3542";
    RefusalLeftOpen "refusal-left-open"
        "leaves the connection open behind a CONNACK that refuses"
        ["3.1.1/MQTT-3.2.2-5" "5.0/MQTT-3.2.2-7"]
        "https://github.com/Cicizz/jmqtt/issues/32";
    TextFramesTaken "text-frames-taken"
        "reads MQTT from the text frames of a WebSocket as well"
        ["3.1.1/MQTT-6.0.0-1" "5.0/MQTT-6.0.0-1"]
        "https://github.com/wolfSSL/wolfMQTT/issues/610";
    FrameTakenForPacket "frame-taken-for-packet"
        "takes a WebSocket frame for a whole packet, and closes at one that ends within a packet"
        ["3.1.1/MQTT-6.0.0-2" "5.0/MQTT-6.0.0-2"]
        "https://github.com/sclausen/ngx-mqtt/issues/232";
    SecondPacketInFrameLost "second-packet-in-frame-lost"
        "reads the first packet of a WebSocket frame and passes over the others in it"
        ["3.1.1/MQTT-6.0.0-2" "5.0/MQTT-6.0.0-2"]
        "https://github.com/nanomq/nanomq/issues/1844";
    ClientCertificateNotAsked "client-certificate-not-asked"
        "asks clients for no certificate although it is configured to, and so lets in whoever comes"
        ["3.1.1/DZ-client-certificate" "5.0/DZ-client-certificate"]
        "https://github.com/rabbitmq/rabbitmq-web-mqtt/issues/72";
    RestartsAtBrokenHandshake "restarts-at-broken-handshake"
        "starts anew with nothing stored when a TLS handshake is broken off: every connection is reset, every session is lost"
        ["3.1.1/MQTT-3.2.2-2" "3.1.1/MQTT-4.5.0-1" "5.0/MQTT-3.2.2-3" "5.0/MQTT-4.5.0-1"]
        "https://github.com/nanomq/nanomq/issues/1764";
    FirstSubprotocolChosen "first-subprotocol-chosen"
        "chooses the first WebSocket subprotocol that is offered, whatever its name"
        ["3.1.1/MQTT-6.0.0-4" "5.0/MQTT-6.0.0-4"]
        "https://github.com/rabbitmq/rabbitmq-server/pull/15008";
    NoSubprotocolChosen "no-subprotocol-chosen"
        "accepts a WebSocket without choosing any of the subprotocols that are offered"
        ["3.1.1/MQTT-6.0.0-4" "5.0/MQTT-6.0.0-4"]
        "https://github.com/njouanin/hbmqtt/pull/21";
    ForeignSubprotocolChosen "foreign-subprotocol-chosen"
        "chooses a WebSocket subprotocol that is not offered"
        ["3.1.1/MQTT-6.0.0-4" "5.0/MQTT-6.0.0-4"]
        "https://github.com/nori0428/mod_websocket/issues/42";
}

impl fmt::Display for Defect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text named no defect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown defect `{0}`")]
pub struct UnknownDefect(String);

impl FromStr for Defect {
    type Err = UnknownDefect;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|d| d.name() == s).ok_or_else(|| UnknownDefect(s.to_owned()))
    }
}

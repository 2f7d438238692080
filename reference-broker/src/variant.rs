//! The legal variants, as one table: choices that the standards leave open, taken the unusual way.

use std::{fmt, str::FromStr};

macro_rules! variants {
    ($($variant:ident $name:literal $what:literal $legal:literal;)*) => {
        /// One correct but unusual behaviour that can be switched on. They combine freely.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Variant {
            $(#[doc = concat!("The broker ", $what, ".")] $variant,)*
        }

        impl Variant {
            /// Every variant, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The name in text: `onward-at-pubrel`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What the broker does, as the rest of a sentence that begins with "The broker".
            pub fn what(self) -> &'static str {
                match self { $(Self::$variant => $what,)* }
            }

            /// Why that is within the standards.
            pub fn legal_because(self) -> &'static str {
                match self { $(Self::$variant => $legal,)* }
            }
        }
    };
}

variants! {
    OnwardAtPubrel "onward-at-pubrel"
        "sends a QoS 2 message onward at PUBREL instead of at PUBLISH"
        "both moments are offered: methods A and B of 3.1.1 section 4.3.3; 5.0 section 4.3.3 leaves it open";
    Pubcomp0x92InRecovery "pubcomp-0x92-in-recovery"
        "answers the PUBREL of an identifier that is not open with PUBCOMP 0x92 in 5.0"
        "5.0 section 3.7.2.1: during recovery the code is not an error";
    RstOnClose "rst-on-close"
        "resets a connection instead of closing it in order"
        "both standards ask that the network connection be closed, not how";
    NoDisconnectBeforeClose "no-disconnect-before-close"
        "closes in 5.0 without sending DISCONNECT first"
        "5.0 section 4.13: the server should send DISCONNECT, and must only close";
    CopyPerSubscription "copy-per-subscription"
        "sends one copy for each of a session's subscriptions that match"
        "3.1.1 section 3.3.5 and 5.0 section 3.3.4 allow further copies for overlapping subscriptions";
    Answers400msLate "answers-400ms-late"
        "does everything 400 ms late, in unchanged order"
        "neither standard sets a time for an answer";
    SmallReceiveMaximum "small-receive-maximum"
        "takes at most two QoS 2 exchanges of a client at a time and says so by Receive Maximum 2 in 5.0"
        "5.0 section 3.2.2.3.3 leaves the value to the server";
    Qos0QueuedOffline "qos0-queued-offline"
        "keeps QoS 0 messages for a session whose client is away"
        "3.1.1 section 3.1.2.4 and 5.0 section 4.1 leave it to the server";
    PubackNoMatchingSubscribers "puback-no-matching-subscribers"
        "says 0x10 in PUBACK or PUBREC in 5.0 when nobody subscribes"
        "5.0 section 3.4.2.1: the server may use it instead of 0x00";
    GrantsAtMostQos1 "grants-at-most-qos1"
        "grants QoS 1 to whoever asks for QoS 2"
        "3.1.1 section 3.9.3 and 5.0 section 3.9.3: the granted QoS may be lower than the requested one";
    Resends30sLate "resends-30s-late"
        "resends what is unacknowledged 30 s after a resume, and sends new messages meanwhile"
        "4.4.0-1 of both standards asks for the resend and sets no time";
    UserPropertyEverywhere "user-property-everywhere"
        "adds a User Property to every packet that may carry one in 5.0, if the client's Maximum Packet Size has room"
        "5.0 section 2.2.2.2 allows it in each of them, and section 3.1.2.11.7 where the client allows it";
    AutomaticSubscription "automatic-subscription"
        "publishes a notice to every client right behind CONNACK, on a topic that it never subscribed to"
        "3.1.1 section 3.8.4 and 5.0 section 3.8.4 do not limit a server to the subscriptions that a client makes";
    KeepAliveZeroRefused "keep-alive-zero-refused"
        "refuses a CONNECT with keep-alive 0"
        "3.1.4-2 of 5.0 and 3.1.4 of 3.1.1: a server may ask for more than a valid CONNECT";
    ConnectWithin32s "connect-within-32s"
        "closes a connection whose CONNECT has not come within 32 s"
        "section 3.1.4 of both standards asks for a reasonable time and names none";
    ClosesIdleClients "closes-idle-clients"
        "closes a client with keep-alive 0 that has sent nothing for 60 s"
        "section 3.1.2.10 of both standards: a server may disconnect a client that it finds inactive at any time";
    Connack10sLate "connack-10s-late"
        "sends CONNACK 10.5 s late"
        "3.1.4 of both standards asks for CONNACK and sets no time for it";
    Acknowledges10sLate "acknowledges-10s-late"
        "sends SUBACK, UNSUBACK and the acknowledgements of PUBLISH 10.5 s late, and all else at once"
        "neither standard sets a time for an answer";
    SplitsPackets "splits-packets"
        "sends each packet in up to three TCP segments, a millisecond apart"
        "4.2.0-1 of both standards: the connection is a stream of bytes, without boundaries";
    RefusesQuickConnections "refuses-quick-connections"
        "closes the fifth and each further connection within a second"
        "neither standard obliges a server to keep a network connection on which no CONNECT has come";
    RefusesQuickReturn "refuses-quick-return"
        "closes without CONNACK a client whose identifier was taken over within the last second"
        "3.1.4 of both standards lets a server check CONNECT further, and CONNACK before the close is optional";
    RoutesLater "routes-later"
        "acknowledges a message at once and routes it 50 ms later, also to subscriptions made meanwhile"
        "neither standard says when a message that was accepted is handed on";
    RetainsLater "retains-later"
        "stores a retained message 50 ms after it was acknowledged and handed on"
        "neither standard says when a retained message that was accepted can be found";
    LooksUpBehindSuback "looks-up-behind-suback"
        "looks for the retained messages that a SUBSCRIBE brings 50 ms behind SUBACK, so that one published meanwhile comes live and again with RETAIN 1"
        "3.8.4 of both standards lets retained messages follow SUBACK, and sets no moment for the look-up";
    OneInFlight "one-in-flight"
        "sends a client nothing while one message to it is unacknowledged"
        "section 4.6 of both standards speaks of servers that have one message in flight";
    DupOnUnsent "dup-on-unsent"
        "resends with DUP 1 what it was about to send, but had not, when it closed the connection before"
        "3.3.1-1 of both standards: DUP marks what may be a re-delivery of an earlier attempt, and an attempt need not succeed";
    ReasonStringEverywhere "reason-string-everywhere"
        "adds a Reason String to every packet that may carry one in 5.0, if the client's Maximum Packet Size has room"
        "5.0 section 2.2.2.2 allows it in each of them, whatever the Reason Code, and section 3.1.2.11.7 where the client allows it";
    NoAliasesToClient "no-aliases-to-client"
        "gives a client no topic aliases, whatever it allows"
        "5.0 section 3.1.2.11.5: the server may use them up to the client's maximum, or not at all";
    MaximumQos1 "maximum-qos-1"
        "takes and grants nothing above QoS 1, and says so by Maximum QoS 1 in 5.0"
        "5.0 section 3.2.2.3.4 allows it and says how; 3.3.5-2 of 3.1.1 lets a server close at a PUBLISH that it does not take";
    RetainUnavailable "retain-unavailable"
        "takes no retained messages of clients of 5.0 and sends them none, and says so by Retain Available 0"
        "5.0 section 3.2.2.3.5 allows it and says how; 3.1.1 does not";
    WildcardsUnavailable "wildcards-unavailable"
        "takes no filters with wildcards, and says so by Wildcard Subscription Available 0 in 5.0"
        "5.0 section 3.2.2.3.11, and 3.8.3-2 of 3.1.1: a server that does not support them refuses them";
    SubscriptionIdsUnavailable "subscription-ids-unavailable"
        "takes no Subscription Identifiers, and says so by Subscription Identifiers Available 0"
        "5.0 section 3.2.2.3.12 leaves them to the server";
    SharingUnavailable "sharing-unavailable"
        "takes no shared subscriptions, and says so by Shared Subscription Available 0"
        "5.0 section 3.2.2.3.13 leaves them to the server";
    ServerKeepAlive30s "server-keep-alive-30s"
        "tells a client that asks for a longer keep-alive, in 5.0, to keep to 30 s"
        "5.0 section 3.2.2.3.14: the client must use the server's value";
    SessionExpiryCapped "session-expiry-capped"
        "keeps no session for longer than 600 s in 5.0, and says so"
        "5.0 section 3.2.2.3.2: the server may use another value than the client's, if it says so";
    LongIdsRefused "long-ids-refused"
        "refuses client identifiers other than 1 to 23 letters and digits; an empty one is taken"
        "3.1.3-5 of both standards asks a server to take those, and section 3.1.3.1 leaves others to it";
    EmptyIdsRefused "empty-ids-refused"
        "refuses empty client identifiers"
        "3.1.3-6 of both standards: a server may take them";
    LowestFreePacketId "lowest-free-packet-id"
        "gives a message the lowest packet identifier that is free, so that one is used again right behind its PUBACK"
        "2.3.1-4 of 3.1.1 and 2.2.1-4 of 5.0: an identifier is free once its exchange is over";
    SharesWithFirstMember "shares-with-first-member"
        "gives every message of a group to its first member that is connected"
        "5.0 section 4.8.2 leaves the choice of the member to the server";
    ReceiveMaximumNotEnforced "receive-maximum-not-enforced"
        "says Receive Maximum 2 in 5.0 and serves a client that goes beyond it"
        "3.3.4-7 of 5.0 binds the client; a server need not end a connection that breaks it";
    Wills2sLate "wills-2s-late"
        "publishes wills 2 s after they are due"
        "3.1.2-8 of both standards sets no time, and section 3.1.2.5 of 5.0 lets a will wait where the server has reason to";
    KeepAlive3sLate "keep-alive-3s-late"
        "closes a silent client 3 s after one and a half times its keep-alive"
        "3.1.2-24 of 3.1.1 and 3.1.2-22 of 5.0 ask for the close and set no moment for it";
    LiveResendBefore5 "live-resend-before-5"
        "resends an unacknowledged PUBLISH after two seconds on the living connection, before 5.0 alone"
        "4.4.0-1 of 3.1.1 asks for resends on reconnect and forbids no others; only 5.0 does";
    BridgesServed "bridges-served"
        "serves a CONNECT whose level has the bit of a bridge, and neither echoes what that bridge sent nor hides from it what is retained"
        "3.1.2-2 of both standards asks for a refusal of levels that a server does not support; the bit is an extension of RSMB";
    DelayedWillLostAtCleanStart "delayed-will-lost-at-clean-start"
        "publishes no will whose delay is running when a clean start ends its session"
        "3.1.2-8 of 5.0 excepts a will whose delay has not passed when a new connection of that client is opened";
}

impl fmt::Display for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The text named no legal variant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown legal variant `{0}`")]
pub struct UnknownVariant(String);

impl FromStr for Variant {
    type Err = UnknownVariant;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::ALL.iter().copied().find(|v| v.name() == s).ok_or_else(|| UnknownVariant(s.to_owned()))
    }
}

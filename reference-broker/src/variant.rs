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

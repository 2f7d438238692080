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

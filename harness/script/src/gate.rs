//! The gates: base properties of a broker on which scenarios stand. Knows their names only.

use std::fmt;

/// A base property that other scenarios stand on. Where it fails, what stands on it is blocked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Gate {
    /// `connection`: CONNECT is accepted.
    Connection,
    /// `qos1-in`: a QoS 1 PUBLISH of a client is acknowledged.
    Qos1In,
    /// `qos2-in`: a QoS 2 PUBLISH of a client runs through its handshake.
    Qos2In,
    /// `subscription`: SUBSCRIBE is granted in a clean session, and a message comes.
    Subscription,
    /// `qos1-out`: a message is delivered at QoS 1.
    Qos1Out,
    /// `qos2-out`: a message is delivered at QoS 2.
    Qos2Out,
    /// `in-flight`: more than one message is unacknowledged at a time.
    InFlight,
    /// `session`: a session outlives its connection and is resumed, whatever it holds.
    SessionResumed,
    /// `session-subscribed`: a session that holds a subscription is resumed.
    SubscribedResumed,
    /// `retained`: a retained message is stored and sent to a later subscriber.
    RetainedStored,
    /// `will`: the will of a lost client is published.
    WillPublished,
    /// `wildcard`: a filter with wildcards matches.
    WildcardMatched,
}

impl Gate {
    /// Every gate; each comes behind those that it may stand on itself.
    pub const ALL: [Self; 12] = [
        Self::Connection,
        Self::Qos1In,
        Self::Qos2In,
        Self::Subscription,
        Self::Qos1Out,
        Self::Qos2Out,
        Self::InFlight,
        Self::SessionResumed,
        Self::SubscribedResumed,
        Self::RetainedStored,
        Self::WillPublished,
        Self::WildcardMatched,
    ];

    /// The gate of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|gate| gate.name() == name)
    }

    /// The name in text: a public format.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Qos1In => "qos1-in",
            Self::Qos2In => "qos2-in",
            Self::Subscription => "subscription",
            Self::Qos1Out => "qos1-out",
            Self::Qos2Out => "qos2-out",
            Self::InFlight => "in-flight",
            Self::SessionResumed => "session",
            Self::SubscribedResumed => "session-subscribed",
            Self::RetainedStored => "retained",
            Self::WillPublished => "will",
            Self::WildcardMatched => "wildcard",
        }
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

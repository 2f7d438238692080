//! What the current event is, as of just before it took effect.

use deadzone_history::ConnId;
use deadzone_wire::{Text, Version};

use super::{DeliveryId, Matching, Outlook, SessionIx, Source, Stage};

/// The current event, for rules. Everything else about it is in the event itself.
#[derive(Clone, Debug)]
pub(crate) enum Transition {
    /// Nothing of these, or not judged.
    None,
    /// A CONNACK was seen.
    Connected(Connected),
    /// A PUBLISH was seen.
    Delivered(Delivered),
    /// A PUBREL was seen.
    Released(Released),
    /// PUBACK, PUBREC, PUBCOMP, SUBACK, UNSUBACK or PINGRESP was seen.
    Answered(Answered),
}

/// Whether a packet speaks for its session's present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Currency {
    /// On the session's connection.
    Current,
    /// On a connection that the session has left: it may have been written long before it was read.
    Stale,
    /// Before a CONNACK that accepted.
    NoSession,
}

/// An accepting or refusing CONNACK.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Connected {
    /// On which connection.
    pub(crate) conn: ConnId,
    /// It is the connection's first CONNACK.
    pub(crate) first: bool,
    /// The session that the client id had before, if this run knows of one: it may have ended.
    pub(crate) previous: Option<SessionIx>,
    /// Whether that session can be there.
    pub(crate) outlook: Outlook,
}

/// A seen PUBLISH.
#[derive(Clone, Debug)]
pub(crate) struct Delivered {
    /// On which connection, and the version in force there.
    pub(crate) conn: ConnId,
    pub(crate) version: Version,
    /// To which session; meaningful unless `currency` is `NoSession`.
    pub(crate) session: Option<SessionIx>,
    /// Whether it may be judged against the session's state.
    pub(crate) currency: Currency,
    /// The Topic Name that an alias stands for; empty where the alias is unknown.
    pub(crate) aliased: Option<Text>,
    /// The alias was used without a topic and was never given one on this connection.
    pub(crate) unknown_alias: bool,
    /// First copy, resend, or neither.
    pub(crate) copy: CopyKind,
    /// What was published with this payload, if anything. Markers have none.
    pub(crate) source: Option<Source>,
    /// The subscriptions that may have caused it.
    pub(crate) matching: Matching,
    /// It goes on, under another id, with an exchange that an earlier connection left unacknowledged: the last copy there.
    pub(crate) moved: Option<u64>,
    /// The delivery that it is a copy of; markers have none.
    pub(crate) delivery: Option<DeliveryId>,
    /// Every earlier connection of the session was read to its end: what was not seen was not sent.
    pub(crate) drained_before: bool,
    /// No earlier attempt to deliver what was published now can have been made.
    pub(crate) no_attempt_before: bool,
}

/// How a PUBLISH relates to the exchanges that are open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CopyKind {
    /// QoS 0: no exchange.
    Plain,
    /// Its id was free.
    First,
    /// The same message under the same id again.
    Again {
        /// Event of the first copy.
        first: u64,
        /// Event of the copy before this one.
        last: u64,
        /// That one was seen on the same connection.
        live: bool,
        /// How far the exchange had come.
        stage: Stage,
        /// Its QoS.
        qos: u8,
    },
    /// Another message under an id whose exchange is unfinished.
    Clash {
        /// Event of the other message's last copy.
        last: u64,
        /// How far that exchange had come.
        stage: Stage,
        /// Its QoS.
        qos: u8,
    },
}

/// A seen PUBREL.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Released {
    pub(crate) conn: ConnId,
    pub(crate) session: Option<SessionIx>,
    pub(crate) currency: Currency,
    /// How far the exchange had come, if the id has one.
    pub(crate) stage: Option<Stage>,
    /// The last event of the exchange, if there is one.
    pub(crate) last: Option<u64>,
    /// PUBRECs with this id given on this connection since its PUBLISH there.
    pub(crate) received: u32,
    /// PUBRELs with this id seen on this connection since its PUBLISH there, but for this one and a carried one.
    pub(crate) released: u32,
    /// The exchange came from an earlier connection and had got its PUBREC there.
    pub(crate) carried: bool,
}

/// A seen acknowledgement.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answered {
    pub(crate) conn: ConnId,
    pub(crate) session: Option<SessionIx>,
    pub(crate) currency: Currency,
    /// What it answers.
    pub(crate) fit: AckMatch,
    /// How many filters the SUBSCRIBE or UNSUBSCRIBE that it answers had.
    pub(crate) filters: Option<usize>,
}

/// What an acknowledgement answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AckMatch {
    /// Something open on this connection, given by this event.
    Open(u64),
    /// Something of an earlier connection of the session, given by this event.
    Late(u64),
    /// Something open that has been answered as often as it was given.
    Repeated(u64),
    /// An exchange of another kind has this id; its event.
    OtherKind(u64),
    /// Nothing.
    Nothing,
}

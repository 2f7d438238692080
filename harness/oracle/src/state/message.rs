//! Application messages and their deliveries. A message is one exchange of its publisher, a delivery one exchange towards a
//! subscriber; both are found by their payload.

use std::sync::Arc;

use deadzone_history::{ClientIx, ConnId, Recorded};
use deadzone_wire::{Packet, Publish};

use super::{Content, Mark, SessionIx, forwarded::Forwarded};

/// A group that is cleared keeps room for so many messages and deliveries.
const ROOM_KEPT: usize = 16;

/// Where a message or a delivery is kept: the group of its payload, and its place there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct GroupIx {
    pub(super) slot: u32,
    pub(super) generation: u32,
}

/// A message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct MessageId {
    pub(crate) group: GroupIx,
    pub(crate) nth: u32,
}

/// A delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct DeliveryId {
    pub(crate) group: GroupIx,
    pub(crate) nth: u32,
}

/// How a message came to the broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// By PUBLISH.
    Publish,
    /// As a will, with CONNECT.
    Will {
        /// Will Delay Interval, seconds.
        delay_s: u32,
    },
}

/// Messages of one connection, topic and QoS, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Stream {
    pub(crate) conn: ConnId,
    pub(crate) number: u16,
}

/// One message, however many copies of PUBLISH it took.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) origin: Origin,
    /// Its first copy.
    pub(crate) first: Mark,
    /// Who published it: scripted client, connection, session.
    pub(crate) client: ClientIx,
    pub(crate) conn: ConnId,
    pub(crate) session: Option<SessionIx>,
    pub(crate) qos: u8,
    pub(crate) retain: bool,
    pub(crate) dup: bool,
    /// Topic Name, aliases resolved; empty where the alias was unknown.
    pub(crate) topic: Content,
    /// Message Expiry Interval, seconds.
    pub(crate) expiry_s: Option<u32>,
    /// Its length on the wire, bytes.
    pub(crate) length: u32,
    pub(crate) stream: Stream,
    /// Place in its stream, from 0.
    pub(crate) index: u32,
    pub(crate) progress: Progress,
    /// What has to be forwarded with it, where it has any of it.
    pub(crate) forwarded: Option<Box<Forwarded>>,
    /// Sessions that must get it and have not yet.
    pub(crate) owed_to: Vec<SessionIx>,
}

/// How far the exchange of its publisher has come.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Progress {
    /// Its first PUBREL, and on which connection.
    pub(crate) released: Option<(u64, ConnId)>,
    /// The last copy of PUBLISH or PUBREL beyond the first.
    pub(crate) repeated: Option<u64>,
    /// Where its first PUBACK or PUBREC of success was seen.
    pub(crate) accepted: Option<Mark>,
    /// Where its PUBACK or PUBCOMP was seen: the broker is done with the publisher.
    pub(crate) completed: Option<Mark>,
    /// Where the broker refused it with a Reason Code of 0x80 or more.
    pub(crate) refused: Option<u64>,
}

impl Message {
    /// Whether its publisher's exchange is over.
    pub(crate) fn is_settled(&self) -> bool {
        self.qos == 0 || self.progress.completed.is_some() || self.progress.refused.is_some()
    }
}

/// One delivery at the broker's end: copies of one exchange are one delivery.
///
/// An exchange lasts, in the broker's favour, as long as it may legally send the PUBLISH again: until it is known to have
/// read our answer.
#[derive(Clone, Debug)]
pub(crate) struct Delivery {
    pub(crate) client: ClientIx,
    pub(crate) session: Option<SessionIx>,
    /// Its first complete copy.
    pub(crate) first: Mark,
    /// The packet of that one, where a claim may ask for it: no claim is about the messages of a record that streams.
    pub(crate) body: Option<Arc<Recorded>>,
    /// What that one says.
    pub(super) packet_id: Option<u16>,
    pub(super) topic: Content,
    pub(crate) retain: bool,
    pub(crate) identifiers: Box<[u32]>,
    /// The connection of the first and of the latest copy.
    pub(crate) first_conn: ConnId,
    pub(crate) conn: ConnId,
    pub(crate) last: u64,
    pub(crate) qos: u8,
    /// It is a PUBLISH that came again though its PUBREL had been seen.
    pub(crate) after_release: bool,
    /// The topic is the run's, or was left to an alias.
    pub(crate) ours: bool,
    /// The message that it is most likely a delivery of.
    pub(crate) message: Option<MessageId>,
}

impl Delivery {
    /// The topic of its first complete copy, aliases resolved.
    pub(crate) fn topic(&self) -> &[u8] {
        &self.topic
    }

    /// The PUBLISH of its first copy, where it is kept.
    pub(crate) fn publish(&self) -> Option<&Publish> {
        match self.body.as_ref()?.packet() {
            Packet::Publish(publish) => Some(publish),
            _ => None,
        }
    }
}

/// All that was published or delivered with one payload.
#[derive(Clone, Debug, Default)]
pub(crate) struct Group {
    pub(crate) payload: Content,
    pub(crate) messages: Vec<Message>,
    pub(crate) deliveries: Vec<Delivery>,
    /// A claim names it: it is not forgotten.
    pub(crate) claimed: bool,
    /// Older messages and deliveries with this payload were forgotten: how many are left says nothing.
    pub(crate) partial: bool,
}

/// What is known of the messages with one payload, together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source {
    /// The first message; absent where it was a will only.
    pub(crate) first: Option<MessageId>,
    /// How many messages.
    pub(crate) count: u32,
    /// The earliest event that gave it.
    pub(crate) at: Mark,
    /// The QoS of them, as bits.
    pub(crate) qos: u8,
    /// One of them was published with RETAIN 1.
    pub(crate) some_retained: bool,
    /// All of them were.
    pub(crate) all_retained: bool,
    /// One of them was published with DUP 1.
    pub(crate) some_dup: bool,
    /// One of them was sent again by its publisher, at QoS 1: each copy may be a message of its own.
    pub(crate) some_again: bool,
    /// A will carries it too.
    pub(crate) will: bool,
}

impl Source {
    /// Each copy may be a message of its own, with DUP as its publisher had it.
    pub(crate) fn is_of_several(&self) -> bool {
        self.count > 1 && self.some_dup || self.some_again
    }

    /// The message, where the payload names exactly one.
    pub(crate) fn unique(&self) -> Option<MessageId> {
        self.first.filter(|_| self.count == 1 && !self.will)
    }

    /// The highest QoS of them.
    pub(crate) fn highest_qos(&self) -> u8 {
        match self.qos {
            0b100.. => 2,
            0b010.. => 1,
            _ => 0,
        }
    }
}

impl Group {
    /// Makes room for another payload; allocations of a usual size stay.
    pub(super) fn clear(&mut self) {
        self.payload = Content::default();
        self.messages.clear();
        self.messages.shrink_to(ROOM_KEPT);
        self.deliveries.clear();
        self.deliveries.shrink_to(ROOM_KEPT);
        (self.claimed, self.partial) = (false, false);
    }

    /// The messages together; `None` where nothing was published with this payload.
    pub(super) fn source(&self, group: GroupIx) -> Option<Source> {
        let earliest = self.messages.first()?;
        let mut source = Source {
            first: None,
            count: 0,
            at: earliest.first,
            qos: 0,
            some_retained: false,
            all_retained: true,
            some_dup: false,
            some_again: false,
            will: false,
        };
        for (nth, message) in self.messages.iter().enumerate() {
            let published = message.origin == Origin::Publish;
            if published {
                source.first = source.first.or(Some(MessageId { group, nth: nth as u32 }));
            }
            source.count += u32::from(published);
            source.will |= !published;
            source.qos |= 1 << message.qos.min(2);
            source.some_retained |= message.retain;
            source.all_retained &= message.retain;
            source.some_dup |= message.dup;
            source.some_again |= message.qos == 1 && message.progress.repeated.is_some();
        }
        source.count += u32::from(self.partial);
        Some(source)
    }
}

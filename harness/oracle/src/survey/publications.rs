//! Application messages that were given to the broker, with their exchanges: which copies, released, acknowledged or refused.
//! A message that is sent again within its exchange is one message; the same payload in a new exchange is another one.

use std::collections::BTreeMap;

use bytes::Bytes;
use deadzone_history::ConnId;
use deadzone_wire::{Ack, AckKind, PropertyId, Publish, Will};

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

/// One message.
#[derive(Clone, Debug)]
pub(crate) struct Publication<'h> {
    pub(crate) origin: Origin,
    /// Who published it.
    pub(crate) client: usize,
    /// On which connection it first came.
    pub(crate) conn: ConnId,
    pub(crate) qos: u8,
    pub(crate) retain: bool,
    /// Topic Name, aliases resolved; empty where the alias was unknown.
    pub(crate) topic: Bytes,
    pub(crate) payload: &'h Bytes,
    /// Message Expiry Interval, seconds.
    pub(crate) expiry_s: Option<u32>,
    /// Where the broker was given its copies, the first one included. Never empty.
    pub(crate) copies: Vec<u64>,
    /// Where it was given PUBREL.
    pub(crate) releases: Vec<u64>,
    /// Where its first PUBACK or PUBREC of success was seen.
    pub(crate) accepted: Option<u64>,
    /// Where its PUBACK or PUBCOMP was seen: the broker is done with the publisher.
    pub(crate) completed: Option<u64>,
    /// Where the broker refused it with a Reason Code of 0x80 or more.
    pub(crate) refused: Option<u64>,
}

impl Publication<'_> {
    /// Where it was first given.
    pub(crate) fn first(&self) -> u64 {
        self.copies.first().copied().unwrap_or_default()
    }

    /// The last thing that the publisher gave in this exchange beyond one PUBLISH and one PUBREL, between two events.
    pub(crate) fn repeated_between(&self, after: u64, before: u64) -> Option<u64> {
        let again = |list: &[u64]| list.iter().skip(1).rev().find(|s| **s > after && **s < before).copied();
        again(&self.copies).max(again(&self.releases))
    }
}

/// All of them.
#[derive(Debug, Default)]
pub(crate) struct Publications<'h> {
    pub(crate) list: Vec<Publication<'h>>,
    by_payload: BTreeMap<&'h [u8], Vec<usize>>,
    latest: BTreeMap<(usize, u16), usize>,
    aliases: BTreeMap<(ConnId, u32), Bytes>,
}

impl<'h> Publications<'h> {
    pub(crate) fn with_payload(&self, payload: &[u8]) -> impl Iterator<Item = &Publication<'h>> {
        self.by_payload.get(payload).into_iter().flatten().filter_map(|index| self.list.get(*index))
    }

    pub(super) fn given(&mut self, seq: u64, client: usize, conn: ConnId, publish: &'h Publish) {
        let topic = self.topic(conn, publish);
        if let Some(index) = publish.packet_id.and_then(|id| self.latest.get(&(client, id)))
            && let Some(latest) = self.list.get_mut(*index)
            && continues(latest, publish)
        {
            latest.copies.push(seq);
            return;
        }
        let id = publish.packet_id;
        self.add(Publication {
            origin: Origin::Publish,
            client,
            conn,
            qos: publish.qos,
            retain: publish.retain,
            topic,
            payload: &publish.payload,
            expiry_s: publish.properties.number(PropertyId::MessageExpiryInterval),
            copies: vec![seq],
            releases: Vec::new(),
            accepted: None,
            completed: None,
            refused: None,
        });
        if let Some(id) = id {
            self.latest.insert((client, id), self.list.len() - 1);
        }
    }

    /// A message of the harness's own took this id.
    pub(super) fn marker(&mut self, client: usize, publish: &Publish) {
        if let Some(id) = publish.packet_id {
            self.latest.remove(&(client, id));
        }
    }

    pub(super) fn will(
        &mut self,
        seq: u64,
        client: usize,
        conn: ConnId,
        will: &'h Will,
        qos: u8,
        retain: bool,
    ) {
        self.add(Publication {
            origin: Origin::Will {
                delay_s: will.properties.number(PropertyId::WillDelayInterval).unwrap_or(0),
            },
            client,
            conn,
            qos,
            retain,
            topic: will.topic.0.clone(),
            payload: &will.payload,
            expiry_s: will.properties.number(PropertyId::MessageExpiryInterval),
            copies: vec![seq],
            releases: Vec::new(),
            accepted: None,
            completed: None,
            refused: None,
        });
    }

    pub(super) fn released(&mut self, seq: u64, client: usize, id: u16) {
        if let Some(publication) = self.latest(client, id) {
            publication.releases.push(seq);
        }
    }

    pub(super) fn answered(&mut self, seq: u64, client: usize, ack: &Ack) {
        let Some(publication) = self.latest(client, ack.packet_id) else { return };
        let refused = ack.code() >= 0x80;
        match ack.kind {
            AckKind::Puback | AckKind::Pubrec if refused => publication.refused = Some(seq),
            AckKind::Puback => {
                publication.accepted.get_or_insert(seq);
                publication.completed.get_or_insert(seq);
            }
            AckKind::Pubrec => {
                publication.accepted.get_or_insert(seq);
            }
            AckKind::Pubcomp => {
                publication.completed.get_or_insert(seq);
            }
            AckKind::Pubrel => {}
        }
    }

    /// The client's session ended: its ids are free, and what it sends again is new.
    pub(super) fn forget(&mut self, client: usize) {
        let gone: Vec<(usize, u16)> =
            self.latest.range((client, 0)..=(client, u16::MAX)).map(|(key, _)| *key).collect();
        for key in gone {
            self.latest.remove(&key);
        }
    }

    fn latest(&mut self, client: usize, id: u16) -> Option<&mut Publication<'h>> {
        let index = *self.latest.get(&(client, id))?;
        self.list.get_mut(index)
    }

    fn add(&mut self, publication: Publication<'h>) {
        self.by_payload.entry(publication.payload.as_ref()).or_default().push(self.list.len());
        self.list.push(publication);
    }

    fn topic(&mut self, conn: ConnId, publish: &Publish) -> Bytes {
        let alias = publish.properties.number(PropertyId::TopicAlias);
        match alias {
            Some(alias) if publish.topic.is_empty() => {
                self.aliases.get(&(conn, alias)).cloned().unwrap_or_default()
            }
            Some(alias) => {
                self.aliases.insert((conn, alias), publish.topic.0.clone());
                publish.topic.0.clone()
            }
            None => publish.topic.0.clone(),
        }
    }
}

/// Whether this PUBLISH is a further copy of that message. QoS 2: the id is taken until PUBREL, whatever DUP says. QoS 1: a
/// receiver that has answered can't tell, so it is the sender who says it, by DUP.
fn continues(latest: &Publication<'_>, publish: &Publish) -> bool {
    let same = latest.qos == publish.qos && *latest.payload == publish.payload;
    same && match publish.qos {
        2 => latest.releases.is_empty(),
        _ => publish.dup,
    }
}

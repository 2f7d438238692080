//! Messages that must be there, each in one copy at least.

use bytes::Bytes;
use deadzone_wire::{Field, Packet, Value, first_wrong};

use super::sought::{Look, is_foreign};
use crate::client::Client;

/// Messages that must be there.
pub(in crate::player) struct Copies {
    pub(super) client: usize,
    fields: Vec<(Field, Value)>,
    /// Each payload with its first copy; any message where it is `None`.
    wanted: Vec<(Option<Bytes>, Option<u64>)>,
    /// How much of the inbox was looked at.
    looked_at: usize,
}

impl Copies {
    /// A copy of each payload; without any, one message of any payload.
    pub(in crate::player) fn of(client: usize, payloads: &[Bytes], fields: Vec<(Field, Value)>) -> Self {
        let wanted = match payloads {
            [] => vec![(None, None)],
            some => some.iter().map(|payload| (Some(payload.clone()), None)).collect(),
        };
        Self { client, fields, wanted, looked_at: 0 }
    }

    /// Whether all of them are there.
    pub(in crate::player) fn have_come(&mut self, client: &Client, run: &str) -> bool {
        matches!(self.look(client, run), Look::Found(..))
    }

    /// The payloads that it names.
    pub(super) fn payloads(&self) -> impl Iterator<Item = &Bytes> {
        self.wanted.iter().filter_map(|(payload, _)| payload.as_ref())
    }

    pub(super) fn look(&mut self, client: &Client, run: &str) -> Look {
        let new = client.inbox.since(self.looked_at);
        self.looked_at += new.len();
        for arrived in new.iter().filter(|a| !a.marker && !is_foreign(a.packet(), run)) {
            let packet = arrived.packet();
            let Packet::Publish(publish) = packet else { continue };
            if first_wrong(&self.fields, packet).is_some() {
                continue;
            }
            let means = |payload: &Option<Bytes>| payload.as_ref().is_none_or(|p| *p == publish.payload);
            for (_, copy) in self.wanted.iter_mut().filter(|(payload, _)| means(payload)) {
                copy.get_or_insert(arrived.seq);
            }
        }
        match self.wanted.iter().map(|(_, copy)| *copy).collect::<Option<Vec<u64>>>() {
            Some(by) => Look::Found(by, None),
            None if client.presence.live.is_none() => Look::NotConnected,
            None => Look::Nothing,
        }
    }
}

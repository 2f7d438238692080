//! QoS 2 exchanges that a client has begun: the identifiers between PUBLISH and PUBREL. Knows nothing of routing.

use std::{collections::BTreeMap, sync::Arc};

use crate::core::message::Message;

/// Identifiers received and not yet released. Kept in the session, because a replay comes on the *next* connection.
#[derive(Debug, Default)]
pub(crate) struct Inbound {
    open: BTreeMap<u16, Option<Arc<Message>>>,
    /// Completed exchanges; filled under one defect only, and bounded like `open`.
    released: BTreeMap<u16, Arc<Message>>,
}

/// What an arriving QoS 2 PUBLISH is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// The first copy.
    New,
    /// A copy of one that awaits its PUBREL, whatever its DUP says: DUP is no proof of anything.
    Known,
    /// More than the bound allows.
    TooMany,
}

/// What an arriving PUBREL releases.
#[derive(Debug)]
pub(crate) enum Release {
    /// An open exchange, with its message if that was held back.
    Open(Option<Arc<Message>>),
    /// Nothing that is open: a replay, or an identifier never used.
    Unknown(Option<Arc<Message>>),
}

impl Inbound {
    /// Classifies a QoS 2 PUBLISH. A new one still has to be [`Self::open`]ed.
    pub(crate) fn arrival(&self, id: u16, limit: u16) -> Arrival {
        if self.open.contains_key(&id) {
            Arrival::Known
        } else if self.open.len() >= usize::from(limit) {
            Arrival::TooMany
        } else {
            Arrival::New
        }
    }

    /// Remembers the identifier, and the message if it is to go onward only at PUBREL.
    pub(crate) fn open(&mut self, id: u16, held: Option<Arc<Message>>) {
        self.released.remove(&id);
        self.open.insert(id, held);
    }

    /// Forgets the identifier: after PUBREL the same one is a new message.
    pub(crate) fn release(&mut self, id: u16) -> Release {
        match self.open.remove(&id) {
            Some(held) => Release::Open(held),
            None => Release::Unknown(self.released.get(&id).cloned()),
        }
    }

    /// Keeps a released message, for the defect that sends it onward again.
    pub(crate) fn keep_released(&mut self, id: u16, message: Arc<Message>, limit: u16) {
        if self.released.len() < usize::from(limit) {
            self.released.insert(id, message);
        }
    }

    /// Forgets every open exchange, for the defect that keeps them on the connection.
    pub(crate) fn forget(&mut self) {
        self.open.clear();
    }

    /// Forgets the messages that wait for their PUBREL, and not that they do: a defect.
    pub(crate) fn lose_held(&mut self) {
        self.open.values_mut().for_each(|held| *held = None);
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.open.len()
    }
}

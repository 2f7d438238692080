//! What events name: clients, connections, ends, and other events.

use std::num::NonZeroU64;

use serde::{Deserialize, Serialize};

/// A network connection of the run, numbered from 0 in the order of opening, over all clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ConnId(pub u32);

/// A client: its index in [`Header::clients`](crate::Header::clients). The index behind the last one is the harness's own client. In a
/// link's record every connection is a client of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ClientIx(pub u32);

impl ClientIx {
    /// The index, for a list.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

impl From<usize> for ClientIx {
    fn from(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }
}

/// The number of an event that another event names. It is stored with 1 added, so that an optional one takes no more room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "u64", into = "u64")]
pub struct Seq(NonZeroU64);

impl Seq {
    /// The number, from 0.
    pub fn get(self) -> u64 {
        self.0.get() - 1
    }
}

impl From<u64> for Seq {
    fn from(seq: u64) -> Self {
        Self(NonZeroU64::MIN.saturating_add(seq))
    }
}

impl From<Seq> for u64 {
    fn from(seq: Seq) -> Self {
        seq.get()
    }
}

/// Where a thing was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum End {
    /// Where the client has it.
    Client,
    /// Where the broker has it: given to it (up) or read from it (down).
    Broker,
}

/// How a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Close {
    /// Orderly.
    Fin,
    /// Reset, or lost without a word where `end` is the client's.
    Rst,
}

/// Who ended it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// The scripted client or the link.
    Harness,
    /// The broker.
    Broker,
}

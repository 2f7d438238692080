//! What a link tells its caller to do. Knows nothing of why.

use bytes::Bytes;

use crate::Note;

/// One connection through a link. Numbers are the caller's and never repeat within a link; a newer one is higher.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PathId(pub u32);

/// What the caller must do, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Write these bytes to the broker.
    ToBroker(Bytes),
    /// Hand these bytes to the client.
    ToClient(Bytes),
    /// Shut down writing towards the broker; go on reading it.
    FinToBroker,
    /// Reset the broker's connection.
    RstToBroker,
    /// The client sees an orderly end of stream.
    FinToClient,
    /// The client sees a reset.
    RstToClient,
    /// Write this to the record.
    Note(Note),
}

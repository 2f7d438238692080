//! The link between two brokers of a target: what a script may have happen to it, and what is heard of it meanwhile. Must not know
//! how it is carried.

use bytes::Bytes;
use deadzone_history::{By, Close, Direction, End};
use deadzone_link::{LinkStep, Note};
use deadzone_wire::Version;
use tokio::sync::mpsc::UnboundedReceiver;

/// Something that happened on the bridge's link. Its connections are numbered over the life of the target.
#[derive(Clone, Debug)]
pub enum BridgeEvent {
    /// There is such a connection. What the second broker said of its version; absent before its CONNECT.
    Open {
        /// Which.
        number: u64,
        /// As its CONNECT says.
        version: Option<Version>,
    },
    /// Bytes passed an end: whole packets, but for what is left at an end of the stream.
    Bytes {
        /// Of which connection.
        number: u64,
        /// Which way. Up is from the second broker to the first.
        direction: Direction,
        /// At which end. The client's is the second broker's.
        end: End,
        /// What passed.
        bytes: Bytes,
    },
    /// The link says something, of a connection or of itself.
    Note {
        /// Which connection, if any.
        number: Option<u64>,
        /// What.
        note: Note,
    },
    /// One end closed.
    Closed {
        /// Of which connection.
        number: u64,
        /// At which end.
        end: End,
        /// By the first broker, or otherwise.
        by: By,
        /// How.
        how: Close,
    },
}

/// The link of a bridge, as one performance has it.
pub trait Bridge {
    /// What happens from here on, beginning with the connections that there are. One listens at a time.
    fn listen(&self) -> UnboundedReceiver<BridgeEvent>;
    /// Has this happen, now or when its trigger says so.
    fn step(&self, step: LinkStep);
    /// Ends every effect. What waited for its packet says that it never happened.
    fn restore(&self);
}

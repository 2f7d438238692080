//! One thing that happened.

use deadzone_link::Note;
use deadzone_spec::Node;
use serde::{Deserialize, Serialize};

use crate::{
    Abandon, By, Claim, ClientIx, Close, ConnId, End, Ended, Fragment, History, Late, OpenError, PacketEvent,
    Skipped, StepEvent, TargetEvent, Unframed,
};

/// One entry of a history. It stays small, since a run may have a million: what is seldom or large is boxed.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its number, from 0, without gaps.
    pub seq: u64,
    /// Microseconds since the start of the run; never goes back.
    pub at_us: u64,
    /// What happened.
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventKind {
    /// A transport connection was made for a client.
    Opened {
        /// The new connection.
        conn: ConnId,
        /// Whose.
        client: ClientIx,
        /// At which of the target's nodes.
        #[serde(default, skip_serializing_if = "Node::is_first")]
        node: Node,
    },
    /// The connection became a WebSocket.
    Upgraded {
        /// Which connection.
        conn: ConnId,
        /// The subprotocol that the target chose; empty: none.
        subprotocol: Box<str>,
    },
    /// A connection could not be made.
    OpenFailed {
        /// Whose.
        client: ClientIx,
        /// Why.
        why: OpenError,
    },
    /// A complete packet. Up at the broker's end it is appended before the write that completes it, down when it was read.
    #[serde(skip)]
    Packet(PacketEvent),
    /// An incomplete one at the end of a stream.
    Fragment(Box<Fragment>),
    /// A stream can't be framed any further.
    Unframed(Box<Unframed>),
    /// A packet too large to keep.
    Skipped(Box<Skipped>),
    /// One end of a connection closed. End broker by broker with FIN means: drained, everything that it sent was seen.
    /// End broker by harness means: this was given to the broker.
    Closed {
        /// Which connection.
        conn: ConnId,
        /// At which end.
        end: End,
        /// Who.
        by: By,
        /// How.
        how: Close,
    },
    /// Something happened to a link.
    Link {
        /// Whose.
        client: ClientIx,
        /// The connection concerned, if one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        conn: Option<ConnId>,
        /// What.
        #[serde(rename = "what")]
        note: Box<Note>,
    },
    /// A step's turn came.
    Step(Box<StepEvent>),
    /// Something became of the target.
    Target {
        /// What.
        what: TargetEvent,
    },
    /// The script claims something from here on.
    Claim(Box<Claim>),
    /// What a claim waited for is there.
    Met {
        /// The claim's number.
        claim: u32,
        /// Sequence numbers of the packets or closes that met it.
        by: Box<[u64]>,
        /// Whether it came in time.
        #[serde(default, skip_serializing_if = "Late::is_in_time")]
        late: Late,
    },
    /// A claim's wait met silence past its patience: the performance is parked.
    Parked {
        /// The claim's number.
        claim: u32,
    },
    /// A claim's wait ended without it.
    Unmet {
        /// The claim's number.
        claim: u32,
        /// How long it was waited for, µs.
        waited_us: u64,
        /// What ended the wait.
        why: Ended,
        /// The event that contradicts it, if one (the mismatching packet, the close).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        got: Option<u64>,
    },
    /// The experiment could not be carried on: what comes later was not performed.
    Abandoned {
        /// Step's number.
        step: u32,
        /// Why.
        why: Abandon,
    },
    /// The watch for late, unwanted messages at the end was carried out for this long, µs.
    Grace {
        /// How long.
        us: u64,
    },
    /// The harness itself was starved: its heartbeat came this late, ms.
    Starved {
        /// How late.
        ms: u64,
    },
    /// The machine's clocks went apart: it was suspended, or its time was set.
    ClockStep {
        /// By how much, ms.
        ms: i64,
    },
    /// From here on the target is cleaned up: recorded, not judged.
    Teardown,
    /// The clean-up did not come to its end: the target may not be as it was found.
    TeardownFailed {
        /// What failed, for people.
        what: Box<str>,
    },
}

impl History {
    /// The event with this number, wherever the record begins.
    pub fn event(&self, seq: u64) -> Option<&Event> {
        let at = self.events.binary_search_by_key(&seq, |event| event.seq).ok()?;
        self.events.get(at)
    }
}

//! The ordered queue of a connection: whose turn it is, and what waits until the link has room.

use std::collections::VecDeque;

use bytes::Bytes;
use deadzone_history::Purpose;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::client::Command;

/// Commands and the bytes that they have not written yet.
pub(super) struct Turns {
    pub(super) queue: UnboundedReceiver<Command>,
    /// What the client has written and its link has no room for yet, in order.
    pub(super) unsent: VecDeque<(Bytes, Purpose)>,
    /// The turn of the command that wrote it is not over.
    pub(super) writing: bool,
    /// Commands behind it.
    pub(super) behind: VecDeque<Command>,
    /// No more commands can come.
    pub(super) orphaned: bool,
}

impl Turns {
    pub(super) fn new(queue: UnboundedReceiver<Command>) -> Self {
        Self { queue, unsent: VecDeque::new(), writing: false, behind: VecDeque::new(), orphaned: false }
    }

    /// How many commands were taken from the queue and did not have their turn.
    pub(super) fn waiting(&self) -> u64 {
        self.behind.len() as u64 + u64::from(self.writing)
    }
}

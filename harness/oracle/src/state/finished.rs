//! The order in which exchanges finished: the latest are remembered, for late answers and resends.

use std::collections::VecDeque;

/// So many finished exchanges of a session and direction are remembered.
const KEPT: usize = 1024;

/// Finished exchanges, the oldest first: packet id, and the event that finished it.
#[derive(Clone, Debug, Default)]
pub(super) struct Finished(VecDeque<(u16, u64)>);

impl Finished {
    /// An exchange with this id finished; the one whose turn to be forgotten has come, if the id did not finish again since.
    pub(super) fn push(&mut self, id: u16, seq: u64) -> Option<(u16, u64)> {
        self.0.push_back((id, seq));
        if self.0.len() <= KEPT { None } else { self.0.pop_front() }
    }
}

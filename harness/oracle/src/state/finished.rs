//! The order in which exchanges finished: the latest are remembered, for late answers and resends.

use std::collections::VecDeque;

/// So many finished exchanges of a session and direction are remembered.
const KEPT: usize = 1024;

/// Packet ids of finished exchanges, the oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Finished(VecDeque<u16>);

impl Finished {
    /// An exchange with this id finished; the id whose turn to be forgotten has come, unless it finished again since.
    pub(super) fn push(&mut self, id: u16) -> Option<u16> {
        self.0.push_back(id);
        if self.0.len() <= KEPT {
            return None;
        }
        self.0.pop_front().filter(|oldest| !self.0.contains(oldest))
    }
}

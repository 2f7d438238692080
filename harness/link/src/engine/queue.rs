//! Bytes and a close on their way through one direction, in order, each with the time it is due.
//! Knows nothing of packets, and nothing of why a lane behaves as it does.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

use super::effects::Lane;

/// How a stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Fin,
    Rst,
}

/// What travels.
#[derive(Debug)]
pub(super) enum Load {
    Bytes(Bytes),
    /// Bytes that are being gathered, and until when others may join them, µs.
    Gathered(BytesMut, u64),
    End(End),
}

/// One direction's waiting room. Only its front may leave, so no change of delay reorders.
#[derive(Debug, Default)]
pub(super) struct Queue {
    items: VecDeque<(u64, Load)>,
    bytes: usize,
}

impl Queue {
    /// Lets bytes in.
    pub(super) fn push(&mut self, now_us: u64, bytes: Bytes, lane: &Lane) {
        self.bytes += bytes.len();
        if lane.gather_us == 0 {
            let due = now_us.saturating_add(lane.delay_us);
            self.items.push_back((due, Load::Bytes(bytes)));
            return;
        }
        if let Some((_, Load::Gathered(batch, until))) = self.items.back_mut()
            && now_us < *until
        {
            batch.extend_from_slice(&bytes);
            return;
        }
        let until = now_us.saturating_add(lane.gather_us);
        let due = until.saturating_add(lane.delay_us);
        self.items.push_back((due, Load::Gathered(BytesMut::from(&bytes[..]), until)));
    }

    /// Lets a close in behind the bytes. It is never gathered, but waits for what is.
    pub(super) fn push_end(&mut self, now_us: u64, end: End, lane: &Lane) {
        let due = now_us.saturating_add(lane.delay_us);
        self.items.push_back((due, Load::End(end)));
    }

    /// Takes what is due, in order.
    pub(super) fn pop_due(&mut self, now_us: u64) -> Option<Load> {
        self.front_due_us().filter(|due| *due <= now_us)?;
        let (_, load) = self.items.pop_front()?;
        match &load {
            Load::Bytes(bytes) => self.bytes -= bytes.len(),
            Load::Gathered(batch, _) => self.bytes -= batch.len(),
            Load::End(_) => {}
        }
        Some(load)
    }

    /// When the front is due.
    pub(super) fn front_due_us(&self) -> Option<u64> {
        self.items.front().map(|(due, _)| *due)
    }

    /// Makes everything due by `now_us`.
    pub(super) fn hasten(&mut self, now_us: u64) {
        for (due, load) in &mut self.items {
            *due = (*due).min(now_us);
            if let Load::Gathered(_, until) = load {
                *until = (*until).min(now_us);
            }
        }
    }

    /// Throws everything away; how many bytes that was.
    pub(super) fn discard(&mut self) -> usize {
        self.items.clear();
        std::mem::take(&mut self.bytes)
    }

    /// How many bytes wait.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether neither bytes nor a close wait.
    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

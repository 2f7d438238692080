//! Bytes and a close on their way through one direction, in order, each with the time it is due.
//! Knows nothing of packets, and nothing of why a lane behaves as it does.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

use super::effects::Lane;
use crate::{
    Direction,
    model::{Modem, Served},
};

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

/// What the radio makes of bytes that enter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Travel {
    /// How long they travel to where they are served, µs.
    pub(super) us: u64,
    /// How many are served in one go.
    pub(super) go_bytes: usize,
}

impl Travel {
    /// No radio.
    pub(super) const NONE: Self = Self { us: 0, go_bytes: usize::MAX };
}

/// One direction's waiting room. Only its front may leave, so no change of delay reorders.
#[derive(Debug, Default)]
pub(super) struct Queue {
    items: VecDeque<(u64, Load)>,
    bytes: usize,
    /// When the radio has served the front; without one it goes when it is due.
    served_us: Option<u64>,
    /// The radio lost the front; its sender tries again then, µs. Meanwhile the radio is free for others.
    again_us: Option<u64>,
    /// The last thing left then, µs: nothing behind it leaves earlier.
    last_us: u64,
}

impl Queue {
    /// Lets bytes in that travel `travel_us` on top of the lane's delay, in pieces that the radio serves in one go.
    pub(super) fn push(&mut self, now_us: u64, mut bytes: Bytes, lane: &Lane, travel: Travel) {
        self.bytes += bytes.len();
        if lane.gather_us == 0 {
            let due = now_us.saturating_add(lane.delay_us).saturating_add(travel.us);
            while bytes.len() > travel.go_bytes {
                self.items.push_back((due, Load::Bytes(bytes.split_to(travel.go_bytes))));
            }
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
        let due = until.saturating_add(lane.delay_us).saturating_add(travel.us);
        self.items.push_back((due, Load::Gathered(BytesMut::from(&bytes[..]), until)));
    }

    /// Lets a close in behind the bytes. It is never gathered, but waits for what is.
    pub(super) fn push_end(&mut self, now_us: u64, end: End, lane: &Lane, travel: Travel) {
        let due = now_us.saturating_add(lane.delay_us).saturating_add(travel.us);
        self.items.push_back((due, Load::End(end)));
    }

    /// Takes what is due, in order.
    pub(super) fn pop_due(&mut self, now_us: u64) -> Option<Load> {
        self.front_due_us().filter(|due| *due <= now_us)?;
        self.last_us = self.front_due_us()?;
        self.served_us = None;
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
        self.items.front().map(|(due, _)| self.served_us.or(self.again_us).unwrap_or(*due).max(self.last_us))
    }

    /// Has the radio serve the front as soon as it is there, once: when it leaves, or is tried again, is fixed from then
    /// on. Not earlier: whoever comes first is served first, on whichever path and direction. What kept it, if it was
    /// served now.
    pub(super) fn serve(&mut self, now_us: u64, modem: &mut Modem, direction: Direction) -> Option<Served> {
        let (due_us, load) = self.items.front()?;
        let from_us = self.again_us.unwrap_or(*due_us).max(self.last_us);
        if self.served_us.is_some() || now_us < from_us {
            return None;
        }
        let bytes = match load {
            Load::Bytes(bytes) => bytes.len(),
            Load::Gathered(batch, _) => batch.len(),
            Load::End(End::Fin) => 0,
            // A reset is the link's own doing: it waits for nothing.
            Load::End(End::Rst) => return None,
        };
        let served = modem.serve(from_us, direction, bytes);
        self.again_us = served.again_us;
        self.served_us = self.again_us.is_none().then_some(served.leaves_us);
        Some(served)
    }

    /// The radio is another one: the front is served anew, from `now_us` at the earliest.
    pub(super) fn serve_anew(&mut self, now_us: u64) {
        if self.served_us.take().is_some() | self.again_us.take().is_some() {
            self.last_us = self.last_us.max(now_us);
        }
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
        (self.served_us, self.again_us) = (None, None);
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

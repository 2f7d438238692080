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

impl Load {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Gathered(batch, _) => batch.len(),
            Self::End(_) => 0,
        }
    }
}

/// What the radio makes of bytes that enter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Travel {
    /// The radio is ready for them then, µs; in the past if it is.
    pub(super) ready_us: u64,
    /// How long they travel to where they are served, µs.
    pub(super) us: u64,
    /// How many are served in one go.
    pub(super) go_bytes: usize,
}

impl Travel {
    /// No radio.
    pub(super) const NONE: Self = Self { ready_us: 0, us: 0, go_bytes: usize::MAX };
}

/// Something on its way.
#[derive(Debug)]
struct Item {
    /// It is where it is served, or leaves, µs.
    due_us: u64,
    /// Without any fault it would be then, µs.
    bare_us: u64,
    /// The radio is ready for it then, µs.
    ready_us: u64,
    load: Load,
}

impl Item {
    /// Of what enters now and waits for a fault as long.
    fn new(now_us: u64, faults_us: u64, travel: Travel, load: Load) -> Self {
        let bare_us = now_us.max(travel.ready_us).saturating_add(travel.us);
        Self { due_us: bare_us.saturating_add(faults_us), bare_us, ready_us: travel.ready_us, load }
    }
}

/// One direction's waiting room. Only its front may leave, so no change of delay reorders.
#[derive(Debug, Default)]
pub(super) struct Queue {
    items: VecDeque<Item>,
    bytes: usize,
    /// When the radio has served the front, and in which turn; without a radio it goes when it is due.
    served: Option<(u64, u64)>,
    /// The radio lost the front, or will lose it, in this turn; its sender tries again then, µs. Meanwhile the radio is free
    /// for others.
    again: Option<(u64, u64)>,
    /// The last thing left then, µs: nothing behind it leaves earlier.
    last_us: u64,
}

impl Queue {
    /// Lets bytes in that travel on top of the lane's delay, in pieces that the radio serves in one go.
    pub(super) fn push(&mut self, now_us: u64, mut bytes: Bytes, lane: &Lane, travel: Travel) {
        self.bytes += bytes.len();
        if lane.gather_us == 0 {
            let mut put =
                |piece| self.items.push_back(Item::new(now_us, lane.delay_us, travel, Load::Bytes(piece)));
            while bytes.len() > travel.go_bytes {
                put(bytes.split_to(travel.go_bytes));
            }
            put(bytes);
            return;
        }
        let item = Item::new(now_us, 0, travel, Load::End(End::Fin));
        if let Some(Item { load: Load::Gathered(batch, until), bare_us, .. }) = self.items.back_mut()
            && now_us < *until
        {
            *bare_us = item.bare_us.max(*bare_us);
            batch.extend_from_slice(&bytes);
            return;
        }
        let load = Load::Gathered(BytesMut::from(&bytes[..]), now_us.saturating_add(lane.gather_us));
        let faults_us = lane.gather_us.saturating_add(lane.delay_us);
        self.items.push_back(Item::new(now_us, faults_us, travel, load));
    }

    /// Lets a close in behind the bytes. It is never gathered, but waits for what is.
    pub(super) fn push_end(&mut self, now_us: u64, end: End, lane: &Lane, travel: Travel) {
        self.items.push_back(Item::new(now_us, lane.delay_us, travel, Load::End(end)));
    }

    /// Takes what is due, in order, with when it leaves.
    pub(super) fn pop_due(&mut self, now_us: u64) -> Option<(u64, Load)> {
        self.last_us = self.front_due_us().filter(|due_us| *due_us <= now_us)?;
        self.served = None;
        let load = self.items.pop_front()?.load;
        self.bytes -= load.len();
        Some((self.last_us, load))
    }

    /// When the front is due.
    pub(super) fn front_due_us(&self) -> Option<u64> {
        let known = self.served.or(self.again);
        self.items.front().map(|item| known.map_or(item.due_us, |(us, _)| us).max(self.last_us))
    }

    /// Has the radio serve the front as soon as it is there, once: when it leaves, or is tried again, is fixed from then
    /// on. Not earlier: what comes first is served first, on whichever path and direction. What kept it, if it was
    /// served now.
    pub(super) fn serve(&mut self, now_us: u64, modem: &mut Modem, direction: Direction) -> Option<Served> {
        let front = self.items.front()?;
        let from_us = self.again.map_or(front.due_us, |(us, _)| us).max(self.last_us);
        // A reset is the link's own doing: it waits for nothing.
        if self.served.is_some() || now_us < from_us || matches!(front.load, Load::End(End::Rst)) {
            return None;
        }
        let served = modem.serve(from_us, direction, front.load.len());
        self.again = served.again_us.map(|us| (us, served.turn));
        self.served = self.again.is_none().then_some((served.leaves_us, served.turn));
        Some(served)
    }

    /// The radio is another one, or none: what it has not finished is served anew, from `now_us` at the earliest.
    pub(super) fn serve_anew(&mut self, now_us: u64) {
        let unfinished = self.served.take_if(|(us, _)| *us > now_us).is_some();
        if unfinished | self.again.take().is_some() {
            self.last_us = self.last_us.max(now_us);
        }
        // What is finished has nothing to give back, and another radio counts its turns from 1 again.
        if let Some((_, turn)) = &mut self.served {
            *turn = 0;
        }
    }

    /// What waits here goes on now, and not as if it had gone on before.
    pub(super) fn not_before(&mut self, now_us: u64) {
        self.last_us = self.last_us.max(now_us);
    }

    /// No fault delays anything any more. A radio still does.
    pub(super) fn hasten(&mut self, now_us: u64) {
        for item in &mut self.items {
            item.due_us = item.due_us.min(item.bare_us.max(now_us));
            if let Load::Gathered(_, until) = &mut item.load {
                *until = (*until).min(now_us);
            }
        }
    }

    /// The radio is ready at `ready_us`: what waits for it and for nothing else goes on so much sooner.
    pub(super) fn awake(&mut self, ready_us: u64) {
        for item in &mut self.items {
            let sooner_us = item.ready_us.saturating_sub(ready_us);
            item.ready_us -= sooner_us;
            item.due_us -= sooner_us;
            item.bare_us -= sooner_us;
        }
    }

    /// Throws everything away; how many bytes that was. The radio need not finish what it serves.
    pub(super) fn discard(&mut self, now_us: u64, modem: Option<&mut Modem>) -> usize {
        self.items.clear();
        // One of them at most.
        let turn = self.served.take().or_else(|| self.again.take());
        if let (Some((_, turn)), Some(modem)) = (turn, modem) {
            modem.give_back(now_us, Some(turn));
        }
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

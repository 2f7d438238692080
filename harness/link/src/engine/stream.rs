//! One direction of one path: what its sender wrote, and what of it still travels.
//! Does not know the other direction, and not what happens at the other end.

use bytes::Bytes;

use super::{
    effects::Lane,
    queue::{End, Queue, Travel},
    scanner::Scanner,
};
use crate::{Direction, model::Modem};

/// One direction's stream.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) scanner: Scanner,
    pub(super) queue: Queue,
    /// Something was lost in a black hole: nothing behind it may arrive.
    dead: bool,
    lost: u64,
    lost_unreported: bool,
    /// Bytes that came when they were not taken any more.
    ignored: u64,
    /// What the sender writes from now on is consumed and goes nowhere.
    pub(super) sealed: bool,
    /// The sender's end is gone: nothing more is written.
    pub(super) ended: bool,
    /// How the other end saw it end.
    pub(super) arrived: Option<End>,
}

impl Stream {
    pub(super) fn new(direction: Direction) -> Self {
        Self {
            scanner: Scanner::new(direction),
            queue: Queue::default(),
            dead: false,
            lost: 0,
            lost_unreported: false,
            ignored: 0,
            sealed: false,
            ended: false,
            arrived: None,
        }
    }

    /// Bytes travel, or are lost.
    pub(super) fn send(&mut self, now_us: u64, bytes: Bytes, lane: &Lane, travel: Travel) {
        if self.dead || lane.dark {
            self.dead = true;
            self.lost += bytes.len() as u64;
            self.lost_unreported = true;
        } else {
            self.queue.push(now_us, bytes, lane, travel);
        }
    }

    /// The sender's close travels, or is lost; whether it will arrive.
    pub(super) fn send_end(&mut self, now_us: u64, end: End, lane: &Lane, travel: Travel) -> bool {
        self.dead |= lane.dark;
        if !self.dead {
            self.queue.push_end(now_us, end, lane, travel);
        }
        !self.dead
    }

    /// Its sender goes on although it was sealed or has ended.
    pub(super) fn ignore(&mut self, bytes: usize) {
        self.ignored += bytes as u64;
    }

    /// Bytes that came in while nothing can come out; `None` where something may.
    pub(super) fn blind(&self, lane: &Lane) -> Option<u64> {
        if self.sealed || self.ended {
            return Some(self.ignored);
        }
        if self.dead || lane.dark {
            return Some(self.lost);
        }
        lane.held.then_some((self.queue.bytes() + self.scanner.withheld()) as u64)
    }

    /// Nothing more of it arrives: the path is forgotten on the way.
    pub(super) fn die(&mut self) {
        self.dead = true;
    }

    /// These bytes came to where their path is not known any more, and so will all that is behind them.
    pub(super) fn swallow(&mut self, bytes: usize, now_us: u64, modem: Option<&mut Modem>) {
        let bytes = bytes + self.queue.discard(now_us, modem);
        self.dead = true;
        self.lost += bytes as u64;
        self.lost_unreported |= bytes > 0;
    }

    /// The total that black holes took, if it has grown since this was last asked.
    pub(super) fn lost(&mut self) -> Option<u64> {
        std::mem::take(&mut self.lost_unreported).then_some(self.lost)
    }

    /// Seals the stream and throws away what still travels; how many bytes that was.
    pub(super) fn discard(&mut self, now_us: u64, modem: Option<&mut Modem>) -> u64 {
        self.sealed = true;
        (self.queue.discard(now_us, modem) + self.scanner.abandon()) as u64
    }
}

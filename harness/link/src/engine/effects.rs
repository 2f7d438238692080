//! The effects in force on a modem. Knows no path: what comes through later is treated by what stands here then.

use crate::{Direction, Way};

/// The effects on one direction.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Lane {
    /// A black hole is on.
    pub(super) dark: bool,
    /// Bytes are held.
    pub(super) held: bool,
    /// Most bytes of one delivery; `None` does not slice.
    pub(super) slice: Option<u32>,
    /// How long bytes are gathered, µs; 0 does not gather.
    pub(super) gather_us: u64,
    /// Propagation delay added, µs.
    pub(super) delay_us: u64,
}

/// The effects on both directions.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Effects {
    up: Lane,
    down: Lane,
}

impl Effects {
    pub(super) fn lane(&self, direction: Direction) -> &Lane {
        match direction {
            Direction::Up => &self.up,
            Direction::Down => &self.down,
        }
    }

    /// Changes every lane that `way` covers.
    pub(super) fn change(&mut self, way: Way, change: impl Fn(&mut Lane)) {
        if way.covers(Direction::Up) {
            change(&mut self.up);
        }
        if way.covers(Direction::Down) {
            change(&mut self.down);
        }
    }
}

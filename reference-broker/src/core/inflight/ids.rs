//! Which packet identifier comes next. Knows nothing of exchanges beyond which identifiers they use.

use crate::{Config, Defect, Variant};

/// Every so many identifiers one is given again under [`Defect::PacketIdReusedSometimes`].
const GIVEN: u32 = 4;

/// The identifiers of one session's outbound exchanges.
#[derive(Debug, Default)]
pub(super) struct Ids {
    last: u16,
    /// How many were given; for defects.
    given: u32,
    /// How many messages had to wait; for a defect.
    waits: u32,
}

impl Ids {
    /// The next identifier that no unfinished exchange uses; never 0.
    pub(super) fn next(&mut self, used: &dyn Fn(u16) -> bool, config: &Config) -> Option<u16> {
        self.given = self.given.wrapping_add(1);
        if config.has(Defect::PacketIdReusedInFlight) {
            self.last = self.last % 2 + 1;
            return Some(self.last);
        }
        if config.has(Defect::PacketIdZero) && self.given == 1 {
            return Some(0);
        }
        if config.has(Defect::PacketIdReusedSometimes) && self.given.is_multiple_of(GIVEN) && used(self.last)
        {
            return Some(self.last);
        }
        if config.varies(Variant::LowestFreePacketId) {
            return (1..=u16::MAX).find(|id| !used(*id));
        }
        for _ in 0..u16::MAX {
            self.last = self.last.checked_add(1).unwrap_or(1);
            if !used(self.last) {
                return Some(self.last);
            }
        }
        None
    }

    /// Counts a message that has to wait; `true` for the first, the third and so on.
    pub(super) fn is_odd_wait(&mut self) -> bool {
        self.waits = self.waits.wrapping_add(1);
        self.waits % 2 == 1
    }
}

//! A radio that goes to sleep: what wakes it up, and when it is ready. Knows no bytes and no profile but its own.

use super::{fixed, rng_stream::RngStream, shape::IdleShape};
use crate::Direction;

/// Its state.
#[derive(Debug)]
pub(crate) struct Idle {
    pub(crate) rng: RngStream,
    /// The last time that something was under way, µs.
    active_us: u64,
    /// It is paged then, and a promotion begins, µs.
    paged_us: u64,
    /// The promotion ends then, µs.
    awake_us: u64,
}

impl Idle {
    pub(crate) fn new(rng: RngStream, now_us: u64) -> Self {
        Self { rng, active_us: now_us, paged_us: now_us, awake_us: now_us }
    }

    /// Something goes on until then.
    pub(crate) fn busy(&mut self, until_us: u64) {
        self.active_us = self.active_us.max(until_us);
    }

    /// It has something to do: when it is ready, and when it wakes up for what waited for it, if it does so by itself.
    pub(crate) fn ready(
        &mut self,
        now_us: u64,
        direction: Direction,
        shape: Option<IdleShape>,
    ) -> (u64, Option<u64>) {
        match shape {
            Some(idle) if now_us > self.active_us + idle.after_us && now_us >= self.awake_us => {
                self.promote(now_us, direction, idle)
            }
            _ if direction == Direction::Up && now_us < self.paged_us => {
                // What has something to send does not wait until it is paged.
                let before_us = self.awake_us;
                self.awake_us = now_us + (before_us - self.paged_us);
                self.paged_us = now_us;
                if self.active_us == before_us {
                    self.active_us = self.awake_us;
                }
                (self.awake_us, Some(self.awake_us))
            }
            _ => {
                self.busy(now_us);
                (now_us.max(self.awake_us), None)
            }
        }
    }

    fn promote(&mut self, now_us: u64, direction: Direction, idle: IdleShape) -> (u64, Option<u64>) {
        let promotion_us = self.rng.decide(|draw| {
            let deviation = draw.normal();
            fixed::times_exp(idle.promotion_us, fixed::mul(idle.sigma, deviation))
        });
        let paging_us = self.rng.decide(|draw| draw.even(0, idle.paging_us));
        if direction == Direction::Up {
            (self.paged_us, self.awake_us) = (now_us, now_us + promotion_us);
            self.active_us = self.awake_us;
            return (self.awake_us, Some(self.awake_us));
        }
        if let Some(wakes_us) = idle.wakes_us(self.active_us, now_us) {
            return (wakes_us + promotion_us, None);
        }
        (self.paged_us, self.awake_us) = (now_us + paging_us, now_us + paging_us + promotion_us);
        self.active_us = self.awake_us;
        (self.awake_us, None)
    }
}

//! Every time-out of a performance, in one table, with what scaling and slow links do to them.

use deadzone_link::Catalogue;
use deadzone_script::Scenario;

/// How many answers that take as long as they may fit into the scenario's deadline.
const WAITS: u64 = 8;
/// Of the long bound this much is not added to a long `within`: what an ordinary wait spends before it is parked, ms.
const BEFORE_PARKING_MS: u64 = 10_000;

/// Every time-out of a scenario, in ms before scaling.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// Factor on all of them but the long bound, 1.0 by default.
    pub scale: f64,
    /// After how long an answer is slow, where the script says nothing.
    pub within_ms: u64,
    /// After how long a wait that met silence is parked.
    pub patience_ms: u64,
    /// How long a parked wait lasts in all; it is never scaled.
    pub long_bound_ms: u64,
    /// Nothing is parked: a silence that reaches its patience stays unconfirmed.
    pub quick: bool,
    /// For a connection, waiting for `restore` included.
    pub connect_ms: u64,
    /// For the whole walk, without the time in which it is parked or in a slow wait.
    pub scenario_ms: u64,
    /// Most time of slow waits, before they are parked, that the walk's deadline does not count; it is never scaled.
    pub slow_ms: u64,
    /// The watch for late, unwanted messages at the end.
    pub grace_ms: u64,
    /// What the target's nodes take to learn of each other; it is never scaled.
    pub settle_ms: u64,
    /// For leaving the target as it was found.
    pub teardown_ms: u64,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            scale: 1.0,
            within_ms: 2_000,
            patience_ms: 10_000,
            long_bound_ms: 60_000,
            quick: false,
            connect_ms: 5_000,
            scenario_ms: 30_000,
            slow_ms: 300_000,
            grace_ms: 250,
            settle_ms: 1_000,
            teardown_ms: 3_000,
        }
    }
}

impl Timing {
    /// A time of the script or of this table, scaled, µs.
    pub(crate) fn scaled_us(&self, ms: u64) -> u64 {
        (ms as f64 * 1000.0 * self.scale) as u64
    }

    /// How patient a wait is, µs: its `within` from the script, or the default.
    pub(crate) fn bounds(&self, within_ms: Option<u64>) -> Bounds {
        let within_us = self.scaled_us(within_ms.unwrap_or(self.within_ms));
        let long_us = self.long_bound_ms * 1000;
        let beyond_us = long_us.saturating_sub(BEFORE_PARKING_MS * 1000);
        let long_us = long_us.max(within_us + beyond_us);
        let patience_us = within_us.max(self.scaled_us(self.patience_ms)).min(long_us);
        Bounds { within_us, patience_us, long_us }
    }

    /// Every time-out, longer by what the scenario's profiles may cost: a slow link is no fault of the target.
    #[must_use]
    pub fn over_radio(self, scenario: &Scenario, profiles: &Catalogue) -> Self {
        let of = |name: &str| {
            let names = name.split('+').filter_map(|part| profiles.find(part).ok());
            names.map(deadzone_link::Profile::patience_us).sum::<u64>()
        };
        let extra_ms = scenario.profiles().into_iter().map(of).max().unwrap_or(0).div_ceil(1000);
        Self {
            within_ms: self.within_ms + extra_ms,
            patience_ms: self.patience_ms + extra_ms,
            connect_ms: self.connect_ms + extra_ms,
            scenario_ms: self.scenario_ms + WAITS * extra_ms,
            grace_ms: self.grace_ms + extra_ms.min(10_000),
            ..self
        }
    }
}

/// The three times of a wait, µs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// After this an answer is slow.
    pub(crate) within_us: u64,
    /// After this much silence it is parked.
    pub(crate) patience_us: u64,
    /// After this much silence it ends.
    pub(crate) long_us: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_long_bound_is_never_scaled_and_never_shorter_than_the_patience() {
        let bounds = |scale, within_ms| Timing { scale, ..Timing::default() }.bounds(within_ms);
        let us = |within: u64, patience: u64, long: u64| Bounds {
            within_us: within * 1_000_000,
            patience_us: patience * 1_000_000,
            long_us: long * 1_000_000,
        };
        assert_eq!(bounds(1.0, None), us(2, 10, 60));
        assert_eq!(bounds(4.0, None), us(8, 40, 60));
        assert_eq!(bounds(8.0, None), us(16, 66, 66), "the patience ends with the long bound at the latest");
        assert_eq!(bounds(1.0, Some(30_000)), us(30, 30, 80), "`within` and 50 s more");
    }
}

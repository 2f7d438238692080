//! How many scenarios must be judged, so that a broker that suddenly offers less does not turn green.

use crate::Tier;

/// The least for each tier that has one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Floor {
    pub(super) smoke: Option<usize>,
    pub(super) full: Option<usize>,
    pub(super) long: Option<usize>,
}

impl Floor {
    /// One number, for all but the smallest tier.
    pub(super) fn whole(least: usize) -> Self {
        Self { smoke: None, full: Some(least), long: Some(least) }
    }

    /// That of a tier.
    pub(super) fn of(self, tier: Tier) -> Option<usize> {
        match tier {
            Tier::Smoke => self.smoke,
            Tier::Full => self.full,
            Tier::Long => self.long,
        }
    }
}

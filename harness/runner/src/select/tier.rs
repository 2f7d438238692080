//! Tiers: how much of the suite, by how long one may wait for it.

use std::{fmt, str::FromStr};

use deadzone_script::Scenario;

/// How much of the suite runs. Each tier holds all of the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Seconds, for every push: what is tagged `smoke`.
    Smoke,
    /// Everything but what is tagged `long`.
    Full,
    /// Everything.
    Long,
}

/// The tag of what is in every tier.
const SMOKE: &str = "smoke";
/// The tag of what lasts longer in real time than all others together.
const LONG: &str = "long";

impl Tier {
    /// Every tier, the smallest first.
    pub const ALL: [Self; 3] = [Self::Smoke, Self::Full, Self::Long];

    /// The smallest tier that a scenario belongs to. What is tagged both is long: a tag promises no time.
    pub fn of(scenario: &Scenario) -> Self {
        let tagged = |tag| scenario.tags.iter().any(|known| known == tag);
        match (tagged(LONG), tagged(SMOKE)) {
            (true, _) => Self::Long,
            (false, true) => Self::Smoke,
            (false, false) => Self::Full,
        }
    }

    /// Whether a scenario belongs to it.
    pub fn holds(self, scenario: &Scenario) -> bool {
        Self::of(scenario) <= self
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Smoke => "smoke",
            Self::Full => "full",
            Self::Long => "long",
        }
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Tier {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|tier| tier.name().eq_ignore_ascii_case(word));
        found.ok_or_else(|| "expected smoke, full or long".to_owned())
    }
}

//! What comes out of a profile, seen from outside the link, against what its numbers ask for. Asked values are computed
//! with floating-point mathematics that the model does not use.

mod seldom;
mod stream;
mod trips;
mod waves;

use deadzone_link::{Catalogue, Identity, Profile};

/// The profiles that the command carries.
pub(crate) fn catalogue() -> Catalogue {
    let profiles = deadzone_scenarios::profiles().iter().copied();
    Catalogue::new(profiles, deadzone_scenarios::traces().iter().copied()).expect("the profiles are sound")
}

/// Who draws.
fn identity(link: &str) -> Identity {
    Identity { seed: 0x5eed, scenario: "measure".to_owned(), link: link.to_owned() }
}

/// One line of the table.
pub(crate) struct Line {
    pub(crate) what: String,
    pub(crate) asked: f64,
    pub(crate) got: f64,
    pub(crate) unit: &'static str,
    pub(crate) source: String,
    /// So much `got` deviates by chance alone, for so many samples, in its unit.
    pub(crate) error: f64,
    /// This far off is never wrong, in its unit.
    pub(crate) least_off: f64,
}

impl Line {
    fn new(what: impl Into<String>, (asked, got): (f64, f64), unit: &'static str, error: f64) -> Self {
        Self { what: what.into(), asked, got, unit, source: String::new(), error, least_off: 0.0 }
    }

    /// With where the number comes from.
    fn from(self, profile: &Profile, key: &str) -> Self {
        let source = profile.numbers.get(key).map_or_else(|| "default".to_owned(), |n| n.source.clone());
        Self { source, ..self }
    }

    /// How far off, as a part of what was asked.
    pub(crate) fn off(&self) -> f64 {
        (self.got - self.asked).abs() / self.asked.max(1e-9)
    }

    /// Farther off than this part of what was asked.
    pub(crate) fn is_beyond(&self, part: f64) -> bool {
        (self.got - self.asked).abs() > (self.asked * part).max(self.least_off)
    }

    /// Farther off than chance explains: four deviations, and one percent because the model has whole microseconds and steps.
    pub(crate) fn is_no_chance(&self) -> bool {
        self.is_beyond(0.01 + 4.0 * self.error / self.asked.max(1e-9))
    }
}

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    /// Time of waves: delays and rates, s.
    pub(crate) seconds: u64,
    /// So many of what is counted: stalls, outages, hand-overs, losses.
    pub(crate) events: f64,
    /// Most messages that wait for a loss.
    pub(crate) messages: f64,
    /// Most bytes of one stream that is always full.
    pub(crate) bytes: f64,
}

/// The whole table of a profile.
pub(crate) fn table(profile: &Profile, extent: Extent) -> Vec<Line> {
    let mut lines = trips::round_trips(profile, extent.seconds);
    lines.extend(waves::delays(profile, extent.seconds));
    for direction in deadzone_link::Direction::BOTH {
        lines.extend(stream::stalls(profile, direction, extent.events));
        let rates = waves::rates(profile, direction, extent.seconds);
        lines.extend(stream::full(profile, direction, extent, &rates));
        lines.extend(waves::rate_lines(profile, direction, &rates));
    }
    lines.extend(seldom::seldom(profile, extent));
    lines
}

/// The profile without these sections.
fn without(profile: &Profile, sections: &[&str]) -> Profile {
    let mut bare = profile.clone();
    bare.numbers.retain(|key, _| !sections.iter().any(|section| key.starts_with(&format!("{section}."))));
    bare
}

/// The value that this part of a sorted list does not exceed.
pub(crate) fn quantile(sorted: &[u64], part: f64) -> f64 {
    sorted.get(((sorted.len() as f64 - 1.0) * part) as usize).map_or(0.0, |v| *v as f64)
}

/// How much a quantile of so many independent samples deviates, where they are distributed as `asked` is.
fn quantile_error(asked: &[u64], part: f64, samples: f64) -> f64 {
    let off = (part * (1.0 - part) / samples.max(1.0)).sqrt();
    (quantile(asked, (part + off).min(1.0)) - quantile(asked, (part - off).max(0.0))) / 2.0
}

/// Enough numbers for quantiles, by a generator that is not the model's.
struct Lcg(u64);

impl Lcg {
    fn even(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 11) as f64 + 0.5) / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (-2.0 * self.even().ln()).sqrt() * (std::f64::consts::TAU * self.even()).cos()
    }

    /// So many values of this, sorted.
    fn sorted(mut self, mut value: impl FnMut(&mut Self) -> u64) -> Vec<u64> {
        let mut values: Vec<u64> = (0..50_000).map(|_| value(&mut self)).collect();
        values.sort_unstable();
        values
    }
}

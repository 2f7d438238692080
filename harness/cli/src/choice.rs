//! What is chosen and how gently it is done: the options of every command that takes a filter.

use std::{path::PathBuf, time::Duration};

use clap::{Args, builder::FalseyValueParser};
use deadzone_runner::{Gentle, Selection, Tier};

/// Which scenarios.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ChoiceArgs {
    /// Which scenarios: id or the beginning of one (`qos2/interrupted`), glob (`qos2/**`), clause (`MQTT-4.3.3`, `4.3.3`,
    /// `5.0/MQTT-4.3.3-10`) or tag; `{a,b}` is either, `!long` takes away, `@5.0` behind it is one version only. Everything by default
    #[arg(value_name = "SELECT")]
    pub(crate) select: Vec<String>,
    /// How much of it: `smoke` (at most 10 s on a broker that passes), `full` (without what lasts long), `long` (all) [default:
    /// full on a real broker, long embedded, and whatever SELECT names]
    #[arg(long, env = "DEADZONE_TIER", value_name = "TIER")]
    pub(crate) tier: Option<Tier>,
    #[command(flatten)]
    pub(crate) own: OwnArgs,
}

impl ChoiceArgs {
    pub(crate) fn selection(&self, tier: Option<Tier>) -> Selection {
        Selection::new(self.select.clone()).within(tier)
    }
}

/// Scenarios of the user's.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct OwnArgs {
    /// Scenario files of your own and folders of them, beside the embedded suite
    #[arg(long = "scenarios", env = "DEADZONE_SCENARIOS", value_name = "FILE|DIR", value_delimiter = ',')]
    pub(crate) files: Vec<PathBuf>,
    /// Leave the embedded suite away
    #[arg(long, env = "DEADZONE_ONLY_MINE", value_parser = FalseyValueParser::new())]
    pub(crate) only_mine: bool,
}

/// How gently.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct MannersArgs {
    /// Leave out what is too much for a broker that others use, and make at most 10 connections a second. So it is anyway where the
    /// broker is not on loopback
    #[arg(long, env = "DEADZONE_GENTLE", value_parser = FalseyValueParser::new(), conflicts_with = "disruptive")]
    pub(crate) gentle: bool,
    /// Leave nothing out for the sake of a broker that is not on loopback: floods, giants, and what guards ban clients for
    #[arg(long, env = "DEADZONE_DISRUPTIVE", value_parser = FalseyValueParser::new())]
    pub(crate) disruptive: bool,
}

impl MannersArgs {
    /// What is asked for, if anything is.
    pub(crate) fn wanted(self) -> Option<Gentle> {
        match self {
            Self { gentle: true, .. } => Some(Gentle::Always),
            Self { disruptive: true, .. } => Some(Gentle::Never),
            Self { .. } => None,
        }
    }
}

/// `60s`, `5m`, `500ms`; at most a day.
pub(crate) fn parse_time(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor_ms = match &text[digits.len()..] {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return Err("expected a whole number with its unit: 500ms, 60s, 5m or 1h".to_owned()),
    };
    let number =
        digits.parse::<u64>().map_err(|_| "expected a whole number with its unit, as in 60s".to_owned())?;
    let ms = number.checked_mul(factor_ms).filter(|ms| (1..=86_400_000).contains(ms));
    ms.map(Duration::from_millis).ok_or_else(|| "expected 1ms to 24h".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit_and_bounds() {
        let ms = |text| parse_time(text).map(|time| time.as_millis());
        assert_eq!([ms("500ms"), ms("60s"), ms("5m"), ms("24h")], [500, 60_000, 300_000, 86_400_000].map(Ok));
        for wrong in ["60", "", "s", "-1s", "1.5s", "0s", "25h", "99999999999999999999h", "1 s", "9d"] {
            assert!(ms(wrong).is_err(), "{wrong}");
        }
    }
}

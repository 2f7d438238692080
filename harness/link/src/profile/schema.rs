//! Every number that a profile can give: its name with its unit, what is legal, and whether its section needs it.

/// How often a number is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Once for the link.
    One,
    /// For each direction.
    Ways,
    /// Yes or no.
    Flag,
    /// A list of beginnings and lengths, in turn.
    Pairs,
}

/// One number of a profile.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Key {
    /// Its section.
    pub section: &'static str,
    /// Its name within the section, with its unit.
    pub name: &'static str,
    /// How often it is given.
    pub kind: Kind,
    /// Least legal value.
    pub least: f64,
    /// Most legal value.
    pub most: f64,
    /// The section is incomplete without it.
    pub needed: bool,
    /// What it means.
    pub what: &'static str,
}

const fn need(
    section: &'static str,
    name: &'static str,
    kind: Kind,
    (least, most): (f64, f64),
    what: &'static str,
) -> Key {
    Key { section, name, kind, least, most, needed: true, what }
}

const fn may(
    section: &'static str,
    name: &'static str,
    kind: Kind,
    (least, most): (f64, f64),
    what: &'static str,
) -> Key {
    Key { section, name, kind, least, most, needed: false, what }
}

const YES_NO: (f64, f64) = (0.0, 1.0);
const CHANCE: (f64, f64) = (0.0, 1.0);
const DAY_S: (f64, f64) = (0.0, 86_400.0);
const LONG_S: (f64, f64) = (0.1, 10_000_000.0);
const MINUTE_MS: (f64, f64) = (0.0, 60_000.0);

/// All numbers, by section.
pub const KEYS: &[Key] = &[
    need("delay", "floor_ms", Kind::Ways, MINUTE_MS, "least propagation delay"),
    need("delay", "median_ms", Kind::Ways, MINUTE_MS, "median of what comes on top"),
    need("delay", "sigma_ln", Kind::Ways, (0.0, 2.0), "deviation of its logarithm"),
    need("delay", "correlation_per_100ms", Kind::One, (0.0, 0.9999), "how much of it stays over 100 ms"),
    need("rate", "mean_kbit_per_s", Kind::Ways, (0.05, 10_000_000.0), "mean service rate between gaps"),
    need("rate", "sigma_ln", Kind::Ways, (0.0, 2.0), "deviation of its logarithm"),
    need("rate", "correlation_per_s", Kind::One, (0.0, 0.9999), "how much of it stays over a second"),
    may("rate", "half_duplex", Kind::Flag, YES_NO, "one direction at a time"),
    need("queue", "capacity_bytes", Kind::Ways, (1500.0, 100_000_000.0), "most bytes that wait for service"),
    need("loss", "probability_per_segment", Kind::Ways, (0.0, 0.5), "chance that a segment is sent again"),
    need(
        "stall",
        "every_s",
        Kind::Ways,
        LONG_S,
        "mean time from the beginning of a stall to that of the next",
    ),
    may(
        "stall",
        "least_s",
        Kind::Ways,
        (0.0, 3600.0),
        "shortest; the other numbers are of stalls of this length and more",
    ),
    need("stall", "median_s", Kind::Ways, (0.001, 3600.0), "median length"),
    need("stall", "p90_s", Kind::Ways, (0.001, 3600.0), "length that one in ten exceeds"),
    need("stall", "cap_s", Kind::Ways, (0.001, 3600.0), "longest"),
    may("outage", "every_s", Kind::One, LONG_S, "mean time between outages"),
    may("outage", "least_s", Kind::One, DAY_S, "shortest"),
    may("outage", "most_s", Kind::One, DAY_S, "longest"),
    may(
        "outage",
        "schedule_s",
        Kind::Pairs,
        (0.0, 604_800.0),
        "beginnings and lengths, 0 being when the profile comes into force",
    ),
    may(
        "outage",
        "schedule_from_s",
        Kind::One,
        (0.0, 604_800.0),
        "time of the schedule at which the profile comes into force",
    ),
    may("outage", "repeat_s", Kind::One, (0.0, 604_800.0), "period of the schedule"),
    may("outage", "attach_least_s", Kind::One, DAY_S, "shortest time to attach again"),
    may("outage", "attach_most_s", Kind::One, DAY_S, "longest time to attach again"),
    may("outage", "new_address_probability", Kind::One, CHANCE, "chance of a new address afterwards"),
    need("idle", "after_s", Kind::One, DAY_S, "silence after which the radio is idle"),
    need("idle", "promotion_ms", Kind::One, MINUTE_MS, "median time to wake it up"),
    need("idle", "promotion_sigma_ln", Kind::One, (0.0, 2.0), "deviation of its logarithm"),
    may("idle", "paging_cycle_ms", Kind::One, (0.0, 11_000_000.0), "how often an idle radio listens"),
    may("idle", "sleep_after_s", Kind::One, LONG_S, "silence after which it can't be reached"),
    may("idle", "wake_every_s", Kind::One, LONG_S, "how often it wakes up by itself then"),
    need("handover", "every_s", Kind::One, LONG_S, "mean time between changes of the cell"),
    may("handover", "periodic", Kind::Flag, YES_NO, "always after that time"),
    need("handover", "gap_least_ms", Kind::One, MINUTE_MS, "shortest interruption"),
    need("handover", "gap_most_ms", Kind::One, MINUTE_MS, "longest interruption"),
    may("handover", "failure_probability", Kind::One, CHANCE, "chance of a radio link failure"),
    may("handover", "failure_least_s", Kind::One, DAY_S, "shortest interruption then"),
    may("handover", "failure_most_s", Kind::One, DAY_S, "longest interruption then"),
    may("handover", "new_address_probability", Kind::One, CHANCE, "chance of a new address"),
    need("nat", "idle_s", Kind::One, LONG_S, "silence after which the address translation forgets"),
    may("nat", "rst", Kind::Flag, YES_NO, "it answers with a reset; else it is silent"),
];

/// The key of this section and name.
pub(crate) fn key(section: &str, name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|k| k.section == section && k.name == name)
}

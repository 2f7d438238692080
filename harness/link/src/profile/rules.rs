//! Which numbers of a profile belong together. Nothing that is given may be without effect: it was written for one.

use super::{
    error::ProfileError,
    named::Profile,
    schema::{KEYS, Key},
};
use crate::Direction;

/// What says that outages come by chance.
pub(super) const CHANCE_OUTAGE: [&str; 3] = ["outage.every_s", "outage.least_s", "outage.most_s"];

/// Shortest period of a schedule: shorter ones are noise, and every turn of one is looked at.
const REPEAT_LEAST_S: f64 = 0.1;

impl Profile {
    /// Every section is whole, and no number contradicts another one or is without effect.
    pub(crate) fn check(&self) -> Result<(), ProfileError> {
        let found = self
            .missing()
            .or_else(|| self.outages())
            .or_else(|| self.moot().into_iter().next())
            .or_else(|| self.alone())
            .or_else(|| self.backwards())
            .or_else(|| self.stalls());
        match found {
            Some((key, why)) => {
                Err(ProfileError::Key { profile: self.name.clone(), key, why: why.to_owned() })
            }
            None => Ok(()),
        }
    }

    fn traced(&self, direction: Direction) -> bool {
        self.trace[direction as usize].is_some()
    }

    fn served(&self, direction: Direction) -> bool {
        self.traced(direction) || self.way("rate.mean_kbit_per_s", direction).is_some()
    }

    /// Numbers that are given and mean nothing beside others, and why.
    pub(super) fn moot(&self) -> Vec<(String, &'static str)> {
        const TRACE: &str = "the trace says how fast it is: give one of them";
        const QUEUE: &str = "nothing waits where there is neither a rate nor a trace";
        const OUTAGE: &str = "`schedule_s` says when outages are: give one of them";
        let mut moot = Vec::new();
        for direction in Direction::BOTH {
            if self.traced(direction) {
                moot.push((format!("rate.mean_kbit_per_s.{direction}"), TRACE));
                moot.push((format!("rate.sigma_ln.{direction}"), TRACE));
            }
            // An overlay's queue is that of what it lies over.
            if !self.overlay && !self.served(direction) {
                moot.push((format!("queue.capacity_bytes.{direction}"), QUEUE));
            }
        }
        if Direction::BOTH.into_iter().all(|direction| self.traced(direction)) {
            moot.push(("rate.correlation_per_s".to_owned(), TRACE));
        }
        if self.list("outage.schedule_s").is_empty() {
            let of_schedule = ["outage.repeat_s", "outage.schedule_from_s"];
            moot.extend(of_schedule.map(|key| (key.to_owned(), "it belongs to `schedule_s`")));
        } else {
            moot.extend(CHANCE_OUTAGE.map(|key| (key.to_owned(), OUTAGE)));
        }
        moot.retain(|(key, _)| self.numbers.contains_key(key));
        moot
    }

    /// A number that its section needs.
    fn missing(&self) -> Option<(String, &'static str)> {
        let [up, down] = Direction::BOTH.map(|direction| self.traced(direction));
        let needless = |entry: &str| match entry.strip_prefix("rate.") {
            Some("correlation_per_s") => up && down,
            Some(of) => up && of.ends_with(".up") || down && of.ends_with(".down"),
            None => entry.strip_prefix("queue.capacity_bytes.").is_some_and(|way| {
                let direction = if way == "up" { Direction::Up } else { Direction::Down };
                !self.overlay && !self.served(direction)
            }),
        };
        let needed = KEYS.iter().filter(|k| k.needed && self.has(k.section)).flat_map(Key::entries);
        needed
            .filter(|entry| !self.numbers.contains_key(entry) && !needless(entry))
            .map(|entry| (entry, "its section needs it"))
            .next()
    }

    /// Whether it is said when outages are.
    fn outages(&self) -> Option<(String, &'static str)> {
        let chance = CHANCE_OUTAGE.iter().all(|key| self.one(key).is_some());
        let list = self.list("outage.schedule_s");
        if self.has("outage") && !chance && list.is_empty() {
            const WHEN: &str = "it needs `every_s` with `least_s` and `most_s`, or `schedule_s`";
            return Some(("outage".to_owned(), WHEN));
        }
        let repeat_s = self.one("outage.repeat_s").filter(|repeat_s| *repeat_s > 0.0)?;
        if repeat_s < REPEAT_LEAST_S {
            return Some(("outage.repeat_s".to_owned(), "it is 0 (once), or at least 0.1"));
        }
        let [.., from_s, length_s] = list else { return None };
        (from_s + length_s > repeat_s).then(|| ("outage.repeat_s".to_owned(), "the schedule is longer"))
    }

    /// A number that needs another one.
    fn alone(&self) -> Option<(String, &'static str)> {
        if self.one("idle.sleep_after_s").is_some() != self.one("idle.wake_every_s").is_some() {
            return Some(("idle".to_owned(), "`sleep_after_s` and `wake_every_s` need each other"));
        }
        let lengths = ["handover.failure_least_s", "handover.failure_most_s"];
        let fails = self.one("handover.failure_probability").is_some_and(|chance| chance > 0.0);
        (fails && lengths.iter().any(|key| self.one(key).is_none())).then(|| {
            let why = "it needs `failure_least_s` and `failure_most_s`: how long a failure lasts";
            ("handover.failure_probability".to_owned(), why)
        })
    }

    /// A least that is more than its most.
    fn backwards(&self) -> Option<(String, &'static str)> {
        if self.one("handover.gap_most_ms") > self.one("handover.every_s").map(|every_s| every_s * 500.0) {
            return Some(("handover.gap_most_ms".to_owned(), "it is more than half of handover.every_s"));
        }
        [
            ("outage.least_s", "outage.most_s", "it is more than outage.most_s"),
            ("outage.attach_least_s", "outage.attach_most_s", "it is more than outage.attach_most_s"),
            ("handover.gap_least_ms", "handover.gap_most_ms", "it is more than handover.gap_most_ms"),
            (
                "handover.failure_least_s",
                "handover.failure_most_s",
                "it is more than handover.failure_most_s",
            ),
        ]
        .into_iter()
        .find(|(least, most, _)| self.one(least).unwrap_or(0.0) > self.one(most).unwrap_or(f64::MAX))
        .map(|(least, _, why)| (least.to_owned(), why))
    }

    /// Stalls that can't be.
    fn stalls(&self) -> Option<(String, &'static str)> {
        Direction::BOTH.into_iter().filter(|_| self.has("stall")).find_map(|direction| {
            let n = |name: &str| self.way(&format!("stall.{name}"), direction).unwrap_or(0.0);
            let wrong = |name: &str, why| Some((format!("stall.{name}.{direction}"), why));
            if n("median_s") > n("p90_s") {
                return wrong("median_s", "it is more than stall.p90_s");
            }
            if n("least_s") >= n("median_s") {
                return wrong("least_s", "it is not less than stall.median_s");
            }
            if n("cap_s") < n("median_s") {
                return wrong(
                    "cap_s",
                    "it is less than stall.median_s: half of all stalls would be as long as it",
                );
            }
            if self.stall(direction).is_some_and(|shape| shape.service_us == 0) {
                return wrong(
                    "every_s",
                    "it is not more than the mean length of a stall: there would be no service",
                );
            }
            None
        })
    }
}

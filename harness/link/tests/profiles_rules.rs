//! Nothing that a profile gives is without effect: what contradicts, and who wins where one lies over another.

#![expect(
    clippy::unwrap_used,
    clippy::format_push_string,
    reason = "a test stops where it fails; its texts are short"
)]

use deadzone_link::{Catalogue, Identity, Link, Profile, ProfileError};

const TRACES: [(&str, &str); 1] = [("a.trace", "0\n10\n20\n")];

const DELAY: &str = "floor_ms=10 median_ms=0 sigma_ln=0 correlation_per_100ms=0";
const RATE: &str = "mean_kbit_per_s=80 sigma_ln=0 correlation_per_s=0";
const CHANCE: &str = "every_s=600 least_s=30 most_s=30";

/// The TOML of `section: key=value …` lines, others as they are.
fn toml(lines: &[&str]) -> String {
    let mut text = String::new();
    for line in lines {
        match line.split_once(": ") {
            Some((section, numbers)) => {
                text += &format!("[{section}]\n");
                for number in numbers.split(' ') {
                    let (key, value) = number.split_once('=').unwrap();
                    let value = if value.starts_with('{') {
                        value.replace('}', ", source = \"default\" }")
                    } else {
                        format!("{{ value = {value}, source = \"default\" }}")
                    };
                    text += &format!("{key} = {value}\n");
                }
            }
            None => text = format!("{line}\n{text}"),
        }
    }
    format!("title = \"t\"\n{text}")
}

fn catalogue(profiles: &[(&str, &[&str])]) -> Result<Catalogue, ProfileError> {
    let texts: Vec<(&str, String)> = profiles.iter().map(|(name, lines)| (*name, toml(lines))).collect();
    Catalogue::new(texts.iter().map(|(name, text)| (*name, text.as_str())), TRACES)
}

fn alone(lines: &[&str]) -> Result<Profile, String> {
    let delay = format!("delay: {DELAY}");
    let mut all = vec![delay.as_str()];
    all.extend(lines);
    catalogue(&[("mine", &all)]).and_then(|c| c.get("mine")).map_err(|e| e.to_string())
}

#[test]
fn what_would_be_ignored_is_refused() {
    let rate = format!("rate: {RATE}");
    let cases: &[(&[&str], &str)] = &[
        (
            &["trace = \"a.trace\"", &rate],
            "rate.mean_kbit_per_s.up: the trace says how fast it is: give one of them",
        ),
        (
            &["trace = { down = \"a.trace\" }", &rate],
            "rate.mean_kbit_per_s.down: the trace says how fast it is: give one of them",
        ),
        (
            &["queue: capacity_bytes=9000"],
            "queue.capacity_bytes.up: nothing waits where there is neither a rate nor a trace",
        ),
        (
            &["outage: schedule_s=[0,8] every_s=600 least_s=30 most_s=30"],
            "outage.every_s: `schedule_s` says when outages are: give one of them",
        ),
        (
            &["outage: every_s=600 least_s=30 most_s=30 repeat_s=9"],
            "outage.repeat_s: it belongs to `schedule_s`",
        ),
        (&["outage: every_s=600"], "outage: it needs `every_s` with `least_s` and `most_s`, or `schedule_s`"),
        (&["trace = {}"], "trace: expected a file's name, or { up = …, down = … }"),
        (&["trace = { up = 5 }"], "trace: expected a file's name, or { up = …, down = … }"),
        (
            &["handover: every_s=60 gap_least_ms=80 gap_most_ms=80 failure_probability=0.1"],
            "handover.failure_probability: it needs `failure_least_s` and `failure_most_s`: how long a failure lasts",
        ),
        (
            &["stall: every_s=60 median_s=2 p90_s=3 cap_s=1"],
            "stall.cap_s.up: it is less than stall.median_s: half of all stalls would be as long as it",
        ),
        (
            &["stall: every_s=60 least_s=2 median_s=2 p90_s=3 cap_s=9"],
            "stall.least_s.up: it is not less than stall.median_s",
        ),
        (
            &["stall: every_s=2 median_s=2 p90_s=3 cap_s=9"],
            "stall.every_s.up: it is not more than the mean length of a stall: there would be no service",
        ),
    ];
    for (lines, wanted) in cases {
        assert_eq!(alone(lines).err(), Some(format!("profile `mine`: {wanted}")), "{lines:?}");
    }
}

#[test]
fn what_belongs_together_is_taken() {
    let half = ["trace = \"a.trace\"", "rate: half_duplex=true", "queue: capacity_bytes=9000"];
    assert!(alone(&half).unwrap().one("rate.half_duplex").is_some());
    let mixed = [
        "trace = { up = \"a.trace\" }",
        "rate: mean_kbit_per_s={down=80} sigma_ln={down=0} correlation_per_s=0",
        "queue: capacity_bytes=9000",
    ];
    alone(&mixed).unwrap();
    alone(&["trace = { up = \"a.trace\" }", "queue: capacity_bytes={up=9000}"]).unwrap();
    alone(&["handover: every_s=60 gap_least_ms=80 gap_most_ms=80 failure_probability=0"]).unwrap();
}

#[test]
fn the_later_one_wins_where_one_inherits_from_another() {
    let (delay, rate, chance) =
        (format!("delay: {DELAY}"), format!("rate: {RATE}"), format!("outage: {CHANCE}"));
    let all = catalogue(&[
        ("rated", &[&delay, &rate, &chance, "queue: capacity_bytes=9000"]),
        ("traced", &["inherits = \"rated\"", "trace = \"a.trace\"", "outage: schedule_s=[0,8] repeat_s=60"]),
        ("back", &["inherits = \"traced\"", &rate, &chance]),
        ("half", &["inherits = \"rated\"", "trace = { up = \"a.trace\" }"]),
        ("bare", &["inherits = \"rated\"", "without = [\"rate\"]"]),
    ])
    .unwrap();
    let traced = all.get("traced").unwrap();
    assert!(traced.trace[0].is_some() && traced.trace[1].is_some());
    assert_eq!((traced.one("rate.mean_kbit_per_s.up"), traced.one("outage.every_s")), (None, None));
    assert_eq!(traced.one("queue.capacity_bytes.up"), Some(9000.0));
    let back = all.get("back").unwrap();
    assert_eq!(back.trace, [None, None]);
    assert_eq!((back.one("outage.schedule_s"), back.one("outage.repeat_s")), (None, None));
    assert_eq!(back.one("outage.every_s"), Some(600.0));
    let half = all.get("half").unwrap();
    assert_eq!(
        (half.one("rate.mean_kbit_per_s.up"), half.one("rate.mean_kbit_per_s.down")),
        (None, Some(80.0))
    );
    assert_eq!(all.get("bare").unwrap().one("queue.capacity_bytes.up"), None);
}

#[test]
fn an_overlay_lies_over_a_rate_as_over_a_trace() {
    let (delay, rate) = (format!("delay: {DELAY}"), format!("rate: {RATE}"));
    let all = catalogue(&[
        ("bare", &[&delay]),
        ("rated", &[&delay, &rate]),
        ("traced", &[&delay, "trace = \"a.trace\""]),
        ("slow", &["overlay = true", &rate]),
        ("played", &["overlay = true", "trace = \"a.trace\""]),
        ("deep", &["overlay = true", "queue: capacity_bytes=9000"]),
        ("calm", &["overlay = true", "without = [\"rate\"]"]),
    ])
    .unwrap();
    let slow = all.get("traced+slow").unwrap();
    assert_eq!((slow.trace.clone(), slow.one("rate.mean_kbit_per_s.up")), ([None, None], Some(80.0)));
    let played = all.get("rated+played").unwrap();
    assert!(played.trace[1].is_some() && played.one("rate.mean_kbit_per_s.down").is_none());
    for over in ["rated+deep", "traced+deep"] {
        assert_eq!(all.get(over).unwrap().one("queue.capacity_bytes.up"), Some(9000.0), "{over}");
    }
    assert_eq!(all.get("bare+deep").unwrap().one("queue.capacity_bytes.up"), None);
    // Overlays alone are one overlay, and no profile to begin with.
    let both = all.change("slow+deep").unwrap();
    assert!(both.overlay && both.one("queue.capacity_bytes.up").is_some());
    assert_eq!(all.get("slow+deep").err(), Some(ProfileError::Overlay("slow".to_owned())));
    assert_eq!(
        all.change("calm+deep").map(|over| all.find("rated").unwrap().with(&over).has_rate()),
        Ok(false)
    );
}

trait HasRate {
    fn has_rate(&self) -> bool;
}

impl HasRate for Profile {
    fn has_rate(&self) -> bool {
        self.one("rate.mean_kbit_per_s.up").is_some()
    }
}

#[test]
fn a_list_is_set_as_a_file_gives_it() {
    let mut profile = alone(&[&format!("outage: {CHANCE}")]).unwrap();
    for list in ["[20, 8]", "20,8"] {
        profile.set(&format!("outage.schedule_s={list}")).unwrap();
        assert_eq!(profile.numbers["outage.schedule_s"].values, [20.0, 8.0], "{list}");
    }
    assert_eq!(profile.one("outage.every_s"), None);
    let before = profile.clone();
    for wrong in ["20", "20,8,24,3", "30,8,10,3", "20,0", "", "[20,8", "20,x"] {
        assert!(profile.set(&format!("outage.schedule_s={wrong}")).is_err(), "{wrong}");
    }
    assert!(profile.set("outage.schedule_s.up=20,8").is_err());
    assert_eq!(profile, before);
}

/// When a link of this profile has no coverage, within so many seconds: beginnings and ends, s.
fn dark(profile: &Profile, seconds: u64) -> Vec<(f64, f64)> {
    let identity = Identity { seed: 1, scenario: "s".to_owned(), link: "dev".to_owned() };
    let mut link = Link::with_profile(profile, identity);
    let (mut now_us, mut spans, mut since) = (0, Vec::new(), None);
    while now_us < seconds * 1_000_000 {
        link.advance(now_us);
        match (link.usable(), since) {
            (false, None) => since = Some(now_us),
            (true, Some(from_us)) => {
                spans.push((from_us as f64 / 1e6, now_us as f64 / 1e6));
                since = None;
            }
            _ => {}
        }
        now_us = link.wake_at_us().unwrap_or(u64::MAX).max(now_us + 1);
    }
    spans
}

#[test]
fn a_schedule_begins_at_a_time_of_its_day() {
    let mut profile = alone(&["outage: schedule_s=[100,10,200,10,300,10] repeat_s=1000"]).unwrap();
    let at = |profile: &mut Profile, from_s: u64| {
        profile.set(&format!("outage.schedule_from_s={from_s}")).unwrap();
        dark(profile, 1_250)
    };
    let day = [(100.0, 110.0), (200.0, 210.0), (300.0, 310.0), (1100.0, 1110.0), (1200.0, 1210.0)];
    assert_eq!(at(&mut profile, 0), day);
    assert_eq!(at(&mut profile, 1000), day);
    let later = [(40.0, 50.0), (140.0, 150.0), (940.0, 950.0), (1040.0, 1050.0), (1140.0, 1150.0)];
    assert_eq!(at(&mut profile, 160), later);
    // In the middle of one, its rest is left.
    let within = [(0.0, 5.0), (95.0, 105.0), (895.0, 905.0), (995.0, 1005.0), (1095.0, 1105.0)];
    assert_eq!(at(&mut profile, 205), within);
    assert_eq!(at(&mut profile, 310), [(790.0, 800.0), (890.0, 900.0), (990.0, 1000.0)]);
    // The commuter's day, ten seconds before the first tunnel.
    let shipped = Catalogue::new(
        deadzone_scenarios::profiles().iter().copied(),
        deadzone_scenarios::traces().iter().copied(),
    );
    let mut commute = shipped.unwrap().get("geo+commute").unwrap();
    commute.set("outage.attach_least_s=0").unwrap();
    commute.set("outage.attach_most_s=0").unwrap();
    commute.set("outage.schedule_from_s=26390").unwrap();
    assert_eq!(dark(&commute, 400), [(10.0, 22.0), (310.0, 355.0)]);
    profile.set("outage.repeat_s=0").unwrap();
    assert_eq!(at(&mut profile, 205), [(0.0, 5.0), (95.0, 105.0)]);
    assert_eq!(at(&mut profile, 310), []);
}

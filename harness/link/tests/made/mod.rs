//! Profiles for tests: the shipped ones, and some of a few numbers.

#![allow(dead_code, reason = "no test needs all of it")]
#![expect(clippy::format_push_string, reason = "its texts are short")]

use std::collections::BTreeMap;

use deadzone_link::{Catalogue, Number, Profile};

/// What the command carries.
pub(crate) fn shipped() -> Catalogue {
    let profiles = deadzone_scenarios::profiles().iter().copied();
    Catalogue::new(profiles, deadzone_scenarios::traces().iter().copied()).unwrap()
}

/// A profile of these sections, given as `delay.floor_ms=50` and so on over a bare delay of 10 ms.
pub(crate) fn made(settings: &[&str]) -> Profile {
    from_text("", settings)
}

/// The same with these opportunities instead of a rate, ms.
pub(crate) fn traced(opportunities: &str, settings: &[&str]) -> Profile {
    let text = text("trace = \"t.trace\"\n", settings);
    Catalogue::new([("t", text.as_str())], [("t.trace", opportunities)]).unwrap().get("t").unwrap()
}

/// An overlay of these outages, s: a beginning, a length, and so on.
pub(crate) fn outages(schedule_s: &[f64], attach_s: (f64, f64)) -> Profile {
    let mut overlay = from_text("overlay = true\n", &[]);
    overlay.numbers.clear();
    set_schedule(&mut overlay, schedule_s);
    for (key, value) in [("attach_least_s", attach_s.0), ("attach_most_s", attach_s.1)] {
        let number = Number { values: vec![value], source: "default".to_owned() };
        overlay.numbers.insert(format!("outage.{key}"), number);
    }
    overlay
}

/// Has a profile out of coverage at these times, s: a beginning, a length, and so on.
pub(crate) fn set_schedule(profile: &mut Profile, schedule_s: &[f64]) {
    let number = Number { values: schedule_s.to_vec(), source: "default".to_owned() };
    profile.numbers.insert("outage.schedule_s".to_owned(), number);
}

fn from_text(head: &str, settings: &[&str]) -> Profile {
    let text = text(head, settings);
    Catalogue::new([("t", text.as_str())], []).unwrap().find("t").unwrap().clone()
}

fn text(head: &str, settings: &[&str]) -> String {
    let mut text = format!("title = \"t\"\n{head}[delay]\n");
    for (key, value) in [("floor_ms", 10), ("median_ms", 0), ("sigma_ln", 0), ("correlation_per_100ms", 0)] {
        text += &format!("{key} = {{ value = {value}, source = \"default\" }}\n");
    }
    let mut sections: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    for setting in settings {
        let (path, value) = setting.split_once('=').unwrap();
        let (section, key) = path.split_once('.').unwrap();
        sections.entry(section).or_default().push((key, value));
    }
    for (section, keys) in sections {
        text += &format!("[{section}]\n");
        for (key, value) in keys {
            text += &format!("{key} = {{ value = {value}, source = \"default\" }}\n");
        }
    }
    text
}

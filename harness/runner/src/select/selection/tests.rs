//! The filter language, held against the embedded suite.

use std::sync::LazyLock;

use super::*;
use crate::Suite;

static SUITE: LazyLock<Suite> = LazyLock::new(|| Suite::embedded().unwrap());

fn scenarios() -> impl Iterator<Item = &'static Scenario> + Clone {
    SUITE.scenarios.iter().map(AsRef::as_ref)
}

fn selection(words: &str) -> Selection {
    Selection::new(words.split_whitespace().map(str::to_owned).collect())
}

/// What is chosen, `id@version` each.
fn chosen(words: &str) -> Vec<String> {
    let selection = selection(words);
    selection.check(scenarios()).unwrap();
    let of = |s: &'static Scenario| s.versions.iter().map(move |v| (s, *v));
    let held = scenarios().flat_map(of).filter(|(s, v)| selection.holds(s, *v));
    held.map(|(s, v)| format!("{}@{v}", s.id)).collect()
}

fn mistake(words: &str) -> String {
    selection(words).check(scenarios()).unwrap_err().to_string()
}

#[test]
fn words_are_alternatives() {
    let (one, other) = (chosen("qos2/interrupted"), chosen("will/lost"));
    assert!(!one.is_empty() && !other.is_empty());
    assert_eq!(chosen("qos2/interrupted will/lost").len(), one.len() + other.len());
    assert_eq!(chosen("{qos2/interrupted,will/lost}"), chosen("qos2/interrupted will/lost"));
    assert_eq!(chosen("qos2/interrupted/"), one, "a folder as a shell completes it");
}

#[test]
fn row_e8_an_exclusion_takes_away_from_what_is_chosen_and_from_everything() {
    let (all, long) = (chosen("@5.0 @3.1.1"), chosen("long"));
    assert!(!long.is_empty());
    assert_eq!(chosen("!long").len(), all.len() - long.len());
    let tunnels = chosen("cellular/** !cellular/{tunnel,lift}/**");
    assert!(!tunnels.is_empty() && !tunnels.iter().any(|id| id.contains("tunnel") || id.contains("lift")));
}

#[test]
fn a_version_narrows_a_word() {
    let both = chosen("qos1/inbound/handshake");
    assert_eq!(both, ["qos1/inbound/handshake@3.1.1", "qos1/inbound/handshake@5.0"]);
    assert_eq!(chosen("qos1/inbound/handshake@v5"), both[1..]);
    assert_eq!(chosen("qos1/inbound/handshake !@5.0"), both[..1]);
    assert!(chosen("@3.1.1").iter().all(|id| id.ends_with("@3.1.1")));
}

#[test]
fn row_e16_a_section_is_chosen_with_and_without_its_prefix() {
    assert!(!chosen("4.3.3").is_empty());
    assert_eq!(chosen("4.3.3"), chosen("MQTT-4.3.3"));
    assert!(chosen("5.0/MQTT-4.3.3").iter().all(|id| id.ends_with("@5.0")));
}

#[test]
fn what_fits_nothing_is_a_mistake_with_what_was_meant() {
    assert!(mistake("qos2/interupted").ends_with("did you mean `qos2/interrupted`?"));
    assert!(mistake("!lnog").ends_with("did you mean `long`?"), "an exclusion too");
    assert!(mistake("pubrec-lots").contains("/pubrec-lost`?"), "a slug alone");
    assert!(mistake("interrupted/pubrec").contains("did you mean `qos2/interrupted/pubrec-lost`?"));
    assert!(mistake("zzzzzzzz").ends_with("`deadzone list` shows ids and tags"));
    assert!(mistake("{qos1,qos2").contains("`{` without its `}`"));
    assert!(mistake("!").contains("can't be read"));
    assert_eq!(
        mistake("will !will/**"),
        "`will !will/**` leaves nothing: what is chosen is taken away again"
    );
    let within = selection("long").within(Some(Tier::Smoke)).check(scenarios()).unwrap_err();
    assert!(within.to_string().starts_with("nothing of `long` is in tier smoke"));
}

#[test]
fn tiers_hold_one_another() {
    let of = |tier| {
        scenarios().filter(|s| Selection::default().within(Some(tier)).holds(s, s.versions[0])).count()
    };
    let [smoke, full, long] = Tier::ALL.map(of);
    assert!(0 < smoke && smoke < full && full < long, "{smoke} {full} {long}");
    assert_eq!(long, scenarios().count());
}

#[test]
fn a_tier_is_left_open_until_a_word_chooses_or_one_is_named() {
    assert!(selection("").leaves_the_tier_open() && selection("!will").leaves_the_tier_open());
    assert!(!selection("long").leaves_the_tier_open());
    assert!(!selection("").within(Some(Tier::Full)).leaves_the_tier_open());
    assert!(selection("").is_everything() && !selection("!long").is_everything());
    assert!(!selection("").within(Some(Tier::Smoke)).is_everything());
}

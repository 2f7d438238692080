//! The smoke tier is kept honest: something of every area, little time by the clock, and nothing that can't be given to any broker.
//! And what a budget and manners leave out, they tell.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use deadzone_runner::{
    EmbeddedSpec, Gentle, Manners, Options, Selection, Suite, TargetSpec, Tier, run, why_not_gentle,
};
use deadzone_script::{Need, Scenario};
use deadzone_verdict::{RunEvent, RunInfo, ScenarioResult, Summary, VerdictKind};
use deadzone_wire::Version;

/// The longest that one smoke scenario takes of virtual time, µs.
const ONE_US: u64 = 2_500_000;
/// All of them together, one after another, in both versions, µs.
const ALL_US: u64 = 20_000_000;

struct Told {
    info: Arc<RunInfo>,
    results: Vec<Arc<ScenarioResult>>,
    summary: Arc<Summary>,
}

/// Runs against the reference broker with these defects.
fn played(selection: Selection, manners: Manners, defects: &[&str]) -> Told {
    let defects: BTreeSet<_> = defects.iter().map(|name| name.parse().unwrap()).collect();
    let options = Options {
        selection,
        jobs: Some(2),
        manners,
        ..Options::new(TargetSpec::Embedded(EmbeddedSpec { defects, ..EmbeddedSpec::default() }))
    };
    let (mut info, mut results) = (None, Vec::new());
    let summary = run(&Suite::embedded().unwrap(), &options, &mut |event| match event {
        RunEvent::Started(head) => info = Some(head),
        RunEvent::ScenarioFinished(result) => results.push(result),
        _ => {}
    });
    Told { info: info.unwrap(), results, summary: summary.unwrap() }
}

fn has_bridge(scenario: &Scenario) -> bool {
    scenario.needs.contains(&Need::Bridge)
}

fn area(id: &str) -> &str {
    id.split('/').next().unwrap_or_default()
}

#[test]
fn smoke_has_something_of_every_area_and_nothing_rough() {
    let suite = Suite::embedded().unwrap();
    let areas = |of: &dyn Fn(&Scenario) -> bool| -> BTreeSet<String> {
        suite.scenarios.iter().filter(|s| of(s)).map(|s| area(&s.id).to_owned()).collect()
    };
    let smoke = |scenario: &Scenario| Tier::of(scenario) == Tier::Smoke;
    // To end a process and start it again takes longer than smoke has, memory has no bridge, and wrong logins are not gentle.
    let fit = |scenario: &Scenario| {
        !scenario.handles_target() && scenario.load().refusals == 0 && !has_bridge(scenario)
    };
    assert_eq!(areas(&smoke), areas(&fit));
    for version in [Version::V311, Version::V5] {
        let of_version = |scenario: &Scenario| scenario.versions.contains(&version);
        assert_eq!(areas(&|s| smoke(s) && of_version(s)), areas(&|s| of_version(s) && fit(s)), "{version}");
    }
    let rough: Vec<_> = suite
        .scenarios
        .iter()
        .filter(|s| smoke(s))
        .filter_map(|s| Some((&s.id, why_not_gentle(s)?)))
        .collect();
    assert!(rough.is_empty(), "{rough:?}");
    let both = suite
        .scenarios
        .iter()
        .filter(|s| ["smoke", "long"].iter().all(|t| s.tags.iter().any(|tag| tag == t)));
    assert_eq!(both.count(), 0, "what is long is no smoke, whatever it says");
}

#[test]
fn smoke_takes_little_time_by_the_clock() {
    let told = played(Selection::default().within(Some(Tier::Smoke)), Manners::default(), &[]);
    assert!(told.results.len() > 40, "{}", told.results.len());
    let mut all_us = 0;
    for result in &told.results {
        assert_eq!(result.verdict.kind, VerdictKind::Pass, "{}", result.key.id);
        let last_us = result.history.as_ref().and_then(|h| h.events.last()).map_or(0, |event| event.at_us);
        assert!(last_us <= ONE_US, "{} [{}] takes {last_us} µs", result.key.id, result.key.version);
        all_us += last_us;
    }
    assert!(all_us <= ALL_US, "all take {all_us} µs");
    assert_eq!(told.info.choice.tier, "smoke");
    assert_eq!(told.info.choice.left_out + told.info.planned, everything().info.planned);
}

fn everything() -> Told {
    played(Selection::default(), Manners::default(), &[])
}

#[test]
fn a_budget_leaves_out_and_changes_no_verdict() {
    let budget = |ms| Manners { budget: Some(Duration::from_millis(ms)), ..Manners::default() };
    let defects = ["inbound-qos2-forgotten-on-reconnect"];
    let verdicts = |told: &Told| -> BTreeMap<_, _> {
        told.results
            .iter()
            .map(|r| (r.key.clone(), (r.verdict.kind, r.compared.clone(), r.control.is_some())))
            .collect()
    };
    let whole = verdicts(&played(Selection::default(), Manners::default(), &defects));
    // Gates are no part of it, and after a millisecond nothing else begins.
    let none = played(Selection::default(), budget(1), &defects);
    assert!(none.results.iter().all(|r| area(&r.key.id) == "gates"), "{:?}", verdicts(&none).keys());
    assert_eq!(none.summary.left_out.len(), none.summary.not_run);
    assert_eq!(none.summary.not_run + none.results.len(), none.info.planned, "each is told once");
    assert_eq!((none.summary.exit_code, none.info.choice.budget_ms), (0, Some(1)));
    let why = &none.summary.left_out[0].why;
    assert_eq!(why, "it did not fit into the budget of 0.001 s");
    // Whatever ran says what it says without a budget.
    for ms in [1, 60, 120, 240] {
        let some = played(Selection::default(), budget(ms), &defects);
        for (key, verdict) in verdicts(&some) {
            assert_eq!(Some(&verdict), whole.get(&key), "{ms} ms: {key:?}");
        }
    }
    let ample = played(Selection::default(), budget(600_000), &defects);
    assert_eq!((verdicts(&ample), ample.summary.left_out.len()), (whole, 0));
}

#[test]
fn what_is_not_gentle_is_not_applicable_and_says_so() {
    let gentle = Manners { gentle: Gentle::Always, ..Manners::default() };
    let told = played(Selection::default(), gentle, &[]);
    assert_eq!(told.info.choice.gentle.as_deref(), Some("asked for"));
    let rough: Vec<_> =
        told.results.iter().filter(|r| r.verdict.kind == VerdictKind::NotApplicable).collect();
    assert!(!rough.is_empty());
    let suite = Suite::embedded().unwrap();
    let lacks = |id: &str| {
        suite.scenarios.iter().any(|s| {
            let without = s.needs.iter().any(|need| need.is_without());
            s.id == id && (s.handles_target() || has_bridge(s) || without)
        })
    };
    for result in rough.iter().filter(|r| !lacks(&r.key.id)) {
        let reason = result.verdict.reason.clone().unwrap_or_default();
        assert!(reason.starts_with("not gentle: ") && reason.ends_with("(--disruptive runs it)"), "{reason}");
    }
    assert_eq!(everything().info.choice.gentle, None, "memory is nobody else's");
    let all = everything();
    let left: Vec<_> = all.results.iter().filter(|r| r.verdict.kind == VerdictKind::NotApplicable).collect();
    assert!(
        left.iter().all(|r| lacks(&r.key.id)),
        "memory has neither a process nor a bridge, and offers all"
    );
}

//! The head of a script: for whom it is, what it is about and how it is run; and the values that its player needs.

use std::collections::BTreeSet;

use deadzone_history::History;
use deadzone_verdict::{Finding, RunInfo, ScenarioResult};

use super::{
    check::{Check, Plan},
    name::SCRIPT_MARK,
    python,
    render::Recording,
    step::Step,
};

/// Most of what else would have been right that is told.
const INSTEAD: usize = 4;

/// How long it lasts at least, s.
fn lasts_s(plan: &Plan) -> u64 {
    let pauses: u64 =
        plan.walk.steps.iter().map(|(_, step)| if let Step::Pause { us } = step { *us } else { 0 }).sum();
    let wait = if let Check::Silent(silence) = &plan.check { silence.us } else { 0 };
    pauses.saturating_add(wait).div_ceil(1_000_000)
}

/// What a reader must know first.
pub(super) fn head(
    name: &str,
    result: &ScenarioResult,
    finding: &Finding,
    of: Recording<'_>,
    plan: &Plan,
) -> String {
    let mut out = format!("#!/usr/bin/env python3\n{SCRIPT_MARK} {}\n#\n", python_word(&of.info.deadzone));
    let mut line =
        |label: &str, text: &str| out.push_str(&python::comment("", &format!("{label:<10} "), text));
    let clause = finding.clause.clause();
    let version = of.info.target_version.as_deref().unwrap_or("(it does not say which version)");
    line("Broker:", &format!("{} {version}", of.info.target));
    if !of.info.switched_on.is_empty() {
        line("", &format!("with {} switched on by deadzone", of.info.switched_on.join(", ")));
    }
    line("Clause:", &format!("{} (section {}): {}", clause.id, clause.section, clause.text));
    line("", clause.url());
    line("Scenario:", &format!("{} in MQTT {}: {}", result.key.id, result.key.version, result.title));
    line("Expected:", &finding.wanted);
    line("Recorded:", &finding.got);
    for (i, answer) in finding.could_instead.iter().take(INSTEAD).enumerate() {
        line(if i == 0 { "Legal:" } else { "" }, answer);
    }
    if let Some(date) = of.date {
        line("Date:", date);
    }
    let nodes = plan.walk.nodes.values().map(|node| node.number()).max().unwrap_or(1);
    let each = " [HOST[:PORT]]".repeat(usize::from(nodes));
    line("Run it:", &format!("python3 {name}{each}, or mqtts://HOST[:PORT] for TLS"));
    line(
        "",
        "It says FAULT SHOWN (exit code 1), not shown (0) or could not run (2), and needs Python 3.8 alone.",
    );
    line("", "MQTT_USER, MQTT_PASSWORD, MQTT_CA, MQTT_CERT and MQTT_KEY are read from the environment.");
    let lasts_s = lasts_s(plan);
    if lasts_s > 2 {
        line(
            "",
            &format!("It lasts {lasts_s} s at least: so long something must stay away, or time must pass."),
        );
    }
    if let Check::Unseen(why) = &plan.check {
        line("Note:", &format!("it can't look for this fault by itself: {why}."));
    }
    out
}

/// A version number or the like.
fn python_word(text: &str) -> String {
    text.chars().filter(char::is_ascii_graphic).take(40).collect()
}

/// What differs from script to script beside its steps.
pub(super) fn constants(
    out: &mut String,
    finding: &Finding,
    history: &History,
    plan: &Plan,
    tries: usize,
    info: &RunInfo,
) {
    let list = |items: &BTreeSet<bytes::Bytes>| {
        let told: Vec<String> = items.iter().map(|item| python::bytes(item)).collect();
        format!("[{}]", told.join(", "))
    };
    out.push_str("import os\nimport random\nimport re\nimport select\nimport socket\nimport ssl\nimport string\nimport struct\nimport sys\nimport time\n\n");
    let prefix = python::bytes(history.header.run_prefix.as_bytes());
    let told = info.address.as_deref().unwrap_or_default().split(" and ");
    let mut addresses: Vec<String> = told.filter_map(plain_address).map(python::text).collect();
    if addresses.is_empty() {
        addresses.push(python::text("127.0.0.1:1883"));
    }
    let lines = [
        format!("CLAUSE = {}", python::text(finding.clause.as_str())),
        format!(
            "VERSION = {}  # the protocol level of clients that tidy up or show that the broker lives",
            history.header.version.level()
        ),
        format!(
            "RECORDED = {prefix}  # what topics and client ids began with; each run has a word of its own"
        ),
        format!("TRIES = {tries}"),
        format!("CLIENT_IDS = {}", list(&plan.walk.client_ids)),
        format!("RETAINED = {}", list(&plan.walk.retained)),
        format!("ADDRESSES = sys.argv[1:] or [{}]", addresses.join(", ")),
    ];
    for line in lines {
        out.push_str(&line);
        out.push('\n');
    }
}

/// An address that can be a default: a host with a port, and nothing that needs more than that.
fn plain_address(address: &str) -> Option<&str> {
    let plain = address.strip_prefix("mqtt://").unwrap_or(address);
    let harmless = |c: char| c.is_ascii_alphanumeric() || ".:-[]".contains(c);
    (plain.contains(':') && plain.chars().all(harmless)).then_some(plain)
}

//! The target as its maintainer needs to know it: version, limits, configuration, log.

use deadzone_verdict::{RunInfo, ScenarioResult};
use deadzone_wire::Version;

use super::page::{Page, Role};

/// Most lines of a configuration and of a log.
pub(crate) const LINES: usize = 20;

/// Name and version in a few words.
pub(crate) fn name(info: &RunInfo) -> String {
    let version = info.target_version.as_deref().map(|version| format!(" {version}")).unwrap_or_default();
    let address =
        info.address.as_deref().filter(|a| *a != info.target).map(|a| format!(" at {a}")).unwrap_or_default();
    format!("{}{version}{address}", info.target)
}

/// Limits and configuration.
pub(crate) fn write(page: &mut Page, info: &RunInfo, version: Version) {
    page.field("target", Role::Plain, &name(info), 200);
    if let Some(links) = &info.links {
        page.field("links", Role::Plain, links, 200);
    }
    if !info.switched_on.is_empty() {
        page.field("switched on", Role::Doubtful, &info.switched_on.join(", "), 400);
    }
    page.field("limits", Role::Plain, &limits(info, version), 400);
    lines(page, "configured", &info.target_configuration, (LINES, false));
}

/// The end of the target's log, so many lines at most.
pub(crate) fn log(page: &mut Page, result: &ScenarioResult, most: usize) {
    lines(page, "log", result.target_log.as_deref().unwrap_or_default(), (most, true));
}

/// The limits that it announced or that are declared, each with its source. What no packet says is not told as a fact.
fn limits(info: &RunInfo, version: Version) -> String {
    let Some(c) = info.capabilities.iter().find(|c| c.version == version) else { return String::new() };
    let mut out = Vec::new();
    if c.max_qos < 2 {
        out.push(format!("QoS up to {}", c.max_qos));
    }
    let offers = [
        (c.retain, "retained messages"),
        (c.wildcard, "wildcards"),
        (c.subscription_identifier, "subscription identifiers"),
        (c.shared, "shared subscriptions"),
        (c.session, "sessions"),
    ];
    // Before 5.0 there are no subscription identifiers and no shared subscriptions to miss.
    let known = |what: &str| {
        version == Version::V5 || !matches!(what, "subscription identifiers" | "shared subscriptions")
    };
    out.extend(offers.iter().filter(|(on, what)| !on && known(what)).map(|(_, what)| format!("no {what}")));
    if c.receive_maximum != u16::MAX {
        out.push(format!("Receive Maximum {}", c.receive_maximum));
    }
    out.extend(c.maximum_packet_size.map(|n| format!("Maximum Packet Size {n}")));
    out.extend(c.server_keep_alive_s.map(|n| format!("Server Keep Alive {n} s")));
    if out.is_empty() {
        let none = if version == Version::V5 { "its CONNACK announces none" } else { "none known" };
        let why =
            if version == Version::V5 { "" } else { &format!(": MQTT {version} has no way to announce any") };
        return format!("{none}{why}");
    }
    let sources: Vec<String> =
        c.sources.iter().map(|known| format!("{}: {}", known.fact, known.how)).collect();
    let sources = if sources.is_empty() { String::new() } else { format!(" ({})", sources.join("; ")) };
    format!("{}{sources}", out.join(", "))
}

fn lines(page: &mut Page, label: &str, text: &str, (most, tail): (usize, bool)) {
    let all: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let skipped = all.len().saturating_sub(most);
    let shown = if tail { &all[skipped..] } else { &all[..all.len() - skipped] };
    let more = format!("({skipped} {} lines left out)", if tail { "earlier" } else { "further" });
    let more = (skipped > 0).then_some(more.as_str());
    let (before, after) = if tail { (more, None) } else { (None, more) };
    let all = before.into_iter().chain(shown.iter().copied()).chain(after);
    for (i, line) in all.enumerate() {
        page.verbatim(if i == 0 { label } else { "" }, line);
    }
}

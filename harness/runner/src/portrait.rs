//! What a target is found to be: facts by version, each with where it is known from.

use deadzone_verdict::{Capabilities, GateState, Provenance, RunInfo, Source};
use deadzone_wire::Version;

/// One fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capability {
    /// In which version.
    pub version: Version,
    /// What it is about.
    pub name: &'static str,
    /// What is so.
    pub value: String,
    /// Where it is known from.
    pub source: Source,
    /// How, in words; may be empty.
    pub how: String,
}

/// All that a run of the gates shows, version by version. What was seen counts more than what is said.
pub fn portrait(info: &RunInfo, gates: &[GateState]) -> Vec<Capability> {
    info.capabilities.iter().flat_map(|offered| of_version(offered, gates)).collect()
}

fn of_version(offered: &Capabilities, gates: &[GateState]) -> Vec<Capability> {
    let version = offered.version;
    let gate = |name: &str| gates.iter().find(|gate| gate.version == version && gate.gate == name);
    let fact = |name, value: String, source, how: String| Capability { version, name, value, source, how };
    let said = |about: &str| offered.sources.iter().find(|known| known.fact == about);
    // What was said of it, then what its gates show, then what the standard gives.
    let known = |name, about: &str, value: String, seen_by: &[&str]| match said(about) {
        Some(Provenance { source, how, .. }) => fact(name, value, *source, how.clone()),
        None => match seen_by.iter().filter_map(|name| gate(name)).find(|gate| gate.state == "open") {
            Some(gate) => fact(name, value, Source::Seen, format!("gate {}", gate.gate)),
            None => fact(name, value, Source::Standard, String::new()),
        },
    };
    let (qos, how) = max_qos(offered, &gate);
    let most = match how {
        Some(how) => fact("maximum QoS", qos.to_string(), Source::Seen, how),
        None => known(
            "maximum QoS",
            "qos",
            qos.to_string(),
            [&[][..], &["qos1-in"], &["qos2-in"]][usize::from(qos.min(2))],
        ),
    };
    let yes = |on: bool| if on { "yes" } else { "no" }.to_owned();
    let mut all = vec![most];
    for (name, about, on, seen_by) in [
        ("retained messages", "retain", offered.retain, "retained"),
        ("wildcards", "wildcard", offered.wildcard, "wildcard"),
        ("kept sessions", "session", offered.session, "session"),
    ] {
        all.push(match gate(seen_by).filter(|gate| gate.state == "limited") {
            Some(gate) => fact(name, yes(false), Source::Seen, gate.why.clone()),
            None => known(name, about, yes(on), &[seen_by]),
        });
    }
    if version == Version::V5 {
        let (ids, shared) = (yes(offered.subscription_identifier), yes(offered.shared));
        all.push(known("subscription identifiers", "subscription-identifier", ids, &[]));
        all.push(known("shared subscriptions", "shared", shared, &[]));
        let number = |name, value: Option<String>, default: &str| match value {
            Some(value) => fact(name, value, Source::Advertised, "CONNACK".to_owned()),
            None => fact(name, default.to_owned(), Source::Standard, String::new()),
        };
        let receive = (offered.receive_maximum != u16::MAX).then(|| offered.receive_maximum.to_string());
        all.push(number("receive maximum", receive, "65535"));
        let packet = offered.maximum_packet_size.map(|size| format!("{size} B"));
        all.push(number("maximum packet size", packet, "no limit"));
        let alive = offered.server_keep_alive_s.map(|s| format!("{s} s"));
        all.push(number("keep alive", alive, "the client's"));
        let aliases = (offered.topic_alias_maximum > 0).then(|| offered.topic_alias_maximum.to_string());
        all.push(number("topic alias maximum", aliases, "0"));
    }
    for gate in gates.iter().filter(|gate| gate.version == version && gate.state != "open") {
        let state = format!("gate {}: {}", gate.gate, gate.state);
        all.push(fact("not open", state, Source::Seen, gate.why.clone()));
    }
    all
}

/// The highest QoS that its gates leave, with how that was seen where it is less than what is offered.
fn max_qos<'a>(offered: &Capabilities, gate: &dyn Fn(&str) -> Option<&'a GateState>) -> (u8, Option<String>) {
    for (qos, names) in [(1, ["qos1-in", "qos1-out"]), (2, ["qos2-in", "qos2-out"])] {
        let limited = names.iter().filter_map(|name| gate(name)).find(|gate| gate.state == "limited");
        if let Some(limited) = limited.filter(|_| qos <= offered.max_qos) {
            return (qos - 1, Some(limited.why.clone()));
        }
    }
    (offered.max_qos, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gate(name: &str, state: &str, why: &str) -> GateState {
        GateState {
            version: Version::V311,
            gate: name.to_owned(),
            state: state.to_owned(),
            why: why.to_owned(),
            failed_by: None,
        }
    }

    fn one(all: &[Capability], name: &str) -> (String, Source, String) {
        let found = all.iter().find(|t| t.name == name).unwrap();
        (found.value.clone(), found.source, found.how.clone())
    }

    #[test]
    fn each_fact_says_where_it_is_known_from() {
        let gates = [gate("qos2-in", "limited", "SUBACK grants 1"), gate("retained", "open", "")];
        let all = of_version(&Capabilities::everything(Version::V311), &gates);
        assert_eq!(one(&all, "maximum QoS"), ("1".into(), Source::Seen, "SUBACK grants 1".into()));
        assert_eq!(one(&all, "retained messages"), ("yes".into(), Source::Seen, "gate retained".into()));
        assert_eq!(one(&all, "wildcards"), ("yes".into(), Source::Standard, String::new()));
        assert_eq!(one(&all, "not open").0, "gate qos2-in: limited");
        let mut said = Capabilities::everything(Version::V311);
        (said.retain, said.max_qos) = (false, 0);
        let known = |fact: &str, source| Provenance { fact: fact.into(), source, how: String::new() };
        said.sources = vec![known("retain", Source::Advertised), known("qos", Source::Declared)];
        let all = of_version(&said, &[gate("qos1-in", "limited", "x")]);
        assert_eq!(one(&all, "retained messages").1, Source::Advertised);
        let (value, source, _) = one(&all, "maximum QoS");
        assert_eq!(
            (value.as_str(), source),
            ("0", Source::Declared),
            "a gate that was not offered limits nothing more"
        );
    }
}

//! What will be performed, and what the target's limits exclude.

use std::{collections::BTreeSet, sync::Arc};

use deadzone_link::Catalogue;
use deadzone_script::{Control, Gate, Need, Scenario};
use deadzone_verdict::{Capabilities, ScenarioKey, Source};
use deadzone_wire::Version;

use crate::{Selection, Suite, Tier, profiles::profiles};

/// One scenario in one version.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Which.
    pub key: ScenarioKey,
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// Link profiles, where they are not the embedded ones alone.
    pub profiles: Option<Arc<Catalogue>>,
    /// Why it is not applicable to this target, if it is not.
    pub excluded: Option<String>,
    /// It is left out for a reason of ours: that says nothing of the target.
    pub left_out: bool,
    /// A gate that was not chosen, but that something chosen stands on: told only where it does not pass.
    pub unasked: bool,
}

impl Planned {
    /// Whether a control run can be made of it and says something: there is a fault to leave out.
    pub(crate) fn has_control(&self) -> bool {
        !matches!(self.scenario.control, Control::None(_)) && self.scenario.has_fault(self.key.version)
    }

    /// Whether the target must offer this.
    pub(crate) fn needs(&self, need: Need) -> bool {
        self.scenario.needs.contains(&need)
    }

    /// The link profiles that it may name.
    pub(crate) fn catalogue(&self) -> &Catalogue {
        self.profiles.as_deref().unwrap_or_else(|| profiles())
    }
}

/// All that is to be done, in the order of the suite.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The performances.
    pub items: Vec<Planned>,
}

impl Plan {
    /// Leaves out what is outside a tier, and says how much that was.
    pub(crate) fn keep_within(&mut self, tier: Tier) -> usize {
        let before = self.items.len();
        self.items.retain(|planned| tier.holds(&planned.scenario));
        before - self.items.len()
    }

    /// Chooses, and holds needs against capabilities. A version without capabilities is one that the target does not speak.
    pub fn new(
        suite: &Suite,
        selection: &Selection,
        versions: &[Version],
        capabilities: &[Capabilities],
    ) -> Self {
        let wanted = |scenario: &Scenario, version| selection.holds(scenario, version);
        Self { items: items(suite, versions, capabilities, wanted) }
    }

    /// What is chosen of a tier, with the tier and how much is left out because it is outside. Where neither word nor option says
    /// which, it is the full one in real time; in virtual time everything costs nothing.
    pub(crate) fn of_tier(
        suite: &Suite,
        selection: &Selection,
        versions: &[Version],
        capabilities: &[Capabilities],
        real_time: bool,
    ) -> (Self, Tier, usize) {
        let open = if real_time && selection.leaves_the_tier_open() { Tier::Full } else { Tier::Long };
        let tier = selection.tier().unwrap_or(open);
        let mut plan = Self::new(suite, &selection.clone().within(None), versions, capabilities);
        let left_out = plan.keep_within(tier);
        (plan, tier, left_out)
    }

    /// Adds the gates that something of the plan stands on and that were not chosen.
    pub(crate) fn add_gates(&mut self, suite: &Suite, versions: &[Version], capabilities: &[Capabilities]) {
        loop {
            let known: BTreeSet<ScenarioKey> = self.items.iter().map(|item| item.key.clone()).collect();
            let stood_on: BTreeSet<(Gate, Version)> = self
                .items
                .iter()
                .flat_map(|item| item.scenario.stands_on.iter().map(|gate| (*gate, item.key.version)))
                .collect();
            let wanted = |scenario: &Scenario, version| {
                let key = ScenarioKey { id: scenario.id.clone(), version };
                scenario.gate.is_some_and(|gate| stood_on.contains(&(gate, version))) && !known.contains(&key)
            };
            let mut more = items(suite, versions, capabilities, wanted);
            if more.is_empty() {
                return;
            }
            more.iter_mut().for_each(|item| item.unasked = true);
            self.items.extend(more);
        }
    }

    /// Where the target does not speak a version, what it answered belongs to it.
    pub(crate) fn tell_refusals(&mut self, refused: &[(Version, String)]) {
        for item in &mut self.items {
            let answer = refused.iter().find(|(version, _)| *version == item.key.version);
            if let (Some((version, came)), Some(excluded)) = (answer, &mut item.excluded) {
                *excluded = format!("the target does not speak MQTT {version} at this address: {came}");
            }
        }
    }

    /// How many were chosen.
    pub(crate) fn chosen(&self) -> usize {
        self.items.iter().filter(|item| !item.unasked).count()
    }
}

fn items(
    suite: &Suite,
    versions: &[Version],
    capabilities: &[Capabilities],
    wanted: impl Fn(&Scenario, Version) -> bool,
) -> Vec<Planned> {
    let mut items = Vec::new();
    for scenario in &suite.scenarios {
        for version in versions {
            if !scenario.versions.contains(version) || !wanted(scenario, *version) {
                continue;
            }
            let excluded = match capabilities.iter().find(|c| c.version == *version) {
                Some(offered) => {
                    let shown_by_gate =
                        |need: &&Need| scenario.gate.is_some() && is_declared(**need, offered);
                    scenario
                        .needs
                        .iter()
                        .filter(|need| !shown_by_gate(need))
                        .find_map(|need| lacks(*need, offered))
                }
                None => Some(format!("the target does not speak MQTT {version} at this address")),
            };
            let key = ScenarioKey { id: scenario.id.clone(), version: *version };
            let profiles = suite.profiles.get(&scenario.file).cloned();
            // That a target offers all is no lack of it.
            let left_out = excluded.is_some() && scenario.needs.iter().any(|need| need.is_without());
            items.push(Planned {
                key,
                scenario: Arc::clone(scenario),
                profiles,
                excluded,
                left_out,
                unasked: false,
            });
        }
    }
    items
}

/// Whether it lacks this QoS by its descriptor's word alone. A declared limit takes no violation back: how the target refuses
/// what it does not offer is for the gate to see.
fn is_declared(need: Need, offered: &Capabilities) -> bool {
    matches!(need, Need::Qos(_))
        && offered.sources.iter().any(|known| known.fact == "qos" && known.source == Source::Declared)
}

fn lacks(need: Need, offered: &Capabilities) -> Option<String> {
    let (missing, fact) = match need {
        // Looked at once for the whole run.
        Need::Nodes(_) | Need::Bridge | Need::Ws | Need::Tls | Need::Password | Need::ClientCertificates => {
            return None;
        }
        Need::Qos(qos) => (offered.max_qos < qos, "qos"),
        Need::Session => (!offered.session, "session"),
        Need::Retain => (!offered.retain, "retain"),
        Need::Wildcard => (!offered.wildcard, "wildcard"),
        Need::SubscriptionIdentifier => (!offered.subscription_identifier, "subscription-identifier"),
        Need::SharedSubscription => (!offered.shared, "shared"),
        Need::TopicAlias => (offered.topic_alias_maximum == 0, "topic-alias"),
        Need::TopicAliasLimit => (!(1..u16::MAX).contains(&offered.topic_alias_maximum), "topic-alias"),
        Need::WithoutQos2 | Need::WithoutRetain | Need::WithoutWildcard => return has(need, offered),
    };
    missing.then(|| {
        let source =
            offered.sources.iter().find(|known| known.fact == fact).map_or("", |known| known.how.as_str());
        format!("the target does not offer {}: {source}", need_text(need))
    })
}

/// What the target has, where the scenario is about one without it.
fn has(need: Need, offered: &Capabilities) -> Option<String> {
    let (has, what) = match need {
        Need::WithoutQos2 => (offered.max_qos == 2, "QoS 2"),
        Need::WithoutRetain => (offered.retain, "retained messages"),
        Need::WithoutWildcard => (offered.wildcard, "wildcard subscriptions"),
        _ => return None,
    };
    has.then(|| format!("the target offers {what}"))
}

fn need_text(need: Need) -> String {
    match need {
        Need::Ws => "a WebSocket".to_owned(),
        Need::Tls => "TLS".to_owned(),
        Need::Password => "a password".to_owned(),
        Need::ClientCertificates => "client certificates".to_owned(),
        Need::Qos(qos) => format!("QoS {qos}"),
        Need::Session => "sessions that outlive their connection".to_owned(),
        Need::Retain => "retained messages".to_owned(),
        Need::Wildcard => "wildcard subscriptions".to_owned(),
        Need::SubscriptionIdentifier => "subscription identifiers".to_owned(),
        Need::SharedSubscription => "shared subscriptions".to_owned(),
        Need::TopicAlias => "topic aliases".to_owned(),
        Need::TopicAliasLimit => "a Topic Alias Maximum of 1 to 65534".to_owned(),
        Need::WithoutQos2 => "less than QoS 2".to_owned(),
        Need::WithoutRetain => "no retained messages".to_owned(),
        Need::WithoutWildcard => "no wildcard subscriptions".to_owned(),
        Need::Nodes(count) => format!("{count} nodes"),
        Need::Bridge => "a bridge".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use deadzone_verdict::Provenance;

    use super::*;

    /// A broker may speak the version on another port.
    #[test]
    fn a_version_that_is_not_spoken_is_not_spoken_at_this_address() {
        let suite = Suite::embedded().unwrap();
        let mut plan = Plan::new(&suite, &Selection::default(), &[Version::V5], &[]);
        let why = |plan: &Plan| plan.items[0].excluded.clone().unwrap_or_default();
        assert_eq!(why(&plan), "the target does not speak MQTT 5.0 at this address");
        plan.tell_refusals(&[(Version::V5, "CONNACK 0x84".to_owned())]);
        assert_eq!(why(&plan), "the target does not speak MQTT 5.0 at this address: CONNACK 0x84");
    }

    #[test]
    fn a_declared_limit_is_looked_at_by_its_gate() {
        let suite = Suite::embedded().unwrap();
        let excluded = |source| {
            let known = Provenance { fact: "qos".to_owned(), source, how: "said".to_owned() };
            let offered =
                Capabilities { max_qos: 1, sources: vec![known], ..Capabilities::everything(Version::V311) };
            let plan = Plan::new(&suite, &Selection::default(), &[Version::V311], &[offered]);
            let of = |id: &str| plan.items.iter().find(|p| p.key.id == id).unwrap().excluded.is_some();
            (of("gates/publish/qos2-in"), of("qos2/interrupted/pubrec-lost"))
        };
        assert_eq!(excluded(Source::Declared), (false, true));
        assert_eq!(excluded(Source::Advertised), (true, true), "what its CONNACK says is its right");
    }

    #[test]
    fn a_control_run_is_made_only_where_a_fault_can_be_left_out() {
        let suite = Suite::embedded().unwrap();
        let plan = Plan::new(&suite, &Selection::default(), &[Version::V5], &[]);
        let has_control = |id: &str| plan.items.iter().find(|p| p.key.id == id).map(Planned::has_control);
        assert_eq!(has_control("qos2/interrupted/pubrec-lost"), Some(true));
        assert_eq!(has_control("cellular/driving/exactly-once"), Some(true), "its profile is the fault");
        assert_eq!(has_control("qos1/inbound/handshake"), Some(false), "it has none");
        assert_eq!(has_control("will/lost/silent"), Some(false), "its fault is the stimulus");
    }
}

//! What will be performed, and what the target's limits exclude.

use std::{collections::BTreeSet, sync::Arc};

use deadzone_link::Catalogue;
use deadzone_script::{Control, Gate, Need, Scenario};
use deadzone_verdict::{Capabilities, ScenarioKey};
use deadzone_wire::Version;

use crate::{
    Selection, Suite, Tier,
    gentle::why_not_gentle,
    links::{LinkProvider, refusal},
    profiles::profiles,
};

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

/// Why a scenario that kills, stops or freezes its target is not performed.
const NOT_OURS: &str = "deadzone did not start this target: it can't be killed, stopped or frozen";

impl Plan {
    /// Leaves out what is outside a tier, and says how much that was.
    pub(crate) fn keep_within(&mut self, tier: Tier) -> usize {
        let before = self.items.len();
        self.items.retain(|planned| tier.holds(&planned.scenario));
        before - self.items.len()
    }

    /// What is too much for a target that others use is left out.
    pub(crate) fn leave_out_disruptive(&mut self) {
        for item in self.items.iter_mut().filter(|item| item.excluded.is_none()) {
            if let Some(why) = why_not_gentle(&item.scenario) {
                item.left_out = true;
                item.excluded = Some(format!("not gentle: {why} (--disruptive runs it)"));
            }
        }
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

    /// What a target's owner does not want is not applicable.
    pub(crate) fn leave_out_solo(&mut self) {
        for item in self.items.iter_mut().filter(|item| item.excluded.is_none() && item.scenario.solo) {
            item.left_out = true;
            item.excluded =
                Some("it touches the whole broker, and the target is declared with solo = false".to_owned());
        }
    }

    /// What does something to the target's process is not applicable where that is not ours.
    pub(crate) fn leave_process_alone(&mut self) {
        let handles = |item: &&mut Planned| item.excluded.is_none() && item.scenario.handles_target();
        for item in self.items.iter_mut().filter(handles) {
            item.left_out = true;
            item.excluded = Some(NOT_OURS.to_owned());
        }
    }

    /// What needs more nodes than there are is not applicable.
    pub(crate) fn leave_out_beyond(&mut self, nodes: usize, bridge: bool) {
        for item in self.items.iter_mut().filter(|item| item.excluded.is_none()) {
            item.excluded = item.scenario.needs.iter().find_map(|need| beyond(*need, nodes, bridge));
        }
    }

    /// What such links can't carry is not applicable.
    pub(crate) fn leave_to(&mut self, links: &dyn LinkProvider) {
        for item in self.items.iter_mut().filter(|item| item.excluded.is_none()) {
            item.excluded = refusal(links, &item.scenario);
            item.left_out = item.excluded.is_some();
        }
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
                Some(offered) => scenario.needs.iter().find_map(|need| lacks(*need, offered)),
                None => Some(format!("the target does not speak MQTT {version} at this address")),
            };
            let key = ScenarioKey { id: scenario.id.clone(), version: *version };
            let profiles = suite.profiles.get(&scenario.file).cloned();
            items.push(Planned {
                key,
                scenario: Arc::clone(scenario),
                profiles,
                excluded,
                left_out: false,
                unasked: false,
            });
        }
    }
    items
}

/// Why a need for nodes is not met.
fn beyond(need: Need, nodes: usize, bridge: bool) -> Option<String> {
    match need {
        Need::Nodes(_) if bridge => {
            Some("its two nodes are two brokers, with a bridge between them".to_owned())
        }
        Need::Nodes(wanted) if usize::from(wanted) > nodes => {
            let plural = if nodes == 1 { "" } else { "s" };
            Some(format!(
                "it needs {wanted} nodes of one server, and the target has {nodes} endpoint{plural}"
            ))
        }
        Need::Bridge if !bridge => Some("the target has no bridge".to_owned()),
        _ => None,
    }
}

fn lacks(need: Need, offered: &Capabilities) -> Option<String> {
    let (missing, fact) = match need {
        // What the target is, not what it offers.
        Need::Nodes(_) | Need::Bridge => return None,
        Need::Qos(qos) => (offered.max_qos < qos, "qos"),
        Need::Session => (!offered.session, "session"),
        Need::Retain => (!offered.retain, "retain"),
        Need::Wildcard => (!offered.wildcard, "wildcard"),
        Need::SubscriptionIdentifier => (!offered.subscription_identifier, "subscription-identifier"),
    };
    missing.then(|| {
        let source =
            offered.sources.iter().find(|known| known.fact == fact).map_or("", |known| known.how.as_str());
        format!("the target does not offer {}: {source}", need_text(need))
    })
}

fn need_text(need: Need) -> String {
    match need {
        Need::Qos(qos) => format!("QoS {qos}"),
        Need::Session => "sessions that outlive their connection".to_owned(),
        Need::Retain => "retained messages".to_owned(),
        Need::Wildcard => "wildcard subscriptions".to_owned(),
        Need::SubscriptionIdentifier => "subscription identifiers".to_owned(),
        Need::Nodes(count) => format!("{count} nodes"),
        Need::Bridge => "a bridge".to_owned(),
    }
}

#[cfg(test)]
mod tests {
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

//! Nodes: their numbers, and whether a scenario asks for those that it names.

use deadzone_spec::Node;

use super::cursor::{Cursor, Parsed};
use super::scenario::Draft;
use crate::diagnostic::{Diagnostic, code};
use crate::{At, ClientDecl, Need, Scenario, Step, StepKind};

/// The number of a node.
pub(super) fn node(cursor: &mut Cursor<'_>) -> Parsed<Node> {
    let number = cursor.count("a node", 1, u32::from(Node::MAX))?;
    // The range above is that of nodes.
    Ok(u8::try_from(number).ok().and_then(Node::new).unwrap_or_default())
}

/// The name of the bridge, for steps on its link.
const BRIDGE: &str = "bridge";

/// `needs bridge` declares it.
pub(super) fn declare_bridge(draft: &mut Draft, at: At, mistakes: &mut Vec<Diagnostic>) {
    if draft.scenario.clients.iter().any(|client| client.name == BRIDGE) {
        let message = "a client `bridge` is declared already";
        mistakes.push(Diagnostic::error(code::CLIENT_NAME, at, message).help("`needs bridge` declares it"));
    }
    let bridge = ClientDecl { manual: true, bridge: true, at, ..ClientDecl::named(BRIDGE) };
    draft.scenario.clients.push(bridge);
}

/// Whether a step is on the bridge's link.
fn is_of_link(kind: &StepKind) -> bool {
    matches!(kind, StepKind::Link { .. } | StepKind::LinkProfile { .. } | StepKind::LinkSaw { .. })
}

/// Whether a scenario does something to the bridge's link, which all share: then it runs alone.
pub(super) fn handles_bridge(scenario: &Scenario) -> bool {
    let bridge = scenario.clients.iter().position(|client| client.bridge);
    bridge.is_some() && scenario.steps.iter().any(|s| is_of_link(&s.kind) && s.kind.client() == bridge)
}

/// How many nodes its needs ask for.
fn asked_for(scenario: &Scenario) -> u8 {
    let of = |need: &Need| match need {
        Need::Nodes(count) => *count,
        Need::Bridge => 2,
        _ => 1,
    };
    scenario.needs.iter().map(of).max().unwrap_or(1)
}

/// Nodes beyond those that are asked for.
pub(super) fn check(scenario: &Scenario, steps: &[Step], mistakes: &mut Vec<Diagnostic>) {
    let asked_for = asked_for(scenario);
    let bridge = scenario.clients.iter().position(|client| client.bridge);
    for step in steps {
        let of_bridge = bridge.is_some_and(|bridge| step.kind.clients().any(|client| client == bridge));
        if of_bridge && !matches!(step.kind, StepKind::Link { .. }) {
            let message = "the bridge is a broker's: only faults of its link can be asked for";
            mistakes
                .push(Diagnostic::error(code::BRIDGE, step.at, message).help("write `link bridge FAULT`"));
        }
        match step.kind {
            StepKind::Ready { from: Some(node), .. } if node.number() > asked_for => {
                mistakes.push(beyond(node, step.at));
            }
            StepKind::Settle if asked_for < 2 => {
                let message = "one node has nothing to settle with another";
                mistakes.push(Diagnostic::error(code::NODE, step.at, message).help("add `needs nodes 2`"));
            }
            _ => {}
        }
    }
}

/// Clients at nodes beyond those that are asked for, and rounds that can't be.
pub(super) fn check_clients(scenario: &Scenario, mistakes: &mut Vec<Diagnostic>) {
    let asked_for = asked_for(scenario);
    if scenario.needs.contains(&Need::Bridge) && scenario.times > 1 {
        let message = "rounds would share the bridge";
        mistakes.push(Diagnostic::error(code::BRIDGE, scenario.at, message).help("leave `times` out"));
    }
    for client in &scenario.clients {
        if let Some(node) = client.node.filter(|node| node.number() > asked_for) {
            mistakes.push(beyond(node, client.at));
        }
    }
}

fn beyond(node: Node, at: At) -> Diagnostic {
    let message = format!("this scenario does not ask for node {node}");
    Diagnostic::error(code::NODE, at, message).help(format!("add `needs nodes {node}`"))
}

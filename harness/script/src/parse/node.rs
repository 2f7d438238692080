//! Nodes: their numbers, and whether a scenario asks for those that it names.

use deadzone_spec::Node;

use super::cursor::{Cursor, Parsed};
use crate::diagnostic::{Diagnostic, code};
use crate::{At, Need, Scenario, Step, StepKind};

/// The number of a node.
pub(super) fn node(cursor: &mut Cursor<'_>) -> Parsed<Node> {
    let number = cursor.count("a node", 1, u32::from(Node::MAX))?;
    // The range above is that of nodes.
    Ok(u8::try_from(number).ok().and_then(Node::new).unwrap_or_default())
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
    for step in steps {
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

/// Clients at nodes beyond those that are asked for.
pub(super) fn check_clients(scenario: &Scenario, mistakes: &mut Vec<Diagnostic>) {
    let asked_for = asked_for(scenario);
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

//! What is left out of a plan because of what the target is, the way to it, or who else uses it.

use deadzone_script::{Certificate, Need, Scenario};
use deadzone_target::Declared;
use deadzone_transport::Presented;

use crate::{
    Plan,
    gentle::why_not_gentle,
    links::{LinkProvider, refusal},
    target::TargetHandle,
};

/// Why a scenario that kills, stops or freezes its target is not performed.
const NOT_OURS: &str = "deadzone did not start this target: it can't be killed, stopped or frozen";

impl Plan {
    /// Leaves out, each with its reason, what can't be performed on this target or over these links, and what is too much for a
    /// broker that others use.
    pub(crate) fn fit(&mut self, target: &TargetHandle, links: Option<&dyn LinkProvider>, gentle: bool) {
        for item in self.items.iter_mut().filter(|item| item.excluded.is_none()) {
            let scenario = &item.scenario;
            // Foreign links lead to the first node alone.
            item.excluded = beyond(target, scenario, links.is_none())
                .or_else(|| unfit(target, scenario))
                .or_else(|| links.and_then(|links| refusal(links, scenario)))
                .or_else(|| why_not_gentle(scenario).filter(|_| gentle).map(not_gentle));
            item.left_out = item.excluded.is_some();
        }
    }
}

fn not_gentle(why: &str) -> String {
    format!("not gentle: {why} (--disruptive runs it)")
}

/// Why a need for nodes is not met.
fn beyond(target: &TargetHandle, scenario: &Scenario, all: bool) -> Option<String> {
    let (nodes, bridge) = if all { (target.nodes(), target.has_bridge()) } else { (1, false) };
    scenario.needs.iter().find_map(|need| match need {
        Need::Nodes(_) if bridge => {
            Some("its two nodes are two brokers, with a bridge between them".to_owned())
        }
        Need::Nodes(wanted) if usize::from(*wanted) > nodes => {
            let plural = if nodes == 1 { "" } else { "s" };
            let has = format!("the target has {nodes} endpoint{plural}");
            Some(format!("it needs {wanted} nodes of one server, and {has}"))
        }
        Need::Bridge if !bridge => Some("the target has no bridge".to_owned()),
        _ => None,
    })
}

/// Why this target is not the one for a scenario, if it is not. The broker in memory is made as each scenario needs it.
fn unfit(target: &TargetHandle, scenario: &Scenario) -> Option<String> {
    if target.declared().and_then(|declared: &Declared| declared.solo) == Some(false) && scenario.solo {
        return Some("it touches the whole broker, and the target is declared with solo = false".to_owned());
    }
    if !target.is_ours() && scenario.handles_target() {
        return Some(NOT_OURS.to_owned());
    }
    let expired = scenario.clients.iter().any(|client| client.certificate == Certificate::Expired);
    let lacks_expired = || {
        let why = "it is about a certificate that has expired, and none is given for this target";
        (expired && !target.is_embedded() && !target.can_present(Presented::Expired)).then(|| why.to_owned())
    };
    scenario
        .needs
        .iter()
        .filter(|_| !target.is_embedded())
        .find_map(|need| lacks(target, *need))
        .or_else(lacks_expired)
}

/// Whether a client without a certificate of the target's authority is certainly wrong there.
fn asks_for_certificates(target: &TargetHandle) -> bool {
    target.declared().is_some_and(|declared| declared.client_certificates)
        && target.can_present(Presented::OtherAuthority)
}

fn lacks(target: &TargetHandle, need: Need) -> Option<String> {
    let transport = target.transport();
    match need {
        Need::Ws if !transport.has_frames() => {
            Some(format!("it is about WebSocket, and this run goes over {transport}"))
        }
        Need::Tls if !transport.has_tls() => {
            Some(format!("it is about TLS, and this run goes over {transport}"))
        }
        Need::ClientCertificates if !asks_for_certificates(target) => {
            let why = "it is about client certificates, and the target is not declared to want them";
            Some(format!("{why} (`client_certificates = true`, over TLS, with one of its own)"))
        }
        Need::Password if target.credentials().is_none_or(|known| known.password.is_none()) => {
            Some("it is about passwords, and none is given for this target".to_owned())
        }
        _ => None,
    }
}

//! What is left out of a plan because of what the target is, the way to it, or who else uses it.

use deadzone_script::{Need, Scenario};
use deadzone_target::Declared;

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
            item.excluded = unfit(target, scenario)
                .or_else(|| links.and_then(|links| refusal(links, scenario)))
                .or_else(|| why_not_gentle(scenario).filter(|_| gentle).map(not_gentle));
            item.left_out = item.excluded.is_some();
        }
    }
}

fn not_gentle(why: &str) -> String {
    format!("not gentle: {why} (--disruptive runs it)")
}

/// Why this target is not the one for a scenario, if it is not. The broker in memory is made as each scenario needs it.
fn unfit(target: &TargetHandle, scenario: &Scenario) -> Option<String> {
    if target.declared().and_then(|declared: &Declared| declared.solo) == Some(false) && scenario.solo {
        return Some("it touches the whole broker, and the target is declared with solo = false".to_owned());
    }
    if !target.is_ours() && scenario.handles_target() {
        return Some(NOT_OURS.to_owned());
    }
    scenario.needs.iter().filter(|_| !target.is_embedded()).find_map(|need| lacks(target, *need))
}

fn lacks(target: &TargetHandle, need: Need) -> Option<String> {
    let transport = target.transport();
    match need {
        Need::Ws if !transport.has_frames() => {
            Some(format!("it is about WebSocket, and this run goes over {transport}"))
        }
        Need::Password if target.credentials().is_none_or(|known| known.password.is_none()) => {
            Some("it is about passwords, and none is given for this target".to_owned())
        }
        _ => None,
    }
}

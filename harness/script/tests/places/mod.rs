//! Scenarios without the places and lines of their text, to compare what they mean.

use deadzone_script::{At, Control, Scenario, Step};

/// The scenarios with every place and line of text blanked.
pub(crate) fn without(mut scenarios: Vec<Scenario>) -> Vec<Scenario> {
    for scenario in &mut scenarios {
        scenario.at = At::default();
        scenario.catches.iter_mut().for_each(|catch| catch.at = At::default());
        scenario.clients.iter_mut().for_each(|client| client.at = At::default());
        scenario.steps.iter_mut().for_each(blank);
        if let Control::Steps(steps) = &mut scenario.control {
            steps.iter_mut().for_each(blank);
        }
    }
    scenarios
}

fn blank(step: &mut Step) {
    step.at = At::default();
    step.text.clear();
}

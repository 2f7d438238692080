//! Everything that a whole-run document needs, gathered from the runner's events.

use std::sync::Arc;

use deadzone_verdict::{RunEvent, RunInfo, ScenarioResult, Summary};

/// A run as far as it was told.
#[derive(Clone, Debug, Default)]
pub struct RunModel {
    /// The head; absent until the target answered.
    pub info: Option<Arc<RunInfo>>,
    /// The results, by scenario id and version, whatever the order in which they came.
    pub results: Vec<Arc<ScenarioResult>>,
    /// The end; absent while the run goes on or after it broke off.
    pub summary: Option<Arc<Summary>>,
}

/// Gathers a [`RunModel`].
#[derive(Debug, Default)]
pub struct Collector {
    model: RunModel,
}

impl Collector {
    /// Nothing gathered yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one event.
    pub fn observe(&mut self, event: &RunEvent) {
        match event {
            RunEvent::Started(info) => self.model.info = Some(Arc::clone(info)),
            RunEvent::ScenarioStarted(_)
            | RunEvent::ScenarioParked(_)
            | RunEvent::ScenarioWaits(_)
            | RunEvent::GatePassed(_)
            | RunEvent::Confirming(_)
            | RunEvent::Notice(_) => {}
            RunEvent::ScenarioFinished(result) => {
                // Scenarios end in any order; documents of equal runs must be equal.
                // One that is told again, since more is known of it, takes the place of what was told.
                let same = |known: &ScenarioResult| known.key == result.key && known.party == result.party;
                self.model.results.retain(|known| !same(known));
                let at = self.model.results.partition_point(|known| known.key <= result.key);
                self.model.results.insert(at, Arc::clone(result));
            }
            RunEvent::Finished(summary) => self.model.summary = Some(Arc::clone(summary)),
        }
    }

    /// What was gathered so far.
    pub fn model(&self) -> &RunModel {
        &self.model
    }
}

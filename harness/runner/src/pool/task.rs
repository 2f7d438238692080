//! What a worker is given, and what it gives back.

use std::sync::Arc;

use deadzone_history::CutShort;
use deadzone_verdict::ScenarioResult;

use crate::{Planned, confirm::Wanted};

/// One scenario in one version to be performed, or to be confirmed where its first run is given.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) planned: Planned,
    pub(crate) source: Arc<str>,
    /// Which attempt at it this is: each has a nonce of its own.
    pub(crate) attempt: u32,
    /// It was not let in before and is performed alone on a rested target: now that is a verdict.
    pub(crate) rested: bool,
    /// Its first run: this is the confirmation.
    pub(crate) first: Option<Box<First>>,
}

/// A first run that is to be confirmed.
#[derive(Clone, Debug)]
pub(crate) struct First {
    pub(crate) result: ScenarioResult,
    pub(crate) wanted: Wanted,
    /// Its silences lasted to the long bound.
    pub(crate) waited_out: bool,
}

impl First {
    /// The target was lost about when it ran: its silences prove nothing, here and from its record.
    pub(crate) fn doubt_silences(&mut self) {
        self.waited_out = false;
        if let Some(history) = &mut self.result.history {
            Arc::make_mut(history).header.cut_short.get_or_insert(CutShort::TargetFailing);
        }
    }
}

impl Task {
    pub(crate) fn new(planned: Planned, source: Arc<str>) -> Self {
        Self { planned, source, attempt: 0, rested: false, first: None }
    }

    /// Connections that it holds at most: one for each client of the script, one for the harness's own, and the pair of signs
    /// of life that all silent performances share is not counted.
    pub(crate) fn connections(&self) -> usize {
        self.planned.scenario.clients.len() + 1
    }
}

/// What a task came to.
#[derive(Clone, Debug)]
pub(crate) struct Done {
    pub(crate) result: ScenarioResult,
    pub(crate) next: Next,
    /// A client was refused, closed or left alone at CONNECT, and nothing passed.
    pub(crate) not_let_in: bool,
}

/// What becomes of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// It is told.
    Told,
    /// It is repeated in the pass after all first runs; whether its silences were waited out.
    Confirm(Wanted, bool),
    /// It was not let in: that is no verdict while others are parked, or behind many connections. Performed again.
    Again(Why),
}

/// Why a first run is no verdict yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// Others were parked and held connections.
    BesideParked,
    /// Many connections came before: the target may hold back.
    Throttled,
    /// It was not clear meanwhile whether the target lives.
    Unclear,
}

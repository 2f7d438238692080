//! The walk itself: which step comes next, which is left out, and how it ends.

use std::rc::Rc;

use deadzone_history::{Abandon, Ended, EventKind, SkipReason, StepClass, StepEvent, TargetStep};
use deadzone_script::{Count, Scenario, Step, StepKind, TargetAction};

use super::{control, parking::Parking, rest, setting, stage::Stage, steps, teardown};
use crate::{client::Command, recorder::SharedRecorder, setup::Setup};

/// How often a deadline that moves is looked at, at least, µs.
const DEADLINE_EVERY_US: u64 = 1_000;

/// One performance of one scenario.
pub(crate) struct Player<'a> {
    /// With its rounds laid out one behind the other.
    scenario: &'a Scenario,
    stage: Stage<'a>,
    /// From 0.
    round: u32,
    /// A claim of absence was made, so the end is watched.
    watch_end: bool,
    /// Going on makes no sense: only expectations are looked at.
    abandoned: bool,
}

impl<'a> Player<'a> {
    pub(crate) fn new(setup: &'a Setup<'a>, scenario: &'a Scenario, recorder: &SharedRecorder) -> Self {
        let stage = Stage::new(setup, scenario, recorder);
        Self { scenario, stage, round: 0, watch_end: false, abandoned: false }
    }

    /// What the environment refused.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.stage.network.trouble()
    }

    /// Since when nothing answered, µs, where a wait ended in silence without a sign of life.
    pub(crate) fn lifeless_since_us(&self) -> Option<u64> {
        self.stage.signs.lifeless_since_us
    }

    /// Walks the steps of all rounds, and watches the end of each. A round in which something was missed is the last, and so is
    /// one behind which a slow target would take too long for another.
    pub(crate) async fn walk(&mut self) {
        let steps = setting::steps(self.stage.setup, self.scenario);
        let rounds = setting::rounds(self.stage.setup);
        let once = steps.len() / rounds;
        for round in 0..rounds {
            self.round = round as u32;
            let first = round * once;
            let slow_us = self.stage.parking.slow_us();
            self.walk_round(first, &steps[first..first + once]).await;
            let slow_us = self.stage.parking.slow_us() - slow_us;
            if !self.is_whole() || self.stage.claims.missed || !self.stage.parking.has_slow(slow_us) {
                return;
            }
            if round + 1 < rounds {
                self.leave_round(round);
            }
        }
    }

    /// Walks one round within the scenario's deadline, asks whether all is at rest, and watches its end.
    async fn walk_round(&mut self, first: usize, steps: &[Step]) {
        let timing = *self.stage.timing();
        let looks = steps.iter().filter(|s| matches!(s.kind, StepKind::Finds { .. })).count() as u64;
        let limit_us = timing.scaled_us(timing.scenario_ms) + looks * steps::longest_us(&timing);
        let recorder = self.stage.recorder().clone();
        let parking = Rc::clone(&self.stage.parking);
        let overdue = tokio::select! {
            biased;
            () = self.walk_steps(first, steps) => false,
            () = overdue(&recorder, &parking, limit_us) => true,
        };
        if overdue {
            self.stage.claims.cut_off(Ended::Overdue);
            self.abandoned = true;
            let why = Abandon::Deadline { ms: limit_us / 1000 };
            recorder.append(EventKind::Abandoned { step: self.stage.claims.step, why });
        } else if self.is_whole()
            && let Some(last) = steps.last()
        {
            rest::rest(&mut self.stage, last).await;
        }
        if std::mem::take(&mut self.watch_end) {
            let us = timing.scaled_us(timing.grace_ms);
            recorder.clock().until_us(recorder.now_us() + us).await;
            recorder.append(EventKind::Grace { us });
        }
    }

    /// The clients of a round are done: the next one has its own.
    fn leave_round(&self, round: usize) {
        let count = self.stage.setup.experiment.scenario.clients.len();
        for client in &self.stage.network.clients[round * count..(round + 1) * count] {
            let mut client = client.borrow_mut();
            client.presence.enqueue(Command::End);
            client.presence.live = None;
        }
    }

    /// Leaves the target as it was found.
    pub(crate) async fn tear_down(&mut self) {
        teardown::tear_down(&mut self.stage).await;
    }

    /// The walk came to its end, and what is silent from here on says something.
    fn is_whole(&self) -> bool {
        !self.abandoned && !self.stage.silent && !self.is_cut_short()
    }

    fn is_cut_short(&self) -> bool {
        self.stage.recorder().overflow().is_some()
            || self.stage.cancelled()
            || self.stage.network.trouble().is_some()
    }

    async fn walk_steps(&mut self, first: usize, steps: &[Step]) {
        for (i, step) in steps.iter().enumerate() {
            if self.is_cut_short() {
                return;
            }
            let number = (first + i) as u32;
            self.stage.claims.step = number;
            let skipped = self.reason_to_skip(step);
            let is_skipped = skipped.is_some();
            self.stage.recorder().append(EventKind::Step(Box::new(StepEvent {
                step: number,
                line: step.at.line,
                text: step.text.as_str().into(),
                kind: class(&step.kind),
                deviant: step.deviant || self.goes_with_deviant(step),
                round: self.round,
                skipped,
            })));
            match &step.kind {
                _ if !is_skipped => self.take(step, &steps[i..]).await,
                StepKind::Target(action) if skipped == Some(SkipReason::NotPlayed) => {
                    steps::put_off(&mut self.stage, *action);
                }
                _ => {}
            }
        }
    }

    /// Whether what it writes goes in one write with what a deviant step left to it.
    fn goes_with_deviant(&self, step: &Step) -> bool {
        let StepClass::Client(client) = class(&step.kind) else { return false };
        let client = self.stage.client(client.index()).borrow();
        client.deviant && !client.kept.is_empty()
    }

    /// A step's turn, with what comes behind it in the round.
    async fn take(&mut self, step: &Step, from_here: &[Step]) {
        if let StepClass::Client(client) = class(&step.kind)
            && step.deviant
        {
            self.stage.client(client.index()).borrow_mut().deviant = true;
        }
        if self.stage.is_derived_control() {
            control::carry_out_put_off(&mut self.stage, from_here).await;
        }
        self.watch_end |= is_of_absence(step) && !self.stage.silent;
        let was_silent = self.stage.silent;
        let done = steps::perform(&mut self.stage, step).await;
        // What hindered the connection comes before what came of it.
        let lost = self.stage.network.lost_on_the_way().filter(|_| !self.abandoned);
        let fell_silent = self.stage.silent && !was_silent;
        let silence = || {
            fell_silent.then(|| Abandon::unmet(self.stage.claims.last(), "what was expected did not come"))
        };
        if let Some(why) = lost.or_else(|| done.err()).or_else(silence) {
            self.abandoned = true;
            self.stage.recorder().append(EventKind::Abandoned { step: self.stage.claims.step, why });
        }
    }

    fn reason_to_skip(&self, step: &Step) -> Option<SkipReason> {
        if step.only.is_some_and(|v| v != self.stage.setup.experiment.version) {
            return Some(SkipReason::OtherVersion);
        }
        if step.recover && self.stage.is_derived_control() {
            return Some(SkipReason::Recovery);
        }
        if matches!(step.kind, StepKind::Target(_)) && self.stage.is_derived_control() && !self.abandoned {
            return Some(SkipReason::NotPlayed);
        }
        let expectation = matches!(class(&step.kind), StepClass::Expect(_));
        (self.abandoned && !expectation).then_some(SkipReason::EarlierStepFailed)
    }
}

/// Returns when the scenario's deadline has passed. The time of waits that are slow or parked does not count.
async fn overdue(recorder: &SharedRecorder, parking: &Parking, limit_us: u64) {
    let (since_us, before_us) = (recorder.now_us(), parking.uncounted_us());
    loop {
        let now_us = recorder.now_us();
        let ends_us = since_us + limit_us + parking.uncounted_us() - before_us;
        if now_us >= ends_us && !parking.is_uncounted() {
            return;
        }
        recorder.clock().until_us(ends_us.max(now_us + DEADLINE_EVERY_US)).await;
    }
}

/// A claim about what must not come, up to the end of the run.
fn is_of_absence(step: &Step) -> bool {
    let absent = |count| matches!(count, Count::ExactlyOnce | Count::AtMostOnce | Count::Nothing { .. });
    matches!(step.kind, StepKind::ExpectReceives { count, .. } if absent(count))
}

/// What a step is done to.
fn class(kind: &StepKind) -> StepClass {
    let client = kind.client().unwrap_or_default().into();
    match kind {
        StepKind::Target(action) => StepClass::Target(match action {
            TargetAction::Kill => TargetStep::Kill,
            TargetAction::Stop => TargetStep::Stop,
            TargetAction::Restart { fresh: false } => TargetStep::Restart,
            TargetAction::Restart { fresh: true } => TargetStep::RestartFresh,
            TargetAction::Freeze { .. } => TargetStep::Freeze,
        }),
        StepKind::Link { .. }
        | StepKind::CutTls { .. }
        | StepKind::LinkProfile { .. }
        | StepKind::LinkSaw { .. } => StepClass::Link(client),
        StepKind::ExpectReceives { .. } | StepKind::ExpectQuiescent { .. } => StepClass::Expect(client),
        _ => StepClass::Client(client),
    }
}

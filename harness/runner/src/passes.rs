//! The passes of a run: gates, what may share the target, what was not let in, what wants the target for itself, and the
//! confirmation, each after the one before it.

use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use deadzone_script::Gate;
use deadzone_verdict::{Verdict, VerdictKind};
use deadzone_wire::Version;

use crate::{
    Plan,
    budget::Budget,
    confirm::settle,
    exchange::Asker,
    health::{Examiner, Health, Trouble},
    job::{JobContext, blank, carry_out},
    ledger::Ledger,
    pool::{Limits, Outcome, Pass, Task, Why, work},
    recovery::Recovery,
    target::Target,
    telling::most_telling_first,
};

/// The attempt at a scenario that was not let in before: behind the repeats and the control run.
const AGAIN_ATTEMPT: u32 = 20;
/// Between two tries of a target that holds connections back, the first time; then twice as long each time.
const BACK_OFF: Duration = Duration::from_secs(1);
/// Before another look at a target that let no client in after all of that.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// So often.
const BACK_OFFS: u32 = 4;

/// Everything that the passes of one run share.
pub(crate) struct Passes<'a> {
    pub(crate) target: &'a mut Target,
    pub(crate) context: JobContext,
    pub(crate) limits: Limits,
    pub(crate) fail_fast: bool,
    /// What first runs begin within; gates, repeats and what is performed again are no part of it.
    pub(crate) budget: Option<Budget>,
    pub(crate) ledger: Ledger<'a>,
    /// How long the confirmation took.
    pub(crate) confirmation: Duration,
    /// The target was lost for good.
    pub(crate) lost: Option<Trouble>,
    /// Something was parked.
    pub(crate) parks: u32,
    pub(crate) recovery: Recovery,
    /// Versions whose plain clients are turned away, each after a rest.
    pub(crate) shut_out: BTreeSet<Version>,
    /// Those that were told.
    pub(crate) told_shut_out: BTreeSet<Version>,
    /// What asks for signs of life; none where the target is a part of this process.
    pub(crate) asker: Option<Asker>,
    /// The versions that are played.
    pub(crate) versions: Vec<Version>,
}

impl<'a> Passes<'a> {
    /// Passes over a target that is not asked for signs of life, before the first one.
    pub(crate) fn new(
        target: &'a mut Target,
        context: JobContext,
        limits: Limits,
        ledger: Ledger<'a>,
    ) -> Self {
        Self {
            target,
            context,
            limits,
            fail_fast: false,
            budget: None,
            ledger,
            confirmation: Duration::ZERO,
            lost: None,
            parks: 0,
            recovery: Recovery::default(),
            shut_out: BTreeSet::new(),
            told_shut_out: BTreeSet::new(),
            asker: None,
            versions: Vec::new(),
        }
    }

    /// Performs a plan: the gates, and what stands on those that are open.
    pub(crate) fn perform(&mut self, tasks: Vec<Task>) {
        let (gates, others): (Vec<Task>, Vec<Task>) =
            tasks.into_iter().partition(|task| task.planned.scenario.gate.is_some());
        self.gates(gates);
        let tasks = self.unblocked(others);
        self.perform_all(tasks);
        self.confirm();
        self.ledger.tell_habits();
    }

    /// Performs these, whichever gates they stand on.
    pub(crate) fn perform_all(&mut self, tasks: Vec<Task>) {
        let embedded = self.context.target.is_embedded();
        let (refused, others): (Vec<Task>, Vec<Task>) =
            tasks.into_iter().partition(|task| task.planned.scenario.load().refusals > 0 && !embedded);
        let (solo, mut shared): (Vec<Task>, Vec<Task>) =
            others.into_iter().partition(|task| task.planned.scenario.solo && !embedded);
        if self.budget.is_some() {
            in_order_of_telling(&mut shared);
        } else if !embedded {
            // What must wait long begins first, so that the run is not longer than its longest wait.
            shared.sort_by_key(|task| std::cmp::Reverse(task.planned.scenario.bound_by_clock_ms()));
        }
        let budget = self.budget.clone();
        self.pass_within(shared, self.limits, budget.as_ref());
        self.again();
        self.pass_within(solo, Limits { jobs: 1, solo: true, ..self.limits }, budget.as_ref());
        self.again();
        // What a broker may ban clients for comes when nothing else is left.
        self.pass_within(refused, self.limits, budget.as_ref());
        self.again();
    }

    /// Gates in waves: one that stands on another comes after it. A gate that is not known is asked once more before it blocks.
    fn gates(&mut self, mut tasks: Vec<Task>) {
        while !tasks.is_empty() {
            let open: BTreeSet<Gate> = tasks.iter().filter_map(|task| task.planned.scenario.gate).collect();
            let first = |task: &Task| {
                let scenario = &task.planned.scenario;
                scenario.stands_on.iter().all(|on| Some(*on) == scenario.gate || !open.contains(on))
            };
            let (mut wave, rest): (Vec<Task>, Vec<Task>) = tasks.into_iter().partition(first);
            // Gates that stand on each other in a circle are asked together.
            tasks = if wave.is_empty() { Vec::new() } else { rest.clone() };
            if wave.is_empty() {
                wave = rest;
            }
            let wave = self.unblocked(wave);
            self.pass(wave, self.limits);
            self.again();
            self.confirm();
        }
        let one = [Version::V311, Version::V5].into_iter().filter(|v| self.ledger.gates.one_in_flight(*v));
        self.context.one_in_flight = one.collect();
        let at_once =
            [Version::V311, Version::V5].into_iter().filter(|v| self.ledger.gates.session_at_once(*v));
        self.context.session_at_once = at_once.collect();
        let takes = [Version::V311, Version::V5].into_iter().filter(|v| self.ledger.gates.takes_qos_2(*v));
        self.context.takes_qos_2 = takes.collect();
        for version in self.context.session_at_once.clone() {
            let way = "a session that a clean start begins goes wrong";
            self.ledger.notice(format!("{way} [{version}]: new sessions begin without one"));
        }
        let shut: Vec<_> = self.ledger.gates.shut().collect();
        for gate in shut {
            let one_at_a_time = self.ledger.gates.one_in_flight(gate.version) && gate.gate == "in-flight";
            let habit = if one_at_a_time { " (it sends one unacknowledged message at a time)" } else { "" };
            let text =
                format!("gate {} [{}] is {}{habit}: {}", gate.gate, gate.version, gate.state, gate.why);
            self.ledger.notice(text);
        }
    }

    /// Tells what stands on a gate that is shut, and gives back the rest.
    fn unblocked(&mut self, tasks: Vec<Task>) -> Vec<Task> {
        let mut rest = Vec::new();
        for task in tasks {
            match self.ledger.gates.verdict(&task.planned).filter(|_| task.planned.excluded.is_none()) {
                Some(verdict) => {
                    let blank = blank(&self.context, &task.planned, &task.source);
                    self.ledger.tell_verdict(&task, blank, verdict);
                }
                None => rest.push(task),
            }
        }
        rest
    }

    fn is_over(&self) -> bool {
        let stopped = self.fail_fast && self.ledger.failed;
        stopped || self.lost.is_some() || self.context.cancel.load(Ordering::Relaxed)
    }

    /// One pass; a target that is lost meanwhile is brought back where that may be done, and the rest goes on.
    fn pass(&mut self, tasks: Vec<Task>, limits: Limits) {
        self.pass_within(tasks, limits, None);
    }

    /// The same within a budget: what it does not allow is left out.
    fn pass_within(&mut self, mut tasks: Vec<Task>, limits: Limits, budget: Option<&Budget>) {
        while !tasks.is_empty() && !self.is_over() {
            let mut outcome = self.work(tasks, limits, budget);
            self.ledger.leave_out(std::mem::take(&mut outcome.refused), budget);
            self.parks += outcome.parks;
            tasks = match outcome.trouble.clone() {
                Some(trouble) => self.recover(&trouble, outcome),
                None => return,
            };
        }
    }

    fn work(&mut self, tasks: Vec<Task>, limits: Limits, budget: Option<&Budget>) -> Outcome {
        let mut health = self.health();
        let pass = Pass {
            context: &self.context,
            limits,
            fail_fast: self.fail_fast,
            budget: budget.cloned(),
            perform: carry_out,
            health: health.as_mut(),
        };
        let ledger = &mut self.ledger;
        work(pass, tasks, &mut |progress| ledger.take(progress))
    }

    /// Who examines the target, where it is not a part of this process.
    pub(crate) fn examiner(&self) -> Option<Examiner> {
        let (asker, Target::Remote { pulse, .. }) = (self.asker.clone()?, &*self.target) else { return None };
        let long_bound = Duration::from_millis(self.context.timing.long_bound_ms);
        let versions = self.versions.clone();
        Some(Examiner::new(&self.context.target, pulse, asker, versions, long_bound, &self.context.cancel))
    }

    fn health(&self) -> Option<Health> {
        let ended = self.target.process().map(|process| Box::new(process.ended()) as Box<_>);
        Some(Health::new(self.examiner()?, ended))
    }

    /// What was not let in is performed again, now that nothing is parked; behind many connections alone and after a rest.
    fn again(&mut self) {
        let put_off = std::mem::take(&mut self.ledger.again);
        let fresh =
            |(task, _): (Task, Why)| Task { attempt: task.attempt + AGAIN_ATTEMPT, rested: true, ..task };
        let of = |wanted: Why| {
            put_off.iter().filter(|(_, why)| *why == wanted).cloned().map(fresh).collect::<Vec<Task>>()
        };
        let (unclear, parked, mut throttled) = (of(Why::Unclear), of(Why::BesideParked), of(Why::Throttled));
        // The target turned out to live.
        self.pass(unclear, self.limits);
        let alone = Limits { jobs: 1, solo: true, ..self.limits };
        if !parked.is_empty() {
            let n = parked.len();
            self.ledger
                .notice(format!("{n} were not let in beside parked ones, and are performed again alone"));
        }
        let mut asked = BTreeSet::new();
        for task in parked {
            // Each version is asked once: what is beside it may still be let in.
            if asked.insert(task.planned.key.version) && !self.rest(task.planned.key.version) {
                self.shut_out.insert(task.planned.key.version);
            }
            match self.shut_out.contains(&task.planned.key.version) {
                true => throttled.push(task),
                false => self.pass(vec![task], alone),
            }
        }
        for task in throttled {
            if self.is_over() {
                return;
            }
            let version = task.planned.key.version;
            if self.rest(version) {
                self.pass(vec![task], alone);
                continue;
            }
            let blank = blank(&self.context, &task.planned, &task.source);
            let why = format!("the target does not let clients of MQTT {version} in any more");
            self.shut_out.insert(version);
            if self.told_shut_out.insert(version) {
                self.ledger.notice(format!("{why}; the first that met it: {}", task.planned.key.id));
            }
            self.ledger.tell_verdict(&task, blank, Verdict::because(VerdictKind::Inconclusive, why));
        }
    }

    /// Rests until a plain client of this version is let in; `false` if none is. Where none was before, one is tried.
    fn rest(&mut self, version: Version) -> bool {
        let Some(mut examiner) = self.examiner() else { return true };
        examiner.asker.version = version;
        let served = match self.shut_out.contains(&version) {
            true => examiner.rest(LOOK_AGAIN, 1),
            false => examiner.rest(BACK_OFF, BACK_OFFS),
        };
        if served {
            self.shut_out.remove(&version);
        }
        served
    }

    /// The confirmation of what waits for it.
    fn confirm(&mut self) {
        let waiting = std::mem::take(&mut self.ledger.waiting);
        if waiting.is_empty() {
            return;
        }
        if self.lost.is_some() || self.context.cancel.load(Ordering::Relaxed) {
            self.unconfirmed(waiting);
            return;
        }
        let began = Instant::now();
        self.ledger.confirming(waiting.len());
        let embedded = self.context.target.is_embedded();
        let (solo, shared): (Vec<Task>, Vec<Task>) =
            waiting.into_iter().partition(|task| task.planned.scenario.solo && !embedded);
        for (tasks, limits) in [(shared, self.limits), (solo, Limits { jobs: 1, solo: true, ..self.limits })]
        {
            let keys: BTreeSet<_> = self.ledger.results.iter().map(|result| result.key.clone()).collect();
            // Failing fast is over: whatever failed already is confirmed.
            let fail_fast = std::mem::replace(&mut self.fail_fast, false);
            self.pass(tasks.clone(), limits);
            // Repeats that ended while the target was not clear.
            self.again();
            self.fail_fast = fail_fast;
            let told: BTreeSet<_> = self.ledger.results.iter().map(|result| result.key.clone()).collect();
            let missing =
                |task: &Task| !told.contains(&task.planned.key) && !keys.contains(&task.planned.key);
            let unasked = |task: &Task| task.planned.unasked;
            let left = tasks.into_iter().filter(|task| missing(task) && !unasked(task)).collect();
            self.unconfirmed(left);
        }
        self.confirmation += began.elapsed();
    }

    /// What a signal or a lost target keeps from being confirmed is told as its first run showed it.
    fn unconfirmed(&mut self, tasks: Vec<Task>) {
        for mut task in tasks {
            let Some(first) = task.first.take() else { continue };
            let mut result = first.result;
            settle(&mut result.verdict, first.waited_out);
            self.ledger.tell_result(&task, result);
        }
    }
}

fn in_order_of_telling(tasks: &mut Vec<Task>) {
    let order = most_telling_first(&tasks.iter().map(|task| &task.planned).collect::<Vec<_>>());
    let mut taken: Vec<Option<Task>> = tasks.drain(..).map(Some).collect();
    tasks.extend(order.into_iter().filter_map(|at| taken.get_mut(at).and_then(Option::take)));
}

/// The tasks of a plan.
pub(crate) fn tasks(plan: &Plan, source: impl Fn(&str) -> Arc<str>) -> Vec<Task> {
    plan.items.iter().map(|planned| Task::new(planned.clone(), source(&planned.scenario.file))).collect()
}

//! What the watching thread knows of the workers: what runs, what hangs, what came of it.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
    sync::mpsc::Receiver,
    time::{Duration, Instant},
};

use deadzone_verdict::{FactClass, Verdict, VerdictKind};

use super::{
    slots::Slots,
    task::{Done, Next, Task, Why},
    work::{Message, Progress},
};
use crate::{
    Planned,
    health::Trouble,
    job::{JobContext, blank},
};

/// Beyond a scenario's own deadlines (repeats and control, one after another) a worker is given this factor of them before it
/// is given up.
const WALL_FACTOR: u32 = 6;
/// The longest that one performance is parked in all.
const PARKED_LIMIT: Duration = Duration::from_secs(300);
/// What ended this shortly before the target was last heard of may have been the cause of its end.
const SUSPECT_FOR: Duration = Duration::from_secs(5);
/// So many performances that were not let in make the run slow down.
const THROTTLED_OFTEN: u32 = 3;

/// The watch over one pass.
pub(super) struct Watch<'a> {
    context: &'a JobContext,
    tasks: &'a [Task],
    slots: &'a Slots<Task>,
    running: BTreeMap<usize, Instant>,
    parked: BTreeSet<usize>,
    /// What was given up and has not ended since: its worker does nothing else.
    hanging: BTreeSet<usize>,
    ended: Vec<(Instant, usize)>,
    suspects: BTreeSet<usize>,
    throttled: u32,
    /// Whether the target lives is not clear: what does not pass now proves nothing.
    pub(super) unclear: bool,
    tell: &'a mut dyn FnMut(Progress),
}

impl<'a> Watch<'a> {
    pub(super) fn new(
        context: &'a JobContext,
        tasks: &'a [Task],
        slots: &'a Slots<Task>,
        tell: &'a mut dyn FnMut(Progress),
    ) -> Self {
        Self {
            context,
            tasks,
            slots,
            running: BTreeMap::new(),
            parked: BTreeSet::new(),
            hanging: BTreeSet::new(),
            ended: Vec::new(),
            suspects: BTreeSet::new(),
            throttled: 0,
            unclear: false,
            tell,
        }
    }

    /// Takes note of what a worker says; `true` for a failure or an error.
    pub(super) fn take(&mut self, message: Message) -> bool {
        match message {
            Message::Started(i, key) => {
                self.running.insert(i, Instant::now());
                (self.tell)(Progress::Started(key));
                false
            }
            Message::Parked(i) => {
                self.parked.insert(i);
                (self.tell)(Progress::Parked(self.tasks[i].planned.key.clone()));
                false
            }
            // What was given up is told already.
            Message::Ended(i, ..) if self.hanging.remove(&i) => false,
            Message::Ended(i, done, beside_parked) => {
                self.running.remove(&i);
                let failed = self.context.fails(&done.result);
                self.ended(i, *done, beside_parked);
                failed
            }
            Message::Left => false,
        }
    }

    fn ended(&mut self, i: usize, mut done: Done, beside_parked: bool) {
        self.ended.push((Instant::now(), i));
        if self.unclear && !self.tasks[i].rested && !is_proven(&done) {
            done.next = Next::Again(Why::Unclear);
        // A client that is not let in while others hold connections proves nothing.
        } else if done.not_let_in && beside_parked && !self.tasks[i].rested {
            done.next = Next::Again(Why::BesideParked);
        } else if done.next == Next::Again(Why::Throttled) && self.context.target.was_busy() {
            self.slow_down();
        }
        (self.tell)(Progress::Ended(Box::new(self.tasks[i].clone()), Box::new(done)));
    }

    fn slow_down(&mut self) {
        self.throttled += 1;
        if self.throttled.is_multiple_of(THROTTLED_OFTEN) {
            let jobs = self.slots.slow_down();
            let text = format!(
                "the target does not let clients in after many connections: {jobs} at once from here on, and what was \
                 not let in is performed again alone"
            );
            (self.tell)(Progress::Notice(text));
        }
    }

    fn is_an_error(&mut self, i: usize, why: String) {
        let task = &self.tasks[i];
        let mut result = blank(self.context, &task.planned, &task.source);
        result.verdict = Verdict::because(VerdictKind::Error, why);
        self.ended(i, Done { result, next: Next::Told, not_let_in: false }, false);
    }

    /// The target was lost: who may have been the cause?
    pub(super) fn lost(&mut self, trouble: &Trouble) {
        self.suspects.extend(self.running.keys());
        let recent = |at: Instant| at + SUSPECT_FOR >= trouble.since;
        self.suspects.extend(self.ended.iter().filter(|(at, _)| recent(*at)).map(|(_, i)| *i));
    }

    /// The suspects, if the target was lost, and what began while that was found out. What did something last comes first; what
    /// has been waiting for long, parked, was hardly the cause and comes last.
    pub(super) fn in_flight(&self) -> Vec<Task> {
        let all: BTreeSet<usize> = self.suspects.iter().chain(self.running.keys()).copied().collect();
        let ended = |i: usize| self.ended.iter().rev().find(|(_, other)| *other == i).map(|(at, _)| *at);
        let last_deed = |i: usize| self.running.get(&i).copied().or_else(|| ended(i));
        let mut all: Vec<usize> = all.into_iter().collect();
        all.sort_by_key(|i| (self.parked.contains(i), Reverse(last_deed(*i))));
        all.into_iter().map(|i| self.tasks[i].clone()).collect()
    }

    /// Turns what runs for longer than any of its own deadlines allows into errors.
    pub(super) fn give_up_overdue(&mut self) {
        let parked = |i: usize| if self.parked.contains(&i) { PARKED_LIMIT } else { Duration::ZERO };
        let limit = |i: usize| wall_limit(self.context, &self.tasks[i].planned) + parked(i);
        let overdue: Vec<(usize, Duration)> = self
            .running
            .iter()
            .map(|(i, since)| (*i, since.elapsed(), limit(*i)))
            .filter(|(_, elapsed, limit)| elapsed > limit)
            .map(|(i, _, limit)| (i, limit))
            .collect();
        for (i, limit) in overdue {
            self.running.remove(&i);
            self.hanging.insert(i);
            self.is_an_error(i, format!("no end within {} s of wall time: given up", limit.as_secs()));
        }
    }

    /// Whether no result can come any more, since every worker hangs. No worker is left then for the tasks that did not begin.
    pub(super) fn is_deserted(&mut self, receiver: &Receiver<Message>, workers: usize) -> bool {
        if self.hanging.is_empty() || !self.running.is_empty() {
            return false;
        }
        if self.slots.has_more() && self.hanging.len() < workers {
            return false;
        }
        let stopped = !self.slots.has_more();
        self.slots.stop();
        let rest = self.slots.rest();
        // Whatever was taken before the stop has told so by now.
        while let Ok(message) = receiver.try_recv() {
            self.take(message);
        }
        for (i, _) in rest.into_iter().filter(|_| !stopped) {
            self.is_an_error(i, "not performed: every worker hangs".to_owned());
        }
        self.running.is_empty()
    }
}

/// Whether a result stands whatever became of the target afterwards.
fn is_proven(done: &Done) -> bool {
    let verdict = &done.result.verdict;
    let deed = verdict.findings.iter().any(|finding| finding.fact.class() == FactClass::Done);
    matches!(verdict.kind, VerdictKind::Pass | VerdictKind::PassSlow | VerdictKind::NotApplicable) || deed
}

/// A slow radio takes its time; a scenario over one is not overdue when its neighbours are.
fn wall_limit(context: &JobContext, planned: &Planned) -> Duration {
    let timing = context.timing.over_radio(&planned.scenario, planned.catalogue());
    let ms = (timing.scenario_ms + timing.teardown_ms) as f64 * timing.scale.max(1.0);
    Duration::from_millis(ms as u64) * WALL_FACTOR + Duration::from_millis(timing.slow_ms)
}

#[cfg(test)]
mod tests {
    use std::{
        sync::{
            Arc,
            atomic::{AtomicU32, Ordering},
        },
        thread,
    };

    use deadzone_verdict::ScenarioResult;

    use super::*;
    use crate::pool::work::Perform;
    use crate::pool::{Limits, Pass, work};
    use crate::{EmbeddedSpec, Plan, Selection, Suite, target::TargetHandle};

    /// A job whose deadlines pass after 900 ms of wall time: a busy machine may keep a worker waiting for a part of that.
    fn hasty() -> JobContext {
        let mut context = JobContext::quiet(TargetHandle::Embedded(EmbeddedSpec::default()));
        context.timing.scenario_ms = 150;
        context.timing.teardown_ms = 0;
        context.timing.slow_ms = 0;
        context
    }

    fn tasks(n: usize) -> Vec<Task> {
        let suite = Suite::embedded().unwrap();
        let plan = Plan::new(&suite, &Selection::default(), &[deadzone_wire::Version::V5], &[]);
        // A radio would have longer deadlines.
        let plain = plan.items.into_iter().filter(|planned| planned.scenario.profiles().is_empty());
        plain.take(n).map(|planned| Task::new(planned, Arc::from(""))).collect()
    }

    fn passed(context: &JobContext, task: &Task) -> Done {
        let result = blank(context, &task.planned, &task.source);
        Done {
            result: ScenarioResult { verdict: Verdict::pass(), ..result },
            next: Next::Told,
            not_let_in: false,
        }
    }

    /// Works with so many jobs; the kinds as they were told.
    fn told(perform: Perform, tasks: Vec<Task>, jobs: usize) -> Vec<VerdictKind> {
        let context = hasty();
        let limits = Limits { jobs, connections: 200, solo: false, virtual_time: false };
        let pass = Pass { context: &context, limits, fail_fast: false, budget: None, perform, health: None };
        let mut told = Vec::new();
        work(pass, tasks, &mut |progress| {
            if let Progress::Ended(_, done) = progress {
                told.push(done.result.verdict.kind);
            }
        });
        told
    }

    #[test]
    fn a_slow_radio_is_given_its_time() {
        let suite = Suite::embedded().unwrap();
        let plan = Plan::new(&suite, &Selection::default(), &[deadzone_wire::Version::V5], &[]);
        let of = |id: &str| {
            let planned = plan.items.iter().find(|planned| planned.key.id == id).unwrap();
            wall_limit(&hasty(), planned)
        };
        assert_eq!(of("will/lost/silent"), Duration::from_millis(900));
        // It waits for 400 s at most.
        assert!(of("cellular/nat/forgotten") > Duration::from_secs(400));
    }

    #[test]
    fn workers_that_all_hang_do_not_keep_the_run() {
        let hang: Perform = |context, task, _| {
            thread::sleep(Duration::from_secs(20));
            passed(context, task)
        };
        let started = Instant::now();
        assert_eq!(told(hang, tasks(5), 2), [VerdictKind::Error; 5], "each is told once");
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    }

    #[test]
    fn an_end_after_the_giving_up_changes_nothing_that_was_told() {
        // One is late while the other worker goes on, so that its end is heard.
        static CALLS: AtomicU32 = AtomicU32::new(0);
        let late: Perform = |context, task, _| {
            let first = CALLS.fetch_add(1, Ordering::Relaxed) == 0;
            thread::sleep(Duration::from_millis(if first { 1500 } else { 120 }));
            passed(context, task)
        };
        let told = told(late, tasks(20), 2);
        let errors = told.iter().filter(|kind| **kind == VerdictKind::Error).count();
        assert_eq!((told.len(), errors), (20, 1), "each once");
    }

    #[test]
    fn what_is_parked_makes_room_for_another_worker() {
        // Each parks at once and ends only when all five have begun: with one slot that is parking's doing.
        static BEGUN: AtomicU32 = AtomicU32::new(0);
        let parks: Perform = |context, task, seat| {
            BEGUN.fetch_add(1, Ordering::Relaxed);
            crate::pool::Seat::of(seat).park();
            while BEGUN.load(Ordering::Relaxed) < 5 {
                thread::sleep(Duration::from_millis(1));
            }
            passed(context, task)
        };
        assert_eq!(told(parks, tasks(5), 1), [VerdictKind::Pass; 5]);
    }

    #[test]
    fn a_client_that_is_not_let_in_beside_parked_ones_is_tried_again() {
        static CALLS: AtomicU32 = AtomicU32::new(0);
        static ENDED: AtomicU32 = AtomicU32::new(0);
        let perform: Perform = |context, task, seat| {
            if CALLS.fetch_add(1, Ordering::Relaxed) == 0 {
                crate::pool::Seat::of(seat).park();
                while ENDED.load(Ordering::Relaxed) == 0 {
                    thread::sleep(Duration::from_millis(1));
                }
                return passed(context, task);
            }
            ENDED.store(1, Ordering::Relaxed);
            Done { not_let_in: true, ..passed(context, task) }
        };
        let context = hasty();
        let limits = Limits { jobs: 1, connections: 200, solo: false, virtual_time: false };
        let pass = Pass { context: &context, limits, fail_fast: false, budget: None, perform, health: None };
        let mut again = Vec::new();
        work(pass, tasks(2), &mut |progress| {
            if let Progress::Ended(_, done) = progress {
                again.push(done.next);
            }
        });
        assert_eq!(again, [Next::Again(Why::BesideParked), Next::Told]);
    }
}

//! What a run has come to so far: results, what waits for its confirmation, what is performed again, what was told.

use std::{sync::Arc, time::Duration};

use deadzone_script::Gate;
use deadzone_verdict::{LeftOut, RunEvent, ScenarioResult, Verdict, VerdictKind};

use crate::{
    budget::Budget,
    expect::{Known, Marks, fails},
    gates::Gates,
    habit::Habits,
    pool::{Done, First, Next, Progress, Task, Why},
};

/// The ledger of one run, and the listener that it tells.
pub(crate) struct Ledger<'a> {
    tell: &'a mut dyn FnMut(RunEvent),
    pub(crate) results: Vec<Arc<ScenarioResult>>,
    /// First runs that are to be confirmed.
    pub(crate) waiting: Vec<Task>,
    /// First runs that are no verdict yet.
    pub(crate) again: Vec<(Task, Why)>,
    pub(crate) notices: Vec<String>,
    /// What was planned and did not begin, on purpose.
    pub(crate) left_out: Vec<LeftOut>,
    /// Owes the time of a confirmation.
    pub(crate) budget: Option<Budget>,
    pub(crate) gates: Gates,
    habits: Habits,
    /// Something failed.
    pub(crate) failed: bool,
    /// Habits stay where they were seen, and whatever happens is told at once: a selftest asks what each scenario shows.
    plain: bool,
    /// Performances of gates that the user did not choose and that passed.
    pub(crate) unasked: usize,
    /// How results stand to the file of known failures, where there is one.
    marks: Option<Marks>,
}

impl<'a> Ledger<'a> {
    pub(crate) fn new(plain: bool, tell: &'a mut dyn FnMut(RunEvent)) -> Self {
        Self {
            tell,
            results: Vec::new(),
            waiting: Vec::new(),
            again: Vec::new(),
            notices: Vec::new(),
            left_out: Vec::new(),
            budget: None,
            gates: Gates::default(),
            habits: Habits::default(),
            failed: false,
            plain,
            unasked: 0,
            marks: None,
        }
    }

    /// The same, holding results against a file.
    pub(crate) fn marking(self, known: Option<Arc<Known>>) -> Self {
        Self { marks: known.map(Marks::new), ..self }
    }

    /// Takes what a pass tells.
    pub(crate) fn take(&mut self, progress: Progress) {
        match progress {
            Progress::Started(key) => (self.tell)(RunEvent::ScenarioStarted(key)),
            Progress::Parked(key) => (self.tell)(RunEvent::ScenarioParked(key)),
            Progress::Notice(text) => self.notice(text),
            Progress::Ended(task, done) => self.ended(*task, *done),
        }
    }

    fn ended(&mut self, mut task: Task, done: Done) {
        let failed = fails(self.marks.as_ref().map(|marks| &*marks.known), &done.result);
        match done.next {
            Next::Confirm(wanted, waited_out) => {
                self.failed |= failed;
                self.budget.iter().for_each(Budget::owe);
                (self.tell)(RunEvent::ScenarioWaits(task.planned.key.clone()));
                task.first = Some(Box::new(First { result: done.result, wanted, waited_out }));
                self.waiting.push(task);
            }
            Next::Again(why) => {
                (self.tell)(RunEvent::ScenarioWaits(task.planned.key.clone()));
                self.again.push((task, why));
            }
            Next::Told => {
                self.failed |= failed;
                self.tell_result(&task, done.result);
            }
        }
    }

    /// A result that stands.
    pub(crate) fn tell_result(&mut self, task: &Task, mut result: ScenarioResult) {
        if !self.plain {
            self.habits.lift(&mut result);
        }
        if let Some(gate) = task.planned.scenario.gate.filter(|_| !task.planned.left_out) {
            self.gates.take(gate, &result);
            if gate == Gate::SessionResumed {
                self.gates.take_session(&task.planned.scenario, &result);
            }
        }
        let passed = matches!(result.verdict.kind, VerdictKind::Pass | VerdictKind::PassSlow);
        if task.planned.unasked && passed {
            self.unasked += 1;
            (self.tell)(RunEvent::GatePassed(result.key));
            return;
        }
        if let Some(marks) = &mut self.marks {
            marks.mark(task.planned.scenario.gate.map(Gate::name), &mut result);
        }
        let result = Arc::new(result);
        self.results.push(Arc::clone(&result));
        (self.tell)(RunEvent::ScenarioFinished(result));
    }

    /// A result without a performance.
    pub(crate) fn tell_verdict(&mut self, task: &Task, blank: ScenarioResult, verdict: Verdict) {
        self.tell_result(task, ScenarioResult { verdict, ..blank });
    }

    /// What the budget did not allow to begin.
    pub(crate) fn leave_out(&mut self, tasks: Vec<Task>, budget: Option<&Budget>) {
        let why = budget.map_or_else(String::new, |budget| spent(budget.total()));
        self.left_out
            .extend(tasks.into_iter().map(|task| LeftOut { key: task.planned.key, why: why.clone() }));
    }

    /// Something about the run as a whole.
    pub(crate) fn notice(&mut self, text: String) {
        self.notices.push(text.clone());
        (self.tell)(RunEvent::Notice(text));
    }

    /// So many are performed again from here on.
    pub(crate) fn confirming(&mut self, n: usize) {
        (self.tell)(RunEvent::Confirming(n));
    }

    /// The findings of the target itself; nothing is told by scenarios afterwards.
    pub(crate) fn tell_habits(&mut self) {
        for mut result in std::mem::take(&mut self.habits).results() {
            if let Some(marks) = &mut self.marks {
                marks.mark(None, Arc::make_mut(&mut result));
            }
            self.results.push(Arc::clone(&result));
            (self.tell)(RunEvent::ScenarioFinished(result));
        }
    }
}

fn spent(total: Duration) -> String {
    format!("it did not fit into the budget of {} s", total.as_millis() as f64 / 1000.0)
}

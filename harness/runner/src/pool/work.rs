//! Workers for the tasks of a pass, and the loop that watches over them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{RecvTimeoutError, Sender, channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use deadzone_verdict::ScenarioKey;

use super::{
    seat::Seat,
    slots::{Limits, Slots},
    task::{Done, Task},
    watch::Watch,
};
use crate::{
    budget::Budget,
    health::{Health, Trouble},
    job::JobContext,
    telling::waits_ms,
};

/// How often the watch looks.
const WATCH_EVERY: Duration = Duration::from_millis(50);
/// After an interruption running jobs get this long to end; then the run goes on without them.
const INTERRUPTED_LIMIT: Duration = Duration::from_millis(1_500);

/// What workers and performances tell the watch.
pub(crate) enum Message {
    /// A task begins.
    Started(usize, ScenarioKey),
    /// A performance gives its slot away: another worker may be needed.
    Parked(usize),
    /// A task ended; whether others were parked beside it.
    Ended(usize, Box<Done>, bool),
    /// A worker has nothing to do any more.
    Left,
}

/// What a listener is told.
pub(crate) enum Progress {
    /// A task begins.
    Started(ScenarioKey),
    /// A performance waits out a silence.
    Parked(ScenarioKey),
    /// A task ended.
    Ended(Box<Task>, Box<Done>),
    /// Something about the run as a whole.
    Notice(String),
}

/// How one task is carried out.
pub(crate) type Perform = fn(&JobContext, &Task, Option<&Seat>) -> Done;

/// One pass over a list of tasks.
pub(crate) struct Pass<'a> {
    pub(crate) context: &'a JobContext,
    pub(crate) limits: Limits,
    /// Begin nothing new after the first failure.
    pub(crate) fail_fast: bool,
    /// What does not fit it does not begin.
    pub(crate) budget: Option<Budget>,
    pub(crate) perform: Perform,
    /// The watch over the target, where it is a process or a host of its own.
    pub(crate) health: Option<&'a mut Health>,
}

/// How a pass ended.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// What never began, though it was not left out on purpose.
    pub(crate) left: Vec<Task>,
    /// What the budget did not allow.
    pub(crate) refused: Vec<Task>,
    /// What was in flight when the target was lost, beside its results.
    pub(crate) in_flight: Vec<Task>,
    /// The target was lost.
    pub(crate) trouble: Option<Trouble>,
    /// How often something was parked.
    pub(crate) parks: u32,
}

/// Starts workers. Each ends when nothing is left that may begin.
struct Crew<'a> {
    context: &'a JobContext,
    perform: Perform,
    slots: Arc<Slots<Task>>,
    sender: Sender<Message>,
    handles: Vec<JoinHandle<()>>,
    /// Workers that have not left.
    alive: usize,
}

impl Crew<'_> {
    fn hire(&mut self) {
        let (context, perform) = (self.context.clone(), self.perform);
        let (slots, sender) = (Arc::clone(&self.slots), self.sender.clone());
        self.alive += 1;
        self.handles.push(thread::spawn(move || worker(perform, &context, &slots, &sender)));
    }

    /// Takes note of what concerns the crew; `false` where the watch need not see the message.
    fn hears(&mut self, message: &Message) -> bool {
        match message {
            Message::Left => {
                self.alive -= 1;
                return false;
            }
            // The slot became free for another worker.
            Message::Parked(_) if self.slots.frees_what_is_parked() && self.slots.has_more() => self.hire(),
            _ => {}
        }
        true
    }
}

/// Carries out the tasks of a pass and tells of each.
pub(crate) fn work(mut pass: Pass<'_>, tasks: Vec<Task>, tell: &mut dyn FnMut(Progress)) -> Outcome {
    let halt = Arc::new(AtomicBool::new(pass.context.cancel.load(Ordering::Relaxed)));
    let context = JobContext { halt: Arc::clone(&halt), ..pass.context.clone() };
    let numbered = tasks.iter().cloned().enumerate().map(|(i, task)| (i, task.connections(), task));
    let slots = Slots::new(pass.limits, numbered);
    let slots = Arc::new(match pass.budget.take() {
        Some(budget) => slots.admitting(admission(budget, &context)),
        None => slots,
    });
    let (sender, receiver) = channel();
    let workers = pass.limits.jobs.clamp(1, tasks.len().max(1));
    let (perform, book) = (pass.perform, Arc::clone(&slots));
    let mut crew = Crew { context: &context, perform, slots: book, sender, handles: Vec::new(), alive: 0 };
    (0..workers).for_each(|_| crew.hire());
    let mut watch = Watch::new(&context, &tasks, &slots, tell);
    let mut halted_at: Option<Instant> = None;
    let mut trouble = None;
    let abandoned = loop {
        watch.unclear = trouble.is_some() || pass.health.as_ref().is_some_and(|health| health.is_unclear());
        match receiver.recv_timeout(WATCH_EVERY) {
            Ok(message) => {
                if crew.hears(&message) && watch.take(message) && pass.fail_fast {
                    slots.stop();
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break false,
        }
        // What the last of them showed, when they cleaned up behind themselves, is looked into before the pass ends.
        let settled = trouble.is_some() || context.cancel.load(Ordering::Relaxed);
        if crew.alive == 0 && (settled || !pass.health.as_ref().is_some_and(|health| health.has_doubts())) {
            break false;
        }
        if trouble.is_none()
            && let Some(found) = pass.health.as_mut().and_then(|health| health.look(&slots))
        {
            watch.lost(&found);
            trouble = Some(found);
        }
        if trouble.is_some() || context.cancel.load(Ordering::Relaxed) {
            halt.store(true, Ordering::Relaxed);
            slots.stop();
            if halted_at.get_or_insert_with(Instant::now).elapsed() > INTERRUPTED_LIMIT {
                break true;
            }
        }
        watch.give_up_overdue();
        if watch.is_deserted(&receiver, workers) {
            break true;
        }
    };
    watch.unclear |= trouble.is_some();
    while let Ok(message) = receiver.try_recv() {
        watch.take(message);
    }
    let in_flight = watch.in_flight();
    if !abandoned {
        crew.handles.into_iter().for_each(|handle| drop(handle.join()));
    }
    let left = slots.rest().into_iter().map(|(_, task)| task).collect();
    Outcome { left, refused: slots.refused(), in_flight, trouble, parks: slots.parks() }
}

/// Lets in what fits the budget by what it waits for. In virtual time waits cost nothing.
fn admission(budget: Budget, context: &JobContext) -> impl Fn(&Task) -> bool + Send + Sync + 'static {
    let factor = if context.target.is_embedded() { 0.0 } else { context.timing.scale.max(1.0) };
    move |task| {
        let waits_ms = waits_ms(&task.planned.scenario) as f64 * factor;
        budget.allows(Duration::from_millis(waits_ms as u64))
    }
}

fn worker(perform: Perform, context: &JobContext, slots: &Arc<Slots<Task>>, sender: &Sender<Message>) {
    let began = |number, task: &Task| sender.send(Message::Started(number, task.planned.key.clone())).is_ok();
    while let Some((number, task)) = slots.take(began) {
        let seat = Seat { slots: Arc::clone(slots), number, sender: sender.clone() };
        let done = perform(context, &task, Some(&seat));
        let ended = slots.end(number);
        if sender.send(Message::Ended(number, Box::new(done), ended.beside_parked)).is_err() {
            return;
        }
    }
    let _ = sender.send(Message::Left);
}

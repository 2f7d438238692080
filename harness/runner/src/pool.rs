//! Workers for the jobs of a plan, and a watch over them.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{RecvTimeoutError, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use deadzone_history::{ScenarioKey, ScenarioResult, Verdict, VerdictKind};

use crate::{
    Planned,
    job::{JobContext, blank, carry_out},
};

/// How often the watch looks.
const WATCH_EVERY: Duration = Duration::from_millis(50);
/// After an interruption running jobs get this long to end; then the run goes on without them.
const INTERRUPTED_LIMIT: Duration = Duration::from_millis(1_500);
/// Beyond a scenario's own deadlines (main run, repeats, control) a worker is given this factor of them before it is given up.
const WALL_FACTOR: u32 = 6;

/// One piece of work with its place in the plan.
type Item = (usize, Planned, Arc<str>);

enum Message {
    Started(usize, ScenarioKey),
    Done(usize, Box<ScenarioResult>),
}

/// What a listener is told.
pub(crate) enum Progress {
    /// A job began.
    Started(ScenarioKey),
    /// A job ended.
    Done(Arc<ScenarioResult>),
}

/// Carries out the items with at most `jobs` at once and tells of each. Results come back in the order of the plan;
/// `fail_fast` leaves out what had not begun at the first failure.
pub(crate) fn work(
    context: &JobContext,
    items: Vec<(Planned, Arc<str>)>,
    jobs: usize,
    fail_fast: bool,
    tell: &mut dyn FnMut(Progress),
) -> Vec<Arc<ScenarioResult>> {
    let planned: Vec<(Planned, Arc<str>)> = items.clone();
    let queue: VecDeque<Item> = items.into_iter().enumerate().map(|(i, (p, s))| (i, p, s)).collect();
    let queue = Arc::new(Mutex::new(queue));
    let stop = Arc::new(AtomicBool::new(false));
    let (sender, receiver) = channel();
    let workers = jobs.clamp(1, planned.len().max(1));
    let handles: Vec<_> = (0..workers)
        .map(|_| {
            let (queue, sender, stop) = (Arc::clone(&queue), sender.clone(), Arc::clone(&stop));
            let context = context.clone();
            thread::spawn(move || worker(&context, &queue, &stop, &sender))
        })
        .collect();
    drop(sender);

    let mut watch =
        Watch { context, planned: &planned, running: BTreeMap::new(), results: BTreeMap::new(), tell };
    let mut interrupted_at: Option<Instant> = None;
    let mut given_up = false;
    loop {
        match receiver.recv_timeout(WATCH_EVERY) {
            Ok(message) => {
                let failed = watch.take(message);
                if failed && fail_fast {
                    stop.store(true, Ordering::Relaxed);
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
        if context.cancel.load(Ordering::Relaxed) {
            stop.store(true, Ordering::Relaxed);
            if interrupted_at.get_or_insert_with(Instant::now).elapsed() > INTERRUPTED_LIMIT {
                given_up = true;
                break;
            }
        }
        given_up |= watch.give_up_overdue();
        if given_up && watch.running.is_empty() && lock(&queue).is_empty() {
            break;
        }
    }
    let results = watch.results;
    if !given_up {
        for handle in handles {
            let _ = handle.join();
        }
    }
    results.into_values().collect()
}

/// What the watching thread knows of the workers.
struct Watch<'a> {
    context: &'a JobContext,
    planned: &'a [(Planned, Arc<str>)],
    running: BTreeMap<usize, Instant>,
    results: BTreeMap<usize, Arc<ScenarioResult>>,
    tell: &'a mut dyn FnMut(Progress),
}

impl Watch<'_> {
    /// Takes note of what a worker says; `true` for a failure or an error.
    fn take(&mut self, message: Message) -> bool {
        match message {
            Message::Started(i, key) => {
                self.running.insert(i, Instant::now());
                (self.tell)(Progress::Started(key));
                false
            }
            Message::Done(i, result) => {
                self.running.remove(&i);
                let failed = matches!(result.verdict.kind, VerdictKind::Fail | VerdictKind::Error);
                self.done(i, *result);
                failed
            }
        }
    }

    /// The first result of an item counts: a worker that was given up may still speak.
    fn done(&mut self, i: usize, result: ScenarioResult) {
        let result = Arc::new(result);
        if self.results.insert(i, Arc::clone(&result)).is_none() {
            (self.tell)(Progress::Done(result));
        }
    }

    /// Turns what runs for longer than any of its own deadlines allows into errors; `true` if there was one.
    fn give_up_overdue(&mut self) -> bool {
        let limit = wall_limit(self.context);
        let overdue: Vec<usize> =
            self.running.iter().filter(|(_, s)| s.elapsed() > limit).map(|(i, _)| *i).collect();
        for i in &overdue {
            self.running.remove(i);
            let (item, source) = &self.planned[*i];
            let mut result = blank(self.context, item, source);
            let why = format!("no end within {} s of wall time: given up", limit.as_secs());
            result.verdict = Verdict::because(VerdictKind::Error, why);
            self.done(*i, result);
        }
        !overdue.is_empty()
    }
}

fn worker(context: &JobContext, queue: &Mutex<VecDeque<Item>>, stop: &AtomicBool, sender: &Sender<Message>) {
    loop {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let Some((i, planned, source)) = lock(queue).pop_front() else { return };
        if sender.send(Message::Started(i, planned.key.clone())).is_err() {
            return;
        }
        let result = carry_out(context, &planned, &source);
        if sender.send(Message::Done(i, Box::new(result))).is_err() {
            return;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn wall_limit(context: &JobContext) -> Duration {
    let ms = (context.timing.scenario_ms + context.timing.teardown_ms) as f64 * context.timing.scale.max(1.0);
    Duration::from_millis(ms as u64) * WALL_FACTOR
}

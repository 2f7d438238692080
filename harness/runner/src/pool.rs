//! Workers for the jobs of a plan, and a watch over them.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use deadzone_verdict::{ScenarioKey, ScenarioResult, Verdict, VerdictKind};

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

/// How one item is carried out.
type Perform = fn(&JobContext, &Planned, &Arc<str>) -> ScenarioResult;

/// Carries out the items with at most `jobs` at once and tells of each. Results come back in the order of the plan;
/// `fail_fast` leaves out what had not begun at the first failure.
pub(crate) fn work(
    context: &JobContext,
    items: Vec<(Planned, Arc<str>)>,
    jobs: usize,
    fail_fast: bool,
    tell: &mut dyn FnMut(Progress),
) -> Vec<Arc<ScenarioResult>> {
    work_by(carry_out, context, items, jobs, fail_fast, tell)
}

fn work_by(
    perform: Perform,
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
            thread::spawn(move || worker(perform, &context, &queue, &stop, &sender))
        })
        .collect();
    drop(sender);

    let mut watch = Watch {
        context,
        planned: &planned,
        running: BTreeMap::new(),
        hanging: BTreeSet::new(),
        results: BTreeMap::new(),
        tell,
    };
    let mut interrupted_at: Option<Instant> = None;
    let abandoned = loop {
        match receiver.recv_timeout(WATCH_EVERY) {
            Ok(message) => {
                let failed = watch.take(message);
                if failed && fail_fast {
                    stop.store(true, Ordering::Relaxed);
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break false,
        }
        if context.cancel.load(Ordering::Relaxed) {
            stop.store(true, Ordering::Relaxed);
            if interrupted_at.get_or_insert_with(Instant::now).elapsed() > INTERRUPTED_LIMIT {
                break true;
            }
        }
        watch.give_up_overdue();
        if watch.is_deserted(&queue, &receiver, stop.load(Ordering::Relaxed), workers) {
            break true;
        }
    };
    let results = watch.results;
    if !abandoned {
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
    /// What was given up and has not ended since: its worker does nothing else.
    hanging: BTreeSet<usize>,
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
            // What was given up is told already.
            Message::Done(i, _) if self.hanging.remove(&i) => false,
            Message::Done(i, result) => {
                self.running.remove(&i);
                let failed = matches!(result.verdict.kind, VerdictKind::Fail | VerdictKind::Error);
                self.done(i, *result);
                failed
            }
        }
    }

    fn done(&mut self, i: usize, result: ScenarioResult) {
        let result = Arc::new(result);
        self.results.insert(i, Arc::clone(&result));
        (self.tell)(Progress::Done(result));
    }

    fn is_an_error(&mut self, i: usize, why: String) {
        let (item, source) = &self.planned[i];
        let mut result = blank(self.context, item, source);
        result.verdict = Verdict::because(VerdictKind::Error, why);
        self.done(i, result);
    }

    /// Turns what runs for longer than any of its own deadlines allows into errors.
    fn give_up_overdue(&mut self) {
        let limit = |i: usize| wall_limit(self.context, &self.planned[i].0);
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

    /// Whether nothing will come any more although workers hang. What is left then has nobody to do it.
    fn is_deserted(
        &mut self,
        queue: &Mutex<VecDeque<Item>>,
        receiver: &Receiver<Message>,
        stopped: bool,
        workers: usize,
    ) -> bool {
        if self.hanging.is_empty() || !self.running.is_empty() {
            return false;
        }
        // A worker says under this lock what it takes, so with it held nothing is on its way from the queue to us.
        let mut queue = lock(queue);
        while let Ok(message) = receiver.try_recv() {
            self.take(message);
        }
        if !self.running.is_empty() || (!queue.is_empty() && !stopped && self.hanging.len() < workers) {
            return false;
        }
        for (i, ..) in queue.drain(..).filter(|_| !stopped) {
            self.is_an_error(i, "not performed: every worker hangs".to_owned());
        }
        true
    }
}

fn worker(
    perform: Perform,
    context: &JobContext,
    queue: &Mutex<VecDeque<Item>>,
    stop: &AtomicBool,
    sender: &Sender<Message>,
) {
    loop {
        let (i, planned, source) = {
            let mut queue = lock(queue);
            if stop.load(Ordering::Relaxed) {
                return;
            }
            let Some(item) = queue.pop_front() else { return };
            if sender.send(Message::Started(item.0, item.1.key.clone())).is_err() {
                return;
            }
            item
        };
        let result = perform(context, &planned, &source);
        if sender.send(Message::Done(i, Box::new(result))).is_err() {
            return;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A slow radio takes its time; a scenario over one is not overdue when its neighbours are.
fn wall_limit(context: &JobContext, planned: &Planned) -> Duration {
    let timing = context.timing.over_radio(&planned.scenario, planned.catalogue());
    let ms = (timing.scenario_ms + timing.teardown_ms) as f64 * timing.scale.max(1.0);
    Duration::from_millis(ms as u64) * WALL_FACTOR
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use super::*;
    use crate::{EmbeddedSpec, Plan, Selection, Suite, target::TargetHandle};

    /// A job whose deadlines pass after 90 ms of wall time.
    fn hasty() -> JobContext {
        let mut context = JobContext::quiet(TargetHandle::Embedded(EmbeddedSpec::default()));
        context.timing.scenario_ms = 15;
        context.timing.teardown_ms = 0;
        context
    }

    fn items(n: usize) -> Vec<(Planned, Arc<str>)> {
        let suite = Suite::embedded().unwrap();
        let plan = Plan::new(&suite, &Selection::default(), &[deadzone_wire::Version::V5], &[]);
        // A radio would have longer deadlines.
        let plain = plan.items.into_iter().filter(|planned| planned.scenario.profiles().is_empty());
        plain.take(n).map(|p| (p, Arc::from(""))).collect()
    }

    fn passed(context: &JobContext, planned: &Planned, source: &Arc<str>) -> ScenarioResult {
        ScenarioResult { verdict: Verdict::pass(), ..blank(context, planned, source) }
    }

    fn kinds(results: &[Arc<ScenarioResult>]) -> Vec<VerdictKind> {
        results.iter().map(|r| r.verdict.kind).collect()
    }

    #[test]
    fn a_slow_radio_is_given_its_time() {
        let suite = Suite::embedded().unwrap();
        let plan = Plan::new(&suite, &Selection::default(), &[deadzone_wire::Version::V5], &[]);
        let of = |id: &str| {
            let planned = plan.items.iter().find(|planned| planned.key.id == id).unwrap();
            wall_limit(&hasty(), planned)
        };
        assert_eq!(of("will/lost/silent"), Duration::from_millis(90));
        // It waits for 400 s at most.
        assert!(of("cellular/nat/forgotten") > Duration::from_secs(400));
    }

    #[test]
    fn workers_that_all_hang_do_not_keep_the_run() {
        let hang: Perform = |context, planned, source| {
            thread::sleep(Duration::from_secs(20));
            passed(context, planned, source)
        };
        let started = Instant::now();
        let mut told = 0;
        let results = work_by(hang, &hasty(), items(5), 2, false, &mut |progress| {
            told += usize::from(matches!(progress, Progress::Done(_)));
        });
        assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
        assert_eq!(kinds(&results), [VerdictKind::Error; 5]);
        assert_eq!(told, 5, "each is told once");
    }

    #[test]
    fn an_end_after_the_giving_up_changes_nothing_that_was_told() {
        // One is late while the other worker goes on, so that its end is heard.
        static CALLS: AtomicU32 = AtomicU32::new(0);
        let late: Perform = |context, planned, source| {
            let first = CALLS.fetch_add(1, Ordering::Relaxed) == 0;
            thread::sleep(Duration::from_millis(if first { 200 } else { 20 }));
            passed(context, planned, source)
        };
        let mut told = Vec::new();
        let results = work_by(late, &hasty(), items(20), 2, false, &mut |progress| {
            if let Progress::Done(result) = progress {
                told.push(result.verdict.kind);
            }
        });
        let errors = |kinds: &[VerdictKind]| kinds.iter().filter(|k| **k == VerdictKind::Error).count();
        assert_eq!((told.len(), errors(&told)), (20, 1), "each once");
        assert_eq!(errors(&kinds(&results)), 1);
    }
}

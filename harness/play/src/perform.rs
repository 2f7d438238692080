//! One performance from beginning to end.

use std::{
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use deadzone_history::{
    ClientInfo, Event, EventKind, Header, History, Origin, Overflow, Recorder, RecorderLimits, SCHEMA,
    TargetFacts,
};
use deadzone_link::Catalogue;
use deadzone_script::Scenario;
use deadzone_wire::Version;

use crate::{
    asked::Asked,
    clock::Clock,
    credentials::Credentials,
    foreign::ForeignLinks,
    memory::{MemoryBudget, Reservation},
    player::Player,
    recorder::SharedRecorder,
    slots::Slots,
    timing::Timing,
    transport::Dial,
};

/// How late our own heartbeat may be before it is recorded, ms.
const STARVED_MS: u64 = 250;
/// Most events that are kept of a record that passed a bound.
const OVERFLOW_KEPT: usize = 2_000;
/// Most memory that those events may take, in bytes as the recorder estimates it.
const OVERFLOW_KEPT_BYTES: u64 = 256 * 1024;
/// How often the heartbeat beats, ms.
const HEARTBEAT_MS: u64 = 10;

/// What to perform, against what.
pub struct Setup<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// In which version.
    pub version: Version,
    /// With its faults, or as a control.
    pub run: Origin,
    /// How to reach the target.
    pub dial: Rc<dyn Dial>,
    /// How the harness itself reaches it, without a link between: for signs of life, and to leave it as it was found.
    pub direct: Rc<dyn Dial>,
    /// The performance's job slot, given away while a wait is extended.
    pub slots: Rc<dyn Slots>,
    /// What a CONNECT without a user name and a password says, where the target asks for some.
    pub credentials: Option<Credentials>,
    /// Foreign links for the script's clients, instead of `dial` and of our own faults.
    pub links: Option<Rc<dyn ForeignLinks>>,
    /// What every `{run}` of the whole run begins with.
    pub run_prefix: String,
    /// What `{run}` stands for: letters and digits, at most 16, so that client ids stay within 23 bytes.
    pub nonce: String,
    /// The link profiles that scenarios may name.
    pub profiles: &'a Catalogue,
    /// Seed of this scenario in this version.
    pub seed: u64,
    /// Time-outs.
    pub timing: Timing,
    /// Facts about the target for the judge.
    pub target: TargetFacts,
    /// Clean the target up afterwards: it lives on.
    pub teardown: bool,
    /// Watch for our own starvation: time is real.
    pub heartbeat: bool,
    /// Memory that it shares with the other performances of its run; without one only its own bounds count.
    pub memory: Option<Arc<MemoryBudget>>,
    /// Set from outside to end the walk early. With a heartbeat it is noticed within milliseconds.
    pub cancel: Arc<AtomicBool>,
}

impl Setup<'_> {
    pub(crate) fn cancelled(&self) -> bool {
        self.cancel.load(Ordering::Relaxed)
    }

    fn header(&self, scenario: &Scenario) -> Header {
        let timing = crate::player::timing(self);
        Header {
            schema: SCHEMA.to_owned(),
            deadzone: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: scenario.id.clone(),
            file: scenario.file.clone(),
            version: self.version,
            seed: format!("{:016x}", self.seed),
            origin: self.run,
            run_prefix: self.run_prefix.clone(),
            nonce: self.nonce.clone(),
            clauses: scenario.clauses_of(self.version).collect(),
            clients: scenario
                .clients
                .iter()
                .map(|c| ClientInfo {
                    name: c.name.clone(),
                    manual: c.manual,
                    direct: c.direct,
                    version: c.version.unwrap_or(self.version),
                })
                .collect(),
            patience_us: timing.scaled_us(timing.patience_ms),
            long_bound_us: timing.long_bound_ms * 1000,
            target: self.target.clone(),
            real_time: self.heartbeat,
            quick: self.timing.quick,
            cut_short: None,
            continues: None,
        }
    }
}

/// What a performance yields.
#[derive(Debug)]
pub struct Performance {
    /// The record.
    pub history: History,
    /// A bound of the recorder was passed: the record is not whole.
    pub overflow: Option<Overflow>,
    /// The walk was ended from outside.
    pub cancelled: bool,
    /// The environment refused what the run needs: whatever the record shows is not the target's doing.
    pub trouble: Option<String>,
    /// A wait ended in silence, and nothing answered the questions for a sign of life: the broker was last heard then, µs.
    pub lifeless_since_us: Option<u64>,
}

/// Performs a scenario. Must run inside a `LocalSet` on a current-thread runtime; never panics on what the target sends.
pub async fn perform(setup: &Setup<'_>) -> Performance {
    let scenario = setup.scenario.unrolled();
    let header = setup.header(&scenario);
    let asked = Asked::by(setup.scenario);
    let recorder = Recorder::new(asked.limits());
    let memory = Reservation::of(setup.memory.clone(), asked.more_bytes());
    let recorder = SharedRecorder::new(recorder, Clock::start(), memory);
    let heart =
        setup.heartbeat.then(|| tokio::task::spawn_local(beat(recorder.clone(), Arc::clone(&setup.cancel))));
    let mut player = Player::new(setup, &scenario, &recorder);
    player.walk().await;
    let (cancelled, trouble) = (setup.cancelled(), player.trouble());
    let lifeless_since_us = player.lifeless_since_us();
    player.tear_down().await;
    let trouble = trouble.or_else(|| setup.dial.trouble());
    if let Some(heart) = heart {
        heart.abort();
    }
    let overflow = recorder.overflow();
    let mut history = recorder.take(header);
    if overflow.is_some() {
        // Nothing will be judged by it; its beginning shows what happened.
        keep_beginning(&mut history);
    }
    Performance { history, overflow, cancelled, trouble, lifeless_since_us }
}

fn keep_beginning(history: &mut History) {
    let mut left = OVERFLOW_KEPT_BYTES;
    let fits = |event: &&Event| {
        left.checked_sub(RecorderLimits::cost(&event.kind)).inspect(|rest| left = *rest).is_some()
    };
    let kept = history.events.iter().take(OVERFLOW_KEPT).take_while(fits).count();
    history.events.truncate(kept);
    history.events.shrink_to_fit();
}

/// Records when our own thread was not run for long: a deadline missed then says nothing about the target.
async fn beat(recorder: SharedRecorder, cancel: Arc<AtomicBool>) {
    let mut last_us = recorder.now_us();
    loop {
        let due_us = last_us + HEARTBEAT_MS * 1000;
        recorder.clock().until_us(due_us).await;
        let now_us = recorder.now_us();
        let late_ms = now_us.saturating_sub(due_us) / 1000;
        if late_ms > STARVED_MS {
            recorder.append(EventKind::Starved { ms: late_ms });
        }
        if cancel.load(Ordering::Relaxed) {
            recorder.nudge();
        }
        last_us = now_us;
    }
}

//! One performance from beginning to end.

use std::{
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use deadzone_history::{
    ClientInfo, Event, EventKind, Fnv, Header, History, Origin, Overflow, Recorder, RecorderLimits, SCHEMA,
    TargetFacts,
};
use deadzone_link::Catalogue;
use deadzone_script::Scenario;
use deadzone_wire::Version;

use crate::{
    asked::Asked,
    clock::Clock,
    foreign::ForeignLinks,
    player::Player,
    room::{Room, Share},
    tape::Tape,
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

/// Every time-out of a scenario, in ms before scaling.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// Factor on all of them, 1.0 by default.
    pub scale: f64,
    /// Patience for an answer before the broker is asked for a sign of life, where the script gives none.
    pub within_ms: u64,
    /// Patience for an answer in all.
    pub patience_ms: u64,
    /// How long a wait that met silence may be extended, in all; it is never scaled.
    pub long_bound_ms: u64,
    /// For a connection, waiting for `restore` included.
    pub connect_ms: u64,
    /// For the whole walk.
    pub scenario_ms: u64,
    /// The watch for late, unwanted messages at the end.
    pub grace_ms: u64,
    /// For leaving the target as it was found.
    pub teardown_ms: u64,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            scale: 1.0,
            within_ms: 2_000,
            patience_ms: 10_000,
            long_bound_ms: 60_000,
            connect_ms: 5_000,
            scenario_ms: 30_000,
            grace_ms: 250,
            teardown_ms: 3_000,
        }
    }
}

impl Timing {
    /// A time of the script or of this table, scaled, µs.
    pub(crate) fn scaled_us(&self, ms: u64) -> u64 {
        (ms as f64 * 1000.0 * self.scale) as u64
    }
}

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
    /// Somebody else's links for the script's clients, instead of `dial` and of our own faults.
    pub links: Option<Rc<dyn ForeignLinks>>,
    /// What every `{run}` of the whole run begins with: see [`run_prefix`].
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
    /// Called when a wait has passed its `within` and goes on to the end of its patience: the run may fail.
    pub doubt: Arc<dyn Fn() + Send + Sync>,
    /// Memory that it shares with the other performances of its run; without one only its own bounds count.
    pub room: Option<Arc<Room>>,
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
}

/// What the words of a run begin with, from the run's own word: 6 letters and digits.
pub fn run_prefix(run: &str) -> String {
    format!("dz{:04x}", Fnv::default().with(run.as_bytes()).value() & 0xffff)
}

/// The word that `{run}` stands for, from the run's prefix, the scenario, the version and the attempt: 14 letters and digits.
/// Scenarios count offsets behind it, so its length is part of the language.
pub fn nonce(run_prefix: &str, scenario: &str, version: Version, attempt: u32) -> String {
    let parts = [run_prefix, "\0", scenario, "\0", version.as_str()];
    let hash = parts.iter().fold(Fnv::default(), |hash, part| hash.with(part.as_bytes()));
    let hash = hash.with(&attempt.to_le_bytes()).value();
    format!("{run_prefix}{:08x}", hash & 0xffff_ffff)
}

/// Performs a scenario. Must run inside a `LocalSet` on a current-thread runtime; never panics on what the target sends.
pub async fn perform(setup: &Setup<'_>) -> Performance {
    let scenario = setup.scenario.unrolled();
    let header = setup.header(&scenario);
    let asked = Asked::by(setup.scenario);
    let share = Share::of(setup.room.clone(), asked.more_bytes());
    let tape = Tape::new(Recorder::new(asked.limits()), Clock::start(), share);
    let heart =
        setup.heartbeat.then(|| tokio::task::spawn_local(beat(tape.clone(), Arc::clone(&setup.cancel))));
    let mut player = Player::new(setup, &scenario, tape.clone());
    player.walk().await;
    let (cancelled, trouble) = (setup.cancelled(), player.trouble.take());
    player.tear_down().await;
    let trouble = trouble.or_else(|| setup.dial.trouble());
    if let Some(heart) = heart {
        heart.abort();
    }
    let overflow = tape.overflow();
    let mut history = tape.take(header);
    if overflow.is_some() {
        // Nothing will be judged by it; its beginning shows what happened.
        keep_beginning(&mut history);
    }
    Performance { history, overflow, cancelled, trouble }
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
async fn beat(tape: Tape, cancel: Arc<AtomicBool>) {
    let mut last_us = tape.clock().now_us();
    loop {
        let due_us = last_us + HEARTBEAT_MS * 1000;
        tape.clock().until_us(due_us).await;
        let now_us = tape.clock().now_us();
        let late_ms = now_us.saturating_sub(due_us) / 1000;
        if late_ms > STARVED_MS {
            tape.append(EventKind::Starved { ms: late_ms });
        }
        if cancel.load(Ordering::Relaxed) {
            tape.nudge();
        }
        last_us = now_us;
    }
}

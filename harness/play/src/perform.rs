//! One performance from beginning to end.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use deadzone_history::{Event, EventKind, History, Overflow, Recorder, RecorderLimits};

use crate::{
    asked::Asked, clock::Clock, memory::Reservation, player::Player, recorder::SharedRecorder, setup::Setup,
};

/// How late our own heartbeat may be before it is recorded, ms.
const STARVED_MS: u64 = 250;
/// Most events that are kept of a record that passed a bound.
const OVERFLOW_KEPT: usize = 2_000;
/// Most memory that those events may take, in bytes as the recorder estimates it.
const OVERFLOW_KEPT_BYTES: u64 = 256 * 1024;
/// How often the heartbeat beats, ms.
const HEARTBEAT_MS: u64 = 10;

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
    let scenario = setup.experiment.scenario.unrolled();
    let header = setup.header(&scenario);
    let asked = Asked::by(setup.experiment.scenario);
    let recorder = Recorder::new(asked.limits());
    let memory = Reservation::of(setup.shared.memory.clone(), asked.more_bytes());
    let recorder = SharedRecorder::new(recorder, Clock::start(), memory);
    let heart = setup
        .heartbeat
        .then(|| tokio::task::spawn_local(beat(recorder.clone(), Arc::clone(&setup.shared.cancel))));
    let mut player = Player::new(setup, &scenario, &recorder);
    player.walk().await;
    let (cancelled, trouble) = (setup.cancelled(), player.trouble());
    let lifeless_since_us = player.lifeless_since_us();
    player.tear_down().await;
    let trouble = trouble.or_else(|| setup.access.nodes.iter().find_map(|ways| ways.dial.trouble()));
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

//! What happened around the protocol: steps of the script, the harness's own starvation, links, the target's process.

use deadzone_history::{ClientIx, EventKind, Note, Place, StepClass, TargetEvent, TargetStep};
use deadzone_verdict::Disturbance;

use super::Mark;

/// Our heartbeat may be this late before a missed deadline says nothing of the target, ms.
const STARVED_ABOVE_MS: u64 = 250;
/// So long after a starvation the harness may still have to read what came meanwhile, µs.
const JUST_AWAKE_US: u64 = 250_000;
/// A step between the clocks of more than this makes what rests on a time inconclusive, ms.
const CLOCK_STEP_MS: u64 = 1_000;
/// So many ends of the target's process are remembered.
const OUTAGES_KEPT: usize = 64;
/// So many starvations are remembered.
const STARVED_KEPT: usize = 256;

/// A step whose turn came.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Turn {
    pub(crate) line: u32,
    pub(crate) length: u32,
    pub(crate) deviant: bool,
}

/// What a step does to the target, as what became of it.
fn became(step: TargetStep) -> TargetEvent {
    match step {
        TargetStep::Kill => TargetEvent::Killed,
        TargetStep::Stop => TargetEvent::Stopped,
        TargetStep::Restart | TargetStep::RestartFresh => TargetEvent::Restarted,
        TargetStep::Freeze => TargetEvent::Frozen,
        TargetStep::Thaw => TargetEvent::Thawed,
    }
}

/// Whether the target's process was over: it may have lost what it had not stored.
fn is_end(what: TargetEvent) -> bool {
    !matches!(what, TargetEvent::Frozen | TargetEvent::Thawed | TargetEvent::Restarted | TargetEvent::Whole)
}

/// What happened around the protocol.
#[derive(Debug, Default)]
pub(crate) struct Around {
    pub(crate) turn: Option<Turn>,
    /// From, until: when the harness was starved, µs.
    starved: Vec<(u64, u64)>,
    /// The last thing that was done to the target's process, or that happened to it.
    pub(crate) target: Option<(Mark, TargetEvent)>,
    /// When the target's process ended, and how, from the turn of the step that ended it.
    outages: Vec<(Mark, TargetEvent)>,
    /// It was not started again since.
    over: bool,
    /// When its store was taken away last.
    pub(crate) emptied: Option<Mark>,
    /// When it was halted last.
    frozen: Option<Mark>,
    /// The last packet seen from the judged party on any connection.
    pub(crate) last_seen: Option<Mark>,
    /// Faults that were armed and never fired: event, client, text.
    pub(crate) never_fired: Vec<(u64, ClientIx, String)>,
    /// The last fault that took effect on each client's link.
    faults: Vec<(ClientIx, Disturbance)>,
    /// A wait was parked for the first time here.
    pub(crate) parked: Option<Mark>,
}

impl Around {
    pub(super) fn observe(&mut self, at: Mark, kind: &EventKind) {
        match kind {
            EventKind::Step(step) if step.skipped.is_none() => {
                let length = u32::try_from(step.text.chars().count()).unwrap_or(u32::MAX).max(1);
                let (line, deviant) = (step.line, step.deviant);
                self.turn = Some(Turn { line, length, deviant });
                if let StepClass::Target(what) = step.kind {
                    self.became(at, became(what));
                    if what == TargetStep::RestartFresh {
                        self.emptied = Some(at);
                    }
                }
            }
            EventKind::Target { what } => self.became(at, *what),
            EventKind::Starved { ms } if *ms > STARVED_ABOVE_MS => {
                self.slept(at.at_us.saturating_sub(ms.saturating_mul(1_000)), at.at_us);
            }
            EventKind::ClockStep { ms } if ms.unsigned_abs() > CLOCK_STEP_MS => {
                self.slept(at.at_us.saturating_sub(ms.unsigned_abs().saturating_mul(1_000)), at.at_us);
            }
            EventKind::Parked { .. } => {
                self.parked.get_or_insert(at);
            }
            EventKind::Link { client, note, .. } => self.link(at, *client, note),
            _ => {}
        }
    }

    fn became(&mut self, at: Mark, what: TargetEvent) {
        self.target = Some((at, what));
        // The step's turn came before it was done; that it is done is the same end.
        let known = self.outages.last().is_some_and(|(_, last)| *last == what && self.over);
        if is_end(what) && !known && self.outages.len() < OUTAGES_KEPT {
            self.outages.push((at, what));
        }
        self.over =
            is_end(what) || (self.over && what != TargetEvent::Restarted && what != TargetEvent::Whole);
        if matches!(what, TargetEvent::Frozen | TargetEvent::Thawed) {
            self.frozen = Some(at);
        }
    }

    /// How the target's process ended last behind this event, and where.
    pub(crate) fn outage_since(&self, seq: u64) -> Option<(Mark, TargetEvent)> {
        self.outages.last().copied().filter(|(at, _)| at.seq > seq)
    }

    /// Whether the target's process ended between these events: what ended then ended with it.
    pub(crate) fn outage_between(&self, from: u64, until: u64) -> bool {
        self.outages.iter().any(|(at, _)| from < at.seq && at.seq < until)
    }

    /// Whether the target's clock stood still for a while behind this event.
    pub(crate) fn frozen_since(&self, seq: u64) -> bool {
        self.frozen.is_some_and(|at| at.seq > seq)
    }

    fn slept(&mut self, from_us: u64, until_us: u64) {
        if self.starved.len() >= STARVED_KEPT {
            self.starved.remove(0);
        }
        self.starved.push((from_us, until_us));
    }

    fn link(&mut self, at: Mark, client: ClientIx, note: &Note) {
        match note {
            Note::NeverFired { text, .. } => self.never_fired.push((at.seq, client, text.clone())),
            Note::Fired { effect, .. } => {
                if let Some(what) = Disturbance::of(*effect) {
                    self.faults.retain(|(c, _)| *c != client);
                    self.faults.push((client, what));
                }
            }
            _ => {}
        }
    }

    /// The fault that last took effect on a client's link.
    pub(crate) fn fault(&self, client: ClientIx) -> Option<Disturbance> {
        self.faults.iter().rev().find(|(c, _)| *c == client).map(|(_, what)| *what)
    }

    /// Whether the step that is played breaks the protocol on purpose.
    pub(crate) fn deviates(&self) -> bool {
        self.turn.is_some_and(|turn| turn.deviant)
    }

    /// The step during which something happens now.
    pub(crate) fn place(&self) -> Option<Place> {
        self.turn.map(|turn| Place { line: turn.line, column: 1, length: turn.length })
    }

    /// Whether the harness was starved at some time between these moments, µs.
    pub(crate) fn starved_between(&self, from_us: u64, until_us: u64) -> bool {
        self.starved.iter().any(|(from, until)| *from <= until_us && *until >= from_us)
    }

    /// Whether starvation of the harness voids a wait from `from_us` until `until_us`: it was starved when the wait ended,
    /// or for half of it. What it slept through earlier it read afterwards.
    pub(crate) fn starved_while(&self, from_us: u64, until_us: u64) -> bool {
        if self.starved_between(until_us.saturating_sub(JUST_AWAKE_US), until_us) {
            return true;
        }
        let slept = |(from, until): &(u64, u64)| (*until).min(until_us).saturating_sub((*from).max(from_us));
        let slept_us: u64 = self.starved.iter().map(slept).sum();
        slept_us * 2 >= until_us.saturating_sub(from_us).max(1)
    }
}

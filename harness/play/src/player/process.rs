//! What the script has done to the target's process so far: whether it runs, and what its end may have cost.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    rc::Rc,
};

use bytes::Bytes;
use deadzone_history::{Durability, EventKind, TargetEvent};
use deadzone_wire::Packet;

use crate::{
    process::{Handle, Process},
    recorder::SharedRecorder,
};

/// Longest that anything takes which is done to the process, ms; whoever does it has shorter times of its own.
const HANDLING_MS: u64 = 290_000;

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Runs,
    /// By the freeze of this number.
    Frozen(u32),
    Down,
}

/// The target's process in one performance.
pub(crate) struct TargetProcess {
    process: Option<Rc<dyn Process>>,
    recorder: SharedRecorder,
    /// What it has acknowledged outlives its process.
    keeps_all: bool,
    state: Cell<State>,
    freezes: Cell<u32>,
    /// Payloads of messages and wills that were given to it before it last ended.
    at_risk: RefCell<BTreeSet<Bytes>>,
}

impl TargetProcess {
    pub(super) fn new(
        process: Option<Rc<dyn Process>>,
        durable: Durability,
        recorder: SharedRecorder,
    ) -> Self {
        Self {
            process,
            recorder,
            keeps_all: durable == Durability::Ack,
            state: Cell::new(State::Runs),
            freezes: Cell::new(0),
            at_risk: RefCell::default(),
        }
    }

    /// Whether it is halted now: what it does not answer then is no silence of it.
    pub(super) fn is_frozen(&self) -> bool {
        matches!(self.state.get(), State::Frozen(_))
    }

    /// Whether a message with each of these payloads may have been lost with the process.
    pub(super) fn may_have_cost<'p>(&self, mut payloads: impl Iterator<Item = &'p Bytes>) -> bool {
        let at_risk = self.at_risk.borrow();
        !at_risk.is_empty() && payloads.any(|payload| at_risk.contains(payload))
    }

    /// Ends it.
    pub(super) async fn end(&self, by: Handle) -> Result<(), String> {
        self.handle(by).await?;
        self.state.set(State::Down);
        if !self.keeps_all {
            let given = given(&self.recorder);
            self.at_risk.borrow_mut().extend(given);
        }
        let what = if by == Handle::Kill { TargetEvent::Killed } else { TargetEvent::Stopped };
        self.recorder.append(EventKind::Target { what });
        Ok(())
    }

    /// Starts it again.
    pub(super) async fn restart(&self, fresh: bool) -> Result<(), String> {
        self.handle(Handle::Restart { fresh }).await?;
        self.state.set(State::Runs);
        self.recorder.append(EventKind::Target { what: TargetEvent::Restarted });
        Ok(())
    }

    /// Halts it; the number of this freeze.
    pub(super) async fn freeze(&self) -> Result<u32, String> {
        self.handle(Handle::Freeze).await?;
        let number = self.freezes.get() + 1;
        self.freezes.set(number);
        self.state.set(State::Frozen(number));
        self.recorder.append(EventKind::Target { what: TargetEvent::Frozen });
        Ok(number)
    }

    /// Lets it run on, if it is still halted by that freeze.
    pub(super) async fn thaw(&self, number: u32) -> Result<(), String> {
        if self.state.get() != State::Frozen(number) {
            return Ok(());
        }
        self.handle(Handle::Thaw).await?;
        // It may have been ended meanwhile.
        if self.state.get() == State::Frozen(number) {
            self.state.set(State::Runs);
            self.recorder.append(EventKind::Target { what: TargetEvent::Thawed });
        }
        Ok(())
    }

    /// Lets what the script left halted or dead run again.
    pub(super) async fn make_whole(&self) -> Result<(), String> {
        match self.state.get() {
            State::Runs => Ok(()),
            State::Frozen(number) => self.thaw(number).await,
            State::Down => self.restart(false).await,
        }
    }

    async fn handle(&self, what: Handle) -> Result<(), String> {
        let Some(process) = &self.process else {
            return Err("deadzone did not start this target".to_owned());
        };
        let handled = self.recorder.clock().at_most_us(HANDLING_MS * 1000, process.handle(what)).await;
        handled.unwrap_or_else(|| Err(format!("no end within {} s", HANDLING_MS / 1000)))
    }
}

/// The payloads of all messages and wills that clients have sent.
fn given(recorder: &SharedRecorder) -> Vec<Bytes> {
    let events = recorder.events();
    let packets = events.iter().filter_map(|event| match &event.kind {
        EventKind::Packet(packet) => Some(packet.packet()),
        _ => None,
    });
    let payloads = packets.filter_map(|packet| match packet {
        Packet::Publish(publish) => Some(publish.payload.clone()),
        Packet::Connect(connect) => connect.will.as_ref().map(|will| will.payload.clone()),
        _ => None,
    });
    payloads.collect()
}

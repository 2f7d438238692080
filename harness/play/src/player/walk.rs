//! The walk itself: which step comes next, which is left out, and what every step shares.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use bytes::Bytes;
use deadzone_history::{
    Abandon, Claim, ClaimKind, Ended, EventKind, Late, Origin, Place, SkipReason, StepClass, StepEvent,
};
use deadzone_link::Link;
use deadzone_script::{Control, Count, Scenario, Step, StepKind};
use deadzone_wire::Version;
use tokio::task::JoinHandle;

use super::radio;

use crate::{
    client::{ClientState, Command, SharedClient},
    clock::Clock,
    lower::Words,
    perform::{Setup, Timing},
    tape::Tape,
};

use super::{arrival::Order, control::PutOff, finds::LONGEST_US};

/// Whether the next step makes sense.
pub(crate) enum Flow {
    /// It does.
    On,
    /// It does not: only expectations are looked at from here on.
    Abandon(Abandon),
}

/// One performance of one scenario.
pub(crate) struct Player<'a> {
    /// With its rounds laid out one behind the other.
    pub(crate) scenario: &'a Scenario,
    pub(crate) setup: &'a Setup<'a>,
    pub(crate) tape: Tape,
    pub(crate) clock: Clock,
    pub(crate) timing: Timing,
    /// The script's clients, and the harness's own one last.
    pub(crate) clients: Vec<SharedClient>,
    pub(crate) words: Words,
    /// Topics that may hold a retained message of ours.
    pub(crate) retained: BTreeSet<Bytes>,
    /// Client ids that may have left a session, with the version they spoke.
    pub(crate) sessions: BTreeSet<(Bytes, Version)>,
    pub(crate) tasks: Vec<JoinHandle<()>>,
    pub(super) next_conn: u32,
    next_claim: u32,
    pub(super) markers: u32,
    /// A claim of absence was made, so the end is watched.
    watch_end: bool,
    /// Control run: clients whose cut was put off.
    pub(super) put_off: BTreeMap<usize, PutOff>,
    /// From which event on a client's link has its newest armed fault.
    pub(super) armed_since: BTreeMap<usize, u64>,
    step: u32,
    /// From 0.
    round: u32,
    /// A claim was not met, so no further round begins.
    missed: Cell<bool>,
    /// The walk is over: the target is being left as it was found, whatever ended the walk.
    pub(super) leaving: bool,
    /// The environment refused what the run needs.
    pub(crate) trouble: Option<String>,
}

impl<'a> Player<'a> {
    pub(crate) fn new(setup: &'a Setup<'a>, scenario: &'a Scenario, tape: Tape) -> Self {
        let clock = tape.clock();
        let mut clients: Vec<SharedClient> = Vec::new();
        for (i, decl) in scenario.clients.iter().enumerate() {
            let version = decl.version.unwrap_or(setup.version);
            let id = format!("{}c{i}", setup.nonce);
            clients.push(Rc::new(RefCell::new(ClientState::new(
                i,
                version,
                id,
                !decl.manual,
                radio::link(setup, decl),
            ))));
        }
        let own =
            ClientState::new(clients.len(), setup.version, format!("{}own", setup.nonce), true, Link::new());
        clients.push(Rc::new(RefCell::new(own)));
        Self {
            scenario,
            setup,
            tape,
            clock,
            timing: radio::timing(setup),
            clients,
            words: Words {
                run: setup.nonce.clone(),
                credentials: setup.credentials.clone(),
                ..Words::default()
            },
            retained: BTreeSet::new(),
            sessions: BTreeSet::new(),
            tasks: Vec::new(),
            next_conn: 0,
            next_claim: 0,
            markers: 0,
            watch_end: false,
            put_off: BTreeMap::new(),
            armed_since: BTreeMap::new(),
            step: 0,
            round: 0,
            missed: Cell::new(false),
            leaving: false,
            trouble: None,
        }
    }

    /// Whether what is waited for is not wanted any more.
    pub(super) fn cancelled(&self) -> bool {
        !self.leaving && self.setup.cancelled()
    }

    fn is_control(&self) -> bool {
        self.setup.run == Origin::Control
    }

    fn steps(&self) -> &'a [Step] {
        match (&self.scenario.control, self.is_control()) {
            (Control::Steps(steps), true) => steps,
            _ => &self.scenario.steps,
        }
    }

    /// The control run follows the main steps, without their faults.
    pub(super) fn is_derived_control(&self) -> bool {
        self.is_control() && !matches!(self.scenario.control, Control::Steps(_))
    }

    /// Walks the steps of all rounds, and watches the end of each. A round in which something was missed is the last.
    pub(crate) async fn walk(&mut self) {
        let steps = self.steps();
        let rounds = if matches!(self.scenario.control, Control::Steps(_)) && self.is_control() {
            1
        } else {
            self.scenario.times.max(1) as usize
        };
        let once = steps.len() / rounds;
        for round in 0..rounds {
            self.round = round as u32;
            let first = round * once;
            let whole = self.walk_round(first, &steps[first..first + once]).await;
            if !whole || self.missed.get() || self.interrupted() {
                return;
            }
            if round + 1 < rounds {
                self.leave_round(round);
            }
        }
    }

    /// Walks one round within the scenario's deadline. `false`: it was not walked to its end.
    async fn walk_round(&mut self, first: usize, steps: &'a [Step]) -> bool {
        let looks_us =
            steps.iter().filter(|s| matches!(s.kind, StepKind::Finds { .. })).count() as u64 * LONGEST_US;
        let deadline_us = self.timing.scaled_us(self.timing.scenario_ms) + looks_us;
        let clock = self.clock;
        let walked = clock.at_most_us(deadline_us, self.walk_steps(first, steps)).await;
        if walked.is_none() {
            let why = Abandon::Deadline { ms: deadline_us / 1000 };
            self.tape.append(EventKind::Abandoned { step: self.step, why });
        }
        if std::mem::take(&mut self.watch_end) {
            let us = self.timing.scaled_us(self.timing.grace_ms);
            self.clock.until_us(self.clock.now_us() + us).await;
            self.tape.append(EventKind::Grace { us });
        }
        walked == Some(true)
    }

    /// The clients of a round are done: the next one has its own.
    fn leave_round(&mut self, round: usize) {
        let count = self.setup.scenario.clients.len();
        for client in &self.clients[round * count..(round + 1) * count] {
            client.borrow_mut().enqueue(Command::End);
        }
    }

    fn interrupted(&self) -> bool {
        self.tape.overflow().is_some() || self.cancelled() || self.trouble.is_some()
    }

    /// Whether every step was made, or left out on purpose.
    async fn walk_steps(&mut self, first: usize, steps: &'a [Step]) -> bool {
        let mut abandoned = false;
        for (i, step) in steps.iter().enumerate() {
            if self.interrupted() {
                return false;
            }
            self.step = (first + i) as u32;
            let skipped = self.reason_to_skip(step, abandoned);
            let is_skipped = skipped.is_some();
            self.tape.append(EventKind::Step(Box::new(StepEvent {
                step: self.step,
                line: step.at.line,
                text: step.text.as_str().into(),
                kind: class(&step.kind),
                deviant: step.deviant,
                round: self.round,
                skipped,
            })));
            if is_skipped {
                continue;
            }
            if self.is_derived_control() {
                self.carry_out_put_off(step).await;
            }
            let flow = self.perform(step).await;
            // What hindered the connection comes before what came of it.
            let lost = self.lost_on_the_way().filter(|_| !abandoned);
            if let Some(why) = lost.or(if let Flow::Abandon(why) = flow { Some(why) } else { None }) {
                abandoned = true;
                self.tape.append(EventKind::Abandoned { step: self.step, why });
            }
        }
        !abandoned
    }

    fn reason_to_skip(&self, step: &Step, abandoned: bool) -> Option<SkipReason> {
        if step.only.is_some_and(|v| v != self.setup.version) {
            return Some(SkipReason::OtherVersion);
        }
        if step.recover && self.is_derived_control() {
            return Some(SkipReason::Recovery);
        }
        let expectation =
            matches!(step.kind, StepKind::ExpectReceives { .. } | StepKind::ExpectQuiescent { .. });
        (abandoned && !expectation).then_some(SkipReason::EarlierStepFailed)
    }

    async fn perform(&mut self, step: &'a Step) -> Flow {
        match &step.kind {
            StepKind::Open { client } => self.open(*client).await,
            StepKind::Connect { client, mode, options, expected } => {
                self.connect(step, *client, *mode, options, expected).await
            }
            StepKind::Subscribe { client, filters, sub_id, expected } => {
                self.subscribe(step, *client, filters, *sub_id, expected).await
            }
            StepKind::Unsubscribe { client, filters, expected } => {
                self.unsubscribe(step, *client, filters, expected).await
            }
            StepKind::Publish { client, packet } => self.publish(step, *client, packet, None).await,
            StepKind::Burst { client, count, packet } => self.burst(step, *client, *count, packet).await,
            StepKind::Finds { client, topic, payload, qos } => {
                self.finds(step, *client, topic, payload, *qos).await
            }
            StepKind::Disconnect { client, reason, expiry_s } => {
                self.disconnect(*client, *reason, *expiry_s).await
            }
            StepKind::Ping { client } => self.ping(step, *client).await,
            StepKind::Send { client, packet, broken_by } => self.send(*client, packet, broken_by).await,
            StepKind::SendBytes { client, bytes } => self.send_bytes(*client, bytes).await,
            StepKind::Receive { client, alternatives, strict, some, within_ms } => {
                let how = if *strict {
                    Order::Next
                } else if *some {
                    Order::Some
                } else {
                    Order::Oldest
                };
                self.receive(step, *client, alternatives, how, *within_ms).await
            }
            StepKind::Fence { publisher, subscriber, topic, qos } => {
                self.fence(step, *publisher, *subscriber, topic, *qos).await
            }
            StepKind::Ready { subscriber, topic } => self.ready(step, *subscriber, topic).await,
            StepKind::Link { client, fault, when } => self.link(*client, *fault, when).await,
            StepKind::LinkProfile { client, profile } => self.change_profile(*client, profile).await,
            StepKind::LinkSaw { client, packet, direction, within_ms } => {
                self.link_saw(step, *client, packet, *direction, *within_ms).await
            }
            StepKind::ExpectReceives { client, payloads, fields, count, within_ms } => {
                self.watch_end |=
                    matches!(count, Count::ExactlyOnce | Count::AtMostOnce | Count::Nothing { .. });
                self.expect_receives(step, *client, payloads, fields, *count, *within_ms).await
            }
            StepKind::ExpectQuiescent { client, within_ms } => {
                self.expect_quiescent(step, *client, *within_ms).await
            }
        }
    }

    /// Records a claim and returns its number.
    pub(super) fn claim(&mut self, step: &Step, within_us: u64, kind: ClaimKind) -> u32 {
        let id = self.next_claim;
        self.next_claim += 1;
        let version = self.setup.version;
        let claim = Claim {
            id,
            step: self.step,
            place: Place { line: step.at.line, column: step.at.column, length: step.at.length },
            text: step.text.as_str().into(),
            clauses: step.clauses.iter().copied().filter(|c| c.version() == version).collect(),
            within_us,
            kind,
        };
        self.tape.append(EventKind::Claim(Box::new(claim)));
        id
    }

    pub(super) fn met(&self, claim: u32, by: &[u64], late: Late) {
        self.tape.append(EventKind::Met { claim, by: by.into(), late });
    }

    /// How late it is now for what was waited for since then; `life`: a sign of life was asked for.
    pub(super) fn late(&self, since_us: u64, within_us: u64, life: bool) -> Late {
        let us = self.clock.now_us() - since_us;
        match us > within_us {
            false => Late::InTime,
            true if life => Late::AfterLife { us },
            true => Late::Slow { us },
        }
    }

    /// What ends a wait that found nothing.
    pub(super) fn ended(&self) -> Ended {
        match (self.tape.overflow(), self.cancelled()) {
            (Some(_), _) => Ended::Overflow,
            (None, true) => Ended::Cancelled,
            (None, false) => Ended::Patience,
        }
    }

    pub(super) fn unmet(&self, claim: u32, since_us: u64, why: Ended, got: Option<u64>) {
        let waited_us = self.clock.now_us() - since_us;
        self.missed.set(true);
        self.tape.append(EventKind::Unmet { claim, waited_us, why, got });
    }

    /// Going on makes no sense since the last claim was not met.
    pub(super) fn unmet_claim(&self, what: &str) -> Flow {
        Flow::Abandon(Abandon::unmet(self.next_claim.saturating_sub(1), what))
    }

    /// Returns at the next change of the record, or when the clock shows `at_us`.
    pub(super) async fn change_or_until(&self, at_us: u64) {
        let left_us = at_us.saturating_sub(self.clock.now_us());
        self.clock.at_most_us(left_us, self.tape.changed()).await;
    }
}

/// What a step is done to.
fn class(kind: &StepKind) -> StepClass {
    match kind {
        StepKind::Open { client }
        | StepKind::Connect { client, .. }
        | StepKind::Subscribe { client, .. }
        | StepKind::Unsubscribe { client, .. }
        | StepKind::Publish { client, .. }
        | StepKind::Burst { client, .. }
        | StepKind::Finds { client, .. }
        | StepKind::Disconnect { client, .. }
        | StepKind::Ping { client }
        | StepKind::Send { client, .. }
        | StepKind::SendBytes { client, .. }
        | StepKind::Receive { client, .. }
        | StepKind::Fence { publisher: client, .. }
        | StepKind::Ready { subscriber: client, .. } => StepClass::Client((*client).into()),
        StepKind::Link { client, .. }
        | StepKind::LinkProfile { client, .. }
        | StepKind::LinkSaw { client, .. } => StepClass::Link((*client).into()),
        StepKind::ExpectReceives { client, .. } | StepKind::ExpectQuiescent { client, .. } => {
            StepClass::Expect((*client).into())
        }
    }
}

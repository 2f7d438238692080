//! One performance on the bench, and what it recorded.

use std::{
    cell::Cell,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use deadzone_history::{
    Claim, ClaimKind, Direction, End, Ended, EventKind, Late, Origin, PacketEvent, Purpose, TargetFacts,
};
use deadzone_link::Catalogue;
use deadzone_play::{
    Access, Dial, Experiment, Names, Performance, Process, Setup, Shared, Slots, Timing, Unparking, Ways,
    perform,
};
use deadzone_script::Scenario;
use deadzone_wire::{PacketKind, Version};
use tokio::{
    task::LocalSet,
    time::{advance, sleep},
};

use crate::broker::Broker;

/// The word that `{run}` stands for.
pub(crate) const RUN: &str = "dzabcd01234567";

/// For how long the harness is not run where it is starved, ms.
const STARVED_MS: u64 = 300;

/// What is performed, and how.
pub(crate) struct Bench {
    pub(crate) scenario: Scenario,
    pub(crate) broker: Broker,
    pub(crate) slots: Rc<Busy>,
    pub(crate) version: Version,
    pub(crate) timing: Timing,
    pub(crate) run: Origin,
    pub(crate) teardown: bool,
    /// What its target steps are done to.
    pub(crate) process: Option<Rc<dyn Process>>,
    /// The run is cancelled at this time, ms.
    pub(crate) cancel_at_ms: Option<u64>,
    /// The harness is not run for a while from this time on, ms.
    pub(crate) starved_at_ms: Option<u64>,
}

impl Bench {
    /// These steps, in 5.0, with this broker.
    pub(crate) fn new(steps: &str, broker: Broker) -> Self {
        let head = "mqt 1\nscenario bench\n  title a bench\n  clauses 3.1.1/MQTT-4.3.3-2 5.0/MQTT-4.3.3-10\n  catches x\n";
        let (scenarios, mistakes) = deadzone_script::parse("bench.mqt", "bench", &format!("{head}{steps}"));
        assert!(mistakes.is_empty(), "{mistakes:?}");
        let scenario = scenarios.into_iter().next().expect("a scenario");
        Self {
            scenario,
            broker,
            slots: Rc::default(),
            version: Version::V5,
            timing: Timing::default(),
            run: Origin::Scenario,
            teardown: false,
            process: None,
            cancel_at_ms: None,
            starved_at_ms: None,
        }
    }

    pub(crate) fn perform(self) -> Record {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let runtime = runtime.expect("a runtime without io");
        let local = LocalSet::new();
        Record(local.block_on(&runtime, self.perform_here()))
    }

    async fn perform_here(self) -> Performance {
        let cancel = Arc::new(AtomicBool::new(false));
        let profiles = Catalogue::default();
        let dial = Rc::new(self.broker);
        let setup = Setup {
            experiment: Experiment {
                scenario: &self.scenario,
                version: self.version,
                run: self.run,
                profiles: &profiles,
                seed: 1,
            },
            access: Access {
                nodes: vec![Ways { dial: Rc::clone(&dial) as Rc<dyn Dial>, direct: dial }],
                elsewhere: Vec::new(),
                spread: false,
                links: None,
                credentials: None,
                bridge: None,
                process: self.process,
            },
            names: Names { run_prefix: RUN[..6].to_owned(), nonce: RUN.to_owned() },
            shared: Shared { slots: self.slots, memory: None, cancel: Arc::clone(&cancel) },
            timing: self.timing,
            target: TargetFacts::default(),
            teardown: self.teardown,
            heartbeat: self.cancel_at_ms.is_some() || self.starved_at_ms.is_some(),
        };
        if let Some(at_ms) = self.cancel_at_ms {
            tokio::task::spawn_local(async move {
                sleep(Duration::from_millis(at_ms)).await;
                cancel.store(true, Ordering::Relaxed);
            });
        }
        if let Some(at_ms) = self.starved_at_ms {
            tokio::task::spawn_local(async move {
                sleep(Duration::from_millis(at_ms)).await;
                advance(Duration::from_millis(STARVED_MS)).await;
            });
        }
        perform(&setup).await
    }
}

/// A slot that another performance has for so long, once it was given away.
#[derive(Default)]
pub(crate) struct Busy {
    pub(crate) parked: Cell<u32>,
    pub(crate) for_us: u64,
}

impl Slots for Busy {
    fn park(&self) {
        self.parked.set(self.parked.get() + 1);
    }

    fn unpark(&self) -> Unparking<'_> {
        Box::pin(sleep(Duration::from_micros(self.for_us)))
    }
}

/// What a performance recorded.
pub(crate) struct Record(pub(crate) Performance);

impl Record {
    pub(crate) fn kinds(&self) -> impl Iterator<Item = &EventKind> {
        self.0.history.events.iter().map(|event| &event.kind)
    }

    /// The claims whose text contains this.
    pub(crate) fn claims(&self, text: &str) -> Vec<&Claim> {
        let claims = self.kinds().filter_map(|kind| match kind {
            EventKind::Claim(claim) if claim.text.contains(text) => Some(&**claim),
            _ => None,
        });
        claims.collect()
    }

    /// How the first claim of that text ended.
    pub(crate) fn end(&self, text: &str) -> Result<Late, Ended> {
        let claim = self.claims(text).first().expect("such a claim").id;
        self.end_of(claim)
    }

    pub(crate) fn end_of(&self, id: u32) -> Result<Late, Ended> {
        let mut ends = self.kinds().filter_map(|kind| match kind {
            EventKind::Met { claim, late, .. } if *claim == id => Some(Ok(*late)),
            EventKind::Unmet { claim, why, .. } if *claim == id => Some(Err(*why)),
            _ => None,
        });
        let end = ends.next().expect("every wait ends");
        assert!(ends.next().is_none(), "a claim ends once");
        end
    }

    /// How long the first claim of that text was waited for in vain, µs.
    pub(crate) fn waited_us(&self, text: &str) -> u64 {
        let id = self.claims(text)[0].id;
        let waited = self.kinds().find_map(|kind| match kind {
            EventKind::Unmet { claim, waited_us, .. } if *claim == id => Some(*waited_us),
            _ => None,
        });
        waited.expect("it is unmet")
    }

    pub(crate) fn parked(&self) -> usize {
        self.kinds().filter(|kind| matches!(kind, EventKind::Parked { .. })).count()
    }

    /// Packets that the harness wrote on this behalf, or that came for it.
    pub(crate) fn packets(
        &self,
        kind: PacketKind,
        direction: Direction,
        sender: Purpose,
    ) -> Vec<&PacketEvent> {
        let near = if direction == Direction::Up { End::Client } else { End::Broker };
        let packets = self.kinds().filter_map(|event| match event {
            EventKind::Packet(p) => Some(p).filter(|p| {
                p.packet().kind() == kind && p.direction == direction && p.sender == sender && p.end == near
            }),
            _ => None,
        });
        packets.collect()
    }

    pub(crate) fn failed_teardowns(&self) -> Vec<&str> {
        let failed = self.kinds().filter_map(|kind| match kind {
            EventKind::TeardownFailed { what } => Some(&**what),
            _ => None,
        });
        failed.collect()
    }

    pub(crate) fn still_served(&self) -> usize {
        self.kinds()
            .filter(
                |kind| matches!(kind, EventKind::Claim(c) if matches!(c.kind, ClaimKind::StillServed { .. })),
            )
            .count()
    }
}

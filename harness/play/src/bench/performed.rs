//! One performance on the bench, and what it recorded.

use std::{
    cell::Cell,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use deadzone_history::{
    Claim, ClaimKind, Direction, End, Ended, EventKind, Late, Origin, PacketEvent, Purpose, TargetFacts,
};
use deadzone_link::Catalogue;
use deadzone_script::Scenario;
use deadzone_wire::{PacketKind, Version};
use tokio::task::LocalSet;

use super::broker::Broker;
use crate::{Performance, Setup, Slots, Timing, Unparking, clock::Clock, perform::perform_with};

/// The word that `{run}` stands for.
pub(super) const RUN: &str = "dzabcd01234567";

/// What is performed, and how.
pub(super) struct Bench {
    pub(super) scenario: Scenario,
    pub(super) broker: Broker,
    pub(super) slots: Rc<Busy>,
    pub(super) version: Version,
    pub(super) timing: Timing,
    pub(super) run: Origin,
    pub(super) teardown: bool,
    /// The run is cancelled at this time, ms.
    pub(super) cancel_at_ms: Option<u64>,
    /// The harness is found starved at this time, ms.
    pub(super) starved_at_ms: Option<u64>,
}

impl Bench {
    /// These steps, in 5.0, with this broker.
    pub(super) fn new(steps: &str, broker: Broker) -> Self {
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
            cancel_at_ms: None,
            starved_at_ms: None,
        }
    }

    pub(super) fn perform(self) -> Record {
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
            scenario: &self.scenario,
            version: self.version,
            run: self.run,
            dial: Rc::clone(&dial) as Rc<dyn crate::Dial>,
            direct: dial,
            slots: self.slots,
            credentials: None,
            links: None,
            run_prefix: RUN[..6].to_owned(),
            nonce: RUN.to_owned(),
            profiles: &profiles,
            seed: 1,
            timing: self.timing,
            target: TargetFacts::default(),
            teardown: self.teardown,
            heartbeat: self.cancel_at_ms.is_some(),
            memory: None,
            cancel: Arc::clone(&cancel),
        };
        if let Some(at_ms) = self.cancel_at_ms {
            tokio::task::spawn_local(async move {
                Clock::start().until_us(at_ms * 1000).await;
                cancel.store(true, Ordering::Relaxed);
            });
        }
        let starved_at_ms = self.starved_at_ms;
        perform_with(&setup, move |recorder| {
            let recorder = recorder.clone();
            if let Some(at_ms) = starved_at_ms {
                tokio::task::spawn_local(async move {
                    recorder.clock().until_us(at_ms * 1000).await;
                    recorder.append(EventKind::Starved { ms: 300 });
                });
            }
        })
        .await
    }
}

/// A slot that another performance has for so long, once it was given away.
#[derive(Default)]
pub(super) struct Busy {
    pub(super) parked: Cell<u32>,
    pub(super) for_us: u64,
}

impl Slots for Busy {
    fn park(&self) {
        self.parked.set(self.parked.get() + 1);
    }

    fn unpark(&self) -> Unparking<'_> {
        Box::pin(async { Clock::start().until_us(self.for_us).await })
    }
}

/// What a performance recorded.
pub(super) struct Record(pub(super) Performance);

impl Record {
    pub(super) fn kinds(&self) -> impl Iterator<Item = &EventKind> {
        self.0.history.events.iter().map(|event| &event.kind)
    }

    /// The claims whose text contains this.
    pub(super) fn claims(&self, text: &str) -> Vec<&Claim> {
        let claims = self.kinds().filter_map(|kind| match kind {
            EventKind::Claim(claim) if claim.text.contains(text) => Some(&**claim),
            _ => None,
        });
        claims.collect()
    }

    /// How the first claim of that text ended.
    pub(super) fn end(&self, text: &str) -> Result<Late, Ended> {
        let claim = self.claims(text).first().expect("such a claim").id;
        self.end_of(claim)
    }

    pub(super) fn end_of(&self, id: u32) -> Result<Late, Ended> {
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
    pub(super) fn waited_us(&self, text: &str) -> u64 {
        let id = self.claims(text)[0].id;
        let waited = self.kinds().find_map(|kind| match kind {
            EventKind::Unmet { claim, waited_us, .. } if *claim == id => Some(*waited_us),
            _ => None,
        });
        waited.expect("it is unmet")
    }

    pub(super) fn parked(&self) -> usize {
        self.kinds().filter(|kind| matches!(kind, EventKind::Parked { .. })).count()
    }

    /// Packets that the harness wrote on this behalf, or that came for it.
    pub(super) fn packets(
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

    pub(super) fn failed_teardowns(&self) -> Vec<&str> {
        let failed = self.kinds().filter_map(|kind| match kind {
            EventKind::TeardownFailed { what } => Some(&**what),
            _ => None,
        });
        failed.collect()
    }

    pub(super) fn still_served(&self) -> usize {
        self.kinds()
            .filter(
                |kind| matches!(kind, EventKind::Claim(c) if matches!(c.kind, ClaimKind::StillServed { .. })),
            )
            .count()
    }
}

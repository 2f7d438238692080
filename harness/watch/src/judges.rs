//! Two judges over one record: of the clients, and of the broker behind the link.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
};

use deadzone_history::{ConnId, Event, EventKind, Header, History, Ring, Sink};
use deadzone_oracle::Judge;
use deadzone_spec::{Level, Party};
use deadzone_verdict::{Finding, Grade, Verdict, VerdictKind};
use deadzone_wire::{Packet, Version};

use crate::evidence;

/// The latest events, out of which evidence is cut.
const LATEST: usize = 16_384;
/// Most findings of a party that are told one by one; further ones are counted.
const TOLD: usize = 100;
/// Most grades of a party that are kept.
const GRADES: usize = 200;

/// A finding that was just proven.
#[derive(Clone, Debug)]
pub struct Proven {
    /// Whose breach it is.
    pub party: Party,
    /// What was found.
    pub finding: Finding,
    /// The events that show it, of the connections concerned.
    pub evidence: History,
}

/// What was said of all that was watched.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    /// Of the clients.
    pub clients: Option<Verdict>,
    /// Of the broker.
    pub broker: Option<Verdict>,
    /// Findings that came after too many had been told: in the verdicts, not told one by one.
    pub untold: usize,
    /// Events that were left out because the judges could not keep up, and how often that happened.
    pub left_out: (u64, u64),
    /// A judge of ours panicked; what it said before stands.
    pub trouble: Option<String>,
}

/// A connection as evidence names it.
#[derive(Clone, Debug)]
pub(crate) struct Known {
    pub(crate) opened: Event,
    pub(crate) name: String,
    pub(crate) version: Version,
}

struct Side {
    party: Party,
    judge: Option<Judge>,
    /// Findings of this judge that were looked at.
    seen: usize,
    told: usize,
    verdict: Verdict,
}

/// Both judges, with what evidence is made of.
pub(crate) struct Judges {
    header: Header,
    sides: [Side; 2],
    latest: Ring,
    known: BTreeMap<ConnId, Known>,
    untold: usize,
    left_out: (u64, u64),
    trouble: Option<String>,
}

impl Judges {
    pub(crate) fn new(header: Header) -> Self {
        let side = |party| Side {
            party,
            judge: Some(Judge::of(&header, party)),
            seen: 0,
            told: 0,
            verdict: Verdict::pass(),
        };
        let sides = [side(Party::Client), side(Party::Server)];
        let (latest, known) = (Ring::new(LATEST), BTreeMap::new());
        Self { header, sides, latest, known, untold: 0, left_out: (0, 0), trouble: None }
    }

    pub(crate) fn observe(&mut self, event: Event, tell: &mut impl FnMut(&Proven)) {
        self.know(&event);
        self.latest.append(event.clone());
        for side in &mut self.sides {
            let Some(mut judge) = side.judge.take() else { continue };
            let judged = catch_unwind(AssertUnwindSafe(|| {
                judge.observe(&event);
                judge
            }));
            match judged {
                Ok(judge) => side.judge = Some(judge),
                Err(_) => self.trouble = Some(format!("a judge of ours panicked at event {}", event.seq)),
            }
        }
        self.tell(tell);
    }

    /// Events are missing: what was found stands, and everything else is unknown again.
    pub(crate) fn gap(&mut self, events: u64) {
        self.left_out = (self.left_out.0 + events, self.left_out.1 + 1);
        for side in &mut self.sides {
            if let Some(judge) = side.judge.take() {
                take(&mut side.verdict, judge.finish_cut_off("events were left out"));
                side.judge = Some(Judge::of(&self.header, side.party));
                side.seen = 0;
            }
        }
    }

    pub(crate) fn finish(mut self, tell: &mut impl FnMut(&Proven)) -> Watched {
        self.tell(tell);
        let (left_out, untold, trouble) = (self.left_out, self.untold, self.trouble.take());
        let [clients, broker] = self.sides.map(|mut side| {
            if let Some(judge) = side.judge {
                take(&mut side.verdict, deadzone_oracle::contained(|| judge.finish()));
            }
            side.verdict
        });
        Watched { clients: Some(clients), broker: Some(broker), untold, left_out, trouble }
    }

    fn tell(&mut self, tell: &mut impl FnMut(&Proven)) {
        for side in &mut self.sides {
            let Some(judge) = &side.judge else { continue };
            let fresh = judge.findings().get(side.seen..).unwrap_or_default();
            side.seen += fresh.len();
            for finding in fresh.iter().filter(|finding| is_failure(finding)) {
                if side.told >= TOLD {
                    self.untold += 1;
                    continue;
                }
                side.told += 1;
                let evidence = evidence::cut(&self.header, &self.latest.events, &self.known, finding);
                tell(&Proven { party: side.party, finding: finding.clone(), evidence });
            }
        }
    }

    fn know(&mut self, event: &Event) {
        match &event.kind {
            EventKind::Opened { conn, .. } => {
                let name = format!("connection {}", conn.0 + 1);
                let version = self.header.version;
                self.known.insert(*conn, Known { opened: event.clone(), name, version });
                // The oldest ones are over, or their beginning is too far back to be shown.
                if self.known.len() > LATEST {
                    self.known.pop_first();
                }
            }
            EventKind::Packet(packet) => {
                if let (Packet::Connect(connect), Some(known)) =
                    (packet.packet(), self.known.get_mut(&packet.conn))
                {
                    known.name = evidence::shown(&connect.client_id.lossy(), &known.name);
                    known.version = Version::from_level(connect.level).unwrap_or(known.version);
                }
            }
            _ => {}
        }
    }
}

/// A finding that fails; one below MUST is a grade of the verdict.
fn is_failure(finding: &Finding) -> bool {
    finding.clause.version() != Version::V31 && finding.clause.clause().level == Level::Must
}

/// Adds what one judge said to what the ones before it said.
fn take(whole: &mut Verdict, part: Verdict) {
    whole.findings.extend(part.findings);
    let room = GRADES.saturating_sub(whole.grades.len());
    whole.grades.extend::<Vec<Grade>>(part.grades.into_iter().take(room).collect());
    whole.judged.extend(part.judged);
    whole.judged.sort_unstable();
    whole.judged.dedup();
    if part.kind == VerdictKind::Error {
        (whole.kind, whole.reason) = (part.kind, part.reason);
    } else if !whole.findings.is_empty() {
        (whole.kind, whole.reason) = (VerdictKind::Fail, None);
    } else if part.kind.precedence() > whole.kind.precedence() {
        (whole.kind, whole.reason) = (part.kind, part.reason);
    }
}

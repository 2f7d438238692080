//! The course of a wait, from its claim to its end.

use deadzone_history::{ClaimKind, Ended, EventKind, Late};
use deadzone_script::Step;
use deadzone_wire::{Packet, PacketKind, failure};

use super::{
    life,
    sought::{Look, Sought},
    stopwatch::Stopwatch,
};
use crate::{player::stage::Stage, timing::Bounds};

/// A harness that was starved so short a time ago may still have answers to read, µs.
const JUST_AWAKE_US: u64 = 250_000;
/// Before the blame the silent connection itself is asked once more, this long before the long bound, µs.
const LAST_QUESTION_US: u64 = 5_000_000;
/// CONNACK codes of 5.0 that ask a client to come later: unavailable, busy, quota exceeded, rate exceeded.
const COME_LATER: [u8; 4] = [0x88, 0x89, 0x97, 0x9f];

/// What is waited for, and how.
pub(in crate::player) struct Wait {
    pub(in crate::player) sought: Sought,
    pub(in crate::player) bounds: Bounds,
    /// A MUST gives the time, so that late is late: it is never parked.
    pub(in crate::player) timed: bool,
    /// A connection that is closed or refused at once is tried again by the caller.
    pub(in crate::player) tried_again: bool,
}

impl Wait {
    pub(in crate::player) fn new(sought: Sought, bounds: Bounds) -> Self {
        Self { sought, bounds, timed: false, tried_again: false }
    }
}

/// A wait that goes on.
struct Course {
    claim: u32,
    since_us: u64,
    wait: Wait,
    stopwatch: Stopwatch,
    /// Packets of what is waited for that had come when this was last looked at.
    progress: u64,
    parked: bool,
    /// How much of the wait was told to be slow, µs.
    told_slow_us: u64,
    /// When a sign of life was first asked for, µs.
    asked_us: Option<u64>,
    /// It was asked for on the silent connection itself, or the router was asked.
    asked_here: bool,
    /// An answer came where the close is waited for: its event, and until when the close is looked for.
    answered: Option<(u64, u64)>,
    /// What is waited for may have been lost with the target's process: it is given its time, and its absence ends nothing.
    may_be_lost: bool,
}

/// Waits for something as a claim of this step. It gives the packet that came, if it is one, or why the wait ended.
pub(in crate::player) async fn wait_for(
    stage: &mut Stage<'_>,
    step: &Step,
    kind: ClaimKind,
    wait: Wait,
) -> Result<Option<Box<Packet>>, Ended> {
    let claim = stage.claims.state(step, wait.bounds.within_us, kind);
    go_on(stage, claim, wait).await
}

/// Waits for what a claim states.
pub(in crate::player) async fn go_on(
    stage: &mut Stage<'_>,
    claim: u32,
    wait: Wait,
) -> Result<Option<Box<Packet>>, Ended> {
    stage.claims.wait_begins(claim);
    let now_us = stage.now_us();
    let progress = wait.sought.progress(&stage.network);
    let may_be_lost = stage.network.process.may_have_cost(wait.sought.payloads());
    let mut wait = wait;
    if may_be_lost {
        wait.timed = true;
        wait.bounds.patience_us = wait.bounds.within_us;
    }
    let mut course = Course {
        claim,
        since_us: now_us,
        wait,
        stopwatch: Stopwatch::start(now_us),
        progress,
        parked: false,
        told_slow_us: 0,
        asked_us: None,
        asked_here: false,
        answered: None,
        may_be_lost,
    };
    loop {
        let slow = course.stopwatch.waited_us >= course.wait.bounds.within_us;
        course.wait.sought.tend(stage, slow).await;
        let look = course.wait.sought.look(&stage.network);
        course.reckon(stage);
        if let Some(end) = course.seen(stage, look).await {
            stage.parking.wait_ended();
            return end;
        }
        if let Some(why) = course.over(stage).await {
            stage.parking.wait_ended();
            return course.missed(stage, why, None);
        }
        course.ask(stage);
        stage.recorder().change_or_until(course.next_us(stage)).await;
    }
}

impl Course {
    /// Counts the time since the last look.
    fn reckon(&mut self, stage: &Stage<'_>) {
        let network = &stage.network;
        let (stalled, halted) = (self.wait.sought.is_stalled(network), network.process.is_frozen());
        self.stopwatch.tick(stage.now_us(), stalled, halted);
        let progress = self.wait.sought.progress(network);
        if std::mem::replace(&mut self.progress, progress) != progress {
            self.stopwatch.progress();
        }
        let waited_us = self.stopwatch.waited_us;
        if waited_us >= self.wait.bounds.within_us && !self.parked {
            stage.parking.slow(waited_us - std::mem::replace(&mut self.told_slow_us, waited_us));
        }
    }

    /// What a look shows may end the wait.
    async fn seen(
        &mut self,
        stage: &mut Stage<'_>,
        look: Look,
    ) -> Option<Result<Option<Box<Packet>>, Ended>> {
        match look {
            Look::Nothing => {
                let (seq, until_us) = self.answered?;
                (stage.now_us() >= until_us).then(|| self.missed(stage, Ended::Mismatch, Some(seq)))
            }
            // Behind an answer only the end of the connection is looked for.
            Look::Found(_, Some(packet))
                if self.answered.is_some() && packet.kind() != PacketKind::Disconnect =>
            {
                let (seq, _) = self.answered?;
                Some(self.missed(stage, Ended::Mismatch, Some(seq)))
            }
            Look::Found(by, packet) => {
                if self.parked {
                    stage.parking.unpark(&stage.network.clients).await;
                }
                stage.claims.met(self.claim, &by, self.late());
                Some(Ok(packet))
            }
            Look::Mismatch(seq, packet) if self.answered.is_none() && self.may_close_behind(&packet) => {
                let timing = stage.timing();
                self.answered = Some((seq, stage.now_us() + timing.scaled_us(timing.grace_ms)));
                None
            }
            Look::Mismatch(seq, packet) => {
                let seq = self.answered.map_or(seq, |(first, _)| first);
                let later = matches!(&*packet, Packet::Connack(c) if COME_LATER.contains(&c.code));
                let why = if later && self.wait.tried_again { Ended::TriedAgain } else { Ended::Mismatch };
                Some(self.missed(stage, why, Some(seq)))
            }
            // The target owes nothing on a connection that never came to it.
            Look::Closed(_) if stage.network.lost_on_the_way().is_some() => {
                Some(self.missed(stage, Ended::NotConnected, None))
            }
            Look::Closed(seq) => {
                let why = if self.wait.tried_again { Ended::TriedAgain } else { Ended::Closed };
                Some(self.missed(stage, why, Some(seq)))
            }
            Look::NotConnected => Some(self.missed(stage, Ended::NotConnected, None)),
        }
    }

    /// Whether the close is waited for, and this may come before it: the answer to a ping that was read along with what should end
    /// the connection, or a refusal of that; not one whose type is among the answers that are claimed.
    fn may_close_behind(&self, packet: &Packet) -> bool {
        let refuses = failure(packet).is_some() && !self.wait.sought.wants(packet.kind());
        (packet.kind() == PacketKind::Pingresp || refuses) && self.wait.sought.is_close()
    }

    fn late(&self) -> Late {
        let us = self.stopwatch.waited_us;
        match us > self.wait.bounds.within_us {
            false => Late::InTime,
            true if self.asked_here => Late::AfterLife { us },
            true => Late::Slow { us },
        }
    }

    fn missed(
        &self,
        stage: &mut Stage<'_>,
        why: Ended,
        got: Option<u64>,
    ) -> Result<Option<Box<Packet>>, Ended> {
        if self.parked {
            stage.parking.leave(&stage.network.clients);
        }
        let silent = matches!(why, Ended::Patience | Ended::LongBound | Ended::Starved);
        if silent && !self.may_be_lost {
            stage.silent = true;
            stage.signs.answered_since(stage.network.recorder.heard_us(), self.asked_us);
        }
        stage.claims.unmet(self.claim, self.since_us, why, got);
        Err(why)
    }

    /// Why the wait is over though nothing came, if it is. At its patience it is parked instead, where it may be.
    async fn over(&mut self, stage: &mut Stage<'_>) -> Option<Ended> {
        if stage.recorder().overflow().is_some() {
            return Some(Ended::Overflow);
        }
        if stage.cancelled() {
            return Some(Ended::Cancelled);
        }
        if stage.silent && !stage.leaving {
            return Some(Ended::WalkEnded);
        }
        let Bounds { patience_us, long_us, .. } = self.wait.bounds;
        // The patience is the long bound: there is nothing to extend it to.
        let whole = patience_us >= long_us && !stage.timing().quick && !self.wait.timed;
        let moves = self.wait.sought.link_wakes_us(&stage.network).is_some();
        if self.stopwatch.stalled_us >= if moves { long_us } else { patience_us } {
            return Some(Ended::LinkDown);
        }
        if self.stopwatch.silent_us < if self.parked { long_us } else { patience_us } {
            return None;
        }
        let client = self.wait.sought.client();
        if let Some(conn) = self.wait.sought.conn(&stage.network)
            && stage.network.lost_in_silence(client, conn).await
        {
            return Some(Ended::NotConnected);
        }
        if !self.parked && self.may_park(stage) {
            self.park(stage);
            return None;
        }
        let starved_us = stage.recorder().starved_us().filter(|at_us| *at_us >= self.since_us);
        Some(match starved_us {
            // What it slept through earlier it read afterwards.
            Some(at_us) if at_us + JUST_AWAKE_US > stage.now_us() => Ended::Starved,
            _ if self.parked || whole => Ended::LongBound,
            _ => Ended::Patience,
        })
    }

    fn may_park(&self, stage: &Stage<'_>) -> bool {
        let Bounds { patience_us, long_us, .. } = self.wait.bounds;
        let left_us = long_us - patience_us;
        let quick = stage.timing().quick || self.wait.timed || stage.leaving;
        !quick && left_us > 0 && stage.parking.has(left_us)
    }

    fn park(&mut self, stage: &Stage<'_>) {
        self.parked = true;
        stage.recorder().append(EventKind::Parked { claim: self.claim });
        let closing = self.wait.sought.is_close().then(|| self.wait.sought.client());
        stage.parking.park(&stage.network.clients, closing);
    }

    /// Asks for signs of life when it is time to.
    fn ask(&mut self, stage: &mut Stage<'_>) {
        let Bounds { within_us, patience_us, long_us } = self.wait.bounds;
        // A wait that is not extended would otherwise end without any.
        let extended = self.parked || self.may_park(stage);
        let ask_us = if extended { patience_us } else { within_us };
        if self.asked_us.is_none() && self.stopwatch.silent_us >= ask_us && !stage.leaving {
            self.asked_us = Some(stage.now_us());
            self.asked_here |= life::ask(stage, &self.wait.sought);
        }
        let last_us = long_us - LAST_QUESTION_US.min((long_us - patience_us) / 2);
        if self.parked && !self.asked_here && self.stopwatch.silent_us >= last_us {
            self.asked_here = life::ask_here(stage, &self.wait.sought);
        }
    }

    /// When to look again if nothing changes, µs.
    fn next_us(&self, stage: &Stage<'_>) -> u64 {
        let now_us = stage.now_us();
        let Bounds { within_us, patience_us, long_us } = self.wait.bounds;
        let watch = &self.stopwatch;
        let last_us = long_us - LAST_QUESTION_US.min((long_us - patience_us) / 2);
        let silence = [within_us, patience_us, last_us, long_us].map(|at| (at, watch.silent_us));
        let other = [(within_us, watch.waited_us)];
        let stalled = [(patience_us, watch.stalled_us), (long_us, watch.stalled_us)];
        let ahead = silence.iter().chain(&other).chain(&stalled).filter(|(at, passed)| at > passed);
        let bound_us = ahead.map(|(at, passed)| now_us + (at - passed)).min();
        let link_us = self.wait.sought.link_wakes_us(&stage.network).filter(|at| *at > now_us);
        let behind_us = self.answered.map(|(_, until_us)| until_us);
        let wakes = [bound_us, link_us, self.wait.sought.tend_us(), behind_us];
        wakes.into_iter().flatten().min().unwrap_or_else(|| now_us + within_us.max(1)).max(now_us + 1)
    }
}

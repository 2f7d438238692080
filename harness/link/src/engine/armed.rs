//! The faults that wait for their offset or their time. Knows their order and their numbers, not what they do.

use deadzone_wire::PacketKind;

use crate::{Direction, Fault, LinkStep, Trigger, When};

/// A fault that waits, or that has just stopped waiting.
#[derive(Debug)]
pub(super) struct ArmedFault {
    /// From 1, in the order of arming; 0 for a fault that never waited.
    pub(super) number: u32,
    pub(super) fault: Fault,
    /// The step in scenario notation.
    pub(super) text: String,
    /// It waits for a packet of the connection on which it was armed, and of none to come.
    pub(super) of_this_connection: bool,
}

/// Everything armed on one link. Its size is bounded by the script that arms it.
#[derive(Debug, Default)]
pub(super) struct Armed {
    /// In the order of arming.
    triggers: Vec<(Trigger, ArmedFault)>,
    /// By due time, then in the order of arming.
    timed: Vec<(u64, ArmedFault)>,
    last_number: u32,
}

/// What became of a step.
pub(super) enum Taken {
    /// It waits under this number, to do this.
    Waits(u32, Fault, String),
    /// It is to happen now.
    Now(ArmedFault),
}

impl Armed {
    /// Takes in a step whose turn came at `now_us`.
    pub(super) fn take_in(&mut self, now_us: u64, step: LinkStep, connected: bool) -> Taken {
        let text = step.to_string();
        let fault = step.fault;
        if step.when == When::Now {
            return Taken::Now(ArmedFault { number: 0, fault, text, of_this_connection: false });
        }
        self.last_number += 1;
        let number = self.last_number;
        // A CONNECT or CONNACK is the first of a connection: one that is waited for is still to come.
        let begins =
            |trigger: &Trigger| matches!(trigger.pattern.kind, PacketKind::Connect | PacketKind::Connack);
        let of_this_connection = connected && matches!(&step.when, When::On(trigger) if !begins(trigger));
        let armed = ArmedFault { number, fault, text: text.clone(), of_this_connection };
        match step.when {
            When::On(trigger) => self.triggers.push((trigger, armed)),
            When::Now => {}
            When::After(us) => {
                let due = now_us.saturating_add(us);
                let at = self.timed.partition_point(|(other, _)| *other <= due);
                self.timed.insert(at, (due, armed));
            }
        }
        Taken::Waits(number, fault, text)
    }

    /// The triggers that watch this stream, in the order of arming.
    pub(super) fn watching(&self, direction: Direction) -> impl Iterator<Item = (u32, &Trigger)> {
        self.triggers
            .iter()
            .filter(move |(t, _)| t.direction == direction)
            .map(|(t, armed)| (armed.number, t))
    }

    /// Removes the fault behind a trigger; `None` when it fired already.
    pub(super) fn take(&mut self, number: u32) -> Option<ArmedFault> {
        let at = self.triggers.iter().position(|(_, armed)| armed.number == number)?;
        Some(self.triggers.remove(at).1)
    }

    /// Whether a fault waits for a packet.
    pub(super) fn waits_for_a_packet(&self) -> bool {
        !self.triggers.is_empty()
    }

    /// Removes those that wait for a packet of the connection that is left.
    pub(super) fn leave(&mut self) -> Vec<ArmedFault> {
        let gone = self.triggers.extract_if(.., |(_, armed)| armed.of_this_connection);
        gone.map(|(_, armed)| armed).collect()
    }

    /// When the next timed fault is due.
    pub(super) fn next_due_us(&self) -> Option<u64> {
        self.timed.first().map(|(due, _)| *due)
    }

    /// Removes the next timed fault if it is due.
    pub(super) fn take_due(&mut self, now_us: u64) -> Option<(u64, ArmedFault)> {
        self.next_due_us().filter(|due| *due <= now_us).map(|_| self.timed.remove(0))
    }

    /// Removes what waits for a packet to begin an effect that a restore would end. An armed cut is no effect, and what
    /// waits for its time happens then.
    /// What was armed behind the restore itself (its number; 0: it never waited) goes on waiting.
    pub(super) fn take_effects(&mut self, restore: u32) -> Vec<ArmedFault> {
        let is_effect = |fault: &Fault| !matches!(fault, Fault::Cut(_) | Fault::Restore | Fault::Release(_));
        let (ended, kept): (Vec<_>, Vec<_>) = self
            .triggers
            .drain(..)
            .partition(|(_, armed)| is_effect(&armed.fault) && (restore == 0 || armed.number < restore));
        self.triggers = kept;
        ended.into_iter().map(|(_, armed)| armed).collect()
    }

    /// Removes all, by number.
    pub(super) fn drain(&mut self) -> Vec<ArmedFault> {
        let timed = self.timed.drain(..).map(|(_, armed)| armed);
        let mut all: Vec<_> = self.triggers.drain(..).map(|(_, armed)| armed).chain(timed).collect();
        all.sort_by_key(|armed| armed.number);
        all
    }
}

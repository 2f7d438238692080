//! Link steps, and waiting for what the broker's end of a link has.

use deadzone_history::{ClaimKind, End, EventKind};
use deadzone_link::{Direction, Fault, LinkStep, Note, Trigger, When};
use deadzone_script::{PacketTemplate, Step, TriggerTemplate};

use super::{Flow, Player, control::PutOff};
use crate::{client::Command, foreign};

impl Player<'_> {
    /// Puts a link step into the client's queue. It returns when the step was carried out or armed, so that whatever the
    /// script does next, by any client, comes after it.
    pub(super) async fn link(&mut self, client: usize, fault: Fault, when: &TriggerTemplate) -> Flow {
        if self.is_derived_control() {
            if matches!(fault, Fault::Cut(_)) {
                let armed = matches!(when, TriggerTemplate::On { .. });
                self.put_off.insert(client, if armed { PutOff::Armed } else { PutOff::Due });
            }
            return Flow::On;
        }
        let when = match when {
            TriggerTemplate::Now => When::Now,
            TriggerTemplate::AfterMs(ms) => When::After(ms * 1000),
            TriggerTemplate::On { edge, nth, packet, direction } => When::On(Trigger {
                edge: *edge,
                nth: *nth,
                pattern: self.words.pattern(packet),
                direction: *direction,
            }),
        };
        let waits = matches!(when, When::On(_));
        let before = self.next_seq();
        let step = LinkStep { fault, when };
        if !self.enqueue(client, Command::Link(step.clone())).await {
            if let Some(links) = self.foreign(client)
                && !foreign::apply(&*links, &self.tape, client, None, &step).await
            {
                return Flow::On;
            }
            let now_us = self.clock.now_us();
            self.clients[client].borrow_mut().on_link(None, |link| link.step(now_us, step));
            self.drain_notes(client);
        }
        self.settled(client).await;
        if waits {
            let armed = self.tape.events().iter().find_map(|e| match &e.kind {
                EventKind::Link { client: c, note, .. }
                    if *c == client.into() && e.seq >= before && matches!(**note, Note::Armed { .. }) =>
                {
                    Some(e.seq)
                }
                _ => None,
            });
            self.armed_since.insert(client, armed.unwrap_or(before));
        }
        Flow::On
    }

    fn next_seq(&self) -> u64 {
        self.tape.events().last().map_or(0, |event| event.seq + 1)
    }

    /// Waits until the broker's end of the client's newest connection has the packet. What passed before the link's newest
    /// fault was armed does not count: that fault could not act on it.
    pub(super) async fn link_saw(
        &mut self,
        step: &Step,
        client: usize,
        template: &PacketTemplate,
        direction: Direction,
        within_ms: Option<u64>,
    ) -> Flow {
        let since_us = self.clock.now_us();
        let pattern = self.words.pattern(template);
        let within_us = self.timing.scaled_us(within_ms.unwrap_or(self.timing.within_ms));
        let claim = self.claim(step, within_us, ClaimKind::Precondition { client: client.into() });
        let ends_us = since_us + within_us.max(self.timing.scaled_us(self.timing.patience_ms));
        let since = self.armed_since.get(&client).copied().unwrap_or(0);
        loop {
            let conn = self.clients[client].borrow().last_conn;
            let found = self.tape.events().iter().find_map(|e| match &e.kind {
                EventKind::Packet(p)
                    if Some(p.conn) == conn
                        && e.seq >= since
                        && p.direction == direction
                        && p.end == End::Broker
                        && pattern.matches(p.packet()).is_ok() =>
                {
                    Some(e.seq)
                }
                _ => None,
            });
            let now_us = self.clock.now_us();
            if let Some(seq) = found {
                self.met(claim, &[seq], self.late(since_us, within_us, false));
                return Flow::On;
            }
            if now_us >= ends_us || self.tape.overflow().is_some() || self.cancelled() {
                self.unmet(claim, since_us, self.ended(), None);
                return self.unmet_claim(&format!("the broker's end of the link never had {pattern}"));
            }
            self.change_or_until(ends_us).await;
        }
    }
}

//! Messages of the harness's own: fences, and markers that show that routing works.

use bytes::Bytes;
use deadzone_history::{ClaimKind, Late, MARKER, Purpose};
use deadzone_script::{ConnectMode, ConnectOptions, Payload, Step};
use deadzone_wire::{Ack, AckKind, Packet, Publish};

use super::{Flow, Player};

/// How often a ready marker is sent again while it has not arrived, ms.
const READY_EVERY_MS: u64 = 50;

impl Player<'_> {
    fn marker(&mut self) -> Bytes {
        self.markers += 1;
        let mut payload = MARKER.to_vec();
        payload.extend_from_slice(format!("{} {}", self.words.run, self.markers).as_bytes());
        payload.into()
    }

    /// A message that must overtake nothing: once the subscriber has it, what was sent before on this topic is there or lost.
    pub(super) async fn fence(
        &mut self,
        step: &Step,
        publisher: usize,
        subscriber: usize,
        topic: &Payload,
        qos: u8,
    ) -> Flow {
        let payload = self.marker();
        let (version, id) = {
            let mut state = self.clients[publisher].borrow_mut();
            (state.version, state.session.fresh_id())
        };
        let mut publish = Publish::new("", qos, (qos > 0).then_some(id), payload.clone());
        publish.topic = self.words.text(topic);
        if let Flow::Abandon(why) = self
            .write_for(Purpose::Marker, publisher, Packet::Publish(publish).encode(version).to_bytes())
            .await
        {
            return Flow::Abandon(why);
        }
        let since_us = self.clock.now_us();
        let within_us = self.timing.scaled_us(self.timing.within_ms);
        let claim = self.claim(step, within_us, ClaimKind::Precondition { client: subscriber.into() });
        let ends_us = since_us + self.timing.scaled_us(self.timing.patience_ms);
        loop {
            self.release_fence(publisher, id).await;
            let now_us = self.clock.now_us();
            if let Some(seq) = self.marker_arrived(subscriber, &payload) {
                self.met(claim, &[seq], self.late(since_us, within_us, false));
                return Flow::On;
            }
            if now_us >= ends_us || self.tape.overflow().is_some() || self.cancelled() {
                self.unmet(claim, since_us, self.ended(), None);
                return self.unmet_claim("the fence did not arrive");
            }
            self.change_or_until(ends_us).await;
        }
    }

    /// A manual publisher's fence is released by us; a polite one has released it already.
    async fn release_fence(&self, publisher: usize, id: u16) {
        let version = {
            let mut state = self.clients[publisher].borrow_mut();
            if state.polite {
                return;
            }
            let answered = state.inbox.iter_mut().find(|a| {
                !a.taken
                    && matches!(a.packet(), Packet::Ack(x) if x.packet_id == id && x.kind == AckKind::Pubrec)
            });
            let Some(arrived) = answered else { return };
            arrived.taken = true;
            state.version
        };
        let release = Packet::Ack(Ack::new(AckKind::Pubrel, id)).encode(version).to_bytes();
        let _ = self.write_for(Purpose::Polite, publisher, release).await;
    }

    fn marker_arrived(&self, subscriber: usize, payload: &Bytes) -> Option<u64> {
        let state = self.clients[subscriber].borrow();
        state.inbox.iter().find_map(|a| match a.packet() {
            Packet::Publish(p) if a.marker && p.payload == *payload => Some(a.seq),
            _ => None,
        })
    }

    /// Publishes QoS 0 markers from the harness's own client until one arrives: routing to the subscriber works.
    pub(super) async fn ready(&mut self, step: &Step, subscriber: usize, topic: &Payload) -> Flow {
        let own = self.clients.len() - 1;
        if self.live_conn(own).is_none() {
            let plain = ConnectOptions::default();
            if let Flow::Abandon(why) = self.connect(step, own, ConnectMode::Clean, &plain, &[]).await {
                return Flow::Abandon(why);
            }
        }
        let since_us = self.clock.now_us();
        let within_us = self.timing.scaled_us(self.timing.within_ms);
        let claim = self.claim(step, within_us, ClaimKind::Precondition { client: subscriber.into() });
        let ends_us = since_us + self.timing.scaled_us(self.timing.patience_ms);
        let version = self.clients[own].borrow().version;
        let topic = self.words.text(topic);
        // A marker of an earlier `ready` shows nothing about the routing of now.
        let mut sent = Vec::new();
        loop {
            let payload = self.marker();
            sent.push(payload.clone());
            let mut publish = Publish::new("", 0, None, payload);
            publish.topic = topic.clone();
            if let Flow::Abandon(why) = self
                .write_for(Purpose::Marker, own, Packet::Publish(publish).encode(version).to_bytes())
                .await
            {
                return Flow::Abandon(why);
            }
            let again_us = self.clock.now_us() + READY_EVERY_MS * 1000;
            while self.clock.now_us() < again_us {
                let arrived = {
                    let state = self.clients[subscriber].borrow();
                    state
                        .inbox
                        .iter()
                        .find(|a| {
                            a.marker && matches!(a.packet(), Packet::Publish(p) if sent.contains(&p.payload))
                        })
                        .map(|a| a.seq)
                };
                if let Some(seq) = arrived {
                    self.met(claim, &[seq], Late::InTime);
                    return Flow::On;
                }
                self.change_or_until(again_us).await;
            }
            if self.clock.now_us() >= ends_us || self.tape.overflow().is_some() || self.cancelled() {
                self.unmet(claim, since_us, self.ended(), None);
                return self.unmet_claim("no ready marker arrived");
            }
        }
    }
}

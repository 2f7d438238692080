//! A message of the harness's own, and what its coming needs.

use bytes::Bytes;
use deadzone_history::Purpose;
use deadzone_wire::{Ack, AckKind, Packet, Publish, Text};

use super::{direct::Direct, sought::Look};
use crate::{client::Client, player::stage::Stage};

/// How often a ready marker is sent again while it has not arrived, µs.
const READY_EVERY_US: u64 = 50_000;
/// The same once the answer is slow, µs.
const READY_SLOWLY_US: u64 = 1_000_000;

/// A message of the harness's own.
pub(in crate::player) struct Marker {
    pub(in crate::player) subscriber: usize,
    /// Any of these.
    pub(in crate::player) payloads: Vec<Bytes>,
    pub(in crate::player) looked_at: usize,
    pub(in crate::player) repeats: Repeats,
}

/// What is done for a marker while it is waited for.
pub(in crate::player) enum Repeats {
    /// Nothing.
    Never,
    /// A manual publisher's exchange is released.
    Release { publisher: usize, id: u16 },
    /// It is published again and again by the harness's own client: at QoS 0, or at QoS 1 by the one that is given.
    Again { topic: Text, next_us: u64, by: Option<Direct> },
}

impl Marker {
    pub(super) fn look(&mut self, client: &Client) -> Look {
        let new = client.inbox.since(self.looked_at);
        self.looked_at += new.len();
        let sought =
            |packet: &Packet| matches!(packet, Packet::Publish(p) if self.payloads.contains(&p.payload));
        match new.iter().find(|a| a.marker && sought(a.packet())) {
            Some(arrived) => Look::Found(vec![arrived.seq], None),
            None if client.presence.live.is_none() => Look::NotConnected,
            None => Look::Nothing,
        }
    }

    /// Does what its coming needs: releases a fence, publishes a ready marker again.
    pub(super) async fn tend(&mut self, stage: &mut Stage<'_>, slow: bool) {
        match &mut self.repeats {
            Repeats::Never => {}
            Repeats::Release { publisher, id } => release(stage, *publisher, *id).await,
            Repeats::Again { topic, next_us, by } => {
                let now_us = stage.now_us();
                if now_us >= *next_us {
                    *next_us = now_us + if slow { READY_SLOWLY_US } else { READY_EVERY_US };
                    let payload = stage.marker();
                    self.payloads.push(payload.clone());
                    if let Some(by) = by {
                        by.publish(topic.0.clone(), payload);
                        return;
                    }
                    let mut publish = Publish::new("", 0, None, payload);
                    publish.topic = topic.clone();
                    let own = stage.network.own();
                    // Without a connection it does not arrive, which the wait finds out.
                    let _ = stage.network.send(own, &Packet::Publish(publish), Purpose::Marker).await;
                }
            }
        }
    }
}

/// A manual publisher's fence is released by us; a polite one has released it already.
async fn release(stage: &mut Stage<'_>, publisher: usize, id: u16) {
    {
        let mut client = stage.client(publisher).borrow_mut();
        let Some(conn) = client.presence.conn().filter(|_| !client.polite) else { return };
        let is_pubrec = |packet: &Packet| matches!(packet, Packet::Ack(x) if x.packet_id == id && x.kind == AckKind::Pubrec);
        let Some(answered) = client.inbox.waiting(conn).find(|a| is_pubrec(a.packet())) else { return };
        answered.taken = true;
    }
    let release = Packet::Ack(Ack::new(AckKind::Pubrel, id));
    let _ = stage.network.send(publisher, &release, Purpose::Polite).await;
}

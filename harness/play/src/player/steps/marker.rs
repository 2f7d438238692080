//! Messages of the harness's own: fences, and markers that show that routing works.

use deadzone_history::{ClaimKind, Purpose};
use deadzone_script::{ConnectMode, ConnectOptions, Payload, Step};
use deadzone_wire::{Packet, Publish};

use super::{Done, connect::connect, needed};
use crate::player::{
    stage::Stage,
    wait::{Marker, Repeats, Sought, Wait},
};

/// A message that must overtake nothing: once the subscriber has it, what was sent before on this topic is there or lost.
pub(super) async fn fence(
    stage: &mut Stage<'_>,
    step: &Step,
    (publisher, subscriber): (usize, usize),
    (topic, qos): (&Payload, u8),
) -> Done {
    let payload = stage.marker();
    let id = stage.client(publisher).borrow_mut().session.fresh_id();
    let mut publish = Publish::new("", qos, (qos > 0).then_some(id), payload.clone());
    publish.topic = stage.words.text(topic);
    stage.network.send(publisher, &Packet::Publish(publish), Purpose::Marker).await?;
    let repeats = Repeats::Release { publisher, id };
    let marker = Marker { subscriber, payloads: vec![payload], looked_at: 0, repeats };
    arrives(stage, step, marker, "the fence did not arrive").await
}

/// Publishes QoS 0 markers from the harness's own client until one arrives: routing to the subscriber works. A marker of an
/// earlier `ready` shows nothing about the routing of now.
pub(super) async fn ready(stage: &mut Stage<'_>, step: &Step, subscriber: usize, topic: &Payload) -> Done {
    let own = stage.network.own();
    if stage.network.live_conn(own).is_none() {
        connect(stage, step, own, (ConnectMode::Clean, &ConnectOptions::default(), &[])).await?;
    }
    let repeats = Repeats::Again { topic: stage.words.text(topic), next_us: 0 };
    let marker = Marker { subscriber, payloads: Vec::new(), looked_at: 0, repeats };
    arrives(stage, step, marker, "no ready marker arrived").await
}

async fn arrives(stage: &mut Stage<'_>, step: &Step, marker: Marker, missing: &str) -> Done {
    let kind = ClaimKind::Precondition { client: marker.subscriber.into() };
    let wait = Wait::new(Sought::Marker(marker), stage.timing().bounds(None));
    needed(stage, step, kind, wait, missing).await.map(drop)
}

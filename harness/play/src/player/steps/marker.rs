//! Messages of the harness's own: fences, and markers that show that routing works.

use deadzone_history::{ClaimKind, Purpose};
use deadzone_script::{ConnectMode, ConnectOptions, Payload, Step};
use deadzone_spec::Node;
use deadzone_wire::{Field, Packet, PacketKind, Pattern, Publish, Value};

use super::{
    Done,
    ask::{answer, claimed},
    connect::connect,
    needed,
};
use crate::player::{
    stage::Stage,
    wait::{Direct, Marker, Repeats, Sought, Wait},
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
    let repeats = Repeats::Again { topic: stage.words.text(topic), next_us: 0, by: None };
    let marker = Marker { subscriber, payloads: Vec::new(), looked_at: 0, repeats };
    arrives(stage, step, marker, "no ready marker arrived").await
}

/// The same from a node, at QoS 1: the nodes are one server, so that one of the markers which it acknowledged must arrive. How
/// long a subscription takes to be known there is nobody's fault, so that one is published after the other.
pub(super) async fn ready_from(
    stage: &mut Stage<'_>,
    step: &Step,
    subscriber: usize,
    (topic, node): (&Payload, Node),
) -> Done {
    let conn = stage.last_conn(subscriber).ok_or_else(|| stage.network.not_connected(subscriber))?;
    let topic = stage.words.text(topic);
    let by = Direct::own(&stage.network, node);
    let mut payloads = Vec::new();
    if by.connect().await {
        payloads.push(stage.marker());
        by.publish(topic.0.clone(), payloads[0].clone());
    }
    let mut marker = Marker { subscriber, payloads, looked_at: 0, repeats: Repeats::Never };
    if marker.payloads.is_empty() || !by.is_acknowledged().await {
        return arrives(stage, step, marker, "no marker could be published there").await;
    }
    let shape =
        Pattern { kind: PacketKind::Publish, fields: vec![(Field::Topic, Value::Bytes(topic.0.clone()))] };
    let kind = claimed(stage, &answer(subscriber, conn, shape), false);
    marker.repeats = Repeats::Again { topic, next_us: 0, by: Some(by) };
    let wait = Wait::new(Sought::Marker(marker), stage.timing().bounds(None));
    needed(stage, step, kind, wait, "no marker from that node arrived").await.map(drop)
}

async fn arrives(stage: &mut Stage<'_>, step: &Step, marker: Marker, missing: &str) -> Done {
    let kind = ClaimKind::Precondition { client: marker.subscriber.into() };
    let wait = Wait::new(Sought::Marker(marker), stage.timing().bounds(None));
    needed(stage, step, kind, wait, missing).await.map(drop)
}

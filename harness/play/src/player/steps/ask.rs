//! Intents that send a packet and take its answer: `subscribe`, `unsubscribe`, `publish`, `burst`, `ping`.

use bytes::Bytes;
use deadzone_history::{Abandon, ClaimKind, ConnId, Expected, Purpose};
use deadzone_script::{FieldValue, PacketTemplate, Payload, Step, SubscribeFilter};
use deadzone_wire::{
    Ack, AckKind, Bare, Field, Packet, PacketKind, Pattern, Properties, Unsubscribe, Value, Version,
};

use super::{Done, needed};
use crate::player::{
    stage::Stage,
    wait::{Answer, Order, Sought, Wait},
};

/// Fields that an answer must have.
type Fields = [(Field, FieldValue)];

pub(super) async fn subscribe(
    stage: &mut Stage<'_>,
    step: &Step,
    client: usize,
    (filters, sub_id, properties, expected): (&[SubscribeFilter], Option<u32>, &Fields, &Fields),
) -> Done {
    let (version, id) = fresh_id(stage, client);
    let packet = Packet::Subscribe(stage.words.subscribe(version, id, filters, sub_id));
    let packet = stage.words.with(packet, properties, version);
    ask(stage, step, client, (packet, PacketKind::Suback, id, expected)).await
}

pub(super) async fn unsubscribe(
    stage: &mut Stage<'_>,
    step: &Step,
    client: usize,
    (filters, properties, expected): (&[Payload], &Fields, &Fields),
) -> Done {
    let (version, packet_id) = fresh_id(stage, client);
    let filters = filters.iter().map(|f| stage.words.text(f)).collect();
    let packet = Unsubscribe { packet_id, properties: Properties::new(), filters, tail: Bytes::new() };
    let packet = stage.words.with(Packet::Unsubscribe(packet), properties, version);
    ask(stage, step, client, (packet, PacketKind::Unsuback, packet_id, expected)).await
}

pub(super) async fn publish(
    stage: &mut Stage<'_>,
    step: &Step,
    client: usize,
    (template, payload): (&PacketTemplate, Option<Bytes>),
) -> Done {
    let (version, id) = fresh_id(stage, client);
    let mut packet = stage.words.packet(template, version).map_err(|why| Abandon::BadStep(why.into()))?;
    let mut qos = 0;
    if let Packet::Publish(p) = &mut packet {
        qos = p.qos;
        p.packet_id = (p.qos > 0).then_some(id);
        if let Some(payload) = payload {
            p.payload = payload;
        }
    }
    let node = stage.client(client).borrow().node;
    stage.footprint.sent(&packet, node);
    match qos {
        0 => stage.network.send(client, &packet, Purpose::Script).await,
        1 => ask(stage, step, client, (packet, PacketKind::Puback, id, &[])).await,
        _ => {
            ask(stage, step, client, (packet, PacketKind::Pubrec, id, &[])).await?;
            // A polite client has released it already.
            if !stage.client(client).borrow().polite {
                let release = Packet::Ack(Ack::new(AckKind::Pubrel, id));
                stage.network.send(client, &release, Purpose::Script).await?;
            }
            take(stage, step, client, (PacketKind::Pubcomp, id, &[])).await
        }
    }
}

pub(super) async fn burst(
    stage: &mut Stage<'_>,
    step: &Step,
    client: usize,
    (count, packet): (u32, &PacketTemplate),
) -> Done {
    let prefix = packet.fields.iter().find_map(|(f, v)| match (f, v) {
        (Field::Payload, FieldValue::Text(t)) => Some(stage.words.bytes(t)),
        _ => None,
    });
    let prefix = prefix.unwrap_or_default();
    for n in 1..=count {
        let mut payload = prefix.to_vec();
        payload.extend_from_slice(n.to_string().as_bytes());
        publish(stage, step, client, (packet, Some(payload.into()))).await?;
    }
    Ok(())
}

pub(in crate::player) async fn ping(stage: &mut Stage<'_>, step: &Step, client: usize) -> Done {
    let conn = stage.network.live_conn(client).ok_or_else(|| stage.network.not_connected(client))?;
    stage.network.send(client, &Packet::Bare(Bare::pingreq()), Purpose::Script).await?;
    let pong = answer(client, conn, Pattern::of(PacketKind::Pingresp));
    arrival(stage, step, pong, true, "no PINGRESP").await
}

fn fresh_id(stage: &Stage<'_>, client: usize) -> (Version, u16) {
    let mut client = stage.client(client).borrow_mut();
    (client.version, client.session.fresh_id())
}

/// Sends a packet and takes its answer.
async fn ask(
    stage: &mut Stage<'_>,
    step: &Step,
    client: usize,
    (packet, answer, id, expected): (Packet, PacketKind, u16, &Fields),
) -> Done {
    stage.network.send(client, &packet, Purpose::Script).await?;
    take(stage, step, client, (answer, id, expected)).await
}

/// Takes the answer of an intent.
async fn take(
    stage: &mut Stage<'_>,
    step: &Step,
    client: usize,
    (kind, id, expected): (PacketKind, u16, &Fields),
) -> Done {
    let conn = stage.last_conn(client).ok_or_else(|| stage.network.not_connected(client))?;
    let mut fields = vec![(Field::Id, Value::Number(u32::from(id)))];
    fields.extend(stage.words.fields(expected));
    let wanted = answer(client, conn, Pattern { kind, fields });
    arrival(stage, step, wanted, expected.is_empty(), &format!("no {kind} as claimed")).await
}

/// One packet of an answer.
pub(super) fn answer(client: usize, conn: ConnId, pattern: Pattern) -> Answer {
    Answer { client, conn, alternatives: vec![Expected::Packet(pattern)], order: Order::Oldest }
}

/// What is claimed by a wait for this answer. `intent`: it named no fields, so that a refusal is the target's right.
pub(super) fn claimed(stage: &Stage<'_>, answer: &Answer, intent: bool) -> ClaimKind {
    ClaimKind::Arrives {
        client: answer.client.into(),
        conn: answer.conn,
        alternatives: answer.alternatives.clone(),
        strict: answer.order == Order::Next,
        answers: stage.client(answer.client).borrow().presence.last_sent,
        intent,
    }
}

/// Waits for an answer with the default patience. Without it, told as this, going on makes no sense.
async fn arrival(stage: &mut Stage<'_>, step: &Step, answer: Answer, intent: bool, missing: &str) -> Done {
    let kind = claimed(stage, &answer, intent);
    let wait = Wait::new(Sought::Answer(answer), stage.timing().bounds(None));
    needed(stage, step, kind, wait, missing).await.map(drop)
}

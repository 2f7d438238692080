//! One packet at a time: `->` and `<-`.

use bytes::Bytes;
use deadzone_history::{Abandon, Expected, Purpose};
use deadzone_script::{Arrival, FieldValue, FrameWord, Framing, PacketTemplate, Step};
use deadzone_transport::Frame;
use deadzone_wire::{Field, Mutation, Packet};

use super::{Done, ask::claimed, needed};
use crate::player::{
    stage::Stage,
    wait::{Answer, Order, Sought, Wait},
};

pub(super) async fn send(
    stage: &mut Stage<'_>,
    client: usize,
    (template, broken, framing): (&PacketTemplate, &[Mutation], &Framing),
) -> Done {
    let (version, node) = (stage.version(client), stage.client(client).borrow().node);
    let mut packet = stage.words.packet(template, version).map_err(|why| Abandon::BadStep(why.into()))?;
    if let Packet::Connect(connect) = &mut packet {
        // Without a `client_id` field it carries the client's own.
        if !template.fields.iter().any(|(f, _)| *f == Field::ClientId) {
            connect.client_id = stage.client(client).borrow().id.as_str().into();
        }
        // What the flags announce otherwise is what the scenario wrote, and no login of the target's.
        let named = |field| template.fields.iter().any(|(f, _)| *f == field);
        if broken.iter().any(|m| matches!(m, Mutation::ConnectFlags(_)))
            && !named(Field::User)
            && !named(Field::Password)
        {
            connect.forget_login();
        }
        stage.footprint.session(&connect.client_id.0, version, node);
        let mut client = stage.client(client).borrow_mut();
        if !client.polite {
            client.keep_alive.in_force_s = connect.keep_alive_s;
        }
    }
    stage.footprint.sent(&packet, node);
    let bytes = match broken {
        [] => packet.encode(version).to_bytes(),
        broken => Mutation::apply_all(broken, &packet, version),
    };
    write(stage, client, bytes, framing).await
}

pub(super) async fn send_bytes(
    stage: &mut Stage<'_>,
    client: usize,
    (bytes, framing): (&[u8], &Framing),
) -> Done {
    write(stage, client, Bytes::copy_from_slice(bytes), framing).await
}

/// Writes what a `->` sends, behind what an earlier one left to it.
async fn write(stage: &mut Stage<'_>, client: usize, bytes: Bytes, framing: &Framing) -> Done {
    let mut kept = std::mem::take(&mut stage.client(client).borrow_mut().kept);
    kept.extend_from_slice(&bytes);
    match framing {
        Framing::Alone => stage.network.write(client, kept.freeze(), Purpose::Script).await,
        Framing::WithNext => {
            stage.client(client).borrow_mut().kept = kept;
            Ok(())
        }
        Framing::Frames { text, frames } => {
            let frames = planned(*text, frames, kept.len()).map_err(|why| Abandon::BadStep(why.into()))?;
            stage.network.write_framed(client, kept.freeze(), frames).await
        }
    }
}

/// The frames of so many bytes.
fn planned(text: bool, words: &[FrameWord], total: usize) -> Result<Vec<Frame>, String> {
    let given = words.iter().map(|word| match word {
        FrameWord::Data { bytes: Some(bytes), .. } => *bytes as usize,
        _ => 0,
    });
    let given: usize = given.sum();
    let takes_rest = words.iter().any(|word| matches!(word, FrameWord::Data { bytes: None, .. }));
    let rest = total.checked_sub(given).filter(|rest| takes_rest || *rest == 0);
    let rest = rest.ok_or_else(|| format!("the frames take {given} bytes of {total}"))?;
    let mut continues = false;
    let frames = words.iter().map(|word| match word {
        FrameWord::Data { bytes, goes_on } => {
            let bytes = bytes.map_or(rest, |bytes| bytes as usize);
            let frame = Frame::Data { bytes, text, continues, last: !goes_on };
            continues = *goes_on;
            frame
        }
        FrameWord::Ping => Frame::Ping,
        FrameWord::Pong => Frame::Pong,
    });
    Ok(frames.collect())
}

pub(super) async fn receive(
    stage: &mut Stage<'_>,
    step: &Step,
    client: usize,
    (alternatives, order, within_ms): (&[Arrival], Order, Option<u64>),
) -> Done {
    let conn = stage.last_conn(client).ok_or_else(|| stage.network.not_connected(client))?;
    let expected = alternatives.iter().map(|a| match a {
        Arrival::Packet(template) => Expected::Packet(stage.words.pattern(template)),
        Arrival::Closed => Expected::Closed,
    });
    let answer = Answer { client, conn, alternatives: expected.collect(), order };
    let kind = claimed(stage, &answer, false);
    let bounds = stage.timing().bounds(within_ms);
    let timed = is_timed(stage, client, alternatives, within_ms);
    let wait = Wait { timed, ..Wait::new(Sought::Answer(answer), bounds) };
    if let Some(packet) = needed(stage, step, kind, wait, "the expected answer did not come").await? {
        capture(stage, alternatives, &packet);
    }
    Ok(())
}

/// A MUST gives the time: the close of a client whose keep-alive has run out, waited for as long as that takes.
fn is_timed(stage: &Stage<'_>, client: usize, alternatives: &[Arrival], within_ms: Option<u64>) -> bool {
    let keep_alive_ms = u64::from(stage.client(client).borrow().keep_alive.in_force_s) * 1000;
    alternatives.contains(&Arrival::Closed)
        && keep_alive_ms > 0
        && within_ms.is_some_and(|within_ms| within_ms * 2 >= keep_alive_ms * 3)
}

fn capture(stage: &mut Stage<'_>, alternatives: &[Arrival], packet: &Packet) {
    for alternative in alternatives {
        let Arrival::Packet(template) = alternative else { continue };
        for (field, value) in &template.fields {
            if let (FieldValue::Capture(name), Some(value)) = (value, field.get(packet)) {
                stage.words.captures.entry(name.clone()).or_insert(value);
            }
        }
    }
}

//! `finds`: whether a retained message is stored. Storing may lag behind the acknowledgement, so one look proves nothing:
//! new sessions look again and again. The last one waits to the long bound, as does one that looks behind a find.
//!
//! A copy without RETAIN may be the live one, of a broker that acknowledges first and routes later. It is routed once: a second
//! session that gets one was sent what is stored, without the flag.

use bytes::Bytes;
use deadzone_history::{Abandon, ConnId, Ended, Late};
use deadzone_script::{ConnectMode, ConnectOptions, Payload, Step, SubscribeFilter};
use deadzone_wire::{Field, Packet, PacketKind, Pattern, Publish, Value};

use super::{
    ask::{answer, claimed, subscribe},
    connect, disconnect,
    step::{Done, unmet},
};
use crate::{player::stage::Stage, timing::Timing};

/// When each look begins, ms after the first.
const LOOKS_MS: [u64; 4] = [0, 1_000, 5_000, 20_000];
/// How long a look waits behind its SUBACK if another one follows, ms.
const GLANCE_MS: u64 = 1_000;
/// How often a message that was not found at once is looked up again.
const AGAIN: usize = 2;
/// Answers of a look before what it waits for, ms.
const ANSWERS_MS: u64 = 10_000;

/// The longest that the looks take, µs: the last one and one behind a find are waited out.
pub(in crate::player) fn longest_us(timing: &Timing) -> u64 {
    (LOOKS_MS[LOOKS_MS.len() - 1] + ANSWERS_MS) * 1000 + 2 * wait_us(timing)
}

/// How long the deciding look waits: to the long bound, or for the patience where nothing is waited out.
fn wait_us(timing: &Timing) -> u64 {
    let bounds = timing.bounds(None);
    if timing.quick { bounds.patience_us } else { bounds.long_us }
}

/// So many sessions that get a copy without RETAIN, and none with it, were sent the stored message.
const BARE: usize = 2;

/// What one look came upon.
#[derive(Clone, Copy)]
enum Look {
    /// The message with RETAIN 1: the event.
    Stored(u64),
    /// The message without it.
    Bare(u64),
    Nothing,
}

pub(super) async fn finds(
    stage: &mut Stage<'_>,
    step: &Step,
    client: usize,
    (topic, payload, qos, flag): (&Payload, &Payload, u8, bool),
) -> Done {
    let wanted = stage.words.bytes(payload);
    let mut fields = vec![
        (Field::Topic, Value::Bytes(stage.words.bytes(topic))),
        (Field::Payload, Value::Bytes(wanted.clone())),
    ];
    if flag {
        fields.push((Field::Retain, Value::Number(1)));
    }
    let shape = Pattern { kind: PacketKind::Publish, fields };
    let filter = SubscribeFilter {
        filter: topic.clone(),
        qos,
        no_local: false,
        retain_as_published: false,
        retain_handling: 0,
    };
    // The statements that the step names are about what is found, not about how it is looked up.
    let looking = Step { clauses: Vec::new(), ..step.clone() };
    let since_us = stage.now_us();
    let (mut found, mut bare, mut late) = (0, 0, false);
    let may_be_lost = stage.network.process.may_have_cost(std::iter::once(&wanted));
    let mut looks = LOOKS_MS.into_iter().take(if may_be_lost { 1 } else { LOOKS_MS.len() }).peekable();
    while let Some(after_ms) = if found > 0 { Some(0) } else { looks.next() } {
        stage.recorder().clock().until_us(since_us + after_ms * 1000).await;
        let decides = found > 0 || looks.peek().is_none();
        let wait_us = match decides {
            true if may_be_lost => stage.timing().bounds(None).within_us,
            true => wait_us(stage.timing()),
            false => GLANCE_MS * 1000,
        };
        match look_up(stage, &looking, client, (&filter, &wanted), wait_us).await? {
            Look::Stored(seq) if !late || found == AGAIN => {
                let claim = look_claim(stage, step, client, shape);
                let us = stage.now_us() - since_us;
                stage.claims.met(claim, &[seq], if late { Late::Slow { us } } else { Late::InTime });
                return Ok(());
            }
            Look::Stored(_) => found += 1,
            Look::Bare(seq) if bare + 1 == BARE => {
                let claim = look_claim(stage, step, client, shape);
                if flag {
                    stage.claims.unmet(claim, since_us, Ended::Mismatch, Some(seq));
                    return Err(unmet(stage, "the retained message came without RETAIN"));
                }
                stage.claims.met(claim, &[seq], Late::InTime);
                return Ok(());
            }
            Look::Bare(_) => (bare, late) = (bare + 1, true),
            Look::Nothing if found > 0 => break,
            Look::Nothing => late = true,
        }
    }
    let claim = look_claim(stage, step, client, shape);
    let ended = if stage.timing().quick || may_be_lost { Ended::Patience } else { Ended::LongBound };
    stage.claims.unmet(claim, since_us, ended, None);
    if may_be_lost {
        return Ok(());
    }
    Err(unmet(stage, "the retained message was not found"))
}

/// The claim about the look that decides, on its own connection.
fn look_claim(stage: &mut Stage<'_>, step: &Step, client: usize, shape: Pattern) -> u32 {
    let conn = stage.last_conn(client).unwrap_or(ConnId(0));
    let kind = claimed(stage, &answer(client, conn, shape), false);
    let within_us = stage.timing().bounds(None).within_us;
    stage.claims.state(step, within_us, kind)
}

/// One look by a session of its own.
async fn look_up(
    stage: &mut Stage<'_>,
    step: &Step,
    client: usize,
    (filter, wanted): (&SubscribeFilter, &Bytes),
    wait_us: u64,
) -> Result<Look, Abandon> {
    if stage.network.live_conn(client).is_some() {
        disconnect(stage, client, (None, None, &[])).await?;
    }
    connect(stage, step, client, (ConnectMode::Clean, &ConnectOptions::default(), &[])).await?;
    let conn = stage.network.live_conn(client).ok_or(Abandon::ClosedEarly)?;
    subscribe(stage, step, client, (std::slice::from_ref(filter), None, &[], &[])).await?;
    // The look-up of the broker may go on behind its SUBACK.
    let ends_us = stage.now_us() + wait_us;
    let topic = stage.words.bytes(&filter.filter);
    // A broker may send the message of another topic: the payload alone does not tell them apart.
    let is_it = |p: &Publish| p.topic.0 == topic && p.payload == *wanted;
    let copy = |retain: bool| {
        let client = stage.client(client).borrow();
        let mut here = client.inbox.since(0).iter().filter(|a| a.conn == conn && !a.marker);
        here.find(|a| matches!(a.packet(), Packet::Publish(p) if p.retain == retain && is_it(p)))
            .map(|a| a.seq)
    };
    let over = || copy(true).is_some() || stage.recorder().overflow().is_some() || stage.cancelled();
    stage.recorder().until(ends_us, over).await;
    Ok(match (copy(true), copy(false)) {
        (Some(seq), _) => Look::Stored(seq),
        (None, Some(seq)) => Look::Bare(seq),
        (None, None) => Look::Nothing,
    })
}

//! `connect` and `disconnect`.

use bytes::Bytes;
use deadzone_history::{Abandon, Ended, Expected, Purpose};
use deadzone_script::{ConnectMode, ConnectOptions, FieldValue, Step};
use deadzone_wire::{
    Connect, Disconnect, Field, Packet, PacketKind, Pattern, Properties, PropertyId, PropertyValue, Value,
    Version,
};

use super::{
    Done,
    ask::{answer, claimed},
    unmet,
};
use crate::{
    client::Command,
    player::{
        stage::Stage,
        wait::{Sought, Wait, wait_for},
    },
};

/// How long a client pauses before it tries again to reconnect, ms: a guard against flapping may have refused it.
const PAUSES_MS: [u64; 3] = [250, 1_000, 3_000];

/// Which session is meant, CONNECT's fields, and those that CONNACK must have.
type Terms<'t> = (ConnectMode, &'t ConnectOptions, &'t [(Field, FieldValue)]);

pub(in crate::player) async fn connect(
    stage: &mut Stage<'_>,
    step: &Step,
    client: usize,
    (mode, options, expected): Terms<'_>,
) -> Done {
    if mode == ConnectMode::Fresh && stage.setup.target.session_at_once && is_new(stage, client, options) {
        return persistently(stage, step, client, (ConnectMode::Resume, options, expected)).await;
    }
    if mode == ConnectMode::Fresh && stage.version(client) != Version::V5 {
        // Before 5.0 no single CONNECT both empties and keeps a session.
        let plain = ConnectOptions { client_id: options.client_id.clone(), ..ConnectOptions::default() };
        persistently(stage, step, client, (ConnectMode::Clean, &plain, &[])).await?;
        disconnect(stage, client, (None, None, &[])).await?;
        return persistently(stage, step, client, (ConnectMode::Resume, options, expected)).await;
    }
    persistently(stage, step, client, (mode, options, expected)).await
}

/// Whether this performance has left no session under the id: it is a word of the run's own, so that nothing is to be emptied.
fn is_new(stage: &Stage<'_>, client: usize, options: &ConnectOptions) -> bool {
    let client = stage.client(client).borrow();
    let connect = stage.words.connect(client.version, &client.id, ConnectMode::Fresh, options);
    !stage.footprint.sessions.iter().any(|(known, ..)| *known == connect.client_id.0)
}

/// Connects. Behind another connection of this performance a client that is closed without a CONNACK, or told to come later,
/// tries again after a pause: a guard against flapping or against many connections may have refused it.
async fn persistently(stage: &mut Stage<'_>, step: &Step, client: usize, terms: Terms<'_>) -> Done {
    let (version, connect) = {
        let client = stage.client(client).borrow();
        (client.version, stage.words.connect(client.version, &client.id, terms.0, terms.1))
    };
    let again = stage.footprint.connected && may_be_tried_again(step, terms.2) && !terms.1.refused;
    let pauses = if again { PAUSES_MS.as_slice() } else { &[] };
    for pause_ms in pauses {
        match once(stage, step, client, (&connect, version, terms, true)).await? {
            Err(Ended::TriedAgain) => {}
            end => return accepted(stage, end),
        }
        if let Some(conn) = stage.network.live_conn(client) {
            // It was told to come later: what is left of this connection is closed first.
            stage.network.enqueue(stage.client(client), Command::Close).await;
            stage.network.broker_closed(conn).await;
        }
        let recorder = stage.recorder();
        recorder.clock().until_us(recorder.now_us() + pause_ms * 1000).await;
    }
    let end = once(stage, step, client, (&connect, version, terms, false)).await?;
    accepted(stage, end)
}

fn accepted(stage: &Stage<'_>, end: Result<(), Ended>) -> Done {
    end.map_err(|_| unmet(stage, "the connection was not accepted as claimed"))
}

/// What the script asks for is no refusal, and an illegal CONNECT is refused by right.
fn may_be_tried_again(step: &Step, expected: &[(Field, FieldValue)]) -> bool {
    !step.deviant && !expected.iter().any(|(field, _)| *field == Field::Reason)
}

/// One CONNECT, on a connection of its own unless one is open, and the wait for its CONNACK.
async fn once(
    stage: &mut Stage<'_>,
    step: &Step,
    client: usize,
    (connect, version, (mode, options, expected), tried_again): (&Connect, Version, Terms<'_>, bool),
) -> Result<Result<(), Ended>, Abandon> {
    if stage.network.live_conn(client).is_none() {
        stage.network.open(client).await?;
    }
    let node = stage.client(client).borrow().node;
    if mode != ConnectMode::Clean || options.expiry_s.is_some_and(|s| s > 0) {
        stage.footprint.session(&connect.client_id.0, version, node);
    }
    let packet = Packet::from(connect.clone());
    stage.footprint.sent(&packet, node);
    stage.client(client).borrow_mut().keep_alive.in_force_s = connect.keep_alive_s;
    let conn = stage.network.live_conn(client).ok_or(Abandon::ClosedEarly)?;
    stage.network.send(client, &packet, Purpose::Script).await?;
    let mut pattern = Pattern { kind: PacketKind::Connack, fields: stage.words.fields(expected) };
    if options.refused {
        pattern.fields.push((Field::Failure, Value::Number(1)));
    }
    let mut wanted = answer(client, conn, pattern);
    if options.refused {
        wanted.alternatives.push(Expected::Closed);
    }
    let kind = claimed(stage, &wanted, expected.is_empty() && !options.refused);
    let bounds = stage.timing().bounds(None);
    let wait = Wait { tried_again, ..Wait::new(Sought::Answer(wanted), bounds) };
    let packet = match wait_for(stage, step, kind, wait).await {
        Ok(packet) => packet,
        Err(why) => return Ok(Err(why)),
    };
    if let Some(Packet::Connack(connack)) = packet.as_deref()
        && let Some(s) = connack.properties.as_ref().and_then(|p| p.number(PropertyId::ServerKeepAlive))
    {
        let mut client = stage.client(client).borrow_mut();
        client.keep_alive.in_force_s = u16::try_from(s).unwrap_or(u16::MAX);
    }
    Ok(Ok(()))
}

/// DISCONNECT and an orderly close; then the broker's own close is waited for, so that what comes next comes after it.
pub(in crate::player) async fn disconnect(
    stage: &mut Stage<'_>,
    client: usize,
    (reason, expiry_s, further): (Option<u8>, Option<u32>, &[(Field, FieldValue)]),
) -> Done {
    let version = stage.version(client);
    let conn = stage.network.live_conn(client).ok_or_else(|| stage.network.not_connected(client))?;
    let properties =
        expiry_s.map(|s| Properties::new().with(PropertyId::SessionExpiryInterval, PropertyValue::U32(s)));
    let reason = if properties.is_some() { Some(reason.unwrap_or(0)) } else { reason };
    let packet = Packet::Disconnect(Disconnect { reason, properties, tail: Bytes::new() });
    let packet = stage.words.with(packet, further, version);
    stage.network.send(client, &packet, Purpose::Script).await?;
    stage.network.enqueue(stage.client(client), Command::Close).await;
    stage.network.broker_closed(conn).await;
    Ok(())
}

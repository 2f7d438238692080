//! Leaves the target as it was found: recorded, not judged. What could not be cleaned up is said.

use bytes::Bytes;
use deadzone_history::{Abandon, EventKind, Purpose};
use deadzone_link::Link;
use deadzone_script::{At, ConnectMode, ConnectOptions, Payload, Step, StepKind};
use deadzone_spec::Node;
use deadzone_wire::{Packet, Publish, Text, Version};

use super::{stage::Stage, steps};
use crate::client::Command;

/// How long an interrupted run still cleans up, ms.
const INTERRUPTED_MS: u64 = 1_000;
/// How long what the bridge says takes to be heard of, µs.
const BRIDGE_SAYS_US: u64 = 50_000;
/// How often one thing is tried.
const TRIES: u32 = 2;

/// Ends every connection; on a target that lives on, empties the sessions and retained messages that this run left.
pub(super) async fn tear_down(stage: &mut Stage<'_>) {
    let recorder = stage.recorder().clone();
    for client in &stage.network.clients {
        let index = client.borrow().index;
        let never_fired = client.borrow_mut().modem.on(None, Link::finish);
        for note in never_fired {
            recorder.append(EventKind::Link { client: index, conn: None, note: Box::new(note) });
        }
    }
    if let Some(bridge) = &stage.network.bridge {
        bridge.restore();
        // What it says of that is heard of a moment later, and belongs before the end.
        recorder.clock().until_us(recorder.now_us() + BRIDGE_SAYS_US).await;
    }
    recorder.append(EventKind::Teardown);
    if let Err(why) = stage.network.process.make_whole().await {
        let what = format!("the target does not run: {why}");
        recorder.append(EventKind::TeardownFailed { what: what.into() });
    }
    for client in &stage.network.clients {
        client.borrow_mut().presence.enqueue(Command::End);
    }
    let mut limit_us = stage.timing().scaled_us(stage.timing().teardown_ms);
    if stage.setup.cancelled() {
        // The end is being waited for, and all the same the broker must be found as it was.
        limit_us = limit_us.min(INTERRUPTED_MS * 1000);
    }
    stage.leaving = true;
    if stage.setup.teardown && recorder.clock().at_most_us(limit_us, clean(stage)).await.is_none() {
        let (sessions, topics) = (stage.footprint.sessions.len(), stage.footprint.retained.len());
        let left = format!("{sessions} sessions and {topics} retained messages may be left");
        let what = format!("it took longer than {} ms: {left}", limit_us / 1000);
        recorder.append(EventKind::TeardownFailed { what: what.into() });
    }
    // Connections that were cut silently have no queue any more that a command could go into.
    stage.network.end().await;
}

/// What is cleaned up leaves the footprint.
async fn clean(stage: &mut Stage<'_>) {
    while let Some((id, version, node)) = stage.footprint.sessions.first().cloned() {
        let what = format!("the session of `{}`", String::from_utf8_lossy(&id));
        persistently(stage, &what, (&id, version, node), &[]).await;
        stage.footprint.sessions.remove(&(id, version, node));
    }
    while let Some((node, _)) = stage.footprint.retained.first().cloned() {
        let here = stage.footprint.retained.iter().filter(|(at, _)| *at == node);
        let topics: Vec<Bytes> = here.map(|(_, topic)| topic.clone()).collect();
        let id = Bytes::from(format!("{}end", stage.words.run));
        let what = format!("{} retained messages", topics.len());
        persistently(stage, &what, (&id, stage.setup.experiment.version, node), &topics).await;
        stage.footprint.retained.retain(|(at, _)| *at != node);
    }
}

async fn persistently(stage: &mut Stage<'_>, what: &str, who: (&Bytes, Version, Node), topics: &[Bytes]) {
    let mut failed = None;
    for _ in 0..TRIES {
        match visit(stage, who, topics).await {
            Ok(()) => return,
            Err(why) => failed = Some(why),
        }
    }
    let why = failed.map(|why| why.to_string()).unwrap_or_default();
    let what = format!("{what} may be left: {why}");
    stage.recorder().append(EventKind::TeardownFailed { what: what.into() });
}

/// Connects with a clean start under this id, clears these topics, and disconnects.
async fn visit(
    stage: &mut Stage<'_>,
    (id, version, node): (&Bytes, Version, Node),
    topics: &[Bytes],
) -> Result<(), Abandon> {
    let own = stage.network.own();
    {
        let mut state = stage.client(own).borrow_mut();
        state.presence.live = None;
        state.version = version;
        state.node = node;
    }
    let step = Step {
        at: At { line: 0, column: 1, length: 1 },
        text: "teardown".to_owned(),
        kind: StepKind::Open { client: own },
        recover: false,
        deviant: false,
        only: None,
        clauses: Vec::new(),
    };
    let options = ConnectOptions { client_id: Some(Payload(id.to_vec())), ..ConnectOptions::default() };
    let terms = (ConnectMode::Clean, &options, &[][..]);
    steps::connect(stage, &step, own, terms).await?;
    for topic in topics {
        let mut publish = Publish::new("", 0, None, Bytes::new());
        publish.topic = Text(topic.clone());
        publish.retain = true;
        stage.network.send(own, &Packet::Publish(publish), Purpose::Script).await?;
    }
    if !topics.is_empty() {
        // A PINGRESP shows that the broker has read what came before it.
        steps::ping(stage, &step, own).await?;
    }
    steps::disconnect(stage, own, (None, None, &[])).await
}

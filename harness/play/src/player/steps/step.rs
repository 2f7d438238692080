//! Takes a step to the function that performs it.

use deadzone_history::{Abandon, ClaimKind};
use deadzone_script::{Step, StepKind};
use deadzone_wire::Packet;

use super::{ask, connect, disconnect, expect, finds, link, marker, packet, quiescent, target};
use crate::player::{
    stage::Stage,
    wait::{Order, Wait, wait_for},
};

/// Whether the next step makes sense.
pub(in crate::player) type Done = Result<(), Abandon>;

/// Performs one step.
pub(in crate::player) async fn perform(stage: &mut Stage<'_>, step: &Step) -> Done {
    settle_between_nodes(stage, step).await;
    match &step.kind {
        StepKind::Open { client } => stage.network.open(*client).await,
        StepKind::Connect { client, mode, options, expected } => {
            connect(stage, step, *client, (*mode, options, expected)).await
        }
        StepKind::Subscribe { client, filters, sub_id, properties, expected } => {
            ask::subscribe(stage, step, *client, (filters, *sub_id, properties, expected)).await
        }
        StepKind::Unsubscribe { client, filters, properties, expected } => {
            ask::unsubscribe(stage, step, *client, (filters, properties, expected)).await
        }
        StepKind::Publish { client, packet } => ask::publish(stage, step, *client, (packet, None)).await,
        StepKind::Burst { client, count, packet } => ask::burst(stage, step, *client, (*count, packet)).await,
        StepKind::Disconnect { client, reason, expiry_s, properties } => {
            disconnect(stage, *client, (*reason, *expiry_s, properties)).await
        }
        StepKind::Ping { client } => ask::ping(stage, step, *client).await,
        StepKind::Send { client, packet, broken_by, framing } => {
            packet::send(stage, *client, (packet, broken_by, framing)).await
        }
        StepKind::SendBytes { client, bytes, framing } => {
            packet::send_bytes(stage, *client, (bytes, framing)).await
        }
        StepKind::Receive { client, alternatives, strict, some, within_ms } => {
            let order = match (strict, some) {
                (true, _) => Order::Next,
                (false, true) => Order::Some,
                (false, false) => Order::Oldest,
            };
            packet::receive(stage, step, *client, (alternatives, order, *within_ms)).await
        }
        StepKind::Finds { client, topic, payload, qos, flag } => {
            finds::finds(stage, step, *client, (topic, payload, *qos, *flag)).await
        }
        StepKind::Fence { publisher, subscriber, topic, qos } => {
            marker::fence(stage, step, (*publisher, *subscriber), (topic, *qos)).await
        }
        StepKind::Ready { subscriber, topic, from: None } => {
            marker::ready(stage, step, *subscriber, topic).await
        }
        StepKind::Ready { subscriber, topic, from: Some(node) } => {
            marker::ready_from(stage, step, *subscriber, (topic, *node)).await
        }
        StepKind::Settle => {
            settle(stage).await;
            Ok(())
        }
        StepKind::Link { client, fault, when } => link::fault(stage, *client, *fault, when).await,
        StepKind::CutTls { client, cut } => link::cut_tls(stage, *client, *cut).await,
        StepKind::LinkProfile { client, profile } => link::change_profile(stage, *client, profile).await,
        StepKind::LinkSaw { client, packet, direction, within_ms } => {
            link::saw(stage, step, *client, (packet, *direction, *within_ms)).await
        }
        StepKind::Target(action) => target::target(stage, *action).await,
        StepKind::ExpectReceives { .. } => {
            expect::receives(stage, step).await;
            Ok(())
        }
        StepKind::ExpectQuiescent { client, within_ms } => {
            // How it ended is in the record.
            let _ = quiescent(stage, step, *client, *within_ms).await;
            Ok(())
        }
    }
}

/// Where clients were dealt over the nodes no script says when to settle: before each step at another node than the one before.
async fn settle_between_nodes(stage: &mut Stage<'_>, step: &Step) {
    let Some(node) =
        step.kind.client().filter(|_| stage.setup.access.spread).map(|c| stage.client(c).borrow().node)
    else {
        return;
    };
    if stage.last_node.replace(node).is_some_and(|last| last != node) {
        settle(stage).await;
    }
}

/// The time that the target declares for its nodes to learn of each other.
pub(super) async fn settle(stage: &Stage<'_>) {
    let us = stage.timing().settle_ms * 1000;
    stage.parking.slow(0);
    stage.recorder().clock().until_us(stage.now_us() + us).await;
    stage.parking.slow(us);
    stage.parking.wait_ended();
}

/// Waits for something as a claim of this step. Without it, told as this, going on makes no sense.
pub(super) async fn needed(
    stage: &mut Stage<'_>,
    step: &Step,
    kind: ClaimKind,
    wait: Wait,
    missing: &str,
) -> Result<Option<Box<Packet>>, Abandon> {
    wait_for(stage, step, kind, wait).await.map_err(|_| unmet(stage, missing))
}

/// Going on makes no sense since the last claim was not met.
pub(super) fn unmet(stage: &Stage<'_>, what: &str) -> Abandon {
    Abandon::unmet(stage.claims.last(), what)
}

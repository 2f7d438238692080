//! Link steps, and waiting for what the broker's end of a link has.

use deadzone_history::{Abandon, ClaimKind, Event, EventKind};
use deadzone_link::{Direction, Fault, LinkStep, Note, Trigger, When};
use deadzone_script::{PacketTemplate, Step, TlsCut, TriggerTemplate};

use super::{Done, needed};
use crate::{
    client::Command,
    foreign,
    player::{
        control::PutOff,
        stage::Stage,
        wait::{OnLink, Sought, Wait},
    },
};

/// Puts a link step into the client's queue. It returns when the step was carried out or armed, so that whatever the
/// script does next, by any client, comes after it.
pub(super) async fn fault(
    stage: &mut Stage<'_>,
    client: usize,
    fault: Fault,
    when: &TriggerTemplate,
) -> Done {
    if stage.is_derived_control() {
        let of_bridge = stage.network.bridge.as_ref().is_some_and(|bridge| bridge.is(client));
        if matches!(fault, Fault::Cut(_)) && !of_bridge {
            let armed = matches!(when, TriggerTemplate::On { .. });
            stage.put_off.insert(client, if armed { PutOff::Armed } else { PutOff::Due });
        }
        return Ok(());
    }
    let when = match when {
        TriggerTemplate::Now => When::Now,
        TriggerTemplate::AfterMs(ms) => When::After(ms * 1000),
        TriggerTemplate::On { edge, nth, packet, direction } => When::On(Trigger {
            edge: *edge,
            nth: *nth,
            pattern: stage.words.pattern(packet),
            direction: *direction,
        }),
    };
    if let Some(bridge) = stage.network.bridge.as_ref().filter(|bridge| bridge.is(client)) {
        bridge.step(LinkStep { fault, when });
        return Ok(());
    }
    let waits = matches!(when, When::On(_));
    let before = stage.recorder().events().len();
    let step = LinkStep { fault, when };
    let network = &stage.network;
    if !network.enqueue(stage.client(client), Command::Link(step.clone())).await {
        if let Some(links) = network.foreign(client)
            && !foreign::apply(&*links, &network.recorder, client, None, &step).await
        {
            return Ok(());
        }
        let now_us = stage.now_us();
        stage.client(client).borrow_mut().modem.on(None, |link| link.step(now_us, step));
        network.drain_notes(client);
    }
    network.settled(client).await;
    if waits {
        armed_since(stage, client, before);
    }
    Ok(())
}

/// A reset below TLS: of a connection that is begun for it, or of that which there is, at a byte to come.
pub(super) async fn cut_tls(stage: &mut Stage<'_>, client: usize, cut: TlsCut) -> Done {
    if stage.is_derived_control() {
        if matches!(cut, TlsCut::CipherByte(_)) {
            stage.put_off.insert(client, PutOff::Due);
        }
        return Ok(());
    }
    match cut {
        TlsCut::Handshake => stage.network.break_in_handshake(client).await,
        TlsCut::CipherByte(bytes) => {
            let command = Command::BreakBelow(bytes.into());
            match stage.network.enqueue(stage.client(client), command).await {
                true => Ok(()),
                false => Err(stage.network.not_connected(client)),
            }
        }
    }
}

/// Another profile for a client's link, in the order of its queue.
pub(super) async fn change_profile(stage: &mut Stage<'_>, client: usize, name: &str) -> Done {
    if stage.is_derived_control() {
        return Ok(());
    }
    let profile = stage
        .setup
        .experiment
        .profiles
        .change(name)
        .map_err(|why| Abandon::BadStep(why.to_string().into()))?;
    let network = &stage.network;
    if !network.enqueue(stage.client(client), Command::Profile(Box::new(profile.clone()))).await {
        let now_us = stage.now_us();
        stage.client(client).borrow_mut().modem.on(None, |link| link.change_profile(now_us, &profile));
        network.drain_notes(client);
    }
    network.settled(client).await;
    Ok(())
}

/// What `saw` means from here on came after the fault was armed.
fn armed_since(stage: &Stage<'_>, client: usize, before: usize) {
    let events = stage.recorder().events();
    let armed = |event: &&Event| match &event.kind {
        EventKind::Link { client: c, note, .. } => {
            c.index() == client && matches!(**note, Note::Armed { .. })
        }
        _ => false,
    };
    let armed = events.iter().skip(before).position(|event| armed(&event));
    stage.client(client).borrow_mut().modem.armed_at = before + armed.unwrap_or(0);
}

/// Waits until the broker's end of the client's newest connection has the packet. What passed before the
/// link's newest fault was armed does not count: that fault could not act on it.
pub(super) async fn saw(
    stage: &mut Stage<'_>,
    step: &Step,
    client: usize,
    (template, direction, within_ms): (&PacketTemplate, Direction, Option<u64>),
) -> Done {
    let pattern = stage.words.pattern(template);
    let kind = ClaimKind::Precondition { client: client.into() };
    let since = stage.client(client).borrow().modem.armed_at;
    let on_link = OnLink { client, pattern: pattern.clone(), direction, since };
    let wait = Wait::new(Sought::OnLink(on_link), stage.timing().bounds(within_ms));
    let missing = format!("the broker's end of the link never had {pattern}");
    needed(stage, step, kind, wait, &missing).await.map(drop)
}

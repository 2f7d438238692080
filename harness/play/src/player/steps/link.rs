//! Link steps, and waiting for what the broker's end of a link has.

use deadzone_history::{Abandon, ClaimKind};
use deadzone_link::{Direction, Fault, LinkStep, Trigger, When};
use deadzone_script::{PacketTemplate, Step, TriggerTemplate};

use super::{Done, unmet};
use crate::{
    client::Command,
    foreign,
    player::{
        control::PutOff,
        stage::Stage,
        wait::{OnLink, Sought, Wait, wait_for},
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
        if matches!(fault, Fault::Cut(_)) {
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
    since_now(stage, client);
    Ok(())
}

/// Another profile for a client's link, in the order of its queue.
pub(super) async fn change_profile(stage: &mut Stage<'_>, client: usize, name: &str) -> Done {
    if stage.is_derived_control() {
        return Ok(());
    }
    let profile =
        stage.setup.profiles.change(name).map_err(|why| Abandon::BadStep(why.to_string().into()))?;
    let network = &stage.network;
    if !network.enqueue(stage.client(client), Command::Profile(Box::new(profile.clone()))).await {
        let now_us = stage.now_us();
        stage.client(client).borrow_mut().modem.on(None, |link| link.change_profile(now_us, &profile));
        network.drain_notes(client);
    }
    network.settled(client).await;
    since_now(stage, client);
    Ok(())
}

/// What `saw` means from here on came after this.
fn since_now(stage: &Stage<'_>, client: usize) {
    let events = stage.recorder().events().len();
    stage.client(client).borrow_mut().modem.changed_at = events;
}

/// Waits until the broker's end of the client's newest connection has the packet. What it had before the last step on this
/// link, which the script has armed for that packet, does not count.
pub(super) async fn saw(
    stage: &mut Stage<'_>,
    step: &Step,
    client: usize,
    (template, direction, within_ms): (&PacketTemplate, Direction, Option<u64>),
) -> Done {
    let pattern = stage.words.pattern(template);
    let kind = ClaimKind::Precondition { client: client.into() };
    let since = stage.client(client).borrow().modem.changed_at;
    let on_link = OnLink { client, pattern: pattern.clone(), direction, since };
    let wait = Wait::new(Sought::OnLink(on_link), stage.timing().bounds(within_ms));
    match wait_for(stage, step, kind, wait).await {
        Ok(_) => Ok(()),
        Err(_) => Err(unmet(stage, &format!("the broker's end of the link never had {pattern}"))),
    }
}

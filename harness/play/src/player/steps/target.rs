//! Target steps: what is done to the broker's process.

use std::rc::Rc;

use deadzone_history::Abandon;
use deadzone_script::TargetAction;

use super::Done;
use crate::{
    player::{control::PutOff, stage::Stage},
    process::Handle,
};

/// In the control run nothing is done to the process. Where it would end, the clients that are connected close in order.
pub(in crate::player) fn put_off(stage: &mut Stage<'_>, action: TargetAction) {
    if action.ends_process() {
        let all = 0..stage.network.own();
        let connected: Vec<usize> = all.filter(|client| stage.network.live_conn(*client).is_some()).collect();
        stage.put_off.extend(connected.into_iter().map(|client| (client, PutOff::Due)));
    }
}

/// Does it, and waits until it is so. The time that this takes is no time of the scenario's.
pub(super) async fn target(stage: &mut Stage<'_>, action: TargetAction) -> Done {
    let began_us = stage.now_us();
    stage.parking.slow(0);
    let done = perform(stage, action).await;
    stage.parking.slow(stage.now_us() - began_us);
    stage.parking.wait_ended();
    done.map_err(|why| Abandon::Trouble(why.into()))
}

async fn perform(stage: &mut Stage<'_>, action: TargetAction) -> Result<(), String> {
    let network = Rc::clone(&stage.network);
    let process = &network.process;
    match action {
        TargetAction::Kill => process.end(Handle::Kill).await?,
        TargetAction::Stop => process.end(Handle::Stop).await?,
        TargetAction::Restart { fresh } => process.restart(fresh).await?,
        TargetAction::Freeze { for_ms } => {
            let number = process.freeze().await?;
            let thawed = Rc::clone(&network);
            let until_us = stage.now_us() + for_ms * 1000;
            network.spawn(async move {
                thawed.recorder.clock().until_us(until_us).await;
                // One that fails is told when the target is left.
                let _ = thawed.process.thaw(number).await;
            });
        }
    }
    if action.ends_process() {
        network.all_closed().await;
    }
    Ok(())
}

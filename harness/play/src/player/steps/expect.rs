//! Expectations over the whole run: presence is waited for here, counting is the oracle's.

use bytes::Bytes;
use deadzone_history::{ClaimKind, Ended, HowOften};
use deadzone_script::{Count, Step, StepKind};

use crate::player::{
    stage::Stage,
    wait::{Copies, Sought, Wait, go_on, wait_for},
};

pub(super) async fn receives(stage: &mut Stage<'_>, step: &Step) {
    let StepKind::ExpectReceives { client, payloads, some, fields, count, within_ms } = &step.kind else {
        return;
    };
    let (client, count) = (*client, *count);
    let payloads: Vec<Bytes> = payloads.iter().map(|p| stage.words.bytes(p)).collect();
    let fields = stage.words.fields(fields);
    let how_often = match count {
        Count::ExactlyOnce => HowOften::ExactlyOnce,
        Count::AtLeastOnce => HowOften::AtLeastOnce,
        Count::AtMostOnce => HowOften::AtMostOnce,
        Count::InOrder => HowOften::InOrder,
        Count::Nothing { .. } => HowOften::Never,
    };
    let bounds = stage.timing().bounds(*within_ms);
    let copies = Copies::of(client, &payloads, fields.clone());
    let kind = ClaimKind::Receives { client: client.into(), payloads, some: *some, fields, count: how_often };
    let claim = stage.claims.state(step, bounds.within_us, kind);
    match count {
        Count::Nothing { for_ms: Some(ms) } if !stage.silent => {
            // A part of the experiment, not patience: scaled, it would reach into what the broker owes later.
            let recorder = stage.recorder();
            recorder.clock().until_us(recorder.now_us() + ms * 1000).await;
        }
        Count::Nothing { .. } | Count::AtMostOnce => {}
        Count::ExactlyOnce | Count::AtLeastOnce | Count::InOrder => {
            // How it ended is in the record.
            let _ = go_on(stage, claim, Wait::new(Sought::Copies(copies), bounds)).await;
        }
    }
}

pub(in crate::player) async fn quiescent(
    stage: &mut Stage<'_>,
    step: &Step,
    client: usize,
    within_ms: Option<u64>,
) -> Result<(), Ended> {
    let kind = ClaimKind::Quiescent { client: client.into() };
    let wait = Wait::new(Sought::Quiescent(client), stage.timing().bounds(within_ms));
    wait_for(stage, step, kind, wait).await.map(|_| ())
}

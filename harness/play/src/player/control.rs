//! The control run: the same steps, each fault put off until its client owes and is owed nothing, and has what is expected of it
//! next, then made a clean FIN.

use bytes::Bytes;
use deadzone_history::Purpose;
use deadzone_script::{Arrival, Count, Step, StepKind};

use super::{network::Network, stage::Stage, wait::Copies};
use crate::client::Command;

/// A cut that the control run puts off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PutOff {
    /// Its turn has come.
    Due,
    /// It waits for a packet.
    Armed,
}

/// Before a step that needs the client's old connection to be gone, carries out the cut that was put off. `steps`: from that step
/// on.
pub(super) async fn carry_out_put_off(stage: &mut Stage<'_>, steps: &[Step]) {
    let Some(step) = steps.first() else { return };
    let due =
        |(client, cut): (&usize, &PutOff)| ends_exchange(step, *client, *cut).then_some((*client, *cut));
    let due: Vec<(usize, PutOff)> = stage.put_off.iter().filter_map(due).collect();
    for (client, cut) in due {
        let live = stage.network.live_conn(client);
        if live.is_none() && cut == PutOff::Armed {
            // It waits for a packet of a connection that is still to come.
            continue;
        }
        let polite = stage.client(client).borrow().polite;
        become_polite(&stage.network, client).await;
        if !has_what_is_expected(stage, steps, client).await {
            // Closed now, it could not get it any more: the expectation itself tells what became of it.
            stage.client(client).borrow_mut().polite = polite;
            continue;
        }
        stage.put_off.remove(&client);
        finish_exchanges(&stage.network, client).await;
        if let Some(conn) = stage.network.live_conn(client) {
            stage.network.enqueue(stage.client(client), Command::Close).await;
            stage.network.broker_closed(conn).await;
        }
        // On the next connection it answers as the script has it.
        stage.client(client).borrow_mut().polite = polite;
    }
}

/// Makes the client polite, which answers what it owes.
async fn become_polite(network: &Network, client: usize) {
    let owed = {
        let mut state = network.clients[client].borrow_mut();
        state.polite = true;
        state.session.take_owed()
    };
    for answer in owed {
        // Without a connection nothing is owed any more.
        let _ = network.send(client, &answer, Purpose::Polite).await;
    }
}

/// Waits for what the expectations from this step on ask for, for the patience at most; whether it is there. In the main run the
/// client gets it over the connection that follows the cut; here that one is left out.
async fn has_what_is_expected(stage: &Stage<'_>, steps: &[Step], client: usize) -> bool {
    let expected = steps.iter().map_while(|step| match &step.kind {
        StepKind::ExpectReceives { client, payloads, fields, count, within_ms, .. } => {
            let comes = matches!(count, Count::ExactlyOnce | Count::AtLeastOnce | Count::InOrder);
            Some(comes.then_some((step, *client, payloads, fields, *within_ms)))
        }
        StepKind::ExpectQuiescent { .. } => Some(None),
        _ => None,
    });
    let version = stage.setup.experiment.version;
    let here = expected
        .flatten()
        .filter(|(step, of, ..)| *of == client && step.only.is_none_or(|only| only == version));
    let (mut copies, mut patience_us) = (Vec::new(), 0);
    for (_, _, payloads, fields, within_ms) in here {
        let payloads: Vec<Bytes> = payloads.iter().map(|p| stage.words.bytes(p)).collect();
        copies.push(Copies::of(client, &payloads, stage.words.fields(fields)));
        patience_us = patience_us.max(stage.timing().bounds(within_ms).patience_us);
    }
    // Behind a silence nothing is waited for.
    let ends_us = stage.now_us() + if stage.silent { 0 } else { patience_us };
    loop {
        let there = {
            let client = stage.client(client).borrow();
            let gone = client.presence.live.is_none();
            gone || copies.iter_mut().all(|copies| copies.have_come(&client, &stage.network.run))
        };
        let over = stage.now_us() >= ends_us || stage.cancelled() || stage.recorder().overflow().is_some();
        if there || over {
            return there;
        }
        stage.recorder().change_or_until(ends_us).await;
    }
}

/// Waits until nothing is owed either way.
async fn finish_exchanges(network: &Network, client: usize) {
    let ends_us = network.recorder.now_us() + network.timing.scaled_us(network.timing.within_ms);
    let finished = || {
        let client = network.clients[client].borrow();
        client.session.is_quiescent() || client.presence.live.is_none()
    };
    network.recorder.until(ends_us, finished).await;
}

/// Whether the cut of this client can't be put off beyond this step: the script goes on as if it had happened, or looks.
fn ends_exchange(step: &Step, client: usize, cut: PutOff) -> bool {
    match &step.kind {
        StepKind::Connect { client: c, .. }
        | StepKind::Open { client: c }
        | StepKind::ExpectQuiescent { client: c, .. } => *c == client,
        // What was armed on a packet has that packet still before it, whichever side sends it.
        StepKind::Receive { client: c, alternatives, .. } => {
            *c == client && (cut == PutOff::Due || alternatives.contains(&Arrival::Closed))
        }
        StepKind::Publish { .. } | StepKind::Burst { .. } => cut == PutOff::Due,
        StepKind::ExpectReceives { .. } => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use deadzone_script::{At, PacketTemplate};
    use deadzone_wire::PacketKind;

    use super::*;

    fn step(kind: StepKind) -> Step {
        Step {
            at: At { line: 1, column: 1, length: 1 },
            text: String::new(),
            kind,
            recover: false,
            deviant: false,
            only: None,
            clauses: Vec::new(),
        }
    }

    fn receive(client: usize, alternatives: Vec<Arrival>) -> Step {
        step(StepKind::Receive { client, alternatives, strict: false, some: false, within_ms: None })
    }

    #[test]
    fn an_armed_cut_is_put_off_until_its_client_must_be_gone() {
        let packet = || PacketTemplate { kind: PacketKind::Publish, fields: Vec::new() };
        let publish = step(StepKind::Publish { client: 1, packet: packet() });
        assert!(ends_exchange(&publish, 0, PutOff::Due));
        assert!(!ends_exchange(&publish, 0, PutOff::Armed), "that may be the packet that it waits for");
        let arrival = receive(0, vec![Arrival::Packet(packet())]);
        assert!(ends_exchange(&arrival, 0, PutOff::Due));
        assert!(!ends_exchange(&arrival, 0, PutOff::Armed));
        assert!(ends_exchange(&receive(0, vec![Arrival::Closed]), 0, PutOff::Armed));
        assert!(!ends_exchange(&receive(1, vec![Arrival::Closed]), 0, PutOff::Armed), "another client's");
        assert!(ends_exchange(&step(StepKind::Open { client: 0 }), 0, PutOff::Armed));
        assert!(!ends_exchange(&step(StepKind::Open { client: 1 }), 0, PutOff::Armed));
    }
}

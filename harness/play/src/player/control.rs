//! The control run: the same steps, each fault put off until its client owes and is owed nothing, then made a clean FIN.

use deadzone_script::{Step, StepKind};

use super::Player;
use crate::client::Command;

impl Player<'_> {
    /// Before a step that needs the client's old connection to be gone, carries out the cut that was put off.
    pub(super) async fn carry_out_put_off(&mut self, step: &Step) {
        let due: Vec<usize> = self.put_off.iter().copied().filter(|c| ends_exchange(step, *c)).collect();
        for client in due {
            self.put_off.remove(&client);
            self.finish_exchanges(client).await;
            if let Some(conn) = self.live_conn(client) {
                self.enqueue(client, Command::Close).await;
                self.broker_closed(conn).await;
            }
        }
    }

    /// Makes the client polite and waits until nothing is owed either way.
    async fn finish_exchanges(&self, client: usize) {
        let ends_us = self.clock.now_us() + self.timing.scaled_us(self.timing.within_ms);
        let owed = {
            let mut state = self.clients[client].borrow_mut();
            state.polite = true;
            let version = state.version;
            let owed = state.session.take_owed();
            owed.into_iter().map(|p| p.encode(version).to_bytes()).collect::<Vec<_>>()
        };
        for bytes in owed {
            self.enqueue(client, Command::Write(bytes)).await;
        }
        while !self.clients[client].borrow().session.is_quiescent() && self.clock.now_us() < ends_us {
            if self.live_conn(client).is_none() {
                return;
            }
            self.change_or_until(ends_us).await;
        }
    }
}

/// Whether the cut of this client can't be put off beyond this step: the script goes on as if it had happened, or looks.
fn ends_exchange(step: &Step, client: usize) -> bool {
    match &step.kind {
        StepKind::Connect { client: c, .. }
        | StepKind::Open { client: c }
        | StepKind::Receive { client: c, .. }
        | StepKind::ExpectQuiescent { client: c, .. } => *c == client,
        StepKind::ExpectReceives { .. } | StepKind::Publish { .. } | StepKind::Burst { .. } => true,
        _ => false,
    }
}

//! Leaves the target as it was found: recorded, not judged.

use bytes::Bytes;
use deadzone_history::{EventKind, Expected};
use deadzone_link::Link;
use deadzone_script::{At, ConnectMode, ConnectOptions, Payload, Step, StepKind};
use deadzone_wire::{Packet, PacketKind, Pattern, Publish, Version};

use super::{Flow, Player};
use crate::client::Command;

/// How long an interrupted run still cleans up, ms.
const INTERRUPTED_MS: u64 = 1_000;

impl Player<'_> {
    /// Ends every connection; on a target that lives on, empties the sessions and retained messages that this run left.
    pub(crate) async fn tear_down(&mut self) {
        for client in 0..self.clients.len() {
            let never_fired = self.clients[client].borrow_mut().on_link(None, Link::finish);
            for note in never_fired {
                self.tape.append(EventKind::Link { client: client.into(), conn: None, note: Box::new(note) });
            }
        }
        self.tape.append(EventKind::Teardown);
        for client in &self.clients {
            client.borrow_mut().enqueue(Command::End);
        }
        let mut limit_us = self.timing.scaled_us(self.timing.teardown_ms);
        if self.setup.cancelled() {
            // Somebody waits for the end, and all the same finds a broker that is as it was.
            limit_us = limit_us.min(INTERRUPTED_MS * 1000);
        }
        self.leaving = true;
        let clock = self.clock;
        if self.setup.teardown {
            clock.at_most_us(limit_us, self.clean()).await;
        }
        // Connections that were cut silently have no queue any more that anyone could write to.
        for task in self.tasks.drain(..) {
            task.abort();
            // A task that fell over must not look like a target that fell silent.
            if let Err(error) = task.await
                && let Ok(panic) = error.try_into_panic()
            {
                std::panic::resume_unwind(panic);
            }
        }
    }

    async fn clean(&mut self) {
        for (client_id, version) in std::mem::take(&mut self.sessions) {
            self.visit(client_id, version, &[]).await;
        }
        let topics: Vec<Bytes> = std::mem::take(&mut self.retained).into_iter().collect();
        if !topics.is_empty() {
            let id = Bytes::from(format!("{}end", self.words.run));
            self.visit(id, self.setup.version, &topics).await;
        }
    }

    /// Connects with a clean start under this id, clears these topics, and disconnects.
    async fn visit(&mut self, client_id: Bytes, version: Version, topics: &[Bytes]) {
        let own = self.clients.len() - 1;
        {
            let mut state = self.clients[own].borrow_mut();
            state.live = None;
            state.version = version;
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
        let options =
            ConnectOptions { client_id: Some(Payload(client_id.to_vec())), ..ConnectOptions::default() };
        if let Flow::Abandon(_) = self.connect(&step, own, ConnectMode::Clean, &options, &[]).await {
            return;
        }
        for topic in topics {
            let mut publish = Publish::new("", 0, None, Bytes::new());
            publish.topic = deadzone_wire::Text(topic.clone());
            publish.retain = true;
            let _ = self.write(own, Packet::Publish(publish).encode(version).to_bytes()).await;
        }
        if let Some(conn) = self.live_conn(own)
            && !topics.is_empty()
        {
            // A PINGRESP shows that the broker has read what came before it.
            let ping = Packet::Bare(deadzone_wire::Bare::pingreq()).encode(version).to_bytes();
            let _ = self.write(own, ping).await;
            let mut wanted = self.wanted(own, conn, Pattern::of(PacketKind::Pingresp), true);
            wanted.alternatives.push(Expected::Closed);
            let _ = self.arrival(&step, wanted).await;
        }
        let _ = self.disconnect(own, None, None).await;
    }
}

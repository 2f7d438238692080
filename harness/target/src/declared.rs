//! What a descriptor declares about a target, because no packet tells it.

use deadzone_history::{Durability, TargetFacts};
use deadzone_wire::Credentials;

/// Connections that a target is trusted with, where its descriptor says nothing.
const CONNECTIONS: usize = 200;

/// The declared facts of a target. What is absent is the standard's default.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Declared {
    /// User name and password of a CONNECT for which the scenario gives none.
    pub credentials: Option<Credentials>,
    /// Highest QoS that it takes, where it has no other way to say so (3.1.1).
    pub max_qos: Option<u8>,
    /// Retained messages, where it has no other way to say that it has none (3.1.1).
    pub retained: Option<bool>,
    /// It makes subscriptions of its own for clients.
    pub automatic_subscriptions: bool,
    /// Messages of one topic need not keep their order.
    pub unordered_topics: bool,
    /// What a kill may cost: `none`, `periodic` or `ack`.
    pub durable: Durability,
    /// Messages that it queues for an offline session.
    pub queue: Option<u32>,
    /// How long it keeps a 3.1.1 session, s.
    pub session_ttl_s: Option<u32>,
    /// How long its nodes take to learn of each other, ms.
    pub settle_ms: Option<u32>,
    /// Connections that it takes at once.
    pub connections: Option<u32>,
    /// It slows publishers down rather than answer them.
    pub backpressure: bool,
    /// Its version, where it does not tell it: for reports, and for known failures of single versions.
    pub version: Option<String>,
    /// Whether scenarios that touch the whole broker may run.
    pub solo: Option<bool>,
    /// It lets no client in without a certificate of its authority.
    pub client_certificates: bool,
}

impl Declared {
    /// Connections that may be open at once.
    pub fn connections(&self) -> usize {
        self.connections.map_or(CONNECTIONS, |n| n as usize)
    }

    /// The facts that change what may be judged.
    pub fn facts(&self) -> TargetFacts {
        TargetFacts {
            automatic_subscriptions: self.automatic_subscriptions,
            unordered_topics: self.unordered_topics,
            durable: self.durable,
            queue: self.queue,
            session_ttl_s: self.session_ttl_s,
            connections: self.connections,
            bridge: false,
            user: None,
            v311_alone: false,
            in_flight_one: false,
            session_at_once: false,
            takes_qos_2: false,
        }
    }

    /// The facts that are declared, for people: `max_qos = 1`.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        let mut say =
            |name: &str, value: Option<String>| lines.extend(value.map(|v| format!("{name} = {v}")));
        let on = |flag: bool| flag.then(|| "true".to_owned());
        say("user", self.credentials.as_ref().and_then(|c| c.user.clone()));
        say("max_qos", self.max_qos.map(|q| q.to_string()));
        say("retained", self.retained.map(|r| r.to_string()));
        say("automatic_subscriptions", on(self.automatic_subscriptions));
        say("unordered_topics", on(self.unordered_topics));
        say(
            "durable",
            (self.durable != Durability::None).then(|| format!("{:?}", self.durable).to_lowercase()),
        );
        say("queue", self.queue.map(|n| n.to_string()));
        say("session_ttl_s", self.session_ttl_s.map(|n| n.to_string()));
        say("settle_ms", self.settle_ms.map(|n| n.to_string()));
        say("connections", self.connections.map(|n| n.to_string()));
        say("backpressure", on(self.backpressure));
        say("version", self.version.clone());
        say("solo", self.solo.map(|s| s.to_string()));
        say("client_certificates", on(self.client_certificates));
        lines
    }
}

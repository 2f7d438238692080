//! Every bound on what clients can make the broker hold or do, by name. What happens at the bound is said at each.

use std::time::Duration;

/// The bounds. All counts are inclusive: that many are held, one more is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Network connections at a time; one more is closed at once.
    pub connections: usize,
    /// How long a connection may live before its CONNECT is complete; then it is closed.
    pub connect_within: Duration,
    /// Bytes of one packet from a client, told as Maximum Packet Size in 5.0; a larger one ends the connection.
    pub packet_bytes: u32,
    /// Sessions, connected or not; one more is refused by CONNACK (5.0: 0x97, before: 0x03).
    pub sessions: usize,
    /// Subscriptions of one session; one more is refused by SUBACK (5.0: 0x97, 3.1.1: 0x80, 3.1: close).
    pub subscriptions: usize,
    /// Outbound QoS 1 and 2 exchanges of one session; more wait in the queue. The client's Receive Maximum may be lower.
    pub inflight: u16,
    /// Messages that wait for one session; the newest is dropped beyond it.
    pub queued_messages: usize,
    /// Payload and topic bytes that wait for one session; the newest message is dropped beyond it.
    pub queued_bytes: usize,
    /// Inbound QoS 2 exchanges of one session, told as Receive Maximum in 5.0; one more ends the connection (5.0: 0x93).
    pub inbound: u16,
    /// Topic Alias Maximum towards the broker (5.0); a higher alias ends the connection with 0x94.
    pub topic_aliases: u16,
    /// Retained messages; one more is not stored, and at QoS 1 and 2 it is refused.
    pub retained_messages: usize,
    /// Payload, topic and property bytes of all retained messages; as for `retained_messages`.
    pub retained_bytes: usize,
    /// Bytes that wait in `serve` for one connection that does not read; beyond it the connection is reset.
    pub unsent_bytes: usize,
    /// How long `serve` waits, after it closed its direction, for the client to read the rest and close.
    pub linger: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4_096,
            connect_within: Duration::from_secs(60),
            packet_bytes: 1 << 20,
            sessions: 4_096,
            subscriptions: 256,
            inflight: 100,
            queued_messages: 1_000,
            queued_bytes: 8 << 20,
            inbound: 1_000,
            topic_aliases: 10,
            retained_messages: 4_096,
            retained_bytes: 32 << 20,
            unsent_bytes: 8 << 20,
            linger: Duration::from_secs(2),
        }
    }
}

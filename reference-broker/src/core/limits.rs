//! Every bound on what clients can make the broker hold or do, by name. What happens at the bound is said at each.

use std::time::Duration;

macro_rules! limits {
    ($($name:ident: $type:ty = $default:expr, $what:literal;)*) => {
        /// The bounds. All counts are inclusive: that many are held, one more is refused.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct Limits {
            $(#[doc = $what] pub $name: $type,)*
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($name: $default,)* }
            }
        }

        impl Limits {
            /// Each bound as text: its name, its value, and what happens at it.
            pub fn described(&self) -> Vec<(&'static str, String, &'static str)> {
                vec![$((stringify!($name), format!("{:?}", self.$name), $what)),*]
            }
        }
    };
}

limits! {
    connections: usize = 4_096,
        "Network connections at a time; for one more the oldest that has sent no CONNECT is closed, or else the new one.";
    connect_within: Duration = Duration::from_secs(60),
        "How long a connection may live before its CONNECT is complete and its client authenticated; then it is closed.";
    handshake_within: Duration = Duration::from_secs(10),
        "How long the handshakes of TLS and WebSocket may take; then the socket is closed. As many may be under way as there \
         may be connections.";
    packet_bytes: u32 = 4 << 20,
        "Bytes of one packet from a client, told as Maximum Packet Size in 5.0; a larger one ends the connection.";
    sessions: usize = 4_096,
        "Sessions, connected or not; for one more the session that was left longest ago ends. If all are connected, the \
         new one is refused by CONNACK (5.0: 0x97, before: 0x03).";
    subscriptions: usize = 256,
        "Subscriptions of one session; one more is refused by SUBACK (5.0: 0x97, 3.1.1: 0x80, 3.1: close).";
    inflight: u16 = 100,
        "Outbound QoS 1 and 2 exchanges of one session; more wait in the queue. The client's Receive Maximum may be lower.";
    queued_messages: usize = 1_000,
        "Messages that wait for one session; the newest is dropped beyond it.";
    queued_bytes: usize = 8 << 20,
        "Payload, topic and property bytes held for one session, in flight or waiting; the newest message is dropped beyond it.";
    queued_bytes_in_all: usize = 256 << 20,
        "The same bytes for all sessions together, a message counted once for each; beyond it a session that holds more \
         than its share (this by the number of `sessions`) drops its newest.";
    inbound: u16 = 1_000,
        "Inbound QoS 2 exchanges of one session, told as Receive Maximum in 5.0; one more ends the connection (5.0: 0x93).";
    topic_aliases: u16 = 10,
        "Topic Alias Maximum towards the broker (5.0); a higher alias ends the connection with 0x94.";
    client_topic_aliases: u16 = 10,
        "Topic aliases that the broker gives on one connection (5.0), if the client's Topic Alias Maximum is no lower; later \
         topics go without.";
    retained_messages: usize = 4_096,
        "Retained messages; one more is not stored, and at QoS 1 and 2 it is refused.";
    retained_bytes: usize = 32 << 20,
        "Payload, topic and property bytes of all retained messages; as for `retained_messages`.";
    unsent_bytes: usize = 8 << 20,
        "Bytes that wait to be written to one connection that does not read, and 64 for each packet; beyond it the \
         connection is reset.";
    unsent_bytes_in_all: usize = 256 << 20,
        "The same bytes for all connections together; beyond it the connection for which most waits is reset.";
    linger: Duration = Duration::from_secs(2),
        "How long the broker waits, after it closed its direction, for the client to read the rest and close.";
}

impl Limits {
    /// What each session may hold however much the others do, in bytes.
    pub(crate) fn share_bytes(&self) -> usize {
        self.queued_bytes_in_all / self.sessions.max(1)
    }
}

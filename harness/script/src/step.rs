//! A step: one line of a scenario.

use deadzone_link::{Direction, Edge, Fault};
use deadzone_spec::{ClauseId, Node};
use deadzone_wire::{Field, Mutation, PacketKind, Version};

use crate::{Framing, TlsCut};

/// A place in a scenario file: 1-based line and column (in characters), and the length of what is meant (1 or more).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// Characters, at least 1.
    pub length: u32,
}

/// One line of a scenario.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The part of the line that a report points at: the packet of an arrival, the claim of an `expect`, else the whole step.
    pub at: At,
    /// The line's text, trimmed, without comment.
    pub text: String,
    /// What to do.
    pub kind: StepKind,
    /// Left out of the derived control run.
    pub recover: bool,
    /// Breaks the protocol on purpose.
    pub deviant: bool,
    /// Only in this version (`only 5.0`).
    pub only: Option<Version>,
    /// Clauses that this step asserts (`@ 5.0/MQTT-4.3.3-11 …`); empty leaves it to the oracle's table.
    pub clauses: Vec<ClauseId>,
}

/// Bytes with placeholders, which are filled in when the scenario is performed ([`Payload::filled`]). Escapes of the text are
/// already resolved.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Payload(pub Vec<u8>);

/// What to do. Clients are named by index into the scenario's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepKind {
    /// `X open`: the transport only, no CONNECT.
    Open {
        /// Who.
        client: usize,
    },
    /// `X connect clean|fresh|resume …`: takes its CONNACK; the fields given must match.
    Connect {
        /// Who.
        client: usize,
        /// Which session is meant.
        mode: ConnectMode,
        /// CONNECT's fields.
        options: ConnectOptions,
        /// Fields that CONNACK must have.
        expected: Vec<(Field, FieldValue)>,
    },
    /// `X subscribe "f" qos=N … ["g" qos=M …]`: takes its SUBACK.
    Subscribe {
        /// Who.
        client: usize,
        /// Filters with options.
        filters: Vec<SubscribeFilter>,
        /// Subscription Identifier (5.0).
        sub_id: Option<u32>,
        /// Fields that SUBACK must have.
        expected: Vec<(Field, FieldValue)>,
    },
    /// `X unsubscribe "f"`: takes its UNSUBACK.
    Unsubscribe {
        /// Who.
        client: usize,
        /// Filters.
        filters: Vec<Payload>,
        /// Fields that UNSUBACK must have.
        expected: Vec<(Field, FieldValue)>,
    },
    /// `X publish "topic" "payload" qos=N retain=1 …`: completes the handshake of its QoS.
    Publish {
        /// Who.
        client: usize,
        /// Topic, payload, QoS, RETAIN and properties, as a PUBLISH template without id.
        packet: PacketTemplate,
    },
    /// `X burst N "topic" "prefix" qos=Q`: N publishes with payloads `prefix1` to `prefixN`, one handshake after another.
    Burst {
        /// Who.
        client: usize,
        /// How many, 1 to 10,000.
        count: u32,
        /// Topic and QoS; its payload is the prefix.
        packet: PacketTemplate,
    },
    /// `X finds "topic" "payload" [qos=N] [retain=1]`: new sessions that subscribe, until one gets the retained message.
    Finds {
        /// Who.
        client: usize,
        /// The topic.
        topic: Payload,
        /// What is stored there.
        payload: Payload,
        /// QoS that is asked for.
        qos: u8,
        /// It must come with RETAIN 1: otherwise only that it is stored is looked at.
        flag: bool,
    },
    /// `X disconnect [reason=N] [expiry=N]`: DISCONNECT, then an orderly close of the client's end.
    Disconnect {
        /// Who.
        client: usize,
        /// Reason Code (5.0).
        reason: Option<u8>,
        /// Session Expiry Interval, seconds (5.0).
        expiry_s: Option<u32>,
    },
    /// `X ping`: PINGREQ, takes its PINGRESP.
    Ping {
        /// Who.
        client: usize,
    },
    /// `X -> PACKET …` and `X -> PACKET … broken by M, N`.
    Send {
        /// Who.
        client: usize,
        /// The packet.
        packet: PacketTemplate,
        /// Applied left to right.
        broken_by: Vec<Mutation>,
        /// How its bytes are written.
        framing: Framing,
    },
    /// `link X cut rst in handshake|at cipher byte N`.
    CutTls {
        /// Whose connection.
        client: usize,
        /// Where.
        cut: TlsCut,
    },
    /// `X -> bytes 10 0c …`.
    SendBytes {
        /// Who.
        client: usize,
        /// Exactly these.
        bytes: Vec<u8>,
        /// How they are written.
        framing: Framing,
    },
    /// `X <- A | B [within T]`, `X <- some A`, `X <-! A`.
    Receive {
        /// Who.
        client: usize,
        /// Any of these is legal.
        alternatives: Vec<Arrival>,
        /// Must be the very next packet.
        strict: bool,
        /// `some`: one that fits, wherever it stands among those that were not taken; else the oldest that is meant.
        some: bool,
        /// Patience, ms; `None` is the default.
        within_ms: Option<u64>,
    },
    /// `fence PUB SUB "topic" [qos=N]`: a marker from PUB that must reach SUB.
    Fence {
        /// Who publishes.
        publisher: usize,
        /// Who receives.
        subscriber: usize,
        /// Topic.
        topic: Payload,
        /// QoS, 1 by default.
        qos: u8,
    },
    /// `ready SUB "topic" [from N]`: a marker from the harness's own client, until it arrives.
    Ready {
        /// Who receives.
        subscriber: usize,
        /// Topic.
        topic: Payload,
        /// The node at which QoS 1 markers are published, so that it is the target's duty that one arrives; without it they are
        /// of QoS 0, and only the experiment's.
        from: Option<Node>,
    },
    /// `settle`: the time that the target's nodes take to learn of each other what no marker can show.
    Settle,
    /// `link X FAULT [when]`.
    Link {
        /// Whose link.
        client: usize,
        /// What happens. `tear PACKET at BYTE` is a black hole of that direction at that byte.
        fault: Fault,
        /// When.
        when: TriggerTemplate,
    },
    /// `link X profile NAME`: another profile from now on; an overlay lies over the one in force.
    LinkProfile {
        /// Whose link.
        client: usize,
        /// Its name, with overlays.
        profile: String,
    },
    /// `link X saw PACKET up|down [within T]`: waits until the broker's end has it.
    LinkSaw {
        /// Whose link.
        client: usize,
        /// The packet.
        packet: PacketTemplate,
        /// Which way it goes.
        direction: Direction,
        /// Patience, ms.
        within_ms: Option<u64>,
    },
    /// `target …`: something is done to the target's process.
    Target(TargetAction),
    /// `expect X receives …`.
    ExpectReceives {
        /// Who.
        client: usize,
        /// Payloads, in order where that matters; empty means any application message.
        payloads: Vec<Payload>,
        /// Further fields that each copy must have (`retain=1`, `qos=1`, `topic=…`).
        fields: Vec<(Field, FieldValue)>,
        /// How often.
        count: Count,
        /// Patience for presence, ms.
        within_ms: Option<u64>,
    },
    /// `expect X quiescent`: nothing owed either way.
    ExpectQuiescent {
        /// Who.
        client: usize,
        /// Patience, ms.
        within_ms: Option<u64>,
    },
}

/// What a script does to the target's process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetAction {
    /// `kill`: SIGKILL.
    Kill,
    /// `stop`: asks it to end.
    Stop,
    /// `restart [fresh]`: starts what was killed or stopped, at the same addresses.
    Restart {
        /// With nothing stored; else it finds its store as it left it.
        fresh: bool,
    },
    /// `freeze for T`: halts its threads; the steps go on, and it runs on by itself when the time is over.
    Freeze {
        /// How long, ms.
        for_ms: u64,
    },
}

impl TargetAction {
    /// Whether its process ends by it, and every connection with it.
    pub fn ends_process(self) -> bool {
        matches!(self, Self::Kill | Self::Stop)
    }
}

/// How often a message may arrive, over the whole run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// `exactly once`.
    ExactlyOnce,
    /// `at least once`.
    AtLeastOnce,
    /// `at most once`.
    AtMostOnce,
    /// `in order`: the first complete copies of the payloads, each at least once, in this order.
    InOrder,
    /// `nothing [for T]`: none until the end of the run; with `for`, time passes first (clock-bound claims only), ms.
    Nothing {
        /// How long to watch, ms.
        for_ms: Option<u64>,
    },
}

/// Which session a `connect` means. The player prints the real fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectMode {
    /// Clean Start 1, Session Expiry 0 (3.1.1: Clean Session 1).
    Clean,
    /// Clean Start 1 with an expiry (3.1.1: clean, disconnect, then Clean Session 0).
    Fresh,
    /// Clean Start 0 with an expiry (3.1.1: Clean Session 0).
    Resume,
}

/// CONNECT's fields as the text gives them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectOptions {
    /// `keepalive=`, seconds; 60 by default.
    pub keep_alive_s: Option<u16>,
    /// `expiry=`, seconds (5.0; 300 by default for fresh and resume).
    pub expiry_s: Option<u32>,
    /// `receive_max=` (5.0).
    pub receive_max: Option<u16>,
    /// `max_packet=`, bytes (5.0).
    pub max_packet: Option<u32>,
    /// `user=`.
    pub user: Option<Payload>,
    /// `pass=`.
    pub pass: Option<Payload>,
    /// `refused`: a CONNACK that refuses, or a close, is what is wanted.
    pub refused: bool,
    /// `client_id=`; by default made of the run's nonce and the client's name.
    pub client_id: Option<Payload>,
    /// `will_topic=`, `will_payload=`, `will_qos=`, `will_retain=`, `will_delay=` (seconds, 5.0).
    pub will: Option<WillTemplate>,
}

/// A will as the text gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WillTemplate {
    /// Topic.
    pub topic: Payload,
    /// Payload.
    pub payload: Payload,
    /// QoS, 0 to 2.
    pub qos: u8,
    /// Retain.
    pub retain: bool,
    /// Will Delay Interval, seconds (5.0).
    pub delay_s: u32,
}

/// One filter of a `subscribe`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscribeFilter {
    /// Topic Filter.
    pub filter: Payload,
    /// Requested QoS.
    pub qos: u8,
    /// `no_local=1` (5.0).
    pub no_local: bool,
    /// `retain_as_published=1` (5.0).
    pub retain_as_published: bool,
    /// `retain_handling=0|1|2` (5.0).
    pub retain_handling: u8,
}

/// A packet as the text gives it: its type and the fields given. For PUBLISH the first bare text is the topic, the second the payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PacketTemplate {
    /// The type.
    pub kind: PacketKind,
    /// Fields in the order of the text.
    pub fields: Vec<(Field, FieldValue)>,
}

/// A field's value in the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldValue {
    /// A number, decimal or 0x.
    Number(u32),
    /// A text.
    Text(Payload),
    /// `$name`: set by the first packet that is received with it, used afterwards.
    Capture(String),
}

/// One legal alternative of an arrival.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// A packet.
    Packet(PacketTemplate),
    /// `closed`: the broker closes, by FIN or RST.
    Closed,
}

/// When a link step happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TriggerTemplate {
    /// At once, in the order of the client's queue.
    Now,
    /// `after T`, ms.
    AfterMs(u64),
    /// `before|after|from [n-th] PACKET [up|down]`, `at K of PACKET`; `from` is `before`.
    On {
        /// Where in the packet.
        edge: Edge,
        /// Which of the matching packets of a connection, from 1.
        nth: u32,
        /// The packet.
        packet: PacketTemplate,
        /// Which stream.
        direction: Direction,
    },
}

//! A step: one line of a scenario. What a packet in it looks like is next door, in [`crate::template`].

use deadzone_link::{Direction, Fault};
use deadzone_spec::{ClauseId, Node};
use deadzone_wire::{Mutation, Version};

use crate::{
    Arrival, ConnectMode, ConnectOptions, Fields, Framing, PacketTemplate, Payload, SubscribeFilter, TlsCut,
    TriggerTemplate,
};

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
        expected: Fields,
    },
    /// `X subscribe "f" qos=N … ["g" qos=M …]`: takes its SUBACK.
    Subscribe {
        /// Who.
        client: usize,
        /// Filters with options.
        filters: Vec<SubscribeFilter>,
        /// Subscription Identifier (5.0).
        sub_id: Option<u32>,
        /// Further properties (5.0).
        properties: Fields,
        /// Fields that SUBACK must have.
        expected: Fields,
    },
    /// `X unsubscribe "f"`: takes its UNSUBACK.
    Unsubscribe {
        /// Who.
        client: usize,
        /// Filters.
        filters: Vec<Payload>,
        /// Properties (5.0).
        properties: Fields,
        /// Fields that UNSUBACK must have.
        expected: Fields,
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
        /// Further properties (5.0).
        properties: Fields,
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
        /// `some`: one copy at least must have the fields; else each must.
        some: bool,
        /// Further fields that copies must have (`retain=1`, `qos=1`, `topic=…`).
        fields: Fields,
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

//! The mix that the oracle is measured by: legal traffic as a broker's end and its clients' ends record it.
//!
//! One publisher, two subscribers. QoS 0, 1 and 2 a third each; 50 topics; one subscriber holds a wildcard for all of them, the
//! other one filter for each topic and a second, overlapping one for every tenth. The publisher and a subscriber reconnect in
//! turn every 1,000 messages and resume their sessions. Every tenth message is claimed: that its acknowledgement arrives.

use std::{collections::VecDeque, sync::Arc};

use deadzone_history::{
    By, Claim, ClaimKind, ClientInfo, ClientIx, Close, ConnId, Direction, End, Event, EventKind, Expected,
    HandMade, Header, Late, Origin, PacketEvent, Place, Purpose, Recorded, Seq,
};
use deadzone_spec::Node;
use deadzone_wire::{
    Ack, AckKind, Connack, Connect, Disconnect, Packet, PacketKind, Pattern, Properties, PropertyId,
    PropertyValue, Publish, Suback, Subscribe, Version,
};

/// Topics.
const TOPICS: u32 = 50;
/// Messages between two reconnects.
const RECONNECT_EVERY: u32 = 1_000;
/// Every so many messages one is claimed.
const CLAIM_EVERY: u32 = 10;
/// Microseconds between two events.
const STEP_US: u64 = 50;

/// The clients, by index in the header.
const PUBLISHER: usize = 0;

/// A growing record: events are made as they are asked for.
pub(crate) struct Mix {
    pub(crate) header: Header,
    ready: VecDeque<Event>,
    seq: u64,
    now_us: u64,
    conns: u32,
    /// The connection of each client.
    conn: [ConnId; 3],
    message: u32,
    claims: u32,
    /// So many QoS 1 messages stay unacknowledged by the second subscriber at any time.
    open: usize,
    unacknowledged: VecDeque<u16>,
}

impl Mix {
    /// A mix in which `open` deliveries are unacknowledged at any time.
    pub(crate) fn new(open: usize) -> Self {
        let mut made = HandMade::new(Version::V5);
        for name in ["pub", "wide", "narrow"] {
            made.client_with(ClientInfo {
                name: name.to_owned(),
                manual: true,
                direct: false,
                version: Version::V5,
                bridge: false,
            });
        }
        made.header().origin = Origin::Link;
        made.header().long_bound_us = 60_000_000;
        let header = made.header().clone();
        let mut mix = Self {
            header,
            ready: VecDeque::new(),
            seq: 0,
            now_us: 0,
            conns: 0,
            conn: [ConnId(0); 3],
            message: 0,
            claims: 0,
            open,
            unacknowledged: VecDeque::new(),
        };
        (0..3).for_each(|client| mix.connect(client, false));
        mix.subscribe(1, 1, &["dz1/#".to_owned()]);
        let each: Vec<String> = (0..TOPICS).map(topic).collect();
        mix.subscribe(2, 1, &each);
        let overlapping: Vec<String> = (0..TOPICS).step_by(10).map(|n| format!("dz1/{n}/#")).collect();
        mix.subscribe(2, 2, &overlapping);
        mix
    }

    fn push(&mut self, kind: EventKind) -> u64 {
        let seq = self.seq;
        self.now_us += STEP_US;
        self.ready.push_back(Event { seq, at_us: self.now_us, kind });
        self.seq += 1;
        seq
    }

    /// A packet at both ends; the number at the broker's end.
    fn packet(&mut self, client: usize, direction: Direction, packet: &Packet) -> u64 {
        let frame = packet.encode(Version::V5);
        let body = Arc::new(Recorded::of(frame, Version::V5, direction));
        let (first, second) = match direction {
            Direction::Up => (End::Client, End::Broker),
            Direction::Down => (End::Broker, End::Client),
        };
        let conn = self.conn[client];
        let event = |end, of: Option<Seq>, body: &Arc<Recorded>| {
            let sender = Purpose::Script;
            EventKind::Packet(PacketEvent { conn, direction, end, sender, of, body: Arc::clone(body) })
        };
        let one = self.push(event(first, None, &body));
        let two = self.push(event(second, Some(Seq::from(one)), &body));
        if direction == Direction::Up { two } else { one }
    }

    fn up(&mut self, client: usize, packet: impl Into<Packet>) -> u64 {
        self.packet(client, Direction::Up, &packet.into())
    }

    fn down(&mut self, client: usize, packet: impl Into<Packet>) -> u64 {
        self.packet(client, Direction::Down, &packet.into())
    }

    fn connect(&mut self, client: usize, resumed: bool) {
        let conn = ConnId(self.conns);
        self.conns += 1;
        self.conn[client] = conn;
        self.push(EventKind::Opened { conn, client: ClientIx(client as u32), node: Node::FIRST });
        let mut connect = Connect::new(Version::V5, ["pub", "wide", "narrow"][client]);
        connect.set_clean(!resumed);
        connect.properties =
            Properties::new().with(PropertyId::SessionExpiryInterval, PropertyValue::U32(3_600));
        self.up(client, Packet::from(connect));
        self.down(client, Packet::Connack(Connack::new(Version::V5, resumed, 0)));
    }

    fn reconnect(&mut self, client: usize) {
        let conn = self.conn[client];
        self.up(client, Packet::Disconnect(Disconnect::default()));
        for (end, by) in [(End::Broker, By::Harness), (End::Broker, By::Broker), (End::Client, By::Harness)] {
            self.push(EventKind::Closed { conn, end, by, how: Close::Fin });
        }
        self.connect(client, true);
    }

    fn subscribe(&mut self, client: usize, id: u16, filters: &[String]) {
        let mut subscribe = Subscribe::new(id, &filters[0], 2);
        subscribe.filters = filters.iter().map(|f| (f.as_str().into(), 2)).collect();
        self.up(client, Packet::Subscribe(subscribe));
        self.down(client, Packet::Suback(Suback::new(id, vec![2; filters.len()])));
    }

    /// One message from its publisher to both subscribers.
    fn message(&mut self) {
        let n = self.message;
        self.message += 1;
        if n > 0 && n.is_multiple_of(RECONNECT_EVERY) {
            let client = ((n / RECONNECT_EVERY) % 2) as usize;
            self.reconnect(client);
        }
        let (qos, id) = ((n % 3) as u8, 1 + (n % 50_000) as u16);
        let publish = |id: u16| {
            let payload = format!("m{n}");
            Packet::Publish(Publish::new(&topic(n % TOPICS), qos, (qos > 0).then_some(id), payload))
        };
        let given = self.up(PUBLISHER, publish(id));
        let answer = if qos == 2 { PacketKind::Pubrec } else { PacketKind::Puback };
        let claim = (qos > 0 && n.is_multiple_of(CLAIM_EVERY)).then(|| self.claim(answer, given));
        let seen = match qos {
            0 => 0,
            1 => self.down(PUBLISHER, Ack::new(AckKind::Puback, id)),
            _ => self.down(PUBLISHER, Ack::new(AckKind::Pubrec, id)),
        };
        if let Some(claim) = claim {
            self.push(EventKind::Met { claim, by: Box::new([seen + 1]), late: Late::InTime });
        }
        for client in [1, 2] {
            self.down(client, publish(id));
            if qos == 2 {
                self.up(client, Ack::new(AckKind::Pubrec, id));
                self.down(client, Ack::new(AckKind::Pubrel, id));
                self.up(client, Ack::new(AckKind::Pubcomp, id));
            } else if qos == 1 {
                self.acknowledge(client, id);
            }
        }
        if qos == 2 {
            self.up(PUBLISHER, Ack::new(AckKind::Pubrel, id));
            self.down(PUBLISHER, Ack::new(AckKind::Pubcomp, id));
        }
    }

    /// The second subscriber is behind with its acknowledgements.
    fn acknowledge(&mut self, client: usize, id: u16) {
        if client == 1 || self.open == 0 {
            self.up(client, Ack::new(AckKind::Puback, id));
            return;
        }
        self.unacknowledged.push_back(id);
        if self.unacknowledged.len() > self.open
            && let Some(oldest) = self.unacknowledged.pop_front()
        {
            self.up(client, Ack::new(AckKind::Puback, oldest));
        }
    }

    fn claim(&mut self, kind: PacketKind, answers: u64) -> u32 {
        let id = self.claims;
        self.claims += 1;
        let kind = ClaimKind::Arrives {
            client: ClientIx(PUBLISHER as u32),
            conn: self.conn[PUBLISHER],
            alternatives: vec![Expected::Packet(Pattern::of(kind))],
            strict: false,
            answers: Some(answers),
            intent: true,
        };
        let text = Arc::from("pub publish");
        let claim =
            Claim { id, step: 0, place: Place::default(), text, clauses: Vec::new(), within_us: 0, kind };
        self.push(EventKind::Claim(Box::new(claim)));
        id
    }
}

fn topic(n: u32) -> String {
    format!("dz1/{n}/t")
}

impl Iterator for Mix {
    type Item = Event;

    fn next(&mut self) -> Option<Event> {
        while self.ready.is_empty() {
            self.message();
        }
        self.ready.pop_front()
    }
}

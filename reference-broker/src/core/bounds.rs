//! Whatever clients send, nothing panics and no bound is passed.

use deadzone_wire::{
    Ack, AckKind, Connect, Disconnect, Packet, PropertyId, PropertyValue, Publish, Subscribe, Version,
};
use proptest::{collection::vec, prelude::*, sample::select};

use super::{broker::Broker, outbox::ConnId};
use crate::{Config, Defect, Limits, Variant};

/// Small enough that a short random run meets every one of them.
fn tight() -> Limits {
    Limits {
        connections: 3,
        packet_bytes: 200,
        sessions: 3,
        subscriptions: 2,
        inflight: 2,
        queued_messages: 3,
        queued_bytes: 60,
        queued_bytes_in_all: 90,
        inbound: 2,
        topic_aliases: 2,
        retained_messages: 2,
        retained_bytes: 30,
        ..Limits::default()
    }
}

/// One event, in small numbers so that events meet.
#[derive(Clone, Debug)]
enum Event {
    Opened(u64),
    Bytes(u64, Vec<u8>),
    Packet(u64, Box<Packet>),
    Closed(u64, bool),
    Later(u64),
}

fn packet() -> impl Strategy<Value = Packet> {
    let id = 1..5_u16;
    let topic = select(vec!["a", "a/b", "$c", ""]);
    let connect = (
        select(vec!["x", "y", "z", "v", ""]),
        any::<bool>(),
        select(vec![Version::V31, Version::V311, Version::V5]),
        0..4_u16,
    )
        .prop_map(|(client, clean, version, keep_alive_s)| {
            let mut connect = Connect::new(version, client);
            connect.set_clean(clean);
            connect.keep_alive_s = keep_alive_s;
            connect
                .properties
                .push(PropertyId::SessionExpiryInterval, PropertyValue::U32(u32::from(keep_alive_s)));
            connect.properties.push(PropertyId::ReceiveMaximum, PropertyValue::U16(1));
            Packet::from(connect)
        });
    let publish = (topic, 0..4_u8, id.clone(), any::<[bool; 2]>(), 0..30_usize, 0..4_u16).prop_map(
        |(topic, qos, id, [dup, retain], size, alias)| {
            let mut publish = Publish::new(topic, qos, (qos > 0).then_some(id), vec![b'm'; size]);
            (publish.dup, publish.retain) = (dup && qos > 0, retain);
            if alias > 0 {
                publish.properties.push(PropertyId::TopicAlias, PropertyValue::U16(alias));
            }
            Packet::Publish(publish)
        },
    );
    let kinds = vec![AckKind::Puback, AckKind::Pubrec, AckKind::Pubrel, AckKind::Pubcomp];
    let ack = (select(kinds), id.clone()).prop_map(|(kind, id)| Packet::Ack(Ack::new(kind, id)));
    let subscribe = (select(vec!["a", "#", "+/b", "a/#", "$share/g/a"]), 0..0x30_u8, id)
        .prop_map(|(filter, options, id)| Packet::Subscribe(Subscribe::new(id, filter, options)));
    let disconnect = Just(Packet::Disconnect(Disconnect::default()));
    prop_oneof![4 => connect, 8 => publish, 6 => ack, 4 => subscribe, 1 => disconnect]
}

fn event() -> impl Strategy<Value = Event> {
    let conn = 0..4_u64;
    prop_oneof![
        2 => conn.clone().prop_map(Event::Opened),
        2 => (conn.clone(), vec(any::<u8>(), 0..40)).prop_map(|(c, b)| Event::Bytes(c, b)),
        12 => (conn.clone(), packet()).prop_map(|(c, p)| Event::Packet(c, Box::new(p))),
        1 => (conn, any::<bool>()).prop_map(|(c, rst)| Event::Closed(c, rst)),
        1 => (0..4_000_000_u64).prop_map(Event::Later),
    ]
}

/// Plays one event; a connection is opened when it is needed.
fn play(broker: &mut Broker, now_us: &mut u64, alive: &mut [Option<u64>; 4], fresh: &mut u64, event: Event) {
    let open = |broker: &mut Broker, slot: &mut Option<u64>, fresh: &mut u64, now_us: u64| {
        let id = *slot.get_or_insert_with(|| {
            *fresh += 1;
            broker.opened(now_us, ConnId(*fresh));
            *fresh
        });
        ConnId(id)
    };
    match event {
        Event::Opened(c) => {
            open(broker, &mut alive[c as usize], fresh, *now_us);
        }
        Event::Bytes(c, bytes) => {
            let conn = open(broker, &mut alive[c as usize], fresh, *now_us);
            broker.received(*now_us, conn, &bytes);
        }
        Event::Packet(c, packet) => {
            let conn = open(broker, &mut alive[c as usize], fresh, *now_us);
            let version = broker.conns.get(&conn).map_or(Version::V5, |c| c.peer.version);
            broker.received(*now_us, conn, &packet.encode(version).to_bytes());
        }
        Event::Closed(c, rst) => {
            if let Some(id) = alive[c as usize].take() {
                broker.closed(*now_us, ConnId(id), rst);
            }
        }
        Event::Later(us) => {
            *now_us += us;
            broker.tick(*now_us);
        }
    }
    for slot in alive.iter_mut() {
        let gone = slot.is_some_and(|id| !broker.conns.contains_key(&ConnId(id)));
        if gone {
            let id = slot.take().unwrap_or(0);
            broker.closed(*now_us, ConnId(id), false);
        }
    }
}

fn check(broker: &Broker) {
    let limits = &broker.config.limits;
    assert!(broker.conns.len() <= limits.connections);
    assert!(broker.sessions.len() <= limits.sessions);
    let (messages, bytes) = broker.retained.held();
    assert!(messages <= limits.retained_messages && bytes <= limits.retained_bytes);
    for conn in broker.conns.values() {
        assert!(conn.framer.pending().len() <= limits.packet_bytes as usize + 5);
    }
    for session in broker.sessions.values() {
        let (exchanges, queued) = session.outbound.held();
        assert!(exchanges <= usize::from(limits.inflight), "{exchanges} exchanges");
        assert!(queued <= limits.queued_messages);
        assert!(session.outbound.held_bytes() <= limits.queued_bytes);
        assert_eq!(session.outbound.held_bytes(), session.outbound.weighed_bytes());
        assert!(session.inbound.len() <= usize::from(limits.inbound));
        assert!(session.subscriptions.len() <= limits.subscriptions);
    }
    let share = limits.queued_bytes_in_all / limits.sessions;
    // Before the last message it was less, or nobody took more than a share.
    assert!(
        broker.held_bytes() <= limits.queued_bytes_in_all + limits.queued_bytes + limits.sessions * share
    );
    assert!(broker.jobs.len() <= limits.queued_messages);
    assert!(broker.lapses.departed.len() <= 4);
}

fn run(config: Config, events: Vec<Event>) -> Broker {
    let mut broker = Broker::new(config);
    let (mut now_us, mut alive, mut fresh) = (0, [None; 4], 0);
    for event in events {
        play(&mut broker, &mut now_us, &mut alive, &mut fresh, event);
        while broker.poll().is_some() {}
        check(&broker);
    }
    broker
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_events_keep_the_bounds(events in vec(event(), 0..120)) {
        run(Config { limits: tight(), ..Config::default() }, events);
    }

    #[test]
    fn defects_and_variants_keep_them_too(
        events in vec(event(), 0..120),
        defect in select(Defect::ALL.to_vec()),
        variant in select(Variant::ALL.to_vec()),
    ) {
        let config = Config {
            defects: [defect].into(),
            variants: [variant].into(),
            limits: tight(),
            ..Config::default()
        };
        run(config, events);
    }

    #[test]
    fn any_bytes_behind_a_connect_never_panic(bytes in vec(any::<u8>(), 0..400), version in select(vec![Version::V31, Version::V311, Version::V5])) {
        let connect = Packet::from(Connect::new(version, "c"));
        run(Config::default(), vec![Event::Packet(0, Box::new(connect)), Event::Bytes(0, bytes)]);
    }
}

/// The random runs reach every bound: otherwise they would show nothing.
#[test]
fn the_bounds_are_met() {
    use proptest::{strategy::ValueTree, test_runner::TestRunner};

    let mut runner = TestRunner::deterministic();
    let mut met = [false; 6];
    for _ in 0..300 {
        let events = vec(event(), 120).new_tree(&mut runner).expect("events").current();
        let config = Config { limits: tight(), ..Config::default() };
        let mut broker = Broker::new(config);
        let (mut now_us, mut alive, mut fresh) = (0, [None; 4], 0);
        for event in events {
            play(&mut broker, &mut now_us, &mut alive, &mut fresh, event);
            let limits = &broker.config.limits;
            met[0] |= broker.conns.len() == limits.connections;
            met[1] |= broker.sessions.len() == limits.sessions;
            met[2] |= broker.retained.held().0 == limits.retained_messages;
            for session in broker.sessions.values() {
                met[3] |= session.outbound.held().1 >= 1;
                met[4] |= session.inbound.len() == usize::from(limits.inbound);
                met[5] |= session.subscriptions.len() == limits.subscriptions;
            }
        }
    }
    assert_eq!(met, [true; 6], "connections, sessions, retained, queue, inbound, subscriptions");
}

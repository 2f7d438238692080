//! Whatever a history holds, no rule breaks, and the same history gives the same findings.

use deadzone_history::{By, Close, ConnId, Direction, End, HandMade, Purpose, Start};
use deadzone_wire::{
    Ack, AckKind, Bare, Connack, Disconnect, Frame, Packet, Publish, Suback, Subscribe, Unsuback,
    Unsubscribe, Version,
};
use proptest::{collection::vec, prelude::*};

use crate::support::outcomes;

const ACKS: [AckKind; 4] = [AckKind::Puback, AckKind::Pubrec, AckKind::Pubrel, AckKind::Pubcomp];
const TOPICS: [&str; 4] = ["dz1/t", "dz1/u", "x", ""];

#[derive(Clone, Debug)]
enum Deed {
    Connect { client: usize, how: usize, answer: usize },
    Packet { conn: u32, up: bool, kind: usize, id: u16, qos: u8, bits: u8 },
    Raw { conn: u32, up: bool, first: u8, body: Vec<u8> },
    Close { conn: u32, how: usize },
    Time(u64),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        2 => (0usize..2, 0usize..4, 0usize..4).prop_map(|(client, how, answer)| Deed::Connect { client, how, answer }),
        12 => (0u32..6, any::<bool>(), 0usize..8, 0u16..4, 0u8..3, any::<u8>())
            .prop_map(|(conn, up, kind, id, qos, bits)| Deed::Packet { conn, up, kind, id, qos, bits }),
        1 => (0u32..6, any::<bool>(), any::<u8>(), vec(any::<u8>(), 0..12))
            .prop_map(|(conn, up, first, body)| Deed::Raw { conn, up, first, body }),
        2 => (0u32..6, 0usize..5).prop_map(|(conn, how)| Deed::Close { conn, how }),
        1 => any::<u32>().prop_map(|us| Deed::Time(u64::from(us))),
    ]
}

fn packet(kind: usize, id: u16, qos: u8, bits: u8) -> Packet {
    let topic = TOPICS[usize::from(bits >> 6)];
    match kind {
        0..=2 => {
            let payload = vec![b'a' + (bits & 3); usize::from(bits & 4 == 0)];
            let (dup, retain) = (bits & 8 != 0, bits & 16 != 0);
            Publish { dup, retain, ..Publish::new(topic, qos, (qos > 0).then_some(id), payload) }.into()
        }
        3 => Ack { reason: (bits & 4 != 0).then_some(bits), ..Ack::new(ACKS[usize::from(bits & 3)], id) }
            .into(),
        4 => Ack::new(ACKS[usize::from(bits & 3)], id).into(),
        5 if bits & 1 == 0 => Subscribe::new(id, "dz1/+", bits & 0x2f).into(),
        5 => Unsubscribe::new(id, "dz1/+").into(),
        6 if bits & 1 == 0 => Suback::new(id, vec![bits & 0x83; usize::from(bits & 6)]).into(),
        6 => Unsuback::new(id, vec![0]).into(),
        _ if bits & 1 == 0 => Bare::pingresp().into(),
        _ => Disconnect::default().into(),
    }
}

fn connect(h: &mut HandMade, version: Version, (client, how, answer): (usize, usize, usize)) {
    let start = [Start::Clean, Start::Fresh, Start::Resume, Start::ResumeLost][how];
    let connect = h.connect_packet(client, start);
    let conn = h.open(client);
    h.up(conn, connect);
    if answer < 3 {
        h.down(conn, Connack::new(version, answer == 1, u8::from(answer == 2) * 5));
    }
}

fn perform(h: &mut HandMade, version: Version, deed: Deed) {
    let way = |up| if up { Direction::Up } else { Direction::Down };
    match deed {
        Deed::Connect { client, how, answer } => connect(h, version, (client, how, answer)),
        Deed::Packet { conn, up: true, kind, id, qos, bits } => {
            h.up(ConnId(conn), packet(kind, id, qos, bits));
        }
        Deed::Packet { conn, up: false, kind, id, qos, bits } => {
            h.down(ConnId(conn), packet(kind, id, qos, bits));
        }
        Deed::Raw { conn, up, first, body } => {
            h.frame(ConnId(conn), way(up), End::Broker, &Frame::new(first, body), Purpose::Script);
        }
        Deed::Close { conn, how } => {
            let conn = ConnId(conn);
            match how {
                0 => h.cut_rst(conn),
                1 => h.cut_fin(conn),
                2 => h.closed(conn, End::Broker, By::Broker, Close::Rst),
                3 => h.torn(conn, Direction::Down, End::Broker, packet(0, 1, 1, 0), 4),
                _ => h.disconnect(conn),
            };
        }
        Deed::Time(us) => {
            h.pass_us(us);
        }
    }
}

proptest! {
    #[test]
    fn no_rule_breaks(deeds in vec(deed(), 0..120), version in 0usize..3) {
        let version = [Version::V31, Version::V311, Version::V5][version];
        let mut h = HandMade::new(version);
        h.client("a");
        h.client("b");
        for deed in deeds {
            perform(&mut h, version, deed);
        }
        let history = h.finish();
        let first = outcomes(&history);
        for finding in first.iter().flat_map(|o| &o.findings) {
            prop_assert!(finding.evidence.iter().all(|s| *s < history.events.len() as u64));
            prop_assert_eq!(finding.clause.version(), version, "{}", finding.clause);
        }
        let said = |list: &[deadzone_oracle::RuleOutcome]| format!("{list:?}");
        prop_assert_eq!(said(&first), said(&outcomes(&history)));
    }
}

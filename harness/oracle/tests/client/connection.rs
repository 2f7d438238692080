//! How a client begins, keeps and ends a connection.

use deadzone_history::{
    By, Close, Direction, End, EventKind, HandMade, Purpose, Start, Unframable, Unframed,
};
use deadzone_wire::{
    Bare, Connack, Connect, Disconnect, Frame, Packet, PropertyId, PropertyValue, Publish, Version,
};

use crate::support::{BOTH, by, found, graded, kept, legal, limited, message};

#[test]
fn connect_is_the_first_packet() {
    for version in BOTH {
        let mut h = HandMade::new(version);
        let client = h.client("c");
        let conn = h.open(client);
        h.up(conn, Packet::Bare(Bare::pingreq()));
        let history = h.finish();
        let outcomes = deadzone_oracle::obey_as(&history, deadzone_spec::Party::Client);
        let clauses: Vec<_> =
            outcomes.iter().flat_map(|o| &o.findings).map(|f| f.clause.to_string()).collect();
        assert_eq!(clauses, [format!("{version}/MQTT-3.1.0-1")]);

        let (h, _, _) = kept(version);
        legal(h);
    }
}

#[test]
fn nothing_comes_behind_disconnect() {
    for version in BOTH {
        let (mut h, _, conn) = kept(version);
        h.up(conn, Packet::Disconnect(Disconnect::default()));
        h.up(conn, Packet::Bare(Bare::pingreq()));
        found(h, &[("client-handshake", by(version, "MQTT-3.14.4-2", "MQTT-3.14.4-1"))]);

        let (mut h, _, conn) = kept(version);
        h.up(conn, Packet::Bare(Bare::pingreq()));
        h.down(conn, Packet::Bare(Bare::pingresp()));
        h.disconnect(conn);
        legal(h);
    }
}

#[test]
fn a_client_sends_well_formed_packets() {
    for version in BOTH {
        let (mut h, _, conn) = kept(version);
        h.up(conn, Packet::Publish(Publish { dup: true, ..Publish::new("dz1/t", 0, None, "x") }));
        found(h, &[("well-formed", "MQTT-3.3.1-2")]);

        let (mut h, _, conn) = kept(version);
        h.up(conn, message(0, 0, "x"));
        legal(h);
    }
}

#[test]
fn bytes_that_are_no_mqtt_are_no_breach() {
    let mut h = HandMade::new(Version::V311);
    let client = h.client("c");
    let conn = h.open(client);
    // The first bytes of TLS.
    h.frame(conn, Direction::Up, End::Client, &Frame::new(0x16, vec![1, 2, 0]), Purpose::Script);
    let history = h.finish();
    let outcomes = deadzone_oracle::obey_as(&history, deadzone_spec::Party::Client);
    assert!(outcomes.iter().all(|o| o.findings.is_empty()), "{outcomes:#?}");
}

/// What the tap of a link writes of a stream that does not begin with a CONNECT.
fn found_in_a_stream(bytes: Vec<u8>) -> Vec<String> {
    let mut h = HandMade::new(Version::V311);
    let client = h.client("c");
    let conn = h.open(client);
    let (direction, end, why) = (Direction::Up, End::Client, Unframable::NoConnect);
    h.event(EventKind::Unframed(Box::new(Unframed { conn, direction, end, why, bytes: bytes.into() })));
    let outcomes = deadzone_oracle::obey_as(&h.finish(), deadzone_spec::Party::Client);
    outcomes.iter().flat_map(|o| &o.findings).map(|f| f.clause.to_string()).collect()
}

#[test]
fn a_connect_behind_another_packet_shows_that_the_stream_is_mqtt() {
    for version in BOTH {
        let connect = Packet::from(Connect::new(version, "c")).encode(version).to_bytes();
        let stream = |first: Packet| [first.encode(version).to_bytes(), connect.clone()].concat();
        let publish = stream(message(2, 64, "x"));
        assert_eq!(found_in_a_stream(publish.clone()), [format!("{version}/MQTT-3.1.0-1")]);
        let all = [message(0, 0, "y").encode(version).to_bytes(), publish.into()].concat();
        assert_eq!(found_in_a_stream(all), [format!("{version}/MQTT-3.1.0-1")]);
        // A header that is no packet of a client, as PROXY protocol has one.
        assert!(found_in_a_stream([&b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"[..], &connect].concat()).is_empty());
        assert!(found_in_a_stream([&b"\0\0"[..], &connect].concat()).is_empty());
        // Bytes that no CONNECT follows: TLS, a request of HTTP, an overlong length, a CONNECT of no known level.
        assert!(found_in_a_stream(b"\x16\x03\x01\x02\x00\x01\x00\x01".to_vec()).is_empty());
        assert!(found_in_a_stream(b"GET / HTTP/1.1\r\n".to_vec()).is_empty());
        assert!(found_in_a_stream(vec![0x16, 0xff, 0xff, 0xff, 0xff, 0xff]).is_empty());
        assert!(found_in_a_stream(stream(message(0, 0, "x"))[..12].to_vec()).is_empty());
    }
}

/// A connection with a keep-alive of 10 s on which nothing comes for so long.
fn silent(version: Version, us: u64) -> HandMade {
    let mut h = HandMade::new(version);
    let client = h.client("c");
    let connect = Connect { keep_alive_s: 10, ..h.connect_packet(client, Start::Fresh) };
    let conn = h.connect_with(client, connect, Connack::new(version, false, 0));
    h.pass_us(us);
    h.up(conn, Packet::Bare(Bare::pingreq()));
    h.down(conn, Packet::Bare(Bare::pingresp()));
    h
}

#[test]
fn a_keep_alive_is_kept() {
    for version in BOTH {
        let clause = by(version, "MQTT-3.1.2-23", "MQTT-3.1.2-20");
        found(silent(version, 25_000_000), &[("client-keep-alive", clause)]);
        graded(silent(version, 13_000_000), "client-keep-alive", 1);
        legal(silent(version, 10_500_000));
    }
}

#[test]
fn the_servers_keep_alive_counts() {
    let late = |us| {
        let (mut h, conn) = limited(PropertyId::ServerKeepAlive, PropertyValue::U16(5));
        h.pass_us(us);
        h.up(conn, Packet::Bare(Bare::pingreq()));
        h.down(conn, Packet::Bare(Bare::pingresp()));
        h
    };
    found(late(15_000_000), &[("client-keep-alive", "MQTT-3.1.2-20")]);
    legal(late(5_000_000));
}

#[test]
fn a_dead_link_that_is_noticed_late_is_graded() {
    for version in BOTH {
        let close = |us| {
            let (mut h, _, conn) = kept(version);
            h.up_lost(conn, Packet::Bare(Bare::pingreq()));
            h.pass_us(us);
            h.closed(conn, End::Client, By::Harness, Close::Rst);
            h
        };
        graded(close(45_000_000), "client-owed", 1);
        legal(close(5_000_000));
    }
}

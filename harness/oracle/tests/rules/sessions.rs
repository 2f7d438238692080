//! Session Present, and what a session is owed.

use deadzone_history::{Direction, End, HandMade, Purpose, Start};
use deadzone_wire::{Bare, Connack, Disconnect, Frame, Properties, PropertyId, PropertyValue, Version};

use crate::support::{BOTH, by, found, legal, message};

const KEPT: &str = "session-present";

fn expiry(seconds: u32) -> Properties {
    Properties::new().with(PropertyId::SessionExpiryInterval, PropertyValue::U32(seconds))
}

#[test]
fn a_clean_start_has_no_session() {
    for v in BOTH {
        let mut h = HandMade::new(v);
        let c = h.client("c");
        let connect = h.connect_packet(c, Start::Clean);
        h.connect_with(c, connect, Connack::new(v, true, 0));
        found(h, &[(KEPT, by(v, "MQTT-3.2.2-1", "MQTT-3.2.2-2"))]);
    }
}

/// Every way in which a connection ends leaves the session owed.
#[test]
fn a_session_that_this_run_left_is_owed() {
    let ends: [fn(&mut HandMade, deadzone_history::ConnId) -> u64; 5] =
        [HandMade::cut_rst, HandMade::cut_fin, HandMade::cut_silent, HandMade::disconnect, |_, _| 0];
    for v in BOTH {
        for end in ends {
            for (start, kept) in [(Start::Resume, true), (Start::ResumeLost, false)] {
                let mut h = HandMade::new(v);
                let c = h.client("c");
                let conn = h.connect(c, Start::Fresh);
                end(&mut h, conn);
                h.connect(c, start);
                if kept {
                    legal(h);
                } else {
                    found(h, &[(KEPT, by(v, "MQTT-3.2.2-2", "MQTT-3.2.2-3"))]);
                }
            }
        }
    }
}

#[test]
fn a_session_is_not_owed_that_this_run_did_not_leave() {
    for v in BOTH {
        let mut h = HandMade::new(v);
        let c = h.client("c");
        h.connect(c, Start::ResumeLost);
        legal(h);

        let mut h = HandMade::new(v);
        let c = h.client("c");
        h.connect(c, Start::Resume);
        legal(h);
    }
}

#[test]
fn connack_may_end_the_session_with_its_connection() {
    for (seconds, owed) in [(0, false), (600, true)] {
        let mut h = HandMade::new(Version::V5);
        let c = h.client("c");
        let connect = h.connect_packet(c, Start::Fresh);
        let connack = Connack { properties: Some(expiry(seconds)), ..Connack::new(Version::V5, false, 0) };
        let conn = h.connect_with(c, connect, connack);
        h.cut_rst(conn);
        h.connect(c, Start::ResumeLost);
        if owed { found(h, &[(KEPT, "MQTT-3.2.2-3")]) } else { legal(h) }
    }
}

#[test]
fn an_expired_session_is_not_owed_nor_is_one_about_to_expire() {
    for (waits_s, owed) in [(3_000, true), (3_599, false), (4_000, false)] {
        let mut h = HandMade::new(Version::V5);
        let c = h.client("c");
        let conn = h.connect(c, Start::Fresh);
        h.cut_rst(conn);
        h.pass_us(waits_s * 1_000_000);
        h.connect(c, Start::ResumeLost);
        if owed { found(h, &[(KEPT, "MQTT-3.2.2-3")]) } else { legal(h) }
    }
}

#[test]
fn disconnect_may_end_the_session() {
    let mut h = HandMade::new(Version::V5);
    let c = h.client("c");
    let conn = h.connect(c, Start::Fresh);
    let mut disconnect = Disconnect::with_reason(0);
    disconnect.properties = Some(expiry(0));
    h.up(conn, disconnect);
    h.broker_closes(conn);
    h.connect(c, Start::ResumeLost);
    legal(h);
}

#[test]
fn a_clean_start_that_was_never_answered_leaves_both_open() {
    for v in BOTH {
        for (start, closed) in [
            (Start::Resume, true),
            (Start::ResumeLost, true),
            (Start::Resume, false),
            (Start::ResumeLost, false),
        ] {
            let mut h = HandMade::new(v);
            let c = h.client("c");
            let conn = h.connect(c, Start::Fresh);
            h.subscribe(conn, 1, "dz1/#", 2);
            h.down(conn, message(1, 1, "in flight"));
            h.cut_rst(conn);
            let half = h.open(c);
            let connect = h.connect_packet(c, Start::Clean);
            h.up(half, connect);
            if closed {
                h.cut_rst(half);
            }
            let conn = h.connect(c, start);
            // Were the old exchange certain, this id would be in use.
            h.down(conn, message(1, 1, "another"));
            if start == Start::Resume {
                legal(h);
            } else {
                // A new session holds no subscription, unless CONNECTs of the same client crossed.
                let wrong = [("topic-matches", "MQTT-3.3.2-3")];
                if closed { found(h, &wrong) } else { legal(h) }
            }
        }
    }
}

#[test]
fn a_clean_session_that_was_closed_is_gone() {
    for v in BOTH {
        for (drained, gone) in [(true, true), (false, false)] {
            let mut h = HandMade::new(v);
            let c = h.client("c");
            let conn = h.connect(c, Start::Clean);
            if drained {
                h.disconnect(conn);
                h.pass_us(2_000_000);
            }
            h.connect(c, Start::Resume);
            if gone { found(h, &[(KEPT, "MQTT-3.2.2-3")]) } else { legal(h) }
        }
    }
}

#[test]
fn another_version_of_the_protocol_owes_nothing() {
    let mut h = HandMade::new(Version::V311);
    let c = h.client("c");
    let conn = h.connect(c, Start::Fresh);
    h.cut_rst(conn);
    let info = h.header().clients[c.index()].clone();
    let c5 = h.client_with(deadzone_history::ClientInfo { version: Version::V5, ..info });
    h.connect(c5, Start::ResumeLost);
    legal(h);
}

#[test]
fn a_new_session_has_none_of_the_old_ones_state() {
    for v in BOTH {
        let mut h = HandMade::new(v);
        let c = h.client("c");
        let conn = h.connect(c, Start::Fresh);
        h.subscribe(conn, 1, "dz1/#", 1);
        h.disconnect(conn);
        let conn = h.connect(c, Start::Clean);
        h.down(conn, message(0, 0, "leak"));
        found(h, &[("topic-matches", "MQTT-3.3.2-3")]);
    }
}

#[test]
fn a_client_that_broke_the_protocol_is_owed_nothing() {
    for v in BOTH {
        let mut h = HandMade::new(v);
        let c = h.client("c");
        let conn = h.connect(c, Start::Fresh);
        let again = h.connect_packet(c, Start::Fresh);
        h.up(conn, again);
        h.broker_closes(conn);
        h.connect(c, Start::ResumeLost);
        legal(h);
    }
}

#[test]
fn whatever_breaks_the_protocol_ends_the_debt() {
    for v in BOTH {
        // Malformed bytes on the connection before.
        let mut h = HandMade::new(v);
        let c = h.client("c");
        let conn = h.connect(c, Start::Fresh);
        let qos_3 = Frame::new(0x36, &b"\0\x05dz1/t\0\x01"[..]);
        h.frame(conn, Direction::Up, End::Broker, &qos_3, Purpose::Script);
        h.broker_closes(conn);
        h.connect(c, Start::ResumeLost);
        legal(h);

        // Something before CONNECT on this one.
        let mut h = HandMade::new(v);
        let c = h.client("c");
        let conn = h.connect(c, Start::Fresh);
        h.cut_rst(conn);
        let conn = h.open(c);
        h.up(conn, Bare::pingreq());
        let connect = h.connect_packet(c, Start::Resume);
        h.up(conn, connect);
        h.down(conn, Connack::new(v, false, 0));
        legal(h);
    }
}

//! What a client publishes, and publishes again.

use deadzone_history::{By, Close, End, HandMade, Start};
use deadzone_wire::{Connack, Packet, Version};

use crate::support::{
    BOTH, again, by, found, graded, kept, legal, message, puback, pubcomp, pubrec, pubrel, resumed,
};

#[test]
fn an_id_in_use_is_not_taken_again() {
    for version in BOTH {
        let (mut h, _, conn) = kept(version);
        h.up(conn, message(1, 1, "a"));
        h.up(conn, message(1, 1, "b"));
        found(h, &[("client-exchange", by(version, "MQTT-2.3.1-2", "MQTT-2.2.1-3"))]);

        let (mut h, _, conn) = kept(version);
        h.publish(conn, "dz1/t", 1, 1, "a");
        h.publish(conn, "dz1/t", 1, 1, "b");
        h.publish(conn, "dz1/t", 1, 1, "b");
        legal(h);
    }
}

#[test]
fn a_live_connection_sees_no_resend_in_5_0() {
    for version in BOTH {
        let (mut h, _, conn) = kept(version);
        h.up(conn, message(1, 1, "a"));
        h.up(conn, again(1, 1, "a"));
        h.down(conn, puback(1));
        match version {
            Version::V5 => found(h, &[("client-exchange", "MQTT-4.4.0-1")]),
            _ => legal(h),
        }
    }
}

#[test]
fn a_resend_has_dup() {
    for version in BOTH {
        let (mut h, client, conn) = kept(version);
        for (id, text) in [(1, "a"), (2, "b")] {
            h.up(conn, message(1, id, text));
        }
        h.cut_rst(conn);
        let conn = resumed(&mut h, client);
        h.up(conn, again(1, 1, "a"));
        h.up(conn, message(1, 2, "b"));
        found(h, &[("client-exchange", "MQTT-3.3.1-1")]);

        let (mut h, client, conn) = kept(version);
        h.up(conn, message(1, 1, "a"));
        h.cut_rst(conn);
        let conn = resumed(&mut h, client);
        h.up(conn, again(1, 1, "a"));
        h.down(conn, puback(1));
        legal(h);
    }
}

#[test]
fn who_goes_on_where_it_stopped_knows_of_its_session() {
    for version in BOTH {
        let cut = || {
            let (mut h, client, conn) = kept(version);
            h.publish(conn, "dz1/t", 1, 1, "a");
            h.up(conn, message(1, 2, "b"));
            h.cut_rst(conn);
            let conn = resumed(&mut h, client);
            (h, conn)
        };
        let (mut h, conn) = cut();
        h.up(conn, message(1, 2, "b"));
        found(h, &[("client-exchange", "MQTT-3.3.1-1")]);

        // A program that was started anew says all of it again.
        let (mut h, conn) = cut();
        h.publish(conn, "dz1/t", 1, 1, "a");
        h.up(conn, message(1, 2, "b"));
        graded(h, "client-exchange", 1);
    }
}

#[test]
fn a_program_that_was_started_anew_is_not_blamed_for_what_it_cannot_know() {
    for version in BOTH {
        let (mut h, client, conn) = kept(version);
        h.up(conn, message(1, 1, "a"));
        h.cut_rst(conn);
        let conn = resumed(&mut h, client);
        h.up(conn, message(1, 1, "b"));
        graded(h, "client-exchange", 1);
    }
}

#[test]
fn what_is_sent_before_the_connack_belongs_to_the_session() {
    for version in BOTH {
        let early = |id| {
            let mut h = HandMade::new(version);
            let client = h.client("c");
            let conn = h.open(client);
            let connect = h.connect_packet(client, Start::Fresh);
            h.up(conn, connect);
            h.up(conn, message(1, 1, "a"));
            h.down(conn, Packet::Connack(Connack::new(version, false, 0)));
            h.up(conn, message(1, id, "b"));
            h.down(conn, puback(1));
            h.up(conn, message(1, 1, "c"));
            h
        };
        found(early(1), &[("client-exchange", by(version, "MQTT-2.3.1-2", "MQTT-2.2.1-3"))]);
        legal(early(2));
    }
}

#[test]
fn resends_come_in_the_order_of_the_first_copies() {
    for version in BOTH {
        let cut = || {
            let (mut h, client, conn) = kept(version);
            h.up(conn, message(1, 1, "a"));
            h.up(conn, message(2, 2, "b"));
            h.cut_rst(conn);
            let conn = resumed(&mut h, client);
            (h, conn)
        };
        let (mut h, conn) = cut();
        h.up(conn, again(2, 2, "b"));
        h.up(conn, again(1, 1, "a"));
        found(h, &[("client-resend-order", "MQTT-4.6.0-1")]);

        let (mut h, conn) = cut();
        h.up(conn, again(1, 1, "a"));
        h.up(conn, again(2, 2, "b"));
        legal(h);
    }
}

#[test]
fn without_a_session_5_0_resends_nothing_and_3_1_1_does() {
    for version in BOTH {
        let lost = || {
            let (mut h, client, conn) = kept(version);
            h.up(conn, message(1, 1, "a"));
            h.cut_rst(conn);
            let conn = h.connect(client, Start::ResumeLost);
            (h, conn)
        };
        let (mut h, conn) = lost();
        h.up(conn, again(1, 1, "a"));
        match version {
            Version::V5 => found(h, &[("client-exchange", "MQTT-3.2.2-5")]),
            _ => legal(h),
        }

        // A new exchange with DUP 0 is a new message.
        let (mut h, conn) = lost();
        h.publish(conn, "dz1/t", 1, 1, "a");
        legal(h);
    }
}

#[test]
fn a_session_that_the_record_did_not_see_begin_is_not_judged() {
    for version in BOTH {
        let mut h = HandMade::new(version);
        let client = h.client("c");
        let conn = resumed(&mut h, client);
        h.up(conn, again(1, 7, "from before"));
        h.up(conn, pubrel(9));
        h.up(conn, puback(11));
        legal(h);
    }
}

#[test]
fn a_publish_does_not_follow_its_pubrel() {
    for version in BOTH {
        let (mut h, client, conn) = kept(version);
        h.up(conn, message(2, 1, "a"));
        h.down(conn, pubrec(1));
        h.up(conn, pubrel(1));
        h.cut_rst(conn);
        let conn = resumed(&mut h, client);
        h.up(conn, again(2, 1, "a"));
        found(h, &[("client-exchange", by(version, "MQTT-4.3.3-1", "MQTT-4.3.3-6"))]);

        let (mut h, client, conn) = kept(version);
        h.up(conn, message(2, 1, "a"));
        h.down(conn, pubrec(1));
        h.up(conn, pubrel(1));
        h.cut_rst(conn);
        let conn = resumed(&mut h, client);
        h.up(conn, pubrel(1));
        h.down(conn, pubcomp(1));
        legal(h);
    }
}

#[test]
fn a_pubrec_that_reached_the_client_may_be_unread() {
    for version in BOTH {
        let (mut h, client, conn) = kept(version);
        h.up(conn, message(2, 1, "a"));
        h.down(conn, pubrec(1));
        h.cut_rst(conn);
        let conn = resumed(&mut h, client);
        h.up(conn, again(2, 1, "a"));
        legal(h);
    }
}

#[test]
fn pubrel_answers_pubrec() {
    for version in BOTH {
        let (mut h, _, conn) = kept(version);
        h.up(conn, message(2, 1, "a"));
        h.up(conn, pubrel(1));
        found(h, &[("client-pubrel", by(version, "MQTT-4.3.3-1", "MQTT-4.3.3-4"))]);

        let (mut h, _, conn) = kept(version);
        h.up(conn, pubrel(1));
        found(h, &[("client-pubrel", by(version, "MQTT-2.3.1-6", "MQTT-2.2.1-5"))]);

        let (mut h, _, conn) = kept(version);
        h.publish(conn, "dz1/t", 2, 1, "a");
        legal(h);
    }
}

#[test]
fn what_is_not_sent_again_is_graded() {
    for version in BOTH {
        let (mut h, client, conn) = kept(version);
        h.up(conn, message(1, 1, "a"));
        h.cut_rst(conn);
        let conn = resumed(&mut h, client);
        h.pass_us(30_000_000);
        h.closed(conn, End::Client, By::Harness, Close::Fin);
        graded(h, "client-owed", 1);
    }
}

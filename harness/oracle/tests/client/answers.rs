//! What a client answers, and in which order.

use deadzone_history::{By, Close, End, Start};

use crate::support::{BOTH, by, found, graded, kept, legal, message, puback, pubrec, pubrel, resumed};

#[test]
fn pubacks_come_in_the_order_of_the_messages() {
    for version in BOTH {
        let (mut h, _, conn) = kept(version);
        h.down(conn, message(1, 1, "a"));
        h.down(conn, message(1, 2, "b"));
        h.up(conn, puback(2));
        h.up(conn, puback(1));
        found(h, &[("client-answer-order", "MQTT-4.6.0-2")]);

        let (mut h, _, conn) = kept(version);
        h.down(conn, message(1, 1, "a"));
        h.down(conn, message(2, 2, "b"));
        h.up(conn, pubrec(2));
        h.up(conn, puback(1));
        legal(h);
    }
}

#[test]
fn pubrecs_come_in_the_order_of_the_messages() {
    for version in BOTH {
        let (mut h, _, conn) = kept(version);
        h.down(conn, message(2, 1, "a"));
        h.down(conn, message(2, 2, "b"));
        h.up(conn, pubrec(2));
        found(h, &[("client-answer-order", "MQTT-4.6.0-3")]);

        let (mut h, _, conn) = kept(version);
        h.deliver(conn, "dz1/t", 2, 1, "a");
        h.deliver(conn, "dz1/t", 2, 2, "b");
        legal(h);
    }
}

#[test]
fn pubrels_come_in_the_order_of_the_pubrecs() {
    for version in BOTH {
        let begun = || {
            let (mut h, _, conn) = kept(version);
            h.up(conn, message(2, 1, "a"));
            h.up(conn, message(2, 2, "b"));
            h.down(conn, pubrec(2));
            h.down(conn, pubrec(1));
            (h, conn)
        };
        let (mut h, conn) = begun();
        h.up(conn, pubrel(1));
        h.up(conn, pubrel(2));
        found(h, &[("client-answer-order", "MQTT-4.6.0-4")]);

        let (mut h, conn) = begun();
        h.up(conn, pubrel(2));
        h.up(conn, pubrel(1));
        legal(h);
    }
}

#[test]
fn an_acknowledgement_answers_something() {
    for version in BOTH {
        let (mut h, _, conn) = kept(version);
        h.up(conn, puback(5));
        found(h, &[("client-acknowledgements", by(version, "MQTT-2.3.1-6", "MQTT-2.2.1-5"))]);

        let (mut h, _, conn) = kept(version);
        h.down(conn, message(2, 5, "a"));
        h.up(conn, puback(5));
        found(h, &[("client-acknowledgements", "MQTT-3.3.4-1")]);

        let (mut h, _, conn) = kept(version);
        h.deliver(conn, "dz1/t", 1, 5, "a");
        h.deliver(conn, "dz1/t", 2, 5, "b");
        legal(h);
    }
}

#[test]
fn an_acknowledgement_may_come_on_the_next_connection() {
    for version in BOTH {
        let (mut h, client, conn) = kept(version);
        h.down(conn, message(1, 5, "a"));
        h.cut_rst(conn);
        let conn = resumed(&mut h, client);
        h.up(conn, puback(5));
        graded(h, "client-acknowledgements", 1);

        let (mut h, client, conn) = kept(version);
        h.down(conn, message(1, 5, "a"));
        h.cut_rst(conn);
        let conn = h.connect(client, Start::ResumeLost);
        h.up(conn, puback(5));
        graded(h, "client-acknowledgements", 1);
    }
}

#[test]
fn silence_alone_is_graded_with_its_seconds() {
    for version in BOTH {
        let wait = |us| {
            let (mut h, _, conn) = kept(version);
            h.down(conn, message(1, 5, "a"));
            h.pass_us(us);
            h.closed(conn, End::Client, By::Harness, Close::Fin);
            h
        };
        graded(wait(40_000_000), "client-owed", 1);
        legal(wait(1_000_000));
    }
}

/// The deviation of a broker frees the client: its answers to what is illegal are not judged.
#[test]
fn behind_an_illegal_packet_of_the_broker_nothing_is_judged() {
    for version in BOTH {
        let (mut h, _, conn) = kept(version);
        h.down(conn, message(1, 1, "a"));
        h.down(conn, message(1, 1, "b"));
        h.up(conn, puback(9));
        legal(h);
    }
}

//! What the harness's own client shows of a broker's life, beside the silence of another.

use deadzone_history::{By, Close, End, Ended, HandMade, HowOften, Purpose, Start};
use deadzone_oracle::judge;
use deadzone_verdict::VerdictKind;
use deadzone_wire::{Disconnect, Packet};

use crate::{
    causes::waits,
    told::{BOTH, Pair, TOPIC, message},
};

/// A message does not come, and the broker throws out the harness's own client too: nothing shows that it still routes.
#[test]
fn row_a_a_silence_is_no_proof_where_the_harness_is_thrown_out_as_well() {
    for version in BOTH {
        for routes in [true, false] {
            let Pair { mut h, publisher, sub, subscriber } = Pair::new(version);
            let claims = [
                h.receives(sub, &["one"], HowOften::AtLeastOnce),
                waits(&mut h, sub, subscriber, "one", &[]),
            ];
            h.publish(publisher, TOPIC, 1, 1, "one");
            let (own, _) = h.routing_pair("dz1/pair");
            if !routes {
                h.broker_closes(own);
            }
            h.pass_us(60_000_000).life(subscriber);
            for claim in claims {
                h.unmet(claim, 60_000_000, Ended::LongBound, None);
            }
            let wanted = if routes { VerdictKind::Fail } else { VerdictKind::Inconclusive };
            let verdict = judge(&h.finish());
            assert_eq!(verdict.kind, wanted, "{version} {verdict:#?}");
        }
    }
}

/// The same, and another pair exchanges a message behind that: the broker routes. What the harness left by itself shows nothing.
#[test]
fn row_b_a_pair_that_is_served_later_shows_that_the_broker_routes() {
    type Own = fn(&mut HandMade);
    let thrown_out_then_served: Own = |h| {
        let (own, _) = h.routing_pair("dz1/pair");
        h.broker_closes(own);
        h.routing_pair("dz1/pair2");
    };
    let left: Own = |h| {
        let (own, _) = h.routing_pair("dz1/pair");
        h.up_for(Purpose::Polite, own, Packet::Disconnect(Disconnect::default()));
        h.broker_closes(own);
    };
    for version in BOTH {
        for own in [thrown_out_then_served, left] {
            let Pair { mut h, publisher, sub, subscriber } = Pair::new(version);
            let claims = [
                h.receives(sub, &["one"], HowOften::AtLeastOnce),
                waits(&mut h, sub, subscriber, "one", &[]),
            ];
            h.publish(publisher, TOPIC, 1, 1, "one");
            own(&mut h);
            h.pass_us(60_000_000).life(subscriber);
            for claim in claims {
                h.unmet(claim, 60_000_000, Ended::LongBound, None);
            }
            let verdict = judge(&h.finish());
            assert_eq!(verdict.kind, VerdictKind::Fail, "{version} {verdict:#?}");
        }
    }
}

/// What is proven by packets stands whatever became of the harness's own client: a publisher that was thrown out, and a resend
/// that is owed to the session.
#[test]
fn row_b_what_is_proven_stands_beside_a_harness_that_is_thrown_out() {
    for version in BOTH {
        for received in [true, false] {
            for resend in [true, false] {
                let Pair { mut h, publisher, sub, subscriber } = Pair::new(version);
                let mut conn = subscriber;
                if resend {
                    h.publish(publisher, TOPIC, 1, 1, "one");
                    h.down_lost(subscriber, message(1, 1, "one"));
                    h.cut_silent(subscriber);
                    conn = h.connect(sub, Start::Resume);
                }
                let claim = if received {
                    h.receives(sub, &["one"], HowOften::AtLeastOnce)
                } else {
                    waits(&mut h, sub, conn, "one", &[])
                };
                if !resend {
                    h.up(publisher, message(0, 1, "one"));
                    h.broker_closes(publisher);
                    h.closed(publisher, End::Client, By::Broker, Close::Fin);
                }
                let (own, _) = h.routing_pair("dz1/pair");
                h.broker_closes(own);
                h.pass_us(60_000_000).life(conn);
                h.unmet(claim, 60_000_000, Ended::LongBound, None);
                let verdict = judge(&h.finish());
                assert_eq!(verdict.kind, VerdictKind::Fail, "{version} {received} {resend} {verdict:#?}");
            }
        }
    }
}

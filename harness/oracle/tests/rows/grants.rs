//! What is judged behind a lower grant than was asked for.

use deadzone_history::{ConnId, Ended, HandMade, HowOften, Start};
use deadzone_oracle::{Judge, judge};
use deadzone_verdict::VerdictKind;
use deadzone_wire::{Field, PacketKind, Suback, Subscribe, Version};

use crate::{
    told::{BOTH, TOPIC, message},
    wait::{arrival, with},
};

/// Behind a lower grant a claim that needs no more is judged, and one that needs more is not applicable.
#[test]
fn row_a8_only_what_needs_more_than_was_granted_is_not_applicable() {
    for version in BOTH {
        for (qos, wanted) in [(1, VerdictKind::Pass), (0, VerdictKind::Pass), (2, VerdictKind::NotApplicable)]
        {
            for comes in [true, false] {
                let mut h = HandMade::new(version);
                let (s, p) = (h.client("sub"), h.client("pub"));
                let (conn, publisher) = (h.connect(s, Start::Clean), h.connect(p, Start::Clean));
                h.step("sub subscribe qos=2");
                h.up(conn, Subscribe::new(1, "dz1/#", 2));
                let claim = arrival(&mut h, conn, vec![with(PacketKind::Suback, &[])], false, true);
                let seen = h.down(conn, Suback::new(1, vec![1]));
                h.met(claim, &[seen]);
                h.publish(publisher, TOPIC, qos, 1, "once");
                h.step("sub <- PUBLISH");
                let of = [(Field::Qos, u32::from(qos))];
                let claim = arrival(&mut h, conn, vec![with(PacketKind::Publish, &of)], false, false);
                if comes {
                    let seen = h.deliver(conn, TOPIC, qos.min(1), 1, "once");
                    match qos {
                        2 => h.unmet(claim, 1_000, Ended::Mismatch, Some(seen)),
                        _ => h.met(claim, &[seen]),
                    };
                } else {
                    h.pass_us(60_000_000).life(conn);
                    h.unmet(claim, 60_000_000, Ended::LongBound, None);
                }
                let verdict = judge(&h.finish());
                let wanted = match (comes, qos) {
                    (true, _) => wanted,
                    // A message of QoS 1 is owed under the grant of 1.
                    (false, 1) => VerdictKind::Fail,
                    // One of QoS 0 may be lost, whatever was granted.
                    (false, 0) => VerdictKind::Inconclusive,
                    (false, _) => VerdictKind::NotApplicable,
                };
                assert_eq!(verdict.kind, wanted, "{version} {qos} {comes}: {verdict:#?}");
            }
        }
    }
}

/// A subscriber that asked for one QoS and was granted another, which the script did not ask about; and a publisher.
fn granted(version: Version, asked: u8, granted: u8) -> (HandMade, ConnId, ConnId) {
    let mut h = HandMade::new(version);
    let (s, p) = (h.client("sub"), h.client("pub"));
    let (conn, publisher) = (h.connect(s, Start::Clean), h.connect(p, Start::Clean));
    h.step("sub subscribe");
    h.up(conn, Subscribe::new(1, "dz1/#", asked));
    let claim = arrival(&mut h, conn, vec![with(PacketKind::Suback, &[])], false, true);
    let seen = h.down(conn, Suback::new(1, vec![granted]));
    h.met(claim, &[seen]);
    (h, conn, publisher)
}

/// What did not come about for a reason of its own is no doing of the grant.
#[test]
fn row_a_what_has_another_reason_than_the_grant_is_inconclusive_behind_it() {
    for version in BOTH {
        for (code, why) in
            [(1, Ended::Patience), (2, Ended::Patience), (1, Ended::Starved), (2, Ended::Starved)]
        {
            let (mut h, _, publisher) = granted(version, 2, code);
            h.step("pub <- PUBACK");
            h.up(publisher, message(1, 1, "once"));
            let claim = arrival(&mut h, publisher, vec![with(PacketKind::Puback, &[])], false, false);
            h.pass_us(10_000_000).life(publisher);
            h.unmet(claim, 10_000_000, why, None);
            let verdict = judge(&h.finish());
            assert_eq!(verdict.kind, VerdictKind::Inconclusive, "{version} {code} {why}: {verdict:#?}");
        }
    }
}

/// A record that was cut off says so.
#[test]
fn row_a_a_record_that_is_cut_off_behind_a_grant_is_inconclusive() {
    for version in BOTH {
        let history = granted(version, 2, 1).0.finish();
        let mut judge = Judge::new(&history.header);
        history.events.iter().for_each(|event| judge.observe(event));
        let verdict = judge.finish_cut_off("the record is cut off");
        assert_eq!(verdict.kind, VerdictKind::Inconclusive, "{verdict:#?}");
        assert_eq!(verdict.reason.as_deref(), Some("the record is cut off"));
    }
}

/// A message that a grant of QoS 0 leaves out is not owed, and the claim that waits for it is not applicable. Where no more was
/// asked for, the script has it from itself.
#[test]
fn row_a_what_a_grant_of_qos_0_leaves_out_is_not_applicable() {
    for version in BOTH {
        for (asked, wanted) in [(1, VerdictKind::NotApplicable), (0, VerdictKind::Inconclusive)] {
            let (mut h, conn, publisher) = granted(version, asked, 0);
            h.publish(publisher, TOPIC, 1, 1, "once");
            h.step("expect sub receives");
            let claim = h.receives(deadzone_history::ClientIx(0), &["once"], HowOften::AtLeastOnce);
            h.pass_us(60_000_000).life(conn);
            h.unmet(claim, 60_000_000, Ended::LongBound, None);
            let verdict = judge(&h.finish());
            assert_eq!(verdict.kind, wanted, "{version} {asked}: {verdict:#?}");
        }
    }
}

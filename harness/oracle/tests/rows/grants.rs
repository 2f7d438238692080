//! What is judged behind a lower grant than was asked for.

use deadzone_history::{Ended, HandMade, Start};
use deadzone_oracle::judge;
use deadzone_verdict::VerdictKind;
use deadzone_wire::{Field, PacketKind, Suback, Subscribe};

use crate::{
    told::{BOTH, TOPIC},
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
                    (false, _) => VerdictKind::NotApplicable,
                };
                assert_eq!(verdict.kind, wanted, "{version} {qos} {comes}: {verdict:#?}");
            }
        }
    }
}

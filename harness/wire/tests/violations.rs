//! Which clause each fault breaks, in each version, and at which byte. One line is one packet.

mod support;

use deadzone_wire::{
    Sender::{self, Client, Server},
    Version::{self, V5, V31, V311},
};
use support::decode_hex;

/// A packet in hex, how it is read, and the clauses (without their version) with offsets.
type Case<'a> = (&'a str, Version, Sender, &'a [(&'a str, usize)]);

/// Asserts the clauses (without their version) and offsets of each packet.
fn check(cases: &[Case<'_>]) {
    for (bytes, version, sender, wanted) in cases {
        let found = decode_hex(bytes, *version, *sender).violations;
        let found: Vec<_> = found.iter().map(|v| (v.clause, v.offset)).collect();
        let wanted: Vec<_> = wanted.iter().map(|(clause, at)| (format!("{version}/{clause}"), *at)).collect();
        let found_text: Vec<_> = found.iter().map(|(clause, at)| (clause.to_string(), *at)).collect();
        assert_eq!(found_text, wanted, "{bytes} as {version} from {sender:?}");
    }
}

#[test]
fn fixed_header() {
    check(&[
        ("60 02 0007", V311, Client, &[("MQTT-3.6.1-1", 0)]),
        ("60 02 0007", V5, Client, &[("MQTT-3.6.1-1", 0)]),
        ("60 02 0007", V31, Client, &[("DZ-fixed-header-flags", 0)]),
        ("6a 02 0007", V31, Client, &[]),
        ("6a 02 0007", V311, Client, &[("MQTT-3.6.1-1", 0)]),
        ("8a 06 0007 0001 61 00", V31, Client, &[]),
        ("80 06 0007 0001 61 00", V311, Client, &[("MQTT-3.8.1-1", 0)]),
        ("a0 06 0007 00 0001 61", V5, Client, &[("MQTT-3.10.1-1", 0)]),
        ("41 02 0007", V311, Server, &[("MQTT-2.2.2-1", 0)]),
        ("41 02 0007", V5, Server, &[("MQTT-2.1.3-1", 0)]),
        ("41 02 0007", V31, Server, &[]),
        ("e4 00", V5, Client, &[("MQTT-3.14.1-1", 0)]),
        ("f1 06 18 04 15 0001 61", V5, Client, &[("MQTT-3.15.1-1", 0)]),
        ("c0 80 00", V311, Client, &[]),
        ("c0 80 00", V5, Client, &[("MQTT-1.5.5-1", 0)]),
        ("00 00", V311, Client, &[("DZ-forbidden-type", 0)]),
        ("f0 00", V311, Client, &[("DZ-forbidden-type", 0)]),
        ("f0 00", V31, Server, &[("DZ-forbidden-type", 0)]),
        ("f0 00", V5, Server, &[]),
    ]);
}

#[test]
fn who_sends_what() {
    check(&[
        ("c0 00", V311, Server, &[("DZ-wrong-sender", 0)]),
        ("d0 00", V5, Client, &[("DZ-wrong-sender", 0)]),
        ("20 02 00 00", V311, Client, &[("DZ-wrong-sender", 0)]),
        ("e0 00", V311, Server, &[("DZ-wrong-sender", 0)]),
        ("e0 01 8b", V5, Server, &[]),
        ("e0 01 8b", V5, Client, &[("DZ-reason-of-other-party", 0)]),
        ("e0 01 04", V5, Server, &[("DZ-reason-of-other-party", 0)]),
        ("e0 07 8b 05 11 00000001", V5, Server, &[("MQTT-3.14.2-2", 2)]),
        ("e0 07 00 05 11 00000001", V5, Client, &[]),
        ("30 06 0001 61 02 0b 01", V5, Server, &[]),
        ("30 06 0001 61 02 0b 01", V5, Client, &[("MQTT-3.3.4-6", 4)]),
    ]);
}

#[test]
fn publish() {
    check(&[
        ("36 05 0001 61 0007", V311, Client, &[("MQTT-3.3.1-4", 0)]),
        ("36 05 0001 61 0007", V31, Client, &[("DZ-publish-qos3", 0)]),
        ("38 03 0001 61", V311, Server, &[("MQTT-3.3.1-2", 0)]),
        ("38 04 0001 61 00", V5, Server, &[("MQTT-3.3.1-2", 0)]),
        ("32 05 0001 61 0000", V311, Client, &[("MQTT-2.3.1-1", 3)]),
        ("32 06 0001 61 0000 00", V5, Client, &[("MQTT-2.2.1-3", 3)]),
        ("32 06 0001 61 0000 00", V5, Server, &[("MQTT-2.2.1-4", 3)]),
        ("30 05 0003 61 c328", V311, Client, &[("MQTT-1.5.3-1", 3)]),
        ("30 06 0003 61 eda0 00", V5, Client, &[("MQTT-1.5.4-1", 3)]),
        ("30 06 0004 61 62 00 63", V311, Client, &[("MQTT-1.5.3-2", 4)]),
        ("30 06 0004 61 62 00 63", V31, Client, &[("DZ-nul-in-topic", 4)]),
        ("30 05 0003 61 2f 2b", V311, Client, &[("MQTT-3.3.2-2", 4)]),
        ("30 06 0003 61 2f 23 00", V5, Server, &[("MQTT-3.3.2-2", 4)]),
        ("30 02 0000", V311, Client, &[("MQTT-4.7.3-1", 0)]),
        ("30 03 0000 00", V5, Client, &[("MQTT-4.7.3-1", 0)]),
        ("30 06 0000 03 23 0001", V5, Client, &[]),
        ("30 06 0000 03 23 0000", V5, Client, &[("MQTT-3.3.2-8", 4)]),
        ("30 05 0001 61 80 00", V5, Client, &[("MQTT-1.5.5-1", 3)]),
        ("30 08 0001 61 ff ff ff ff 01", V5, Client, &[("DZ-overlong-varint", 3)]),
        ("30 04 0001 61 05", V5, Client, &[("DZ-truncated", 3)]),
        ("30 03 0009 61", V311, Client, &[("DZ-truncated", 0)]),
        ("32 03 0001 61", V311, Client, &[("DZ-truncated", 3)]),
    ]);
}

#[test]
fn properties() {
    check(&[
        ("30 06 0001 61 02 01 01", V5, Client, &[]),
        ("30 06 0001 61 02 01 02", V5, Client, &[("DZ-property-range", 5)]),
        ("30 08 0001 61 04 01 01 01 00", V5, Client, &[("DZ-repeated-property", 6)]),
        ("30 06 0001 61 02 24 01", V5, Client, &[("DZ-property-not-allowed", 4)]),
        ("30 06 0001 61 02 7f 01", V5, Client, &[("DZ-unknown-property", 4)]),
        ("30 06 0001 61 02 02 01", V5, Client, &[("DZ-truncated", 5)]),
        ("30 07 0001 61 03 81 00 01", V5, Client, &[("MQTT-1.5.5-1", 4)]),
        ("30 0a 0001 61 06 08 0003 612f23", V5, Client, &[("MQTT-3.3.2-14", 9)]),
        ("30 07 0001 61 03 08 0000", V5, Client, &[("MQTT-4.7.3-1", 7)]),
        ("30 0b 0001 61 07 26 0001 ff 0001 00", V5, Client, &[("MQTT-1.5.7-1", 7), ("MQTT-1.5.7-1", 10)]),
        ("30 0e 0001 61 0a 26 0000 0000 26 0000 0000", V5, Client, &[]),
        ("30 08 0001 61 04 0b 01 0b 02", V5, Server, &[]),
        ("82 0b 0001 04 0b 01 0b 02 0001 61 00", V5, Client, &[("DZ-repeated-property", 5)]),
        ("82 09 0001 02 0b 00 0001 61 00", V5, Client, &[("DZ-property-range", 4)]),
        ("20 06 00 00 03 21 0000", V5, Server, &[("DZ-property-range", 4)]),
        ("20 08 00 00 05 27 00000000", V5, Server, &[("DZ-property-range", 4)]),
        ("20 05 00 00 02 24 02", V5, Server, &[("DZ-property-range", 4)]),
        ("20 07 00 00 04 16 0001 61", V5, Server, &[("DZ-authentication-data-alone", 2)]),
        ("f0 02 18 00", V5, Client, &[("DZ-authentication-method-absent", 1)]),
    ]);
}

#[test]
fn acknowledgements() {
    check(&[
        ("40 02 0000", V311, Server, &[("DZ-zero-id-in-answer", 0)]),
        ("40 03 0007 92", V5, Server, &[("MQTT-3.4.2-1", 2)]),
        ("50 03 0007 92", V5, Server, &[("MQTT-3.5.2-1", 2)]),
        ("62 03 0007 10", V5, Server, &[("MQTT-3.6.2-1", 2)]),
        ("70 03 0007 80", V5, Server, &[("MQTT-3.7.2-1", 2)]),
        ("70 04 0007 92 00", V5, Server, &[]),
        ("50 03 0007 10", V5, Client, &[("DZ-reason-of-other-party", 2)]),
        ("70 05 0007 00 00 01", V5, Server, &[("DZ-trailing-bytes", 4)]),
        ("70 03 0007 00", V311, Server, &[("DZ-trailing-bytes", 2)]),
        ("70 03 0007 00", V31, Server, &[("DZ-trailing-bytes", 2)]),
        ("70 01 00", V311, Server, &[("DZ-truncated", 0)]),
        ("d0 01 00", V311, Server, &[("DZ-trailing-bytes", 0)]),
        ("e0 01 00", V311, Client, &[("DZ-trailing-bytes", 0)]),
        ("e0 01 05", V5, Client, &[("MQTT-3.14.2-1", 0)]),
        ("f0 06 01 04 15 0001 61", V5, Client, &[("MQTT-3.15.2-1", 0)]),
        ("f0 01 18", V5, Client, &[("MQTT-2.2.2-1", 1)]),
    ]);
}

#[test]
fn subscriptions() {
    check(&[
        ("82 06 0000 0001 61 00", V311, Client, &[("MQTT-2.3.1-1", 0)]),
        ("82 02 0001", V311, Client, &[("MQTT-3.8.3-3", 2)]),
        ("82 03 0001 00", V5, Client, &[("MQTT-3.8.3-2", 3)]),
        ("a2 02 0001", V311, Client, &[("MQTT-3.10.3-2", 2)]),
        ("a2 03 0001 00", V5, Client, &[("MQTT-3.10.3-2", 3)]),
        ("82 06 0001 0001 61 03", V311, Client, &[("MQTT-3.8.3-4", 5)]),
        ("82 06 0001 0001 61 04", V311, Client, &[("MQTT-3.8.3-4", 5)]),
        ("82 07 0001 00 0001 61 03", V5, Client, &[("DZ-subscription-qos3", 6)]),
        ("82 07 0001 00 0001 61 40", V5, Client, &[("MQTT-3.8.3-5", 6)]),
        ("82 07 0001 00 0001 61 30", V5, Client, &[("DZ-retain-handling", 6)]),
        ("82 07 0001 00 0001 61 2e", V5, Client, &[]),
        ("82 05 0001 0001 61", V311, Client, &[("DZ-truncated", 5)]),
        ("82 05 0001 0000 00", V311, Client, &[("MQTT-4.7.3-1", 4)]),
        ("82 08 0001 0003 61 2f 2b 00", V311, Client, &[]),
        ("82 08 0001 0003 61 2b 2f 00", V311, Client, &[("MQTT-4.7.1-3", 5)]),
        ("82 07 0001 0002 61 23 00", V311, Client, &[("MQTT-4.7.1-2", 5)]),
        ("82 08 0001 0003 23 2f 61 00", V311, Client, &[("MQTT-4.7.1-2", 4)]),
        ("a2 08 0001 00 0003 23 2f 61", V5, Client, &[("MQTT-4.7.1-1", 5)]),
        ("a2 08 0001 00 0003 61 2b 2f", V5, Client, &[("MQTT-4.7.1-2", 6)]),
        ("90 03 0001 03", V311, Server, &[("MQTT-3.9.3-2", 2)]),
        ("90 04 0001 01 80", V31, Server, &[("DZ-suback-code", 3)]),
        ("90 05 0001 00 01 03", V5, Server, &[("MQTT-3.9.3-2", 4)]),
        ("90 02 0001", V311, Server, &[("DZ-no-codes", 2)]),
        ("b0 04 0001 00 01", V5, Server, &[("MQTT-3.11.3-2", 3)]),
        ("b0 03 0001 00", V5, Server, &[("DZ-no-codes", 3)]),
        ("b0 03 0001 00", V311, Server, &[("DZ-trailing-bytes", 2)]),
    ]);
}

#[test]
fn shared_subscriptions() {
    // $share/g/a, $share//a, $share/g, $share/g/, $share/g+/a, $share/g/a#, and $share alone, which is an ordinary filter.
    check(&[
        ("82 10 0001 00 000a 24736861 72652f67 2f61 01", V5, Client, &[]),
        ("82 10 0001 00 000a 24736861 72652f67 2f61 05", V5, Client, &[("MQTT-3.8.3-4", 15)]),
        ("82 0f 0001 00 0009 24736861 72652f2f 61 01", V5, Client, &[("MQTT-4.8.2-1", 12)]),
        ("82 0e 0001 00 0008 24736861 72652f67 01", V5, Client, &[("MQTT-4.8.2-2", 13)]),
        ("82 0f 0001 00 0009 24736861 72652f67 2f 01", V5, Client, &[("MQTT-4.8.2-2", 13)]),
        ("82 11 0001 00 000b 24736861 72652f67 2b2f61 01", V5, Client, &[("MQTT-4.8.2-2", 13)]),
        ("82 11 0001 00 000b 24736861 72652f67 2f6123 01", V5, Client, &[("MQTT-4.7.1-1", 15)]),
        ("82 0c 0001 00 0006 24736861 7265 05", V5, Client, &[]),
        ("82 0e 0001 0009 24736861 72652f2f 61 01", V311, Client, &[]),
    ]);
}

#[test]
fn connect() {
    let head = "0004 4d515454"; // "MQTT"
    let v311 = |flags: &str, payload: &str| with_length(&format!("{head} 04 {flags} 003c {payload}"));
    let v5 = |flags: &str, payload: &str| with_length(&format!("{head} 05 {flags} 003c 00 {payload}"));
    check(&[
        (&v311("02", "0001 61"), V311, Client, &[]),
        (&v311("03", "0001 61"), V311, Client, &[("MQTT-3.1.2-3", 7)]),
        (&v311("0a", "0001 61"), V311, Client, &[("MQTT-3.1.2-13", 7)]),
        (&v5("0a", "0001 61"), V5, Client, &[("MQTT-3.1.2-11", 7)]),
        (&v311("22", "0001 61"), V311, Client, &[("MQTT-3.1.2-15", 7)]),
        (&v5("22", "0001 61"), V5, Client, &[("MQTT-3.1.2-13", 7)]),
        (&v311("1e", "0001 61 0001 77 0000"), V311, Client, &[("MQTT-3.1.2-14", 7)]),
        (&v5("1e", "0001 61 00 0001 77 0000"), V5, Client, &[("MQTT-3.1.2-12", 7)]),
        (&v311("42", "0001 61 0001 70"), V311, Client, &[("MQTT-3.1.2-22", 7)]),
        (&v5("42", "0001 61 0001 70"), V5, Client, &[]),
        (&v311("06", "0001 61"), V311, Client, &[("MQTT-3.1.2-9", 13)]),
        (&v311("82", "0001 61"), V311, Client, &[("MQTT-3.1.2-19", 13)]),
        (&v5("82", "0001 61"), V5, Client, &[("MQTT-3.1.2-17", 14)]),
        (&v5("c2", "0001 61 0001 75"), V5, Client, &[("MQTT-3.1.2-19", 17)]),
        (&v311("06", "0001 61 0003 772f23 0000"), V311, Client, &[("MQTT-4.7.1-1", 17)]),
        (&v5("06", "0001 61 00 0003 772f2b 0000"), V5, Client, &[("MQTT-4.7.0-1", 19)]),
        (&v5("06", "0001 61 02 2401 0001 77 0000"), V5, Client, &[("DZ-property-not-allowed", 15)]),
        (&v311("00", "0000"), V311, Client, &[("MQTT-3.1.3-7", 10)]),
        (&v311("02", "0000"), V311, Client, &[]),
        (&v5("00", "0000"), V5, Client, &[]),
        (&v311("02", "0001 61 00"), V311, Client, &[("DZ-trailing-bytes", 13)]),
        (&v311("02", "0005 61"), V311, Client, &[("DZ-truncated", 10)]),
        (&v311("02", "0001 61"), V311, Server, &[("DZ-wrong-sender", 0)]),
        (&with_length("0004 4d515458 04 02 003c 0001 61"), V311, Client, &[("MQTT-3.1.2-1", 2)]),
        (&with_length("0004 4d515454 06 02 003c 0001 61"), V311, Client, &[("MQTT-3.1.2-2", 6)]),
        (&with_length("0006 4d5149736470 03 02 003c 0001 61"), V31, Client, &[]),
        (&with_length("0006 4d5149736470 03 82 003c 0001 61"), V31, Client, &[]),
        (&with_length("0006 4d5149736470 03 02 003c 0000"), V31, Client, &[("DZ-client-id-length", 12)]),
    ]);
}

fn with_length(body: &str) -> String {
    format!("10 {:02x} {body}", support::hex(body).len())
}

/// A CONNECT is judged by the version that it names, whatever the version in force.
#[test]
fn connect_names_its_own_version() {
    let found = decode_hex(&with_length("0004 4d515454 05 03 003c 00 0001 61"), V311, Client);
    assert_eq!(found.violations.iter().map(|v| v.clause).collect::<Vec<_>>(), ["5.0/MQTT-3.1.2-3"]);
}

#[test]
fn connack() {
    check(&[
        ("20 02 02 00", V311, Server, &[("DZ-connack-flags", 0)]),
        ("20 03 02 00 00", V5, Server, &[("MQTT-3.2.2-1", 0)]),
        ("20 02 01 05", V311, Server, &[("MQTT-3.2.2-4", 0)]),
        ("20 03 01 87 00", V5, Server, &[("MQTT-3.2.2-6", 0)]),
        ("20 02 00 06", V311, Server, &[("MQTT-3.2.2-6", 1)]),
        ("20 03 00 05 00", V5, Server, &[("MQTT-3.2.2-8", 1)]),
        ("20 02 00 00", V5, Server, &[("MQTT-2.2.2-1", 2)]),
        ("20 02 ff 00", V31, Server, &[]),
        ("20 01 00", V311, Server, &[("DZ-truncated", 1)]),
    ]);
}

/// Wherever two faults meet, both are reported, in wire order.
#[test]
fn all_faults_are_reported() {
    let wanted = [
        "5.0/MQTT-3.8.1-1",
        "5.0/MQTT-2.2.1-3",
        "5.0/DZ-unknown-property",
        "5.0/MQTT-4.7.1-1",
        "5.0/MQTT-3.8.3-5",
        "5.0/DZ-truncated",
    ];
    let found = decode_hex("80 0b 0000 01 7f 0002 6123 80 0005", V5, Client);
    assert_eq!(found.violations.iter().map(|v| v.clause).collect::<Vec<_>>(), wanted);
}

/// A wildcard is told of the topic that holds it.
#[test]
fn row_e31_a_wildcard_is_told_of_its_own_topic() {
    for (bytes, called) in [
        ("30 0c 0001 74 06 08 0003 612f23 6d 6d", "Response Topic"),
        ("30 07 0003 612f23 00 6d", "Topic Name"),
    ] {
        let found = decode_hex(bytes, V5, Client).violations;
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].what.ends_with(called), "{found:?}");
    }
}

//! How a retained message is looked up: by sessions of their own, until one settles it.

use bytes::Bytes;
use deadzone_history::{Ended, EventKind, Late};
use deadzone_wire::{Packet, Publish, Version};

use super::{
    Bench, RUN, Record,
    broker::{Act, Broker},
};

/// A broker that sends each new subscription the message with these flags, one connection after another; the last one for ever.
fn sends(flags: &'static [Option<bool>]) -> Broker {
    Broker::with(move |seen| {
        let Packet::Subscribe(_) = seen.packet else { return None };
        let flag = flags.get(seen.conn).or_else(|| flags.last()).copied().flatten();
        let copy = |retain| {
            let publish = Publish::new(&format!("{RUN}/state"), 0, None, Bytes::from_static(b"on"));
            Packet::Publish(Publish { retain, ..publish }).encode(Version::V5).to_bytes()
        };
        Some([Act::UsualAfter(0)].into_iter().chain(flag.map(|flag| Act::Send(copy(flag)))).collect())
    })
}

fn found(flags: &'static [Option<bool>], step: &str) -> Record {
    Bench::new(&format!("  client look\n  look finds \"{{run}}/state\" \"on\"{step}\n"), sends(flags))
        .perform()
}

/// How the look-up ended: its claim is the last of its step.
fn end(record: &Record) -> Result<Late, Ended> {
    record.end_of(record.claims("finds").last().expect("a claim").id)
}

fn sessions(record: &Record) -> usize {
    let opened = |kind: &EventKind| matches!(kind, EventKind::Opened { .. });
    record.0.history.events.iter().filter(|event| opened(&event.kind)).count()
}

#[test]
fn a_copy_with_the_flag_is_found_at_once() {
    for step in ["", " retain=1"] {
        let record = found(&[Some(true)], step);
        assert_eq!((end(&record), sessions(&record)), (Ok(Late::InTime), 1));
    }
}

#[test]
fn row_b_two_copies_without_the_flag_settle_it() {
    let record = found(&[Some(false)], " retain=1");
    assert_eq!((end(&record), sessions(&record)), (Err(Ended::Mismatch), 2), "not after a minute");
    let record = found(&[Some(false)], "");
    assert_eq!((end(&record), sessions(&record)), (Ok(Late::InTime), 2), "it is stored");
}

/// One copy without the flag may be the live one, routed late: the next look decides.
#[test]
fn row_a_a_live_copy_that_is_routed_late_is_no_failure() {
    for step in ["", " retain=1"] {
        let record = found(&[Some(false), Some(true)], step);
        assert!(matches!(end(&record), Ok(Late::Slow { .. })), "{:?}", end(&record));
    }
    assert_eq!(end(&found(&[Some(false), None], "")), Err(Ended::LongBound), "it was not stored");
}

#[test]
fn nothing_is_found_after_all_looks() {
    let record = found(&[None], "");
    assert_eq!((end(&record), sessions(&record)), (Err(Ended::LongBound), 4));
}

/// A look-up of the broker's may go on behind SUBACK for longer than a glance: the last look is waited out.
#[test]
fn row_a20_a_look_up_that_always_lags_is_waited_for() {
    let lags = Broker::with(|seen| {
        let Packet::Subscribe(_) = seen.packet else { return None };
        let publish = Publish::new(&format!("{RUN}/state"), 0, None, Bytes::from_static(b"on"));
        let copy = Packet::Publish(Publish { retain: true, ..publish }).encode(Version::V5).to_bytes();
        Some(vec![Act::UsualAfter(0), Act::SendAfter(1_500, copy)])
    });
    let record = Bench::new("  client look\n  look finds \"{run}/state\" \"on\"\n", lags).perform();
    assert!(matches!(end(&record), Ok(Late::Slow { .. })), "{:?}", end(&record));
}

/// What the step names is what is looked for: a CONNECT or SUBSCRIBE of the look-up that goes wrong breaks its own statement.
#[test]
fn row_b_the_look_up_itself_is_not_about_what_the_step_names() {
    let record = found(&[Some(true)], " @ 5.0/MQTT-4.3.3-10");
    let named: Vec<bool> = record.claims("finds").iter().map(|claim| !claim.clauses.is_empty()).collect();
    assert_eq!(named, [false, false, true]);
}

//! The control run, and leaving the target as it was found.

use deadzone_history::{By, Close, Direction, End, Ended, Event, EventKind, Late, Origin, Purpose};
use deadzone_wire::{Packet, PacketKind, Publish, Version};

use crate::{
    Bench, Record,
    broker::{Act, Broker},
};

#[test]
fn a_cut_is_put_off_until_nothing_is_owed_and_is_a_clean_close() {
    let steps = "  client sub\n  client pub manual\n  sub connect clean\n  pub connect clean\n  pub -> PUBLISH \"{run}/t\" qos=2 id=7 \"x\"\n  pub <- PUBREC id=7\n  link pub cut rst\n  pub connect clean\n  pub ping\n";
    let record = Bench { run: Origin::Control, ..Bench::new(steps, Broker::with(|_| None)) }.perform();
    let released = record.packets(PacketKind::Pubrel, Direction::Up, Purpose::Polite);
    assert_eq!(released.len(), 1, "the exchange is finished first");
    let closed: Vec<_> = record
        .kinds()
        .take_while(|kind| !matches!(kind, EventKind::Teardown))
        .filter_map(|kind| match kind {
            EventKind::Closed { conn, end: End::Broker, by, how } => Some((conn.0, *by, *how)),
            _ => None,
        })
        .collect();
    assert_eq!(closed, [(1, By::Harness, Close::Fin), (1, By::Broker, Close::Fin)]);
    assert_eq!(record.end("pub ping"), Ok(Late::InTime));
    let record = Bench::new(steps, Broker::with(|_| None)).perform();
    let reset = |kind: &EventKind| matches!(kind, EventKind::Closed { conn, end: End::Broker, how: Close::Rst, .. } if conn.0 == 1);
    assert!(record.kinds().any(reset), "with its fault it is cut");
}

/// The control run of a subscriber that is cut and comes back, which here it does not; a message of each of these payloads comes so
/// long after its SUBSCRIBE, ms.
fn control_of(expectations: &str, come: &'static [(u64, &str)]) -> Record {
    let steps = format!(
        "  client other\n  client sub\n  other connect clean\n  other subscribe \"{{run}}/o\" qos=0\n  sub connect clean\n  sub subscribe \"{{run}}/t\" qos=0\n  link sub cut silent\n  recover\n    sub connect resume\n{expectations}"
    );
    let broker = Broker::with(move |seen| {
        let Packet::Subscribe(subscribe) = seen.packet else { return None };
        let topic = subscribe.filters[0].0.0.clone();
        let messages = come.iter().filter(|(_, payload)| payload.starts_with('o') == topic.ends_with(b"/o"));
        let messages = messages.map(|(ms, payload)| {
            let mut publish = Publish::new("", 0, None, payload.as_bytes());
            publish.topic.0 = topic.clone();
            Act::SendAfter(*ms, Packet::Publish(publish).encode(Version::V5).to_bytes())
        });
        Some([Act::UsualAfter(0)].into_iter().chain(messages).collect())
    });
    Bench { run: Origin::Control, ..Bench::new(&steps, broker) }.perform()
}

/// When something happened, µs, and the number of the event.
type Moment = Option<(u64, u64)>;

/// When the harness closed the subscriber's connection, and when the last message came on it; before the teardown.
fn closed_and_last(record: &Record) -> (Moment, Moment) {
    let events = || {
        let all = record.0.history.events.iter();
        all.take_while(|event| !matches!(event.kind, EventKind::Teardown))
    };
    let closed = |kind: &EventKind| matches!(kind, EventKind::Closed { conn, end: End::Client, by: By::Harness, .. } if conn.0 == 1);
    let came = |kind: &EventKind| matches!(kind, EventKind::Packet(p) if p.conn.0 == 1 && p.end == End::Client && p.packet().kind() == PacketKind::Publish);
    let last = events().filter(|event| came(&event.kind)).last();
    let moment = |event: &Event| (event.at_us, event.seq);
    (events().find(|event| closed(&event.kind)).map(moment), last.map(moment))
}

#[test]
fn a_cut_waits_for_what_is_expected_of_its_client() {
    let expectations = "  expect sub receives \"n1\" \"n2\" at least once\n  expect sub receives \"n1\" \"n2\" \"n3\" in order\n";
    let record = control_of(expectations, &[(100, "n1"), (500, "n2"), (3_000, "n3")]);
    assert_eq!(record.end("at least once"), Ok(Late::InTime));
    assert_eq!(record.end("in order"), Ok(Late::InTime), "the next expectation is looked at too");
    let (closed, last) = closed_and_last(&record);
    assert!(closed.is_some() && closed > last && last > Some((2_900_000, 0)), "{closed:?} {last:?}");
}

#[test]
fn a_cut_waits_for_what_another_clients_expectation_stands_before() {
    let expectations =
        "  expect other receives \"o1\" at least once\n  expect sub receives \"n1\" at least once\n";
    let record = control_of(expectations, &[(300, "o1"), (500, "n1")]);
    assert_eq!(
        (record.end("other receives"), record.end("sub receives")),
        (Ok(Late::InTime), Ok(Late::InTime))
    );
    // What is expected of another client alone is nothing that it waits for.
    let record = control_of("  expect other receives \"o1\" at least once\n", &[(300, "o1"), (500, "n1")]);
    let (closed, last) = closed_and_last(&record);
    assert!(closed.is_some_and(|(at_us, _)| at_us < 100_000) && last.is_none(), "{closed:?} {last:?}");
}

#[test]
fn what_does_not_come_in_the_patience_is_judged_on_a_living_connection() {
    let expectations = "  expect sub receives \"n1\" \"n2\" at least once\n";
    let record = control_of(expectations, &[(500, "n1")]);
    assert_eq!(record.end("sub receives"), Err(Ended::LongBound), "and not: not connected");
    let (closed, last) = closed_and_last(&record);
    assert!(closed.is_none() && last.is_some(), "{closed:?} {last:?}");
    // What must not come is not waited for.
    let closed = closed_and_last(&control_of("  expect sub receives \"n1\" at most once\n", &[])).0;
    assert!(closed.is_some_and(|(at_us, _)| at_us < 100_000), "{closed:?}");
}

#[test]
fn what_could_not_be_cleaned_up_is_said() {
    let steps = "  client dev\n  dev connect fresh\n  dev publish \"{run}/kept\" \"x\" retain=1\n";
    let clean = Bench { teardown: true, ..Bench::new(steps, Broker::with(|_| None)) }.perform();
    assert_eq!(clean.failed_teardowns(), [""; 0]);
    let cleared = clean.packets(PacketKind::Publish, Direction::Up, Purpose::Script);
    assert_eq!(
        cleared.iter().filter(|p| matches!(p.packet(), Packet::Publish(p) if p.payload.is_empty())).count(),
        1
    );
    let broker = Broker::with(|_| None).refusing_from(1);
    let record = Bench { teardown: true, ..Bench::new(steps, broker) }.perform();
    let failed = record.failed_teardowns();
    assert!(
        failed.len() == 2 && failed[0].contains("the session of") && failed[1].contains("1 retained"),
        "{failed:?}"
    );
    let broker = Broker::with(|seen| (seen.conn > 0).then(Vec::<Act>::new));
    let record = Bench { teardown: true, ..Bench::new(steps, broker) }.perform();
    let failed = record.failed_teardowns();
    assert!(failed.len() == 1 && failed[0].contains("longer than 3000 ms"), "{failed:?}");
}

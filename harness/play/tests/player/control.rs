//! The control run, and leaving the target as it was found.

use deadzone_history::{By, Close, Direction, End, EventKind, Late, Origin, Purpose};
use deadzone_wire::PacketKind;

use crate::{
    Bench,
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

#[test]
fn what_could_not_be_cleaned_up_is_said() {
    let steps = "  client dev\n  dev connect fresh\n  dev publish \"{run}/kept\" \"x\" retain=1\n";
    let clean = Bench { teardown: true, ..Bench::new(steps, Broker::with(|_| None)) }.perform();
    assert_eq!(clean.failed_teardowns(), [""; 0]);
    let cleared = clean.packets(PacketKind::Publish, Direction::Up, Purpose::Script);
    assert_eq!(
        cleared
            .iter()
            .filter(|p| matches!(p.packet(), deadzone_wire::Packet::Publish(p) if p.payload.is_empty()))
            .count(),
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

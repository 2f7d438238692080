//! Target steps, on a process that notes what is done to it.

use std::{cell::RefCell, rc::Rc};

use deadzone_history::{
    Abandon, By, Close, End, Ended, EventKind, Late, Origin, SkipReason, StepClass, TargetEvent, TargetStep,
};
use deadzone_play::{Handle, Handling, Process};
use deadzone_wire::Packet;

use crate::{
    Bench, Record,
    broker::{Act, Broker},
};

/// What was done to it. It does not start again where `broken`.
#[derive(Default)]
struct Noted {
    done: RefCell<Vec<Handle>>,
    broken: bool,
}

impl Process for Noted {
    fn handle(&self, what: Handle) -> Handling<'_> {
        self.done.borrow_mut().push(what);
        let broken = self.broken && matches!(what, Handle::Restart { .. });
        Box::pin(async move { if broken { Err("no room".to_owned()) } else { Ok(()) } })
    }
}

/// These steps behind a CONNECT, on a broker that answers PINGREQ so late, ms.
fn performed(steps: &str, ping_ms: u64, process: &Rc<Noted>, run: Origin) -> Record {
    let broker = Broker::with(move |seen| {
        matches!(seen.packet, Packet::Bare(_)).then(|| vec![Act::UsualAfter(ping_ms)])
    });
    let steps = format!("  client dev manual\n  dev connect clean\n{steps}");
    let process = Some(Rc::clone(process) as Rc<dyn Process>);
    Bench { process, run, ..Bench::new(&steps, broker) }.perform()
}

fn became(record: &Record) -> Vec<(TargetEvent, u64)> {
    let events = record.0.history.events.iter();
    let of = |kind: &EventKind| if let EventKind::Target { what } = kind { Some(*what) } else { None };
    events.filter_map(|event| Some((of(&event.kind)?, event.at_us / 1000))).collect()
}

#[test]
fn the_time_of_a_freeze_is_no_time_of_a_wait() {
    let process = Rc::new(Noted::default());
    let record = performed("  target freeze for 3s\n  dev ping\n", 3_500, &process, Origin::Scenario);
    assert_eq!(record.end("dev ping"), Ok(Late::InTime), "half a second of it counts");
    assert_eq!(*process.done.borrow(), [Handle::Freeze, Handle::Thaw]);
    assert_eq!(became(&record), [(TargetEvent::Frozen, 0), (TargetEvent::Thawed, 3_000)]);
    let record = performed("  dev ping\n", 3_500, &process, Origin::Scenario);
    assert!(matches!(record.end("dev ping"), Ok(Late::Slow { .. })), "without a freeze it is slow");
    // A freeze that outlasts the patience is no silence either.
    let record = performed("  target freeze for 20s\n  dev ping\n", 20_500, &process, Origin::Scenario);
    assert_eq!(record.end("dev ping"), Ok(Late::InTime));
}

#[test]
fn what_is_left_halted_or_dead_runs_again_at_the_end() {
    let thawed = [Handle::Freeze, Handle::Thaw];
    let killed = [Handle::Kill, Handle::Restart { fresh: false }];
    let ended = [Handle::Freeze, Handle::Stop, Handle::Restart { fresh: false }];
    for (steps, wanted) in [
        ("  target freeze for 30s\n", &thawed[..]),
        ("  target kill\n", &killed),
        ("  target freeze for 1s\n  target stop\n  expect dev receives nothing for 2s\n", &ended),
    ] {
        let process = Rc::new(Noted::default());
        let record = performed(steps, 0, &process, Origin::Scenario);
        assert_eq!(*process.done.borrow(), wanted, "{steps}");
        let kinds: Vec<&EventKind> = record.kinds().collect();
        let teardown = kinds.iter().position(|kind| matches!(kind, EventKind::Teardown)).unwrap();
        let last = kinds.iter().rposition(|kind| matches!(kind, EventKind::Target { .. })).unwrap();
        assert!(last > teardown, "{steps}");
    }
}

#[test]
fn one_that_does_not_come_back_ends_the_walk() {
    let process = Rc::new(Noted { broken: true, ..Noted::default() });
    let record =
        performed("  target kill\n  target restart\n  dev connect clean\n", 0, &process, Origin::Scenario);
    let abandoned = record.kinds().any(
        |kind| matches!(kind, EventKind::Abandoned { why: Abandon::Trouble(why), .. } if &**why == "no room"),
    );
    assert!(abandoned);
    assert!(record.failed_teardowns().iter().any(|what| what.contains("the target does not run: no room")));
}

/// The same steps without what is done to the target: the connections are closed in order.
#[test]
fn the_control_run_leaves_the_process_alone() {
    let process = Rc::new(Noted::default());
    let steps = "  target freeze for 1s\n  target kill\n  target restart\n  dev connect clean\n  dev ping\n";
    let record = performed(steps, 0, &process, Origin::Control);
    assert_eq!(*process.done.borrow(), []);
    let skipped = record.kinds().filter(|kind| match kind {
        EventKind::Step(step) => {
            matches!(
                step.kind,
                StepClass::Target(TargetStep::Freeze | TargetStep::Kill | TargetStep::Restart)
            ) && step.skipped == Some(SkipReason::NotPlayed)
        }
        _ => false,
    });
    assert_eq!(skipped.count(), 3);
    let closed = |kind: &EventKind| matches!(kind, EventKind::Closed { conn, end: End::Broker, by: By::Harness, how: Close::Fin } if conn.0 == 0);
    assert!(record.kinds().any(closed));
    assert_eq!(record.end("dev ping"), Ok(Late::InTime));
}

/// What was given to a process before it ended may be gone: it is given its time, and the walk goes on without it.
#[test]
fn what_the_end_of_the_process_may_have_cost_is_not_waited_out() {
    let process = Rc::new(Noted::default());
    let steps = "  dev -> PUBLISH \"{run}/t\" qos=1 id=7 \"kept\"\n  dev <- PUBACK id=7\n  target kill\n  target restart\n  dev connect clean\n  expect dev receives \"kept\" at least once\n  expect dev receives \"other\" at least once\n";
    let record = performed(steps, 0, &process, Origin::Scenario);
    assert_eq!(record.end("\"kept\""), Err(Ended::Patience));
    assert_eq!(record.end("\"other\""), Err(Ended::LongBound), "nobody gave it before");
}

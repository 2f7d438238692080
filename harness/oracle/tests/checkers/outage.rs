//! What is owed across a kill, a stop and a freeze of the target's process: what it declares that it keeps, and no more.

use deadzone_history::{
    By, Close, ConnId, Durability, End, Ended, HandMade, HowOften, Start, StepClass, TargetEvent, TargetStep,
};
use deadzone_oracle::judge;
use deadzone_verdict::{Verdict, VerdictKind};
use deadzone_wire::{Ack, AckKind, Bare, Connack, Connect, PacketKind, Properties, Publish, Version, Will};

const BOTH: [Version; 2] = [Version::V311, Version::V5];
const TOPIC: &str = "dz1/t";
const ALL: [Durability; 3] = [Durability::None, Durability::Periodic, Durability::Ack];

/// What was declared, how the process ended, and what the broker did behind that.
#[derive(Clone, Copy, Debug)]
struct Outage {
    version: Version,
    durable: Durability,
    stop: bool,
    fresh: bool,
    present: bool,
    /// The queued message comes behind the resume.
    comes: bool,
}

impl Outage {
    /// A message was acknowledged for an offline session, and the target was ended and started again; the session is resumed.
    fn judged(self) -> Verdict {
        let Self { version, durable, stop, fresh, present, comes } = self;
        let mut h = HandMade::new(version);
        h.header().target.durable = durable;
        let (publisher, sub) = (h.client("pub"), h.client("sub"));
        let subscriber = h.connect(sub, Start::Fresh);
        h.subscribe(subscriber, 1, "dz1/#", 1);
        h.disconnect(subscriber);
        let conn = h.connect(publisher, Start::Clean);
        h.publish(conn, TOPIC, 1, 1, "queued");
        outage(&mut h, &[conn], stop, fresh);
        let connect: Connect = h.connect_packet(sub, Start::Resume);
        let resumed = h.connect_with(sub, connect, Connack::new(version, present, 0));
        h.step("expect sub receives");
        let claim = h.receives(sub, &["queued"], HowOften::AtLeastOnce);
        if comes {
            let came = h.deliver(resumed, TOPIC, 1, 1, "queued");
            h.met(claim, &[came]);
        } else {
            let waits = if durable == Durability::Ack { Ended::LongBound } else { Ended::Patience };
            h.pass_us(60_000_000).unmet(claim, 60_000_000, waits, None);
        }
        judge(&h.finish())
    }
}

/// The target's process ends, and these connections with it; then it runs again.
fn outage(h: &mut HandMade, conns: &[ConnId], stop: bool, fresh: bool) {
    let (end, ended) = match stop {
        false => (TargetStep::Kill, TargetEvent::Killed),
        true => (TargetStep::Stop, TargetEvent::Stopped),
    };
    h.step_of("target end", StepClass::Target(end), false, None);
    for conn in conns {
        h.closed(*conn, End::Broker, By::Broker, Close::Rst);
        h.closed(*conn, End::Client, By::Broker, Close::Rst);
    }
    h.target(ended);
    let start = if fresh { TargetStep::RestartFresh } else { TargetStep::Restart };
    h.step_of("target restart", StepClass::Target(start), false, None);
    h.target(TargetEvent::Restarted);
}

fn of(version: Version, durable: Durability) -> Outage {
    Outage { version, durable, stop: false, fresh: false, present: false, comes: false }
}

fn durability(verdict: &Verdict) -> Vec<&str> {
    let grades = verdict.grades.iter().map(|grade| grade.text.as_str());
    grades.filter(|text| text.starts_with("durability: ")).collect()
}

/// A correct broker that forgets all of it is never blamed, nor one that keeps a part; what was lost is told.
#[test]
fn what_is_not_declared_is_not_owed_and_is_told() {
    for version in BOTH {
        for (durable, stop, fresh) in [
            (Durability::None, false, false),
            (Durability::None, true, false),
            (Durability::Periodic, false, false),
            (Durability::Periodic, true, true),
        ] {
            for (present, comes) in [(false, false), (true, false), (true, true)] {
                let case = Outage { stop, fresh, present, comes, ..of(version, durable) };
                let verdict = case.judged();
                assert_eq!(verdict.kind, VerdictKind::Pass, "{case:?} {verdict:#?}");
                let told = durability(&verdict);
                let session = if present { "from before is there" } else { "from before is gone" };
                assert!(told.iter().any(|text| text.contains(session)), "{case:?} {told:?}");
                let lost = told.iter().any(|text| text.contains("did not come"));
                assert_eq!(lost, !comes, "{case:?} {told:?}");
            }
        }
    }
}

/// Whatever it has acknowledged is owed by one that declares so: the session, and the message in it.
#[test]
fn what_is_declared_to_be_kept_is_owed() {
    for version in BOTH {
        for stop in [false, true] {
            let ack = Outage { stop, ..of(version, Durability::Ack) };
            let forgot = ack.judged();
            assert_eq!(forgot.kind, VerdictKind::Fail, "{forgot:#?}");
            let number = if version == Version::V5 { "MQTT-3.2.2-3" } else { "MQTT-3.2.2-2" };
            assert!(forgot.findings.iter().any(|f| f.clause.clause().number == number), "{forgot:#?}");
            let lost = Outage { present: true, ..ack }.judged();
            assert!(lost.findings.iter().any(|f| f.clause.clause().number == "MQTT-4.5.0-1"), "{lost:#?}");
            let kept = Outage { present: true, comes: true, ..ack }.judged();
            assert_eq!(kept.kind, VerdictKind::Pass, "{kept:#?}");
        }
        // Its store was taken away.
        let emptied = Outage { fresh: true, ..of(version, Durability::Ack) }.judged();
        assert_eq!(emptied.kind, VerdictKind::Pass, "{emptied:#?}");
    }
}

/// A connection that ends with the process was not thrown out, whatever was owed on it; a will of it may come or not.
#[test]
fn what_ends_with_the_process_is_no_close_of_the_broker() {
    for (version, durable) in BOTH.into_iter().flat_map(|v| ALL.map(|d| (v, d))) {
        let mut h = HandMade::new(version);
        h.header().target.durable = durable;
        let (publisher, sub) = (h.client("pub"), h.client("sub"));
        let subscriber = h.connect(sub, Start::Clean);
        h.subscribe(subscriber, 1, "dz1/#", 1);
        let connect = h.connect_packet(publisher, Start::Clean);
        let mut connect = connect;
        let will =
            Will { properties: Properties::new(), topic: TOPIC.into(), payload: (&b"gone"[..]).into() };
        connect.set_will(will, 1, false);
        let conn = h.connect_with(publisher, connect, Connack::new(version, false, 0));
        h.step("pub -> PUBLISH");
        let asked = h.up(conn, Publish::new(TOPIC, 1, Some(1), &b"unanswered"[..]));
        let claim = h.arrives(conn, PacketKind::Puback, Some(asked));
        outage(&mut h, &[conn, subscriber], false, false);
        h.unmet(claim, 1_000, Ended::Closed, None);
        let again = h.connect(sub, Start::Clean);
        h.subscribe(again, 1, "dz1/#", 1);
        h.step("expect sub receives");
        let claim = h.receives(sub, &["gone"], HowOften::AtLeastOnce);
        h.pass_us(60_000_000).unmet(claim, 60_000_000, Ended::LongBound, None);
        let verdict = judge(&h.finish());
        assert_eq!(verdict.kind, VerdictKind::Inconclusive, "{verdict:#?}");
        assert!(verdict.reason.as_deref().is_some_and(|why| why.contains("process ended")), "{verdict:#?}");
        assert_eq!(durability(&verdict).len(), 1, "{verdict:#?}");
    }
}

/// A halted process loses nothing: what does not come behind it is missing.
#[test]
fn a_freeze_excuses_nothing() {
    for version in BOTH {
        let mut h = HandMade::new(version);
        let (publisher, sub) = (h.client("pub"), h.client("sub"));
        let subscriber = h.connect(sub, Start::Clean);
        h.subscribe(subscriber, 1, "dz1/#", 1);
        let conn = h.connect(publisher, Start::Clean);
        h.step_of("target freeze", StepClass::Target(TargetStep::Freeze), false, None);
        h.target(TargetEvent::Frozen);
        h.up(conn, Publish::new(TOPIC, 1, Some(1), &b"meanwhile"[..]));
        h.pass_us(3_000_000).target(TargetEvent::Thawed);
        h.down(conn, Ack::new(AckKind::Puback, 1));
        h.step("expect sub receives");
        let claim = h.receives(sub, &["meanwhile"], HowOften::AtLeastOnce);
        h.pass_us(60_000_000).unmet(claim, 60_000_000, Ended::LongBound, None);
        let verdict = judge(&h.finish());
        assert!(verdict.findings.iter().any(|f| f.clause.clause().number == "MQTT-4.5.0-1"), "{verdict:#?}");
    }
}

/// A session that ends with its connection needs no clock: a halt that is over excuses none that is there again.
#[test]
fn a_freeze_that_is_over_excuses_no_session_that_had_to_end() {
    let judged = |version: Version, present: bool, halted: bool| {
        let mut h = HandMade::new(version);
        let client = h.client("sub");
        let conn = h.connect(client, Start::Clean);
        if halted {
            h.step_of("target freeze", StepClass::Target(TargetStep::Freeze), false, None);
            h.target(TargetEvent::Frozen);
            h.pass_us(100_000).target(TargetEvent::Thawed);
        }
        h.up(conn, Bare::pingreq());
        h.down(conn, Bare::pingresp());
        h.disconnect(conn);
        let connect = h.connect_packet(client, Start::Resume);
        h.connect_with(client, connect, Connack::new(version, present, 0));
        judge(&h.finish())
    };
    for (version, present) in BOTH.into_iter().flat_map(|v| [false, true].map(|present| (v, present))) {
        let (halted, running) = (judged(version, present, true), judged(version, present, false));
        assert_eq!(halted.kind, running.kind, "{version} {present} {halted:#?}");
    }
    assert_eq!(judged(Version::V311, true, true).kind, VerdictKind::Fail);
}

/// What was stored may be one copy behind at a kill. A second one behind the restart has no such reason.
#[test]
fn a_kill_excuses_one_copy_and_not_two() {
    for version in BOTH {
        for copies in 1..=2 {
            let mut h = HandMade::new(version);
            let (publisher, sub) = (h.client("pub"), h.client("sub"));
            let subscriber = h.connect(sub, Start::Fresh);
            h.subscribe(subscriber, 1, "dz1/#", 2);
            let conn = h.connect(publisher, Start::Clean);
            h.publish(conn, TOPIC, 2, 1, "once");
            h.deliver(subscriber, TOPIC, 2, 1, "once");
            outage(&mut h, &[conn, subscriber], false, false);
            let connect = h.connect_packet(sub, Start::Resume);
            let resumed = h.connect_with(sub, connect, Connack::new(version, true, 0));
            h.step("expect sub receives");
            let claim = h.receives(sub, &["once"], HowOften::ExactlyOnce);
            let came: Vec<u64> = (0..copies).map(|n| h.deliver(resumed, TOPIC, 2, 2 + n, "once")).collect();
            h.met(claim, &came[..1]);
            let verdict = judge(&h.finish());
            let fails = verdict.kind == VerdictKind::Fail;
            assert_eq!(fails, copies > 1, "{version} {copies} {verdict:#?}");
            if copies == 1 {
                assert!(durability(&verdict).iter().any(|t| t.contains("delivered 2 times")), "{verdict:#?}");
            }
        }
    }
}

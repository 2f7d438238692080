//! What outlives a call: connections one after another, time, counts, withheld bytes, closes.

mod bench;

use bench::{Bench, LATE_US, PINGREQ, PUBLISH, PUBREC, PUBREL, after, at, at_id, now};
use deadzone_link::{
    Cut,
    Direction::{Down, Up},
    Edge::{After, At, Before},
    Fault::{self, Blackhole, Coalesce, Delay, Hold, Restore, Slice},
    Link, LinkStep, Note, Output, PathId, Trigger, Way, When,
};
use deadzone_wire::{Field, PacketKind as Kind, Pattern, Value};

const DARK: Fault = Blackhole(Way::Up);

#[test]
fn a_trigger_counts_per_connection_and_fires_once() {
    let mut bench = Bench::with(&[at(DARK, Before, 2, Kind::Publish, Up)]);
    bench.up(PUBLISH);
    bench.reopen();
    bench.up(PUBLISH);
    assert_eq!(bench.told(), "b24", "the first PUBLISH of the second connection is not its second one");
    bench.up(PUBLISH);
    assert_eq!(bench.told(), "b24 fired lost-up 12");
    bench.step(now(Restore));
    bench.reopen();
    bench.up(&[PUBLISH, PUBLISH, PUBLISH].concat());
    assert_eq!(bench.to_broker.len(), 36, "it is gone once it fired");
    assert!(bench.link.finish().is_empty());
}

#[test]
fn a_packet_too_short_to_tear_counts() {
    let mut bench = Bench::with(&[at(DARK, At(4), 1, Kind::Publish, Up)]);
    let short = [0x30, 2, 0, 0];
    bench.up(&[&short, PUBLISH].concat());
    assert_eq!(bench.told(), "b16", "the PUBLISH behind it is the second");
    bench.reopen();
    bench.up(PUBLISH);
    assert_eq!(bench.told(), "b20 fired lost-up 8");
}

#[test]
fn timed_faults_due_together_fire_in_the_order_of_arming() {
    for (first, second, usable) in [(DARK, Restore, true), (Restore, DARK, false)] {
        let mut bench = Bench::with(&[after(first, 10), after(second, 10)]);
        bench.wait_until(10);
        assert_eq!(bench.link.usable(), usable);
    }
}

#[test]
fn bytes_due_at_the_time_of_a_fault_came_first() {
    let mut bench = Bench::with(&[now(Delay(Way::Up, 10)), after(Hold(Way::Up), 10)]);
    bench.up(PUBREL);
    bench.wait_until(LATE_US);
    assert_eq!(bench.told(), "fired b4 fired");
}

#[test]
fn a_connection_reset_by_its_client_is_over() {
    let mut bench = Bench::new();
    bench.close(Up, true);
    bench.link.step(0, now(Slice(Way::Up, 1)));
    assert!(matches!(bench.link.poll_note(), Some(Note::Fired { .. })), "the note belongs to no path");
}

#[test]
fn counting_starts_when_armed() {
    let mut bench = Bench::new();
    bench.up(&[PUBREL, &PUBREL[..1]].concat());
    bench.step(at(DARK, After, 1, Kind::Pubrel, Up));
    bench.up(&[&PUBREL[1..], PUBREL, PINGREQ].concat());
    assert_eq!(bench.told(), "b12 fired lost-up 2", "neither the first PUBREL nor the one already begun");
}

#[test]
fn a_fault_that_never_fired_is_reported_once() {
    let mut bench =
        Bench::with(&[at(DARK, Before, 1, Kind::Pubrel, Up), after(Restore, 5), now(Slice(Way::Up, 1))]);
    let never = |fault, effect, text: &str| Note::NeverFired { fault, effect, text: text.to_owned() };
    let want = vec![
        never(1, Blackhole(Way::Up), "blackhole up before PUBREL up"),
        never(2, Restore, "restore after 5us"),
    ];
    assert_eq!(bench.link.finish(), want);
    assert!(bench.link.finish().is_empty());
}

#[test]
fn a_connection_after_restore_is_clean_and_the_old_one_stays_dead() {
    let mut bench = Bench::with(&[now(Blackhole(Way::Both))]);
    bench.up(PUBREL);
    assert!(!bench.link.usable());
    bench.step(now(Restore));
    assert!(bench.link.usable());
    bench.up(PUBREL);
    bench.down(PUBREC);
    assert_eq!(bench.told(), "fired lost-up 4 fired restored lost-up 8 c4", "down lost nothing and lives on");
    bench.reopen();
    bench.up(PUBREL);
    assert_eq!(bench.to_broker, PUBREL);
}

#[test]
fn a_restore_disarms_the_effects_that_it_would_end() {
    let mut bench = Bench::with(&[
        at(DARK, Before, 1, Kind::Pubrel, Up),
        at(Fault::Cut(Cut::Rst), After, 1, Kind::Publish, Up),
        now(Restore),
    ]);
    bench.up(PUBREL);
    assert_eq!(bench.to_broker, PUBREL, "the black hole that waited for it is gone");
    let never = |fault, effect, text: &str| Note::NeverFired { fault, effect, text: text.to_owned() };
    let gone = never(1, DARK, "blackhole up before PUBREL up");
    assert!(bench.notes().contains(&&gone), "{:?}", bench.notes());
    assert_eq!(
        bench.link.finish(),
        [never(2, Fault::Cut(Cut::Rst), "cut rst after PUBLISH up")],
        "a cut is no effect and waits on"
    );
}

#[test]
fn a_black_hole_that_swallowed_nothing_leaves_no_trace() {
    let mut bench = Bench::with(&[now(DARK), now(Restore)]);
    bench.up(PUBREL);
    assert_eq!(bench.told(), "fired fired restored b4");
}

#[test]
fn each_call_that_loses_bytes_notes_the_total_once() {
    let mut bench = Bench::with(&[now(DARK)]);
    for bytes in [PUBREL, &[], PUBLISH, &[]] {
        bench.up(bytes);
    }
    let lost = |bytes| Output::Note(Note::Swallowed { direction: Up, bytes });
    assert_eq!(bench.log[1..], [lost(4), lost(16)]);
}

#[test]
fn a_close_lost_in_a_black_hole_stays_lost() {
    for rst in [false, true] {
        let mut bench = Bench::with(&[now(DARK)]);
        bench.close(Up, rst);
        bench.step(now(Restore));
        bench.wait_until(LATE_US);
        assert_eq!(bench.told(), "fired fired restored");
    }
}

#[test]
fn timed_faults_fire_in_due_order_before_later_bytes() {
    let mut bench = Bench::with(&[after(Restore, 20), after(DARK, 10)]);
    bench.up(PUBREL);
    bench.now_us = 15;
    bench.up(PUBREL);
    bench.now_us = 25;
    bench.up(PUBREL);
    assert_eq!(bench.told(), "b4 fired lost-up 4 fired restored lost-up 8");
    assert_eq!(bench.link.wake_at_us(), None);
}

#[test]
fn a_restore_comes_due_without_any_connection() {
    let mut link = Link::new();
    link.step(0, now(Blackhole(Way::Both)));
    link.step(0, after(Restore, 2_000_000));
    assert_eq!(link.wake_at_us(), Some(2_000_000));
    link.advance(1_999_999);
    assert!(!link.usable());
    link.advance(2_000_000);
    assert!(link.usable());
    let notes: Vec<Note> = std::iter::from_fn(|| link.poll_note()).collect();
    assert!(matches!(
        notes[..],
        [
            Note::Fired { fault: 0, .. },
            Note::Armed { fault: 1, .. },
            Note::Fired { fault: 1, .. },
            Note::Restored
        ]
    ));
}

#[test]
fn delay_is_kept_to_the_microsecond_and_never_reorders() {
    let mut bench = Bench::with(&[now(Delay(Way::Up, 100))]);
    bench.up(PUBREL);
    bench.now_us = 10;
    bench.step(now(Delay(Way::Up, 5)));
    bench.up(PINGREQ);
    assert_eq!(bench.link.wake_at_us(), Some(100));
    bench.wait_until(99);
    assert!(bench.to_broker.is_empty());
    assert_eq!(bench.link.held_bytes(bench.path), 6);
    bench.wait_until(100);
    assert_eq!(bench.to_broker, [PUBREL, PINGREQ].concat());
    assert_eq!(bench.link.held_bytes(bench.path), 0);
}

#[test]
fn gathered_bytes_come_in_one_delivery() {
    let mut bench = Bench::with(&[now(Coalesce(Way::Up, 50))]);
    bench.up(PUBREL);
    bench.now_us = 49;
    bench.up(PUBREL);
    bench.now_us = 50;
    bench.up(PINGREQ);
    assert_eq!(bench.log.last(), Some(&Output::ToBroker([PUBREL, PUBREL].concat().into())));
    assert_eq!(bench.link.wake_at_us(), Some(100));
    bench.wait_until(100);
    assert_eq!(bench.log.last(), Some(&Output::ToBroker(PINGREQ.into())));

    // A batch that is closed and still under way takes no more.
    let mut bench = Bench::with(&[now(Coalesce(Way::Up, 50)), now(Delay(Way::Up, 10))]);
    bench.up(PUBREL);
    bench.now_us = 50;
    bench.up(PINGREQ);
    bench.wait_until(60);
    assert_eq!(bench.log.last(), Some(&Output::ToBroker(PUBREL.into())));
}

#[test]
fn withheld_bytes_pass_when_no_decision_can_come() {
    let armed = at_id(DARK, Before, Kind::Publish, 7, Up);
    let mut bench = Bench::with(std::slice::from_ref(&armed));
    bench.up(&PUBLISH[..11]);
    assert_eq!(bench.link.held_bytes(bench.path), 11);
    bench.close(Up, false);
    assert_eq!(bench.told(), "undecided b11 fin>b");

    let mut bench = Bench::with(std::slice::from_ref(&armed));
    bench.up(&PUBLISH[..5]);
    bench.step(now(Fault::Cut(Cut::Fin)));
    assert_eq!(bench.told(), "undecided b5 fired cut-fin fin>b fin>c", "they were written before the cut");

    let mut bench = Bench::with(&[armed]);
    bench.up(&[0x30, 0x80, 0x80, 0x80]);
    assert_eq!(bench.told(), "");
    bench.up(&[0x80, 1, 2]);
    bench.up(PUBLISH);
    assert_eq!(bench.told(), "disarmed b19", "it can't be framed: everything passes");
}

#[test]
fn a_packet_over_the_bound_is_not_withheld_and_does_not_count() {
    // 3 bytes of length: 65,536 of body and 4 of header.
    let mut big = vec![0x30, 0x80, 0x80, 0x04, 0, 1, b't'];
    big.resize(Trigger::WITHHELD_MAX + 4, b'x');
    let pattern = Pattern { kind: Kind::Publish, fields: vec![(Field::Topic, Value::Bytes("t".into()))] };
    let trigger = Trigger { edge: Before, nth: 1, pattern, direction: Up };
    let mut bench = Bench::with(&[LinkStep { fault: DARK, when: When::On(trigger) }]);
    for chunk in big.chunks(1000) {
        bench.up(chunk);
        assert_eq!(bench.link.held_bytes(bench.path), 0);
    }
    assert_eq!(bench.to_broker, big);
    bench.up(&[0x30, 5, 0, 1, b't', 0, b'x']);
    assert_eq!(bench.told(), "undecided b65540 fired lost-up 7");
}

#[test]
fn the_version_is_learned_from_connect() {
    // Without a property length behind the id, this PUBLISH has the payload `\0hi` in 3.1.1 and `hi` in 5.0.
    let pattern =
        Pattern { kind: Kind::Publish, fields: vec![(Field::Payload, Value::Bytes("\0hi".into()))] };
    let steps = |direction| {
        let trigger = Trigger { edge: At(1), nth: 1, pattern: pattern.clone(), direction };
        [LinkStep { fault: Blackhole(Way::Both), when: When::On(trigger) }]
    };
    for (level, fires) in [(4, true), (5, false)] {
        let connect = [0x10, 12, 0, 4, b'M', b'Q', b'T', b'T', level, 2, 0, 0, 0, 0];
        let mut bench = Bench::with(&steps(Up));
        bench.up(&[&connect, PUBLISH].concat());
        assert_eq!(bench.link.usable(), !fires);
        let mut bench = Bench::with(&steps(Down));
        connect.chunks(5).for_each(|bytes| bench.up(bytes));
        bench.down(PUBLISH);
        assert_eq!(bench.link.usable(), !fires);
    }
}

#[test]
fn a_trigger_takes_any_reason_code() {
    let mut bench = Bench::with(&[at_id(DARK, After, Kind::Puback, 7, Down)]);
    bench.down(&[0x40, 3, 0, 7, 0x97]);
    assert_eq!(bench.told(), "c5 fired");
}

#[test]
fn a_huge_packet_streams_through_unkept() {
    let mut bench =
        Bench::with(&[at(DARK, After, 1, Kind::Publish, Up), at(DARK, At(9), 2, Kind::Publish, Up)]);
    bench.up(&[0x30, 0xff, 0xff, 0xff, 0x7f]);
    let mut left = 268_435_455_usize;
    let chunk = vec![7; 4 << 20];
    while left > 0 {
        let n = left.min(chunk.len());
        bench.link.client_bytes(0, bench.path, &chunk[..n]);
        left -= n;
        let mut seen = 0;
        while let Some(output) = bench.link.poll(0, bench.path) {
            match output {
                Output::ToBroker(bytes) => seen += bytes.len(),
                other => assert!(left == 0 && matches!(other, Output::Note(Note::Fired { .. }))),
            }
        }
        assert_eq!((seen, bench.link.held_bytes(bench.path)), (n, 0));
    }
    assert!(!bench.link.usable());
}

#[test]
fn a_silent_cut_never_answers_and_the_next_connection_works() {
    let mut bench = Bench::with(&[at(Fault::Cut(Cut::Silent), After, 1, Kind::Publish, Up)]);
    bench.up(&[PUBLISH, PUBREL].concat());
    let old = bench.path;
    bench.reopen();
    bench.link.broker_bytes(0, old, PUBREC);
    bench.link.client_bytes(0, old, PUBREL);
    bench.link.broker_closed(0, old, false);
    assert_eq!(bench.link.poll(0, old), None);
    bench.up(PUBREL);
    assert_eq!(bench.to_broker, PUBREL);
    let discarded = Note::Discarded { direction: Up, bytes: 4 };
    assert!(bench.notes().contains(&&discarded), "the PUBREL written in the same call: {:?}", bench.log);
}

#[test]
fn steps_apply_to_the_newest_connection_that_was_not_cut() {
    let mut link = Link::new();
    link.open(0, PathId(1));
    link.open(0, PathId(2));
    link.step(0, at(Fault::Cut(Cut::Rst), Before, 1, Kind::Pubrel, Up));
    link.client_bytes(0, PathId(1), PUBREL);
    assert_eq!(link.poll(0, PathId(1)), Some(Output::ToBroker(PUBREL.into())), "not watched");
    link.step(0, now(Fault::Cut(Cut::Silent)));
    link.client_bytes(0, PathId(1), PUBREL);
    let outputs: Vec<Output> = std::iter::from_fn(|| link.poll(0, PathId(1))).collect();
    assert!(outputs.contains(&Output::RstToBroker), "watched since the newer one was cut: {outputs:?}");
}

#[test]
fn ends_travel_behind_held_bytes() {
    for rst in [false, true] {
        let mut bench = Bench::with(&[now(Hold(Way::Up))]);
        bench.up(PUBREL);
        bench.close(Up, rst);
        assert_eq!(bench.told(), "fired");
        bench.step(now(Fault::Release(Way::Up)));
        let end = if rst { "rst" } else { "fin" };
        assert_eq!(bench.told(), format!("fired fired released-up 4 b4 {end}>b"));
    }
}

#[test]
fn nothing_reaches_a_client_that_reset() {
    let mut bench = Bench::with(&[now(Delay(Way::Down, 9))]);
    bench.down(PUBREC);
    bench.close(Up, true);
    bench.down(PUBREC);
    bench.wait_until(LATE_US);
    assert_eq!(bench.told(), "fired rst>b");
}

#[test]
fn forgetting_a_path_keeps_its_notes() {
    let mut link = Link::new();
    link.open(0, PathId(1));
    link.step(0, now(DARK));
    link.client_bytes(0, PathId(1), PUBREL);
    link.forget(PathId(1));
    assert_eq!(link.poll(0, PathId(1)), None);
    assert!(matches!(link.poll_note(), Some(Note::Fired { .. })));
    assert_eq!(link.poll_note(), Some(Note::Swallowed { direction: Up, bytes: 4 }));
    assert_eq!(link.held_bytes(PathId(1)), 0);
    assert_eq!(link.poll_note(), None);
}

//! The file format: what is written comes back, what is broken is refused with its line.

use bytes::Bytes;
use deadzone_history::{
    Abandon, By, ClaimKind, ClientIx, Close, ConnId, Cut, Direction, End, Ended, EventKind, Expected, Fault,
    HandMade, History, HistoryError, HowOften, Late, Note, OpenError, Purpose, Reader, SkipReason, Skipped,
    Start, StepClass, TargetEvent, TargetStep, Unframable, Unframed, Way, read, write,
};
use deadzone_spec::id;
use deadzone_wire::{Field, Frame, PacketKind, Pattern, Publish, Subscribe, Value, VarInt, Version};

fn text(history: &History) -> String {
    let mut out = Vec::new();
    write(history, &mut out).expect("a vector takes all");
    String::from_utf8(out).expect("JSON is UTF-8")
}

fn back(text: &str) -> Result<History, HistoryError> {
    read(&mut text.as_bytes())
}

fn every_kind(version: Version) -> History {
    let mut h = HandMade::new(version);
    let (sub, publisher) = (h.client("sub"), h.client("pub"));
    h.step("sub connect fresh");
    let s = h.connect(sub, Start::Fresh);
    h.subscribe(s, 1, "dz1/#", 2);
    let p = h.connect(publisher, Start::Clean);
    let given = h.publish(p, "dz1/t", 2, 7, "once \u{7f}\"");
    h.deliver(s, "dz1/t", 2, 1, "once");
    h.up_lost(p, Publish::new("dz1/t", 0, None, vec![0xff, 0x00]));
    h.marker(s, Direction::Down, Publish::new("dz1/ready", 0, None, "m"));
    h.torn(p, Direction::Up, End::Broker, Subscribe::new(9, "dz1/x", 1), 5);
    h.event(EventKind::Unframed(Box::new(Unframed {
        conn: p,
        direction: Direction::Down,
        end: End::Broker,
        why: Unframable::TooLarge { declared: 9, limit: 8 },
        bytes: Bytes::from_static(&[0x20, 0xff, 0xff, 0xff, 0xff]),
    })));
    let (conn, direction, end) = (p, Direction::Down, End::Broker);
    let head = Bytes::from_static(&[0x30, 0xff]);
    h.event(EventKind::Skipped(Box::new(Skipped {
        conn,
        direction,
        end,
        of: None,
        length: 9,
        hash: 7,
        head,
    })));
    h.life(s);
    h.routing_pair("dz1/pair");
    h.target(TargetEvent::HalfDead);
    h.event(EventKind::ClockStep { ms: -2_000 });
    let lying =
        Frame { first: 0x30, length: VarInt::with_width(90, 3), body: Bytes::from_static(b"\0\x01t") };
    h.frame(p, Direction::Up, End::Client, &lying, Purpose::Script);
    every_claim(&mut h, p, given);
    every_word(&mut h, publisher, p);
    h.grace(500_000);
    h.cut_rst(p);
    h.closed(s, End::Broker, By::Broker, Close::Rst);
    h.teardown();
    h.event(EventKind::TeardownFailed { what: "a session may be left".into() });
    h.finish()
}

fn every_claim(h: &mut HandMade, p: ConnId, given: u64) {
    let claim = h.arrives(p, PacketKind::Pubrec, Some(given));
    h.met(claim, &[3, 4]);
    h.met_late(claim, &[5]);
    h.met_when(claim, &[], Late::AfterLife { us: 29_800_000 });
    h.parked(claim);
    let fields =
        vec![(Field::Id, Value::Number(7)), (Field::Payload, Value::Bytes(Bytes::from_static(b"\0a")))];
    let pattern = Pattern { kind: PacketKind::Publish, fields: fields.clone() };
    let alternatives = vec![Expected::Packet(pattern), Expected::Closed];
    let arrives = ClaimKind::Arrives {
        client: ClientIx(1),
        conn: p,
        alternatives,
        strict: true,
        answers: None,
        intent: true,
    };
    h.claim_of("x", &[id!("5.0/MQTT-4.3.3-10")], arrives);
    for count in [
        HowOften::ExactlyOnce,
        HowOften::AtLeastOnce,
        HowOften::AtMostOnce,
        HowOften::InOrder,
        HowOften::Never,
    ] {
        let payloads = vec![Bytes::from_static(b"a"), Bytes::new()];
        h.claim(
            "y",
            ClaimKind::Receives { client: ClientIx(0), payloads, some: true, fields: fields.clone(), count },
        );
    }
    h.claim("z", ClaimKind::Quiescent { client: ClientIx(0) });
    h.claim("z", ClaimKind::Precondition { client: ClientIx(0) });
    h.unmet(2, 10_000_000, Ended::Patience, Some(4));
}

fn every_word(h: &mut HandMade, publisher: ClientIx, p: ConnId) {
    h.link(
        publisher,
        Some(p),
        Note::Fired { fault: 1, effect: Fault::Cut(Cut::Rst), text: "cut rst".into() },
    );
    let effect = Fault::Slice(Way::Both, 7);
    h.link(publisher, Some(p), Note::Armed { fault: 2, effect, text: "slice 7".into() });
    h.link(publisher, None, Note::Cut { how: Cut::Rst });
    h.skipped_step("only 5.0", SkipReason::OtherVersion);
    h.deviant_step("link pub cut rst");
    h.step_of("target kill", StepClass::Target(TargetStep::Kill), false, None);
    h.event(EventKind::Upgraded { conn: p, subprotocol: "mqtt".into() });
    for why in [OpenError::Refused, OpenError::Other("no \"way\"".into())] {
        h.event(EventKind::OpenFailed { client: publisher, why: why.clone() });
        h.event(EventKind::Abandoned { step: 9, why: Abandon::NoConnection(why) });
    }
    h.event(EventKind::Abandoned { step: 9, why: Abandon::Deadline { ms: 30_000 } });
    h.event(EventKind::Abandoned { step: 9, why: Abandon::unmet(2, "no PUBREC as claimed") });
    h.event(EventKind::Starved { ms: 300 });
}

#[test]
fn every_kind_of_event_comes_back() {
    for version in [Version::V31, Version::V311, Version::V5] {
        let history = every_kind(version);
        let written = text(&history);
        assert_eq!(back(&written).expect("readable"), history);
        assert_eq!(text(&back(&written).expect("readable")), written);
    }
}

#[test]
fn a_packet_stands_in_bytes_and_in_words() {
    let mut h = HandMade::new(Version::V5);
    let c = h.client("c");
    let conn = h.open(c);
    h.up(conn, Publish::new("dz1/t", 1, Some(7), "x"));
    let written = text(&h.finish());
    let line = written.lines().nth(2).expect("the packet at the client's end");
    assert!(
        line.starts_with(
            r#"{"seq":1,"at_us":2000,"packet":{"conn":0,"direction":"up","end":"client","text":"PUBLISH"#
        ),
        "{line}"
    );
    assert!(line.contains(r#""hex":"320b0005647a312f7400070078""#), "{line}");
    let line = written.lines().nth(3).expect("the packet at the broker's end");
    assert!(line.contains(r#""of":1"#) && !line.contains("hex"), "its bytes are those of its twin: {line}");
}

#[test]
fn a_file_that_was_cut_off_is_refused_wherever_it_ends() {
    let written = text(&every_kind(Version::V5));
    for length in 0..written.len() - 1 {
        let Some(cut) = written.get(..length) else { continue };
        if cut.trim_end() == written.trim_end() {
            continue;
        }
        assert!(matches!(back(cut), Err(HistoryError::Truncated(_))), "cut at {length}: {:?}", back(cut));
    }
}

#[test]
fn another_major_is_refused_before_anything_else_is_read() {
    let other = r#"{"schema":"deadzone.history/3","whatever":[]}"#;
    assert!(matches!(back(other), Err(HistoryError::Schema(s)) if s == "deadzone.history/3"));
}

#[test]
fn fields_and_header_entries_that_a_later_minor_added_are_ignored() {
    let history = every_kind(Version::V5);
    let later = text(&history).replacen(r#"{"schema""#, r#"{"later":1,"schema""#, 1).replacen(
        r#"{"opened":{"#,
        r#"{"opened":{"later":[1],"#,
        1,
    );
    assert_eq!(back(&later).expect("readable"), history);
}

fn refused(history: &History, from: &str, to: &str) -> (usize, String) {
    let broken = text(history).replacen(from, to, 1);
    match back(&broken) {
        Err(HistoryError::Line { line, why }) => (line, why),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_broken_is_named_with_its_line() {
    let history = every_kind(Version::V5);
    let (line, why) = refused(&history, r#""event":{"opened""#, r#""event":{"teleported""#);
    assert_eq!(line, 3, "the header and a step come before it");
    assert!(why.contains("unknown variant `teleported`"), "{why}");
    assert!(refused(&history, r#""seq":4,"#, r#""seq":5,"#).1.contains("event 5 where 4 was due"));
    assert!(refused(&history, r#""at_us":3000"#, r#""at_us":1"#).1.contains("time goes back"));
    assert!(refused(&history, r#""hex":"10"#, r#""hex":"1g"#).1.contains("no hex digit"));
    assert!(refused(&history, r#""hex":"10"#, r#""hex":"1"#).1.contains("odd number"));
    assert!(refused(&history, r#""packet":{"conn":0"#, r#""packet":{"conn":9"#).1.contains("never opened"));
    assert!(refused(&history, r#"{"end":{"events":"#, r#"{"end":{"events":1"#).1.contains("counts"));
    assert!(
        refused(&history, r#""of":2"#, r#""of":3"#)
            .1
            .contains("event 3 is no packet that could come out here")
    );
    assert!(refused(&history, r#""of":2"#, r#""off":2"#).1.contains("a packet without bytes"));
    assert!(refused(&history, r#"["id",7]"#, r#"["identity",7]"#).1.contains("identity"));
    assert!(
        refused(&history, r#""of":2"#, r#""of":3"#)
            .1
            .contains("event 3 is no packet that could come out here")
    );
    assert!(refused(&history, r#""of":2"#, r#""off":2"#).1.contains("a packet without bytes"));
    assert!(refused(&history, r#"["id",7]"#, r#"["id",-7]"#).1.contains("no value of `id`"));
    let more = format!("{}\n{{}}\n", text(&history));
    assert!(matches!(back(&more), Err(HistoryError::Line { why, .. }) if why == "something behind the end"));
}

#[test]
fn a_connect_is_read_in_its_own_version() {
    let mut h = HandMade::new(Version::V311);
    let c = h.client("c");
    let conn = h.open(c);
    assert_eq!(conn, ConnId(0));
    h.up(conn, deadzone_wire::Connect::new(Version::V5, "other"));
    let history = h.finish();
    assert_eq!(back(&text(&history)).expect("readable"), history);
}

#[test]
fn a_file_that_was_cut_off_gives_its_whole_lines_and_then_says_so() {
    let history = every_kind(Version::V5);
    let written = text(&history);
    let cut = written.len() - 200;
    let mut reader = Reader::new(&written.as_bytes()[..cut]).expect("the header is whole");
    let mut events = Vec::new();
    let end = loop {
        match reader.next().expect("the end is told before there is none") {
            Ok(event) => events.push(event),
            Err(error) => break error,
        }
    };
    let whole = written[..cut].matches('\n').count();
    assert!(matches!(end, HistoryError::Truncated(lines) if lines == whole), "{end}");
    assert!(reader.next().is_none());
    assert_eq!(events, history.events[..whole - 1], "all but the header's line");
}

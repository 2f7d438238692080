//! What holds for every script of faults and every way of cutting streams into calls.

mod bench;

use std::collections::BTreeMap;

use bench::{LATE_US, PINGREQ, PUBLISH, PUBREL};
use deadzone_link::{Cut, Direction, Edge, Fault, Link, LinkStep, Note, Output, PathId, Trigger, Way, When};
use deadzone_wire::{Field, PacketKind, Pattern, Value};
use proptest::{collection::vec, prelude::*, sample::select};

#[derive(Clone, Debug)]
enum Op {
    Step(LinkStep),
    /// This many bytes more of the stream that this end writes.
    Write(Direction, usize),
    /// An orderly close, or a reset.
    Close(Direction, bool),
    /// Time passes, µs.
    Wait(u64),
    Open,
}

/// What one end of one path wrote, and what the other end got.
type Streams = BTreeMap<(PathId, Direction), Stream>;

#[derive(Clone, Debug, Default, PartialEq)]
struct Stream {
    written: Vec<u8>,
    got: Vec<u8>,
    pieces: Vec<usize>,
    ends: Vec<Output>,
    swallowed: u64,
    discarded: u64,
}

/// What both ends write: two-way nonsense for a session, but packets that frame.
fn source() -> Vec<u8> {
    let big = [&[0x30, 0xac, 0x02, 0, 1, b't'][..], &[b'x'; 297]].concat();
    [PUBLISH, PUBREL, PINGREQ, &big, PUBREL, PUBLISH, PINGREQ, PUBREL].concat()
}

/// Runs a script; the streams, and every output in order.
fn run(ops: &[Op]) -> (Streams, Vec<(PathId, Output)>, Link) {
    let source = source();
    let (mut link, mut now, mut path) = (Link::new(), 0, PathId(1));
    let (mut streams, mut log) = (Streams::new(), Vec::new());
    link.open(now, path);
    for op in ops {
        match op {
            Op::Step(step) => link.step(now, step.clone()),
            Op::Wait(us) => now += us,
            Op::Open => {
                path.0 += 1;
                link.open(now, path);
            }
            Op::Close(Direction::Up, rst) => link.client_closed(now, path, *rst),
            Op::Close(Direction::Down, rst) => link.broker_closed(now, path, *rst),
            Op::Write(direction, n) => {
                let written = &mut streams.entry((path, *direction)).or_default().written;
                let from = written.len() % source.len();
                let bytes = &source[from..(from + n).min(source.len())];
                written.extend_from_slice(bytes);
                match direction {
                    Direction::Up => link.client_bytes(now, path, bytes),
                    Direction::Down => link.broker_bytes(now, path, bytes),
                }
            }
        }
        drain(&mut link, now, path, &mut streams, &mut log);
    }
    drain(&mut link, now + LATE_US, path, &mut streams, &mut log);
    (streams, log, link)
}

fn drain(link: &mut Link, now: u64, newest: PathId, streams: &mut Streams, log: &mut Vec<(PathId, Output)>) {
    for path in (1..=newest.0).map(PathId) {
        while let Some(output) = link.poll(now, path) {
            log.push((path, output.clone()));
            let direction = match &output {
                Output::ToBroker(_) | Output::FinToBroker | Output::RstToBroker => Direction::Up,
                Output::ToClient(_) | Output::FinToClient | Output::RstToClient => Direction::Down,
                Output::Note(Note::Swallowed { direction, .. } | Note::Discarded { direction, .. }) => {
                    *direction
                }
                Output::Note(_) => continue,
            };
            let stream = streams.entry((path, direction)).or_default();
            match output {
                Output::ToBroker(bytes) | Output::ToClient(bytes) => {
                    assert!(stream.ends.is_empty(), "bytes after the end of {path:?} {direction}");
                    stream.got.extend_from_slice(&bytes);
                    stream.pieces.push(bytes.len());
                }
                Output::Note(Note::Swallowed { bytes, .. }) => stream.swallowed = bytes,
                Output::Note(Note::Discarded { bytes, .. }) => stream.discarded += bytes,
                end => stream.ends.push(end),
            }
        }
    }
    while let Some(note) = link.poll_note() {
        log.push((PathId(0), Output::Note(note)));
    }
}

fn way() -> impl Strategy<Value = Way> {
    select(vec![Way::Up, Way::Down, Way::Both])
}

fn direction() -> impl Strategy<Value = Direction> {
    select(vec![Direction::Up, Direction::Down])
}

/// Faults that lose nothing.
fn gentle() -> impl Strategy<Value = Fault> {
    prop_oneof![
        way().prop_map(Fault::Hold),
        way().prop_map(Fault::Release),
        (way(), 0..6_u32).prop_map(|(way, n)| Fault::Slice(way, n)),
        (way(), 0..40_u64).prop_map(|(way, us)| Fault::Coalesce(way, us)),
        (way(), 0..40_u64).prop_map(|(way, us)| Fault::Delay(way, us)),
        Just(Fault::Restore),
    ]
}

fn dark() -> impl Strategy<Value = Fault> {
    prop_oneof![3 => gentle(), 1 => way().prop_map(Fault::Blackhole)]
}

fn any_fault() -> impl Strategy<Value = Fault> {
    prop_oneof![4 => dark(), 1 => select(vec![Cut::Rst, Cut::Fin, Cut::Silent]).prop_map(Fault::Cut)]
}

fn trigger() -> impl Strategy<Value = When> {
    let edge = prop_oneof![Just(Edge::Before), (1..14_u32).prop_map(Edge::At), Just(Edge::After)];
    let kind = select(vec![PacketKind::Publish, PacketKind::Pubrel, PacketKind::Pingreq]);
    (edge, 1..4_u32, kind, proptest::bool::weighted(0.3), direction()).prop_map(
        |(edge, nth, kind, id, direction)| {
            let fields =
                if id && kind != PacketKind::Pingreq { vec![(Field::Id, Value::Number(7))] } else { vec![] };
            When::On(Trigger { edge, nth, pattern: Pattern { kind, fields }, direction })
        },
    )
}

fn steps(fault: impl Strategy<Value = Fault>) -> impl Strategy<Value = LinkStep> {
    let when = prop_oneof![2 => Just(When::Now), 1 => (0..60_u64).prop_map(When::After), 3 => trigger()];
    (fault, when).prop_map(|(fault, when)| LinkStep { fault, when })
}

fn script(fault: impl Strategy<Value = Fault>, closes: u32) -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        4 => steps(fault).prop_map(Op::Step),
        10 => (direction(), 1..60_usize).prop_map(|(direction, n)| Op::Write(direction, n)),
        3 => (0..50_u64).prop_map(Op::Wait),
        1 => Just(Op::Open),
        closes => (direction(), any::<bool>()).prop_map(|(direction, rst)| Op::Close(direction, rst)),
    ];
    vec(op, 0..40)
}

/// Scripts without closes: proptest wants no weight of zero.
fn open_script(fault: impl Strategy<Value = Fault> + 'static) -> impl Strategy<Value = Vec<Op>> {
    script(fault, 1).prop_map(|ops| ops.into_iter().filter(|op| !matches!(op, Op::Close(..))).collect())
}

/// One connection; each end writes its whole source in calls of these sizes (repeated), then closes.
fn whole_streams(armed: &[LinkStep], sizes: &[usize]) -> Vec<Op> {
    let mut ops: Vec<Op> = armed.iter().cloned().map(Op::Step).collect();
    for direction in [Direction::Up, Direction::Down] {
        let (mut left, mut sizes) = (source().len(), sizes.iter().cycle());
        while left > 0 {
            let n = sizes.next().map_or(left, |n| left.min(*n));
            ops.push(Op::Write(direction, n));
            left -= n;
        }
        ops.push(Op::Close(direction, false));
    }
    ops
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_arrives_is_a_prefix_of_what_was_written(ops in script(any_fault(), 2)) {
        for (key, stream) in run(&ops).0 {
            prop_assert!(stream.written.starts_with(&stream.got), "{key:?}");
            let reset = |end: &Output| matches!(end, Output::RstToBroker | Output::RstToClient);
            prop_assert!(stream.ends.len() <= 2, "{key:?}: {:?}", stream.ends);
            prop_assert!(stream.ends.len() < 2 || (!reset(&stream.ends[0]) && reset(&stream.ends[1])), "{key:?}: {:?}", stream.ends);
        }
    }

    #[test]
    fn every_byte_arrives_or_is_held_or_its_loss_is_noted(ops in open_script(dark())) {
        let (streams, _, link) = run(&ops);
        let mut missing = BTreeMap::<PathId, usize>::new();
        for ((path, _), stream) in &streams {
            prop_assert_eq!(stream.discarded, 0);
            *missing.entry(*path).or_default() += stream.written.len() - stream.got.len() - stream.swallowed as usize;
        }
        for (path, bytes) in missing {
            prop_assert_eq!(link.held_bytes(path), bytes, "{:?}", path);
        }
    }

    #[test]
    fn gentle_faults_lose_nothing(ops in open_script(gentle())) {
        let restore = Op::Step(LinkStep { fault: Fault::Restore, when: When::Now });
        let ops = [ops, vec![Op::Wait(100), Op::Close(Direction::Up, false), Op::Close(Direction::Down, true), restore]].concat();
        let (streams, _, link) = run(&ops);
        let newest = PathId(1 + ops.iter().filter(|op| matches!(op, Op::Open)).count() as u32);
        for ((path, direction), stream) in streams {
            // The reset from the broker may overtake what is still on its way up.
            let lost = stream.written.len() - stream.got.len();
            prop_assert_eq!(lost as u64, stream.discarded);
            prop_assert!(lost == 0 || (path, direction) == (newest, Direction::Up));
            prop_assert_eq!(link.held_bytes(path), 0);
            if (path, direction) == (newest, Direction::Down) {
                prop_assert_eq!(stream.ends, vec![Output::RstToClient]);
            }
        }
    }

    #[test]
    fn the_same_script_gives_the_same_outputs(ops in script(any_fault(), 2)) {
        prop_assert_eq!(run(&ops).1, run(&ops).1);
    }

    #[test]
    fn chunks_do_not_matter(
        armed in vec((any_fault(), trigger()).prop_map(|(fault, when)| LinkStep { fault, when }), 1..4),
        sizes in vec(1..40_usize, 1..6),
    ) {
        let outcome = |sizes: &[usize]| -> Vec<_> {
            let streams = run(&whole_streams(&armed, sizes)).0;
            streams.into_iter().map(|(key, s)| (key, s.got, s.ends, s.swallowed)).collect()
        };
        let whole = outcome(&[]);
        prop_assert_eq!(&outcome(&sizes), &whole);
        prop_assert_eq!(&outcome(&[1]), &whole);
    }

    #[test]
    fn pieces_are_no_larger_than_asked(n in 1..20_u32, sizes in vec(1..100_usize, 1..4), us in 0..20_u64) {
        let armed = [Fault::Slice(Way::Up, n), Fault::Coalesce(Way::Both, us)];
        let armed = armed.map(|fault| LinkStep { fault, when: When::Now });
        let streams = run(&whole_streams(&armed, &sizes)).0;
        let (up, down) = (&streams[&(PathId(1), Direction::Up)], &streams[&(PathId(1), Direction::Down)]);
        prop_assert!(up.pieces.iter().all(|len| (1..=n as usize).contains(len)));
        prop_assert_eq!(up.got.len(), source().len());
        prop_assert!(us == 0 || down.pieces == vec![source().len()]);
    }
}

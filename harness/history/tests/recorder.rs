//! The recorder's bounds: what is over them is not recorded, and the record says why.

use deadzone_history::{EventKind, HandMade, Overflow, Recorder, RecorderLimits, Start};
use deadzone_wire::Version;

fn tick(ms: u64) -> EventKind {
    EventKind::Starved { ms }
}

#[test]
fn numbers_have_no_gaps_and_time_never_goes_back() {
    let mut r = Recorder::new(RecorderLimits::default());
    let numbers: Vec<u64> = [5, 9, 7, 10].into_iter().map(|at| r.append(at, tick(at))).collect();
    assert_eq!(numbers, [0, 1, 2, 3]);
    let history = r.finish(HandMade::new(Version::V5).finish().header);
    assert_eq!(history.events.iter().map(|e| e.seq).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert_eq!(history.events.iter().map(|e| e.at_us).collect::<Vec<_>>(), [5, 9, 9, 10]);
}

#[test]
fn as_many_events_at_one_instant_as_the_bound_says() {
    let limits = RecorderLimits { events_at_one_instant: 3, ..RecorderLimits::default() };
    let mut r = Recorder::new(limits);
    for at in [1, 1, 1, 2, 2, 2] {
        r.append(at, tick(0));
    }
    assert_eq!((r.events().len(), r.overflow()), (6, None));
    r.append(2, tick(0));
    assert_eq!((r.events().len(), r.overflow()), (6, Some(Overflow::Instant(3))));
    assert_eq!(r.append(3, tick(0)), 5, "after an overflow nothing is appended");
    assert_eq!(r.events().len(), 6);
}

#[test]
fn as_many_events_in_all_as_the_bound_says() {
    let mut r = Recorder::new(RecorderLimits { events: 2, ..RecorderLimits::default() });
    for at in 0..3 {
        r.append(at, tick(at));
    }
    assert_eq!((r.events().len(), r.overflow()), (2, Some(Overflow::Events(2))));
}

#[test]
fn as_many_bytes_of_packets_as_the_bound_says() {
    let mut h = HandMade::new(Version::V311);
    let c = h.client("c");
    h.connect(c, Start::Clean);
    let history = h.finish();
    let size: u64 = history.events.iter().map(|e| RecorderLimits::cost(&e.kind)).sum();
    for (bytes, whole) in [(size, true), (size - 1, false)] {
        let mut r = Recorder::new(RecorderLimits { bytes, ..RecorderLimits::default() });
        for event in history.events.clone() {
            r.append(event.at_us, event.kind);
        }
        assert_eq!(r.overflow().is_none(), whole, "{bytes} of {size} bytes");
        assert_eq!(r.events().len(), history.events.len() - usize::from(!whole));
    }
}

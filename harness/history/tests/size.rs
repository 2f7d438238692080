//! An event stays small: a run may have a million of them.

use deadzone_history::Event;

#[test]
fn an_event_takes_64_bytes_at_most() {
    assert!(size_of::<Event>() <= 64, "{} bytes", size_of::<Event>());
}

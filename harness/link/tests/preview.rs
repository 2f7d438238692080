//! What a profile shows of itself before anybody uses it.

#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

mod made;

use made::{made, shipped};

#[test]
fn a_connection_that_is_forgotten_silently_is_given_up() {
    let trips = |rst: &str| made(&["nat.idle_s=30", rst]).round_trips_us(400, 1);
    let (silent, told) = (trips("nat.rst=false"), trips("nat.rst=true"));
    // After a minute of silence it is forgotten: that leaves those that follow others on a new connection.
    assert!(told.len() >= 100 && silent.len() >= 100, "{} and {}", told.len(), silent.len());
    assert_eq!(silent.last(), told.last());
    // Every trip of a link that forgets nobody comes back.
    assert_eq!(made(&[]).round_trips_us(400, 1).len(), 400);
}

#[test]
fn a_trip_that_takes_long_is_no_connection_that_is_gone() {
    let catalogue = shipped();
    for profile in catalogue.profiles().filter(|profile| !profile.overlay) {
        let count = profile.round_trips_us(400, 1).len();
        assert!(count >= 200, "{}: {count} of 400", profile.name);
    }
}

//! Any text as a user's link profile, beside those of the suite.

use std::sync::LazyLock;

use deadzone_link::Catalogue;

/// Round trips that are tried out of what was read.
const TRIPS: u64 = 4;

static SUITE: LazyLock<Catalogue> = LazyLock::new(|| {
    let profiles = deadzone_scenarios::profiles().iter().copied();
    Catalogue::new(profiles, deadzone_scenarios::traces().iter().copied())
        .expect("the suite's profiles are sound")
});

/// The profiles of the suite.
pub(super) fn suite() -> &'static Catalogue {
    &SUITE
}

/// It is refused, or bytes go through a link of it and come to an end.
///
/// # Panics
///
/// Where they do not.
pub fn profile(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut catalogue = SUITE.clone();
    if let Err(why) = catalogue.add("mine", text) {
        assert!(!why.to_string().is_empty());
        return;
    }
    let profile = catalogue.find("mine").expect("it was added");
    let _ = profile.patience_us();
    let _ = catalogue.change("mine+nat-short").expect("an overlay lies over anything");
    let trips = profile.round_trips_us(TRIPS, 1);
    assert!(trips.len() as u64 <= TRIPS && trips.is_sorted());
}

//! Seeds: a scenario's own comes from the run's seed, its id and its version, never from an order.

use deadzone_history::Fnv;
use deadzone_wire::Version;

/// The seed of one scenario in one version.
pub(crate) fn of_scenario(run: u64, id: &str, version: Version) -> u64 {
    Fnv::default()
        .with(&run.to_be_bytes())
        .with(id.as_bytes())
        .with(b"\0")
        .with(version.as_str().as_bytes())
        .value()
}

//! Seeds: a scenario's own comes from the run's seed, its id and its version, never from an order.

use deadzone_wire::Version;

/// FNV-1a, 64 bit, as a running state: stable over platforms and releases.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fnv(pub(crate) u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Fnv {
    #[must_use]
    pub(crate) fn with(mut self, bytes: &[u8]) -> Self {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        self
    }
}

/// The seed of one scenario in one version.
pub(crate) fn of_scenario(run: u64, id: &str, version: Version) -> u64 {
    Fnv::default()
        .with(&run.to_be_bytes())
        .with(id.as_bytes())
        .with(b"\0")
        .with(version.as_str().as_bytes())
        .0
}

//! Seeds and nonces of a performance: made from the run's, the scenario's id and its version, never from an order.

use deadzone_history::Fnv;
use deadzone_wire::Version;

/// The seed of one of several runs, from 1: the first has the seed that was asked for.
pub(crate) fn of_run(run: u64, number: u32) -> u64 {
    match number {
        0 | 1 => run,
        _ => Fnv::default().with(&run.to_be_bytes()).with(&number.to_be_bytes()).value(),
    }
}

/// The seed of one scenario in one version.
pub(crate) fn of_scenario(run: u64, id: &str, version: Version) -> u64 {
    Fnv::default()
        .with(&run.to_be_bytes())
        .with(id.as_bytes())
        .with(b"\0")
        .with(version.as_str().as_bytes())
        .value()
}

/// What the words of a run begin with, from the run's own word: 6 letters and digits.
pub(crate) fn run_prefix(run: &str) -> String {
    format!("dz{:04x}", Fnv::default().with(run.as_bytes()).value() & 0xffff)
}

/// The word that `{run}` stands for, from the run's prefix, the scenario, the version and the attempt: 14 letters and digits.
/// Scenarios count offsets behind it, so its length is part of the language.
pub(crate) fn nonce(run_prefix: &str, scenario: &str, version: Version, attempt: u32) -> String {
    let parts = [run_prefix, "\0", scenario, "\0", version.as_str()];
    let hash = parts.into_iter().fold(Fnv::default(), |hash, part| hash.with(part.as_bytes()));
    format!("{run_prefix}{:08x}", hash.with(&attempt.to_le_bytes()).value() & 0xffff_ffff)
}

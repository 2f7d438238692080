//! What fuzzing runs: each function takes any bytes and panics where a promise of ours is broken. They know nothing of a fuzzer, so
//! that stable Rust replays what one found.

mod decode;
mod history;
mod hostile;
mod play_client;
mod profile;
mod scenario;
mod target;
mod told;

pub use decode::decode;
pub use history::history;
pub use play_client::play_client;
pub use profile::profile;
pub use scenario::scenario;
pub use target::target;

/// A function that is fuzzed.
pub type Fuzzed = fn(&[u8]);

/// All of them by their names, which are those of the corpora.
pub const TARGETS: [(&str, Fuzzed); 6] = [
    ("decode", decode),
    ("history", history),
    ("play_client", play_client),
    ("profile", profile),
    ("scenario", scenario),
    ("target", target),
];

//! Drives a link with a profile from both ends, in its own time.

#![allow(dead_code, reason = "no test needs all of it")]

use deadzone_link::{Direction, Identity, Link, Note, Output, PathId};
use proptest::prelude::*;

pub(crate) const PATH: PathId = PathId(1);

pub(crate) fn identity(seed: u64) -> Identity {
    Identity { seed, scenario: "s".to_owned(), link: "dev".to_owned() }
}

/// One thing that leaves: when, which way, how many bytes (0: an end).
pub(crate) type Left = (u64, Direction, usize);

/// What leaves, what the link said, and the bytes in each direction.
pub(crate) type Ran = (Vec<Left>, Vec<Note>, [Vec<u8>; 2]);

/// Writes at these times, and everything that leaves until `end_us`.
pub(crate) fn run(link: &mut Link, writes: &[(u64, Direction, usize)], end_us: u64) -> Ran {
    run_from(0, link, writes, end_us)
}

/// The same on a path that is opened at `from_us`.
pub(crate) fn run_from(
    from_us: u64,
    link: &mut Link,
    writes: &[(u64, Direction, usize)],
    end_us: u64,
) -> Ran {
    let (mut left, mut notes, mut out) = (Vec::new(), Vec::new(), [Vec::new(), Vec::new()]);
    let (mut now_us, mut next, mut counts) = (from_us, 0, [0u8; 2]);
    link.open(from_us, PATH);
    while now_us <= end_us {
        while let Some((_, direction, len)) = writes.get(next).filter(|w| w.0 <= now_us) {
            let count = &mut counts[*direction as usize];
            // The first byte makes the stream one that can't be framed; then every byte tells its place.
            let bytes: Vec<u8> = (0..*len)
                .map(|_| {
                    *count = count.wrapping_add(1);
                    content(*count)
                })
                .collect();
            match direction {
                Direction::Up => link.client_bytes(now_us, PATH, &bytes),
                Direction::Down => link.broker_bytes(now_us, PATH, &bytes),
            }
            next += 1;
        }
        while let Some(output) = link.poll(now_us, PATH) {
            match output {
                Output::ToBroker(bytes) => {
                    left.push((now_us, Direction::Up, bytes.len()));
                    out[0].extend_from_slice(&bytes);
                }
                Output::ToClient(bytes) => {
                    left.push((now_us, Direction::Down, bytes.len()));
                    out[1].extend_from_slice(&bytes);
                }
                Output::Note(note) => notes.push(note),
                Output::FinToBroker | Output::RstToBroker => left.push((now_us, Direction::Up, 0)),
                Output::FinToClient | Output::RstToClient => left.push((now_us, Direction::Down, 0)),
            }
        }
        let next_us = writes.get(next).map_or(u64::MAX, |w| w.0);
        now_us = link.wake_at_us().unwrap_or(u64::MAX).max(now_us + 1).min(next_us);
    }
    (left, notes, out)
}

/// What `run` wrote in a direction.
pub(crate) fn written(writes: &[(u64, Direction, usize)], direction: Direction) -> Vec<u8> {
    let total: usize = writes.iter().filter(|w| w.1 == direction).map(|w| w.2).sum();
    (1..=total).map(|n| content(n as u8)).collect()
}

/// No control byte: five of 0xff show that a stream can't be framed.
fn content(count: u8) -> u8 {
    if count < 8 { 0xff } else { count }
}

pub(crate) fn writes() -> impl Strategy<Value = Vec<(u64, Direction, usize)>> {
    let way = prop_oneof![Just(Direction::Up), Just(Direction::Down)];
    prop::collection::vec((0u64..60_000_000, way, 1usize..3000), 1..40).prop_map(|mut writes| {
        writes.sort_by_key(|w| w.0);
        writes
    })
}

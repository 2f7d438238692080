//! What a profile does to a round trip, tried out: small messages through a link of its own, echoed at once.

use std::collections::VecDeque;

use super::named::Profile;
use crate::{Identity, Link, Output, PathId};

/// A small MQTT packet's size, bytes.
const MESSAGE: usize = 8;
/// Distance of messages, µs: shorter than most radios need to fall asleep.
const EVERY_US: u64 = 7_000_000;

impl Profile {
    /// Round trips of `count` small messages, one each 7 s of the link's time, sorted, µs. Those that were under way when a
    /// connection ended are left out.
    pub fn round_trips_us(&self, count: u64, seed: u64) -> Vec<u64> {
        let identity = Identity { seed, scenario: "preview".to_owned(), link: self.name.clone() };
        let mut link = Link::with_profile(self, identity);
        let (mut sent, mut trips) = (VecDeque::new(), Vec::new());
        let (mut now_us, mut made, mut echoed) = (0u64, 0u64, 0usize);
        let (mut path, mut connected) = (PathId(0), false);
        // Whatever is under way at the end gets an hour.
        let end_us = count * EVERY_US + 3_600_000_000;
        while now_us < end_us && (made < count || !sent.is_empty()) {
            let next_us = made * EVERY_US;
            if made < count && now_us >= next_us {
                made += 1;
                link.advance(now_us);
                if !connected && link.usable() {
                    (path, connected) = (PathId(path.0 + 1), true);
                    link.open(now_us, path);
                }
                if connected {
                    // No packet is so long, so the link does not look for packets.
                    link.client_bytes(now_us, path, &[0xff; MESSAGE]);
                    sent.push_back(now_us);
                }
            }
            while let Some(output) = link.poll(now_us, path) {
                match output {
                    Output::ToBroker(bytes) => link.broker_bytes(now_us, path, &bytes),
                    Output::ToClient(bytes) => {
                        echoed += bytes.len();
                        for _ in 0..echoed / MESSAGE {
                            trips.extend(sent.pop_front().map(|at_us: u64| now_us - at_us));
                        }
                        echoed %= MESSAGE;
                    }
                    Output::RstToClient => {
                        sent.clear();
                        (echoed, connected) = (0, false);
                    }
                    _ => {}
                }
            }
            let next_us = if made < count { made * EVERY_US } else { end_us };
            now_us = link.wake_at_us().unwrap_or(u64::MAX).max(now_us + 1).min(next_us);
        }
        trips.sort_unstable();
        trips
    }
}

//! Free ports on loopback for programs that must be told theirs.
//!
//! A port that the kernel hands out is free only until it hands it out again, to anybody: a program that is told such a port and
//! listens a second later may find it taken, and who waits for it may find somebody else. So ports come from below those that
//! the kernel hands out, each once in this process; whether it is our program that listens is looked at in the end.

use std::{
    collections::BTreeSet,
    hash::{BuildHasher, Hasher, RandomState},
    net::{Ipv4Addr, TcpListener},
    sync::{Mutex, PoisonError},
};

/// Below are the ports of well-known services.
const FIRST: u16 = 10_000;
/// Where the kernel's own begin, if it does not say.
const KERNELS: u16 = 32_768;
/// Fewer than so many to choose from are too few.
const LEAST: u16 = 1_000;

/// The ports that this process gave away.
static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());

/// Nothing is free.
#[derive(Debug, thiserror::Error)]
#[error("no free port between {FIRST} and {0}")]
pub(crate) struct NoPort(u16);

/// A port of 127.0.0.1 that nobody listens on.
pub(crate) fn free() -> Result<u16, NoPort> {
    let end = kernels().filter(|low| *low >= FIRST + LEAST).unwrap_or(KERNELS);
    let count = end - FIRST;
    // Where the search begins differs from process to process, so that two of them seldom meet.
    let begin = RandomState::new().build_hasher().finish();
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    for step in 0..u64::from(count) {
        let offset = u16::try_from(begin.wrapping_add(step) % u64::from(count)).unwrap_or_default();
        let port = FIRST + offset;
        if !given.contains(&port) && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            given.insert(port);
            return Ok(port);
        }
    }
    Err(NoPort(end))
}

/// Gives a port back.
pub(crate) fn give_back(port: u16) {
    GIVEN.lock().unwrap_or_else(PoisonError::into_inner).remove(&port);
}

/// The first port that the kernel hands out, where it says so (Linux: ip-sysctl, `ip_local_port_range`).
fn kernels() -> Option<u16> {
    let range = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
    range.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_else_is_given_a_port_and_what_is_taken_is_passed_over() {
        let mut seen = BTreeSet::new();
        for _ in 0..50 {
            let port = free().unwrap();
            assert!(seen.insert(port), "{port} was given twice");
            assert!(port >= FIRST && kernels().is_none_or(|low| port < low || low < FIRST + LEAST), "{port}");
        }
        let held = TcpListener::bind((Ipv4Addr::LOCALHOST, *seen.first().unwrap())).unwrap();
        give_back(held.local_addr().unwrap().port());
        assert!(TcpListener::bind(held.local_addr().unwrap()).is_err(), "a port in use can't be bound");
        seen.into_iter().for_each(give_back);
    }
}

//! Plays what happens at given times to one link or several, and writes down what leaves them.

#![allow(dead_code, reason = "no test needs all of it")]

use deadzone_link::{Direction, Fault, Link, LinkStep, Output, PathId, Profile, When};

/// Something that happens to a link.
#[derive(Clone, Debug)]
pub(crate) enum Do {
    /// A connection is made, in which no packets are looked for.
    Open(u32),
    /// This many bytes of a connection.
    Send(u32, Direction, usize),
    /// The end that sends in this direction closes: with a reset, or in an orderly way.
    Close(u32, Direction, bool),
    Fault(Fault),
    Profile(Profile),
    NoProfile,
}

/// What leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Out {
    Bytes(usize),
    Fin,
    Rst,
}

/// When, out of which link, of which connection, which way, what.
pub(crate) type Left = (u64, usize, u32, Direction, Out);

/// Plays until `end_us`. What happens at one time happens in the order of the list.
pub(crate) fn play(links: &mut [Link], happens: &[(u64, usize, Do)], end_us: u64) -> Vec<Left> {
    let mut happens = happens.to_vec();
    happens.sort_by_key(|h| h.0);
    let (mut left, mut next, mut now_us) = (Vec::new(), 0, 0);
    let mut paths: Vec<Vec<u32>> = vec![Vec::new(); links.len()];
    while now_us <= end_us {
        while let Some((_, link, what)) = happens.get(next).filter(|h| h.0 <= now_us) {
            if let Do::Open(path) = what {
                paths[*link].push(*path);
            }
            perform(&mut links[*link], now_us, what);
            next += 1;
        }
        for (n, link) in links.iter_mut().enumerate() {
            link.advance(now_us);
            for path in &paths[n] {
                while let Some(output) = link.poll(now_us, PathId(*path)) {
                    left.extend(out(output).map(|(way, out)| (now_us, n, *path, way, out)));
                }
            }
        }
        let wakes_us = links.iter().filter_map(Link::wake_at_us).min().unwrap_or(u64::MAX);
        now_us = wakes_us.max(now_us + 1).min(happens.get(next).map_or(u64::MAX, |h| h.0));
    }
    left
}

/// The same for one link with one connection, 1, that is open from the beginning: when, which way, what.
pub(crate) fn play_one(link: Link, happens: &[(u64, Do)], end_us: u64) -> Vec<(u64, Direction, Out)> {
    let mut all = vec![(0, 0, Do::Open(1))];
    all.extend(happens.iter().map(|(at_us, what)| (*at_us, 0, what.clone())));
    play(&mut [link], &all, end_us).into_iter().map(|(at_us, _, _, way, out)| (at_us, way, out)).collect()
}

fn perform(link: &mut Link, now_us: u64, what: &Do) {
    match what {
        Do::Open(path) => {
            link.open(now_us, PathId(*path));
            link.opaque(PathId(*path), "a test");
        }
        Do::Send(path, Direction::Up, bytes) => link.client_bytes(now_us, PathId(*path), &vec![7; *bytes]),
        Do::Send(path, Direction::Down, bytes) => link.broker_bytes(now_us, PathId(*path), &vec![7; *bytes]),
        Do::Close(path, Direction::Up, rst) => link.client_closed(now_us, PathId(*path), *rst),
        Do::Close(path, Direction::Down, rst) => link.broker_closed(now_us, PathId(*path), *rst),
        Do::Fault(fault) => link.step(now_us, LinkStep { fault: *fault, when: When::Now }),
        Do::Profile(profile) => link.change_profile(now_us, profile),
        Do::NoProfile => link.clear_profile(now_us),
    }
}

fn out(output: Output) -> Option<(Direction, Out)> {
    Some(match output {
        Output::ToBroker(bytes) => (Direction::Up, Out::Bytes(bytes.len())),
        Output::ToClient(bytes) => (Direction::Down, Out::Bytes(bytes.len())),
        Output::FinToBroker => (Direction::Up, Out::Fin),
        Output::RstToBroker => (Direction::Up, Out::Rst),
        Output::FinToClient => (Direction::Down, Out::Fin),
        Output::RstToClient => (Direction::Down, Out::Rst),
        Output::Note(_) => return None,
    })
}

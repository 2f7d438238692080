//! One live connection: its chain behind a lock, so that the API can reach in, and the way it is asked by the relay.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;

use crate::{
    Clock, Control, Impairment, Out, Stop, Traffic,
    toxiproxy::chain::{Chain, Ended},
};

/// How long what passed before a toxic's close may still take to be written, µs.
const CLOSING_US: u64 = 2_000_000;

/// A connection that is served.
pub(super) struct Live {
    /// Over all proxies, from 1.
    pub(super) id: u64,
    pub(super) proxy: String,
    pub(super) peer: SocketAddr,
    pub(super) upstream: String,
    pub(super) since_us: u64,
    pub(super) control: Control,
    pub(super) traffic: Traffic,
    pub(super) clock: Clock,
    chain: Mutex<Chain>,
}

impl Live {
    pub(super) fn new(
        id: u64,
        proxy: &str,
        peer: SocketAddr,
        upstream: &str,
        clock: Clock,
        chain: Chain,
    ) -> Self {
        Self {
            id,
            proxy: proxy.to_owned(),
            peer,
            upstream: upstream.to_owned(),
            since_us: clock.now_us(),
            control: Control::default(),
            traffic: Traffic::default(),
            clock,
            chain: Mutex::new(chain),
        }
    }

    pub(super) fn chain(&self) -> MutexGuard<'_, Chain> {
        self.chain.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the chain and has the relay ask it again.
    pub(super) fn change(&self, change: impl FnOnce(u64, &mut Chain)) {
        change(self.clock.now_us(), &mut self.chain());
        self.control.wake();
    }
}

/// The chain as the relay sees it. A toxic's close ends the whole connection, not just its two halves.
pub(super) struct LiveMiddle {
    live: Arc<Live>,
    taken: [u64; 2],
    emitted: [u64; 2],
    /// When a close that can't be written out is made all the same.
    closes_us: Option<u64>,
}

impl LiveMiddle {
    pub(super) fn new(live: Arc<Live>) -> Self {
        Self { live, taken: [0; 2], emitted: [0; 2], closes_us: None }
    }

    /// All that was let through has been written. What passed while the chain was transparent was taken and not seen here.
    fn is_written(&self) -> bool {
        let traffic = &self.live.traffic;
        let counts = [(&traffic.taken_up, &traffic.given_up), (&traffic.taken_down, &traffic.given_down)];
        counts.into_iter().enumerate().all(|(way, (taken, given))| {
            let passed_by = Traffic::get(taken).saturating_sub(self.taken[way]);
            Traffic::get(given) >= passed_by + self.emitted[way]
        })
    }

    fn finish(&mut self, now_us: u64) {
        let closes_us = *self.closes_us.get_or_insert(now_us + CLOSING_US);
        if self.is_written() || now_us >= closes_us {
            self.live.control.stop(Stop::Close);
        }
    }
}

impl Impairment for LiveMiddle {
    fn up(&mut self, now_us: u64, bytes: Bytes) {
        self.taken[0] += bytes.len() as u64;
        self.live.chain().up(now_us, bytes);
    }

    fn down(&mut self, now_us: u64, bytes: Bytes) {
        self.taken[1] += bytes.len() as u64;
        self.live.chain().down(now_us, bytes);
    }

    fn up_closed(&mut self, now_us: u64, rst: bool) {
        self.live.chain().up_closed(now_us, rst);
    }

    fn down_closed(&mut self, now_us: u64, rst: bool) {
        self.live.chain().down_closed(now_us, rst);
    }

    fn poll(&mut self, now_us: u64) -> Option<Out> {
        let (out, ended) = {
            let mut chain = self.live.chain();
            (chain.poll(now_us), chain.ended())
        };
        match &out {
            Some(Out::Up(bytes)) => self.emitted[0] += bytes.len() as u64,
            Some(Out::Down(bytes)) => self.emitted[1] += bytes.len() as u64,
            None if ended == Some(Ended::Closed) => self.finish(now_us),
            _ => {}
        }
        out
    }

    fn wake_at_us(&self) -> Option<u64> {
        self.closes_us.or_else(|| self.live.chain().wake_at_us())
    }

    fn held_up(&self) -> usize {
        self.live.chain().held_up()
    }

    fn held_down(&self) -> usize {
        self.live.chain().held_down()
    }

    fn room_up(&self) -> usize {
        self.live.chain().room_up()
    }

    fn room_down(&self) -> usize {
        self.live.chain().room_down()
    }

    fn transparent(&self) -> bool {
        self.live.chain().transparent()
    }
}

//! One live connection: its chain behind a lock, so that the API can reach in, and the way it is asked by the relay.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use deadzone_link::Direction;

use crate::{
    Clock, Control, End, Impairment, Out, Record, RecordEvent, Stop, Traffic,
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
    record: Option<Box<dyn Record>>,
    /// How many notes of the link stand in the record.
    told: usize,
    /// Which ends closed, or were closed: the client's, upstream's.
    closed: [bool; 2],
    taken: [u64; 2],
    emitted: [u64; 2],
    /// When a close that can't be written out is made all the same.
    closes_us: Option<u64>,
}

impl LiveMiddle {
    pub(super) fn new(live: Arc<Live>, record: Option<Box<dyn Record>>) -> Self {
        let told = live.chain().notes().len();
        Self { live, record, told, closed: [false; 2], taken: [0; 2], emitted: [0; 2], closes_us: None }
    }

    fn tell(&mut self, now_us: u64, what: RecordEvent<'_>) {
        if let Some(record) = &mut self.record {
            record.happened(now_us, what);
        }
    }

    fn tell_bytes(&mut self, now_us: u64, (direction, end): (Direction, End), bytes: &Bytes) {
        self.tell(now_us, RecordEvent::Bytes { direction, end, bytes });
    }

    /// An end closes: by itself, or as the other one did.
    fn tell_closed(&mut self, now_us: u64, end: End, by_upstream: bool, rst: bool) {
        let closed = &mut self.closed[usize::from(end == End::Upstream)];
        if !std::mem::replace(closed, true) {
            self.tell(now_us, RecordEvent::Closed { end, by_upstream, rst });
        }
    }

    fn tell_notes(&mut self, now_us: u64) {
        let Some(record) = &mut self.record else { return };
        let chain = self.live.chain();
        for note in chain.notes().iter().skip(self.told) {
            record.happened(now_us, RecordEvent::Note(note));
        }
        self.told = chain.notes().len();
    }

    /// What comes out at the other end of the chain.
    fn tell_out(&mut self, now_us: u64, out: &Out) {
        let by_upstream = self.closed[1];
        match out {
            Out::Up(bytes) => self.tell_bytes(now_us, (Direction::Up, End::Upstream), bytes),
            Out::Down(bytes) => self.tell_bytes(now_us, (Direction::Down, End::Client), bytes),
            Out::FinUp => self.tell_closed(now_us, End::Upstream, false, false),
            Out::RstUp => self.tell_closed(now_us, End::Upstream, false, true),
            Out::FinDown => self.tell_closed(now_us, End::Client, by_upstream, false),
            Out::RstDown => self.tell_closed(now_us, End::Client, by_upstream, true),
        }
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
        self.tell_bytes(now_us, (Direction::Up, End::Client), &bytes);
        self.live.chain().up(now_us, bytes);
    }

    fn down(&mut self, now_us: u64, bytes: Bytes) {
        self.taken[1] += bytes.len() as u64;
        self.tell_bytes(now_us, (Direction::Down, End::Upstream), &bytes);
        self.live.chain().down(now_us, bytes);
    }

    fn up_closed(&mut self, now_us: u64, rst: bool) {
        self.tell_closed(now_us, End::Client, false, rst);
        self.live.chain().up_closed(now_us, rst);
    }

    fn down_closed(&mut self, now_us: u64, rst: bool) {
        self.tell_closed(now_us, End::Upstream, true, rst);
        self.live.chain().down_closed(now_us, rst);
    }

    fn poll(&mut self, now_us: u64) -> Option<Out> {
        let (out, ended) = {
            let mut chain = self.live.chain();
            (chain.poll(now_us), chain.ended())
        };
        self.tell_notes(now_us);
        if let Some(out) = &out {
            self.tell_out(now_us, out);
        }
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
        // What is recorded passes by here.
        self.record.is_none() && self.live.chain().transparent()
    }
}

impl Drop for LiveMiddle {
    /// The connection is over: an end that did not close by itself is closed here.
    fn drop(&mut self) {
        let now_us = self.live.clock.now_us();
        for end in [End::Client, End::Upstream] {
            self.tell_closed(now_us, end, false, false);
        }
        if let Some(record) = self.record.take() {
            record.finish(now_us);
        }
    }
}

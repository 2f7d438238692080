//! The state machine between two sides. Knows the middle only as a trait, and no MQTT.

use std::{
    cell::RefCell,
    future::Future,
    pin::Pin,
    sync::atomic::AtomicU64,
    task::{Context, Poll},
};

use bytes::Bytes;
use tokio::net::TcpStream;

use super::{
    control::{Control, Stop, Traffic},
    side::{Read, Side, WAITING_MAX},
};
use crate::{
    Impairment, Out,
    clock::{Alarm, Clock},
};

/// Most bytes on the way in one direction before its sender is read no more: also the bandwidth-delay product that a
/// delayed connection can fill, 4 MiB (40 MB/s at 100 ms).
pub const HELD_MAX: usize = 4 * 1024 * 1024;
/// How long a connection lasts after both ends closed while the middle still holds something, µs: neither end can be asked
/// any more whether it is still wanted.
pub const AFTERLIFE: u64 = 300_000_000;
/// A middle that wants to be woken in the past is asked again after this, µs: the timer's grain.
const GRAIN_US: u64 = 1_000;
/// An end that is not read is looked at this often, µs.
const LOOK_EVERY_US: u64 = 1_000_000;
/// Bytes of one read. The buffer belongs to the thread.
const READ_MAX: usize = 256 * 1024;

thread_local! {
    static SCRATCH: RefCell<Box<[u8]>> = RefCell::new(vec![0; READ_MAX].into_boxed_slice());
}

/// One end of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The client.
    Client,
    /// Upstream.
    Upstream,
}

/// How a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// Which end closed first of its own will, and whether by reset; `None` where neither did.
    pub first: Option<(End, bool)>,
    /// It was ended from outside.
    pub stopped: Option<Stop>,
    /// Bytes that the client's kernel got acknowledged and the relay never read.
    pub unread_up: u64,
    /// The same of upstream's.
    pub unread_down: u64,
}

impl Finished {
    /// It was ended from outside before there was anything to carry it to.
    pub(crate) fn stopped(stop: Stop, unread_up: u64) -> Self {
        Self { first: None, stopped: Some(stop), unread_up, unread_down: 0 }
    }

    /// The client reset before there was anything to carry it to.
    pub(crate) fn reset_by_client() -> Self {
        Self { first: Some((End::Client, true)), stopped: None, unread_up: 0, unread_down: 0 }
    }
}

/// Carries a connection until both directions have ended or [`Control::stop`] ends it. `early` are bytes of the client
/// that were read before upstream was there.
pub async fn relay<M: Impairment>(
    clock: Clock,
    (client, upstream): (TcpStream, TcpStream),
    early: Bytes,
    middle: &mut M,
    control: &Control,
    traffic: &Traffic,
) -> Finished {
    if !early.is_empty() {
        Traffic::add(&traffic.taken_up, early.len());
        middle.up(clock.now_us(), early);
    }
    let (client, upstream) = (Side::new(client), Side::new(upstream));
    let alarm = Alarm::default();
    let (first, ends_us, looks_us) = (None, None, None);
    Pump { clock, client, upstream, middle, control, traffic, alarm, first, ends_us, looks_us }.await
}

struct Pump<'a, M> {
    clock: Clock,
    client: Side,
    upstream: Side,
    middle: &'a mut M,
    control: &'a Control,
    traffic: &'a Traffic,
    alarm: Alarm,
    first: Option<(End, bool)>,
    /// When it ends whatever is held, once both ends closed.
    ends_us: Option<u64>,
    /// When the ends are looked at, while one of them is not read.
    looks_us: Option<u64>,
}

impl<M: Impairment> Future for Pump<'_, M> {
    type Output = Finished;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Finished> {
        let pump = self.get_mut();
        SCRATCH.with_borrow_mut(|scratch| pump.turn(cx, scratch))
    }
}

impl<M: Impairment> Pump<'_, M> {
    fn turn(&mut self, cx: &mut Context<'_>, scratch: &mut [u8]) -> Poll<Finished> {
        if let Some(stop) = self.control.watch(cx) {
            return Poll::Ready(self.stop(stop));
        }
        loop {
            let now_us = self.clock.now_us();
            self.ask(now_us);
            let mut moved = self.flush(cx, now_us, End::Upstream);
            moved |= self.flush(cx, now_us, End::Client);
            moved |= self.take(cx, now_us, End::Client, scratch);
            moved |= self.take(cx, now_us, End::Upstream, scratch);
            moved |= self.look(cx, now_us);
            if moved {
                continue;
            }
            if self.is_over(now_us) {
                return Poll::Ready(self.finish(None));
            }
            if self.alarm.poll(&self.clock, self.wake_at_us(now_us), cx).is_pending() {
                return Poll::Pending;
            }
        }
    }

    /// Does what the middle says. What it gives is bounded by what it may hold.
    fn ask(&mut self, now_us: u64) {
        while let Some(out) = self.middle.poll(now_us) {
            match out {
                Out::Up(bytes) => self.upstream.push(bytes),
                Out::Down(bytes) => self.client.push(bytes),
                Out::FinUp => self.upstream.fin(),
                Out::FinDown => self.client.fin(),
                Out::RstUp => self.upstream.reset(),
                Out::RstDown => self.client.reset(),
            }
        }
    }

    /// Writes to one end what waits for it.
    fn flush(&mut self, cx: &mut Context<'_>, now_us: u64, end: End) -> bool {
        let (_, _, side, given) = self.way_to(end);
        match side.flush(cx, given) {
            Ok(moved) => moved,
            Err(_) => {
                self.gone(now_us, end);
                true
            }
        }
    }

    /// Reads from one end, if the other can take it. Whether anything came.
    fn take(&mut self, cx: &mut Context<'_>, now_us: u64, end: End, scratch: &mut [u8]) -> bool {
        let most = self.appetite(end).min(scratch.len());
        if most == 0 {
            return false;
        }
        let transparent = self.middle.transparent();
        let (from, taken, to, given) = self.way_to(end.other());
        match from.poll_read(cx, &mut scratch[..most]) {
            Poll::Pending => return false,
            Poll::Ready(Read::Bytes(n)) => {
                Traffic::add(taken, n);
                let bytes = &scratch[..n];
                if !transparent {
                    let bytes = Bytes::copy_from_slice(bytes);
                    match end {
                        End::Client => self.middle.up(now_us, bytes),
                        End::Upstream => self.middle.down(now_us, bytes),
                    }
                } else if to.waiting() > 0 {
                    to.push(Bytes::copy_from_slice(bytes));
                } else if to.pass(cx, bytes, given).is_err() {
                    self.gone(now_us, end.other());
                }
            }
            Poll::Ready(Read::Fin) => self.closed(now_us, end, false),
            Poll::Ready(Read::Rst) => self.closed(now_us, end, true),
        }
        true
    }

    /// How much may be read from an end now.
    fn appetite(&mut self, end: End) -> usize {
        let (held, room) = match end {
            End::Client => (self.middle.held_up(), self.middle.room_up()),
            End::Upstream => (self.middle.held_down(), self.middle.room_down()),
        };
        let (from, _, to, _) = self.way_to(end.other());
        if to.waiting() >= WAITING_MAX {
            return 0;
        }
        // What a peer that has closed leaves behind is in a kernel's buffer already, and its close is behind it.
        if from.peer_closed {
            return usize::MAX;
        }
        if held + to.waiting() >= HELD_MAX { 0 } else { room }
    }

    /// Looks now and then at ends that are not read; whether one has gone.
    fn look(&mut self, cx: &mut Context<'_>, now_us: u64) -> bool {
        let ends = [End::Client, End::Upstream];
        if ends.iter().all(|end| self.appetite(*end) > 0) {
            self.looks_us = None;
            return false;
        }
        if now_us < *self.looks_us.get_or_insert(now_us + LOOK_EVERY_US) {
            return false;
        }
        self.looks_us = Some(now_us + LOOK_EVERY_US);
        let mut moved = false;
        for end in ends {
            let side = self.way_to(end.other()).0;
            let closed = side.peer_closed;
            let reset = side.look(cx);
            moved |= reset || side.peer_closed != closed;
            if reset {
                self.gone(now_us, end);
            }
        }
        moved
    }

    /// The way that leads to an end: its source with the count of bytes read, itself with the count of bytes written.
    fn way_to(&mut self, end: End) -> (&mut Side, &AtomicU64, &mut Side, &AtomicU64) {
        let traffic = self.traffic;
        match end {
            End::Upstream => (&mut self.client, &traffic.taken_up, &mut self.upstream, &traffic.given_up),
            End::Client => (&mut self.upstream, &traffic.taken_down, &mut self.client, &traffic.given_down),
        }
    }

    /// Writing to an end failed: it has reset.
    fn gone(&mut self, now_us: u64, end: End) {
        self.way_to(end).2.fail();
        self.closed(now_us, end, true);
    }

    fn closed(&mut self, now_us: u64, end: End, rst: bool) {
        self.first.get_or_insert((end, rst));
        match end {
            End::Client => self.middle.up_closed(now_us, rst),
            End::Upstream => self.middle.down_closed(now_us, rst),
        }
    }

    /// Both sides are over, or both ends closed and nothing can come any more.
    fn is_over(&mut self, now_us: u64) -> bool {
        if self.client.is_over() && self.upstream.is_over() {
            return true;
        }
        if !(self.client.read_ended && self.upstream.read_ended) {
            return false;
        }
        let waiting = self.client.waiting() + self.upstream.waiting();
        let nothing_left = waiting + self.middle.held_up() + self.middle.held_down() == 0
            && self.middle.wake_at_us().is_none();
        let ends_us = *self.ends_us.get_or_insert_with(|| now_us.saturating_add(AFTERLIFE));
        nothing_left || now_us >= ends_us
    }

    fn wake_at_us(&self, now_us: u64) -> Option<u64> {
        let middle = self.middle.wake_at_us();
        let middle = middle.map(|at| if at > now_us { at } else { now_us + GRAIN_US });
        middle.into_iter().chain(self.ends_us).chain(self.looks_us).min()
    }

    fn stop(&mut self, stop: Stop) -> Finished {
        let finished = self.finish(Some(stop));
        if stop == Stop::Reset {
            self.client.reset();
            self.upstream.reset();
        }
        finished
    }

    fn finish(&self, stopped: Option<Stop>) -> Finished {
        let (unread_up, unread_down) = (self.client.unread(), self.upstream.unread());
        Finished { first: self.first, stopped, unread_up, unread_down }
    }
}

impl End {
    fn other(self) -> Self {
        match self {
            Self::Client => Self::Upstream,
            Self::Upstream => Self::Client,
        }
    }
}

//! One connection of a proxy: the toxics of both directions, and behind them, next to the broker, a link of ours.
//! Knows no sockets and no API.

use std::collections::VecDeque;

use bytes::Bytes;
use deadzone_link::{Direction, Identity, Link, LinkStep, Note, Output, PathId, Profile};

use super::{
    Stream, ToxicInfo,
    lane::{Lane, Origin},
    stage::{Emitted, Item},
};
use crate::{Impairment, Out};

/// The one path of the connection's link.
const PATH: PathId = PathId(0);
/// The first byte of an MQTT connection: CONNECT.
const CONNECT: u8 = 0x10;
/// Notes of the link that are kept; later ones are only counted.
const NOTES_MAX: usize = 200;

/// How a connection was ended by what stands in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// Both directions, behind what passed before.
    Closed,
    /// Both ends reset.
    Reset,
}

/// A connection's toxics and link.
pub(super) struct Chain {
    seed: u64,
    proxy: String,
    connection: u64,
    up: Lane,
    down: Lane,
    link: Link,
    outs: VecDeque<Out>,
    /// A byte has reached the link.
    spoken: bool,
    /// No packets are looked for.
    opaque: bool,
    /// The link was ever told to do something.
    faulted: bool,
    peer_reset_up: bool,
    link_reset_down: bool,
    ended: Option<Ended>,
    notes: Vec<Note>,
}

impl Chain {
    pub(super) fn new(now_us: u64, seed: u64, proxy: &str, connection: u64) -> Self {
        let identity = Identity { seed, scenario: proxy.to_owned(), link: connection.to_string() };
        let mut link = Link::with_identity(identity);
        link.open(now_us, PATH);
        Self {
            seed,
            proxy: proxy.to_owned(),
            connection,
            up: Lane::default(),
            down: Lane::default(),
            link,
            outs: VecDeque::new(),
            spoken: false,
            opaque: false,
            faulted: false,
            peer_reset_up: false,
            link_reset_down: false,
            ended: None,
            notes: Vec::new(),
        }
    }

    /// A toxic comes last in its direction.
    pub(super) fn add(&mut self, now_us: u64, info: &ToxicInfo, generation: u32) {
        let origin = Origin { seed: self.seed, proxy: &self.proxy, connection: self.connection };
        let lane = match info.stream {
            Stream::Upstream => &mut self.up,
            Stream::Downstream => &mut self.down,
        };
        lane.add(now_us, info, generation, &origin);
        self.settle(now_us);
    }

    /// A toxic was changed.
    pub(super) fn update(&mut self, now_us: u64, info: &ToxicInfo) {
        self.edit(now_us, info.stream, |lane, out| lane.update(now_us, info, out));
    }

    /// A toxic is removed.
    pub(super) fn remove(&mut self, now_us: u64, info: &ToxicInfo) {
        self.edit(now_us, info.stream, |lane, out| lane.remove(now_us, &info.name, out));
    }

    fn edit(&mut self, now_us: u64, stream: Stream, edit: impl FnOnce(&mut Lane, &mut Emitted)) {
        if self.ended.is_some() {
            return;
        }
        let mut out = Vec::new();
        match stream {
            Stream::Upstream => {
                edit(&mut self.up, &mut out);
                self.feed_link(now_us, out);
            }
            Stream::Downstream => {
                edit(&mut self.down, &mut out);
                self.emit_down(now_us, out);
            }
        }
        self.settle(now_us);
    }

    /// A fault of ours.
    pub(super) fn step(&mut self, now_us: u64, step: LinkStep) {
        self.change_link(now_us, |link| link.step(now_us, step));
    }

    /// Does something to the link.
    pub(super) fn change_link(&mut self, now_us: u64, change: impl FnOnce(&mut Link)) {
        self.faulted = true;
        change(&mut self.link);
        self.settle(now_us);
    }

    /// How the link behaves by itself.
    pub(super) fn profile(&self) -> Option<&Profile> {
        self.link.profile()
    }

    pub(super) fn ended(&self) -> Option<Ended> {
        self.ended
    }

    /// What the link did so far.
    pub(super) fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// Packet triggers can never work.
    pub(super) fn is_opaque(&self) -> bool {
        self.opaque
    }

    /// Packet triggers can work.
    pub(super) fn is_mqtt(&self) -> bool {
        self.spoken && !self.opaque
    }

    /// The first bytes must be a client's CONNECT; otherwise no packets are looked for.
    fn greet(&mut self, is_mqtt: bool) {
        if !self.spoken {
            self.spoken = true;
            if !is_mqtt {
                self.opaque = true;
                self.link.opaque(PATH, "the connection does not begin with an MQTT CONNECT");
            }
        }
    }

    fn feed_link(&mut self, now_us: u64, items: Emitted) {
        for (_, item) in items {
            if self.ended.is_some() {
                return;
            }
            match item {
                Item::Bytes(bytes) => {
                    self.greet(bytes.first() == Some(&CONNECT));
                    self.link.client_bytes(now_us, PATH, &bytes);
                }
                Item::Fin => self.link.client_closed(now_us, PATH, false),
                Item::Rst if self.peer_reset_up => self.link.client_closed(now_us, PATH, true),
                Item::Rst => self.end(now_us, Ended::Reset),
                Item::Close => self.end(now_us, Ended::Closed),
            }
        }
    }

    fn emit_down(&mut self, now_us: u64, items: Emitted) {
        for (_, item) in items {
            if self.ended.is_some() {
                return;
            }
            match item {
                Item::Bytes(bytes) => self.outs.push_back(Out::Down(bytes)),
                Item::Fin => self.outs.push_back(Out::FinDown),
                Item::Rst if self.link_reset_down => self.outs.push_back(Out::RstDown),
                Item::Rst => self.end(now_us, Ended::Reset),
                Item::Close => self.end(now_us, Ended::Closed),
            }
        }
    }

    fn end(&mut self, now_us: u64, how: Ended) {
        if how == Ended::Closed {
            // What the link lets through now came before the close.
            self.drain_link(now_us, &mut Vec::new());
        }
        self.ended = Some(how);
        self.outs.extend(match how {
            Ended::Closed => [Out::FinUp, Out::FinDown],
            Ended::Reset => [Out::RstUp, Out::RstDown],
        });
    }

    /// Everything that is due moves on, from the client to the broker and back.
    fn settle(&mut self, now_us: u64) {
        if self.ended.is_some() {
            return;
        }
        let mut up = Vec::new();
        self.up.advance(now_us, &mut up);
        self.feed_link(now_us, up);
        if self.ended.is_some() {
            return;
        }
        let mut down = Vec::new();
        self.drain_link(now_us, &mut down);
        self.down.advance(now_us, &mut down);
        self.emit_down(now_us, down);
    }

    /// What the link lets through: up to the broker, down into the client's lane.
    fn drain_link(&mut self, now_us: u64, down: &mut Emitted) {
        while let Some(output) = self.link.poll(now_us, PATH) {
            let item = match output {
                Output::ToBroker(bytes) => {
                    self.outs.push_back(Out::Up(bytes));
                    continue;
                }
                Output::FinToBroker => {
                    self.outs.push_back(Out::FinUp);
                    continue;
                }
                Output::RstToBroker => {
                    self.outs.push_back(Out::RstUp);
                    continue;
                }
                Output::Note(note) => {
                    self.keep(note);
                    continue;
                }
                Output::ToClient(bytes) => Item::Bytes(bytes),
                Output::FinToClient => Item::Fin,
                Output::RstToClient => {
                    self.link_reset_down = true;
                    Item::Rst
                }
            };
            self.down.take(now_us, item, down);
        }
        while let Some(note) = self.link.poll_note() {
            self.keep(note);
        }
    }

    fn keep(&mut self, note: Note) {
        if self.notes.len() < NOTES_MAX {
            self.notes.push(note);
        }
    }
}

impl Impairment for Chain {
    fn up(&mut self, now_us: u64, bytes: Bytes) {
        let mut out = Vec::new();
        self.up.take(now_us, Item::Bytes(bytes), &mut out);
        self.feed_link(now_us, out);
    }

    fn down(&mut self, now_us: u64, bytes: Bytes) {
        if self.ended.is_none() {
            self.greet(false);
            self.link.broker_bytes(now_us, PATH, &bytes);
        }
    }

    fn up_closed(&mut self, now_us: u64, rst: bool) {
        self.peer_reset_up |= rst;
        let mut out = Vec::new();
        self.up.take(now_us, if rst { Item::Rst } else { Item::Fin }, &mut out);
        self.feed_link(now_us, out);
    }

    fn down_closed(&mut self, now_us: u64, rst: bool) {
        if self.ended.is_none() {
            self.link.broker_closed(now_us, PATH, rst);
        }
    }

    fn poll(&mut self, now_us: u64) -> Option<Out> {
        if self.outs.is_empty() {
            self.settle(now_us);
        }
        self.outs.pop_front()
    }

    fn wake_at_us(&self) -> Option<u64> {
        if self.ended.is_some() {
            return None;
        }
        [self.up.wake_at_us(), self.down.wake_at_us(), self.link.wake_at_us()].into_iter().flatten().min()
    }

    fn held_up(&self) -> usize {
        let held = self.up.held() + self.link.held_on(PATH, Direction::Up);
        if self.ended.is_some() { 0 } else { held }
    }

    fn held_down(&self) -> usize {
        let held = self.down.held() + self.link.held_on(PATH, Direction::Down);
        if self.ended.is_some() { 0 } else { held }
    }

    fn room_up(&self) -> usize {
        let room = self.link.window(PATH, Direction::Up);
        self.up.room().map_or(room, |most| most.min(room))
    }

    fn room_down(&self) -> usize {
        let room = self.link.window(PATH, Direction::Down);
        self.down.room().map_or(room, |most| most.min(room))
    }

    fn transparent(&self) -> bool {
        let quiet = self.outs.is_empty() && self.ended.is_none();
        quiet && self.opaque && !self.faulted && self.up.is_clear() && self.down.is_clear()
    }
}

#[cfg(test)]
mod tests;

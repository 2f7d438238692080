//! A modem's two lanes for packets. Knows no addresses and no protocols.

use std::collections::VecDeque;

use super::flows::{Flow, FlowState, Flows};
use crate::{
    Direction, Identity, Profile,
    model::{Begin, Chance, Modem},
};

/// What becomes of a packet that is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is on its way; whether it arrives is decided there.
    Taken,
    /// It is gone.
    Lost(Lost),
    /// It is gone, and its sender is told so: the network resets the flow, or the device knows that it has moved.
    Refused(Lost),
}

/// Why a packet is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lost {
    /// The queue was full.
    Queue,
    /// Noise.
    Noise,
    /// No coverage, or a hand-over that failed.
    Coverage,
    /// Address translation has forgotten its flow.
    Forgotten,
    /// Its flow belongs to an address that the device no longer has.
    Moved,
}

/// What happened to the packets of one direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PacketSums {
    /// Packets offered.
    pub offered: u64,
    /// Packets that arrived.
    pub arrived: u64,
    /// Bytes that arrived.
    pub arrived_bytes: u64,
    /// Packets lost to a full queue.
    pub queue: u64,
    /// Packets lost to noise.
    pub noise: u64,
    /// Packets lost for want of coverage.
    pub coverage: u64,
    /// Packets of flows that address translation had forgotten.
    pub forgotten: u64,
    /// Packets of flows of an earlier address.
    pub moved: u64,
}

impl PacketSums {
    /// Packets that never arrived, whatever the reason.
    pub fn lost(&self) -> u64 {
        self.queue + self.noise + self.coverage + self.forgotten + self.moved
    }

    fn lose(&mut self, why: Lost) {
        *match why {
            Lost::Queue => &mut self.queue,
            Lost::Noise => &mut self.noise,
            Lost::Coverage => &mut self.coverage,
            Lost::Forgotten => &mut self.forgotten,
            Lost::Moved => &mut self.moved,
        } += 1;
    }
}

#[derive(Debug)]
struct Waiting<T> {
    at_us: u64,
    /// The radio is ready for it then, µs: until then it waits for nothing else.
    ready_us: u64,
    bytes: usize,
    flow: Flow,
    packet: T,
}

/// One direction.
#[derive(Debug)]
struct Lane<T> {
    /// On the way to the server, in order, with when they get there.
    travelling: VecDeque<Waiting<T>>,
    /// Served, in order, with when they leave; noise took those without a packet.
    leaving: VecDeque<Waiting<Option<T>>>,
    /// All of them.
    held_bytes: usize,
    sums: PacketSums,
}

/// The link of one device for IP packets of type `T`.
#[derive(Debug)]
pub struct PacketLink<T> {
    modem: Modem,
    lanes: [Lane<T>; 2],
    flows: Flows,
}

impl<T> PacketLink<T> {
    /// A link that behaves as `profile` says. Equal identities meet equal radios, also as a byte-stream link.
    pub fn new(profile: &Profile, identity: Identity) -> Self {
        let lane = || Lane {
            travelling: VecDeque::new(),
            leaving: VecDeque::new(),
            held_bytes: 0,
            sums: PacketSums::default(),
        };
        let begin = Begin { origin_us: 0, since_us: 0, anew: true };
        Self {
            modem: Modem::new(profile.shape(), begin, &mut Chance::new(identity)),
            lanes: [lane(), lane()],
            flows: Flows::default(),
        }
    }

    /// Offers a packet of this many bytes. `opens` says that it begins its flow from the device's side, as a TCP SYN does.
    pub fn send(
        &mut self,
        now_us: u64,
        direction: Direction,
        flow: Flow,
        opens: bool,
        bytes: usize,
        packet: T,
    ) -> Fate {
        self.advance(now_us);
        self.lanes[direction as usize].sums.offered += 1;
        let fate = match self.refusal(now_us, direction, flow, opens, bytes) {
            Some(fate) => fate,
            None => self.take(now_us, direction, flow, bytes, packet),
        };
        if let Fate::Lost(why) | Fate::Refused(why) = fate {
            self.lanes[direction as usize].sums.lose(why);
        }
        fate
    }

    /// The next packet that has arrived until now, and on which way.
    pub fn receive(&mut self, now_us: u64) -> Option<(Direction, T)> {
        self.advance(now_us);
        loop {
            let due =
                Direction::BOTH.into_iter().filter_map(|d| Some((self.lanes[d as usize].leaves_us()?, d)));
            let (_, direction) = due.filter(|(at_us, _)| *at_us <= now_us).min_by_key(|(at_us, _)| *at_us)?;
            let left = self.lanes[direction as usize].leaving.pop_front()?;
            let noise = left.packet.is_none();
            let forgotten = !noise && self.forgotten_on_the_way(left.at_us, direction, left.flow);
            let lane = &mut self.lanes[direction as usize];
            lane.held_bytes -= left.bytes;
            match left.packet.filter(|_| !forgotten) {
                Some(packet) => {
                    lane.sums.arrived += 1;
                    lane.sums.arrived_bytes += left.bytes as u64;
                    return Some((direction, packet));
                }
                None => lane.sums.lose(if noise { Lost::Noise } else { Lost::Forgotten }),
            }
        }
    }

    /// Addresses are translated where what the device sends leaves the link: nothing before it is heard of there. What the
    /// address has become meanwhile is for the next packet to learn.
    fn forgotten_on_the_way(&mut self, now_us: u64, direction: Direction, flow: Flow) -> bool {
        let modem = &self.modem;
        let forgot = |since_us| modem.forgot(now_us, since_us).is_some();
        direction == Direction::Up
            && self.flows.meet(now_us, flow, (false, true), forgot) == FlowState::Forgotten
    }

    /// When something happens next, µs.
    pub fn next_us(&self) -> Option<u64> {
        let next = |lane: &Lane<T>| [lane.leaves_us(), lane.travelling.front().map(|w| w.at_us)];
        self.lanes.iter().flat_map(next).flatten().min()
    }

    /// What happened so far, up and down.
    pub fn sums(&self) -> [PacketSums; 2] {
        [self.lanes[0].sums, self.lanes[1].sums]
    }

    /// Why a packet does not even set out.
    fn refusal(
        &mut self,
        now_us: u64,
        direction: Direction,
        flow: Flow,
        opens: bool,
        bytes: usize,
    ) -> Option<Fate> {
        let opens = opens && direction == Direction::Up;
        let modem = &self.modem;
        let forgot = |since_us| modem.forgot(now_us, since_us).is_some();
        match self.flows.meet(now_us, flow, (opens, direction == Direction::Down), forgot) {
            FlowState::Moved if direction == Direction::Up => return Some(Fate::Refused(Lost::Moved)),
            FlowState::Moved => return Some(Fate::Lost(Lost::Moved)),
            FlowState::Forgotten if modem.shape.nat.is_some_and(|nat| nat.rst) => {
                return Some(Fate::Refused(Lost::Forgotten));
            }
            FlowState::Forgotten => return Some(Fate::Lost(Lost::Forgotten)),
            FlowState::Known => {}
        }
        let room = modem.shape.lane(direction).room_bytes();
        let full = self.lanes[direction as usize].held_bytes.saturating_add(bytes) > room.max(bytes);
        full.then_some(Fate::Lost(Lost::Queue))
    }

    fn take(&mut self, now_us: u64, direction: Direction, flow: Flow, bytes: usize, packet: T) -> Fate {
        let entry = self.modem.enter(now_us, direction);
        if let Some(wakes_us) = entry.wakes_us {
            // What waited for a sleeping radio goes on now that it wakes up; none overtakes another.
            let mut behind_us = 0;
            for waiting in &mut self.lanes[Direction::Down as usize].travelling {
                let sooner_us = waiting.ready_us.saturating_sub(wakes_us);
                waiting.at_us = (waiting.at_us - sooner_us).max(behind_us);
                waiting.ready_us -= sooner_us;
                behind_us = waiting.at_us;
            }
        }
        let lane = &mut self.lanes[direction as usize];
        // None overtakes another: the radio delivers in order.
        let behind_us = lane.travelling.back().map_or(0, |last| last.at_us);
        let at_us = (entry.ready_us + entry.travel_us).max(behind_us);
        lane.held_bytes += bytes;
        lane.travelling.push_back(Waiting { at_us, ready_us: entry.ready_us, bytes, flow, packet });
        Fate::Taken
    }

    /// Lets coverage, address and service go on until now.
    fn advance(&mut self, now_us: u64) {
        while self.modem.turn(now_us).is_some() {
            self.flows.move_all();
        }
        // In the order in which they come to the server, so that who comes first goes first where one must wait.
        loop {
            let fronts = Direction::BOTH
                .into_iter()
                .filter_map(|d| Some((self.lanes[d as usize].travelling.front()?.at_us, d)));
            let due = fronts.filter(|(at_us, _)| *at_us <= now_us).min_by_key(|(at_us, _)| *at_us);
            let Some((from_us, direction)) = due else { break };
            let Some(waiting) = self.lanes[direction as usize].travelling.pop_front() else { break };
            let served = self.modem.pass(from_us, direction, waiting.bytes);
            let lane = &mut self.lanes[direction as usize];
            if served.lost.is_some() {
                lane.held_bytes -= waiting.bytes;
                lane.sums.lose(Lost::Coverage);
                continue;
            }
            // What noise takes has its time on the air all the same.
            let packet = (served.losses == 0).then_some(waiting.packet);
            let (ready_us, bytes, flow) = (waiting.ready_us, waiting.bytes, waiting.flow);
            lane.leaving.push_back(Waiting { at_us: served.leaves_us, ready_us, bytes, flow, packet });
        }
        self.modem.settle(now_us);
    }
}

impl<T> Lane<T> {
    fn leaves_us(&self) -> Option<u64> {
        self.leaving.front().map(|waiting| waiting.at_us)
    }
}

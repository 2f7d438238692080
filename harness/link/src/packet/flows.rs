//! Which conversations the network knows: what address translation forgets, and what a new address leaves behind.
//! Knows no packets and no radio.

use std::collections::BTreeMap;

/// Most flows that are remembered; then the one that was silent longest is forgotten, as by any translation table.
pub const FLOWS_MAX: usize = 65_536;

/// A conversation, whichever way a packet of it goes: the same number for both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Flow(pub u64);

/// What became of a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FlowState {
    Known,
    /// It was silent for too long.
    Forgotten,
    /// It belongs to an address that the device no longer has.
    Moved,
}

#[derive(Debug)]
struct Entry {
    state: FlowState,
    active_us: u64,
}

/// All flows.
#[derive(Debug, Default)]
pub(super) struct Flows(BTreeMap<Flow, Entry>);

impl Flows {
    /// A packet of a flow comes by: what became of it until now. `opens` begins it anew from the device's side, and `reaches`
    /// says that this packet is where addresses are translated. `forgot` says whether a flow that was silent since then
    /// is forgotten.
    pub(super) fn meet(
        &mut self,
        now_us: u64,
        flow: Flow,
        (opens, reaches): (bool, bool),
        forgot: impl FnOnce(u64) -> bool,
    ) -> FlowState {
        if !self.0.contains_key(&flow) && self.0.len() >= FLOWS_MAX {
            let oldest = self.0.iter().min_by_key(|(_, entry)| entry.active_us).map(|(flow, _)| *flow);
            oldest.map(|flow| self.0.remove(&flow));
        }
        let fresh = Entry { state: FlowState::Known, active_us: now_us };
        let entry = self.0.entry(flow).or_insert(fresh);
        if opens {
            *entry = Entry { state: FlowState::Known, active_us: now_us };
        } else if entry.state == FlowState::Known && forgot(entry.active_us) {
            entry.state = FlowState::Forgotten;
        }
        if entry.state == FlowState::Known && reaches {
            entry.active_us = entry.active_us.max(now_us);
        }
        entry.state
    }

    /// The device has another address.
    pub(super) fn move_all(&mut self) {
        self.0.values_mut().for_each(|entry| entry.state = FlowState::Moved);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_silent_flow_makes_room() {
        let mut flows = Flows::default();
        for n in 0..FLOWS_MAX as u64 {
            flows.meet(n, Flow(n), (false, true), |_| false);
        }
        flows.move_all();
        flows.meet(1_000_000, Flow(u64::MAX), (false, true), |_| false);
        assert_eq!(flows.0.len(), FLOWS_MAX);
        // The first one is new again, the second one is still what it was.
        assert_eq!(flows.meet(1_000_001, Flow(1), (false, true), |_| false), FlowState::Moved);
        assert_eq!(flows.meet(1_000_001, Flow(0), (false, true), |_| false), FlowState::Known);
    }
}

//! What a rule is, and for which transitions it asks to be called.

use deadzone_history::{Event, EventKind};

use crate::{
    breach::Found,
    state::{State, Transition},
};

/// The kinds of transitions, as bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct On(u16);

impl On {
    /// A CONNACK was seen.
    pub(crate) const CONNECTED: Self = Self(1);
    /// A PUBLISH was seen.
    pub(crate) const DELIVERED: Self = Self(1 << 1);
    /// A PUBREL was seen.
    pub(crate) const RELEASED: Self = Self(1 << 2);
    /// An answer was seen.
    pub(crate) const ANSWERED: Self = Self(1 << 3);
    /// A packet was seen that decoding found something wrong with, or bytes that form none.
    pub(crate) const MALFORMED: Self = Self(1 << 4);
    /// An end of a connection closed.
    pub(crate) const CLOSED: Self = Self(1 << 5);
    /// Any packet was seen, or bytes that form none.
    pub(crate) const SEEN: Self = Self(1 << 6);
    /// Any packet was given.
    pub(crate) const GIVEN: Self = Self(1 << 7);
    /// A connection became a WebSocket.
    pub(crate) const UPGRADED: Self = Self(1 << 8);
    /// Nothing but the end of the record.
    pub(crate) const END: Self = Self(0);

    /// Either of two.
    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether they have one in common.
    pub(crate) fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// What an event is, after the state took it.
    pub(crate) fn of(event: &Event, state: &State) -> Self {
        let seen_or_given = match &event.kind {
            EventKind::Packet(p) if p.end == state.end() => {
                match (state.is_judged(p.direction), p.violations()) {
                    (true, []) => Self::SEEN,
                    (true, _) => Self::SEEN.or(Self::MALFORMED),
                    (false, _) => Self::GIVEN,
                }
            }
            EventKind::Unframed(_) => Self::SEEN.or(Self::MALFORMED),
            EventKind::Closed { .. } => Self::CLOSED,
            EventKind::Upgraded { .. } => Self::UPGRADED,
            _ => Self::END,
        };
        seen_or_given.or(Self::of_transition(state))
    }

    /// What it is by its transition alone.
    pub(crate) fn of_transition(state: &State) -> Self {
        match state.transition() {
            Transition::None => Self::END,
            Transition::Connected(_) => Self::CONNECTED,
            Transition::Delivered(_) => Self::DELIVERED,
            Transition::Released(_) => Self::RELEASED,
            Transition::Answered(_) => Self::ANSWERED,
        }
    }
}

/// A property of the protocol that holds in every history.
pub(crate) trait Rule {
    /// Its name: kebab-case, unique.
    fn name(&self) -> &'static str;

    /// For which transitions it is called.
    fn on(&self) -> On;

    /// Looks at one event, after the state took it.
    fn observe(&mut self, event: &Event, state: &State, found: &mut Found);

    /// Looks at the state when the record ends.
    fn finish(&mut self, _state: &State, _found: &mut Found) {}
}

/// A rule that needs no memory of its own: the state has all that it looks at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stateless {
    pub(crate) name: &'static str,
    pub(crate) on: On,
    pub(crate) observe: fn(&Event, &State, &mut Found),
}

impl Rule for Stateless {
    fn name(&self) -> &'static str {
        self.name
    }

    fn on(&self) -> On {
        self.on
    }

    fn observe(&mut self, event: &Event, state: &State, found: &mut Found) {
        (self.observe)(event, state, found);
    }
}

//! What a run may take, as its user says.

use std::time::Duration;

use crate::Gentle;

/// What a run may take: of its user's time, and of a target that others use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Manners {
    /// First runs begin within this time only; none is cut short, and what fails is confirmed whatever that takes.
    pub budget: Option<Duration>,
    /// Whether it is gentle.
    pub gentle: Gentle,
    /// How long a broker that others run is waited for, if it does not answer yet.
    pub wait: Option<Duration>,
}

//! What a stage is told and what it says, and which stage a toxic has.

use bytes::Bytes;

use super::{
    bandwidth::Bandwidth, latency::Latency, limit_data::LimitData, reset_peer::ResetPeer, slicer::Slicer,
    slow_close::SlowClose, timeout::Timeout,
};
use crate::toxiproxy::{Toxic, rng_stream::RngStream};

/// What travels through stages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::toxiproxy) enum Item {
    /// Some of the stream, never empty.
    Bytes(Bytes),
    /// The sender shut down its half.
    Fin,
    /// The sender reset, or a toxic does.
    Rst,
    /// A toxic closes the whole connection, behind what went before.
    Close,
}

impl Item {
    /// How many bytes it has.
    pub(in crate::toxiproxy) fn len(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            _ => 0,
        }
    }
}

/// What comes out, each with its time, µs, in order.
pub(in crate::toxiproxy) type Emitted = Vec<(u64, Item)>;

/// One toxic at work.
pub(in crate::toxiproxy) trait Stage: Send {
    /// Something came at this time.
    fn take(&mut self, at_us: u64, item: Item, out: &mut Emitted);
    /// Time has come this far: what is due comes out, with the time at which it was.
    fn due(&mut self, now_us: u64, out: &mut Emitted);
    /// When something becomes due next.
    fn wake_at_us(&self) -> Option<u64>;
    /// Bytes kept.
    fn held(&self) -> usize;
    /// In how many pieces they are kept: each costs a place in a queue, be it as short as it may.
    fn pieces(&self) -> usize;
    /// The toxic is removed: all that is kept comes out.
    fn release(&mut self, now_us: u64, out: &mut Emitted);
    /// The toxic's numbers were changed.
    fn retune(&mut self, now_us: u64, toxic: &Toxic);
}

/// The stage of a toxic. `None` where it does nothing.
pub(in crate::toxiproxy) fn stage(toxic: &Toxic, now_us: u64, rng: RngStream) -> Option<Box<dyn Stage>> {
    let mut stage: Box<dyn Stage> = match toxic {
        Toxic::Noop => return None,
        Toxic::Latency { .. } => Box::new(Latency::new(rng)),
        Toxic::Bandwidth { .. } => Box::new(Bandwidth::default()),
        Toxic::SlowClose { .. } => Box::new(SlowClose::default()),
        Toxic::Timeout { .. } => Box::new(Timeout::new(now_us)),
        Toxic::ResetPeer { .. } => Box::new(ResetPeer::new(now_us)),
        Toxic::Slicer { .. } => Box::new(Slicer::new(rng)),
        Toxic::LimitData { .. } => Box::new(LimitData::default()),
    };
    stage.retune(now_us, toxic);
    Some(stage)
}

/// A number of the API in thousands, as µs of ms; negative acts as 0.
pub(super) fn ms(value: i64) -> u64 {
    natural(value).saturating_mul(1000)
}

/// A number of the API; negative acts as 0.
pub(super) fn natural(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

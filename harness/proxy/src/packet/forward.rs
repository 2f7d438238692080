//! Carries packets between the two devices through the link. Knows no namespaces and no listeners.

use std::{
    io,
    sync::{Mutex, PoisonError},
};

use deadzone_link::{Direction, Fate, PacketLink, PacketSums};
use tokio_tun::Tun;

use super::{headers, tunnel::MTU};
use crate::Clock;

/// What happened to packets so far, to be looked at.
#[derive(Debug, Default)]
pub struct PacketRegistry(Mutex<[PacketSums; 2]>);

impl PacketRegistry {
    /// Up and down.
    pub fn sums(&self) -> [PacketSums; 2] {
        *self.lock()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, [PacketSums; 2]> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The two devices: of the device itself, and of the network.
pub(super) struct Devices {
    pub(super) device: Tun,
    pub(super) network: Tun,
}

/// Forwards until a device fails.
pub(super) async fn forward(
    devices: Devices,
    mut link: PacketLink<Vec<u8>>,
    clock: Clock,
    board: &PacketRegistry,
) -> io::Result<()> {
    let (mut up, mut down) = ([0; MTU as usize], [0; MTU as usize]);
    loop {
        let next_us = link.next_us();
        tokio::select! {
            biased;
            () = clock.until(next_us.unwrap_or(u64::MAX >> 1)), if next_us.is_some() => {}
            read = devices.device.recv(&mut up) => {
                offer(&mut link, &clock, Direction::Up, &up[..read?], &devices.device).await;
            }
            read = devices.network.recv(&mut down) => {
                offer(&mut link, &clock, Direction::Down, &down[..read?], &devices.network).await;
            }
        }
        while let Some((direction, packet)) = link.receive(clock.now_us()) {
            let to = if direction == Direction::Up { &devices.network } else { &devices.device };
            pass_on(to, &packet).await;
        }
        *board.lock() = link.sums();
    }
}

/// Gives a packet to the link, and its sender a reset where the link says so.
async fn offer(
    link: &mut PacketLink<Vec<u8>>,
    clock: &Clock,
    direction: Direction,
    packet: &[u8],
    from: &Tun,
) {
    let Some(headers) = headers::read(packet, direction) else { return };
    let (length, now_us) = (packet.len(), clock.now_us());
    let fate = link.send(now_us, direction, headers.flow, headers.opens, length, packet.to_vec());
    if let Fate::Refused(_) = fate
        && let Some(answer) = headers::reset(packet)
    {
        pass_on(from, &answer).await;
    }
}

/// A kernel that takes no packet (the device is down, its queue is full) loses it, as any network does.
async fn pass_on(to: &Tun, packet: &[u8]) {
    if let Err(error) = to.send(packet).await {
        tracing::debug!("a packet of {} bytes was not taken: {error}", packet.len());
    }
}

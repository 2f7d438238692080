//! The two ends of a packet-level link, and the way into it for programs outside. Knows no radio.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    thread,
};

use deadzone_link::{Identity, PacketLink, Profile};

use super::{
    forward::{Devices, PacketRegistry, forward},
    namespace::Namespace,
    rights::{self, Missing},
    tunnel,
};
use crate::{
    Clock, LinkConfig, ListenError, Registry,
    listener::{bind, listen_on},
};

/// The device's address in its namespace.
pub const DEVICE: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 1);
/// The network's address in its namespace.
pub const NETWORK: Ipv4Addr = Ipv4Addr::new(10, 77, 0, 2);

/// Why there is no link at packet level.
#[derive(Debug, thiserror::Error)]
pub enum PacketError {
    /// The system does not allow it.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// A device could not be made.
    #[error("could not make a TUN device: {0}")]
    Device(io::Error),
    /// A listener could not be made.
    #[error(transparent)]
    Listen(#[from] ListenError),
    /// Something else of the system.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Both ends, joined.
pub struct Ends {
    /// Where the device's programs run.
    pub device: Namespace,
    /// Where the broker's programs run.
    pub network: Namespace,
    devices: Devices,
    link: PacketLink<Vec<u8>>,
    clock: Clock,
}

impl Ends {
    /// Makes both namespaces and their devices; within a runtime. The radio's time starts now.
    pub fn open(profile: &Profile, identity: Identity) -> Result<Self, PacketError> {
        rights::look()?;
        let (device, network) = (Namespace::make()?, Namespace::make()?);
        let devices = Devices {
            device: tunnel::open(&device, DEVICE).map_err(PacketError::Device)?,
            network: tunnel::open(&network, NETWORK).map_err(PacketError::Device)?,
        };
        let link = PacketLink::new(profile, identity);
        Ok(Self { device, network, devices, link, clock: Clock::new() })
    }

    /// The radio's time.
    pub fn clock(&self) -> Clock {
        self.clock
    }

    /// Serves a listener outside the namespaces: what comes in goes as TCP from the device's end to the network's, and
    /// from there to upstream outside. Returns where it listens. `board` has the connections as the clients see them, `far`
    /// as upstream does. What a client outside believes delivered lies in our buffers and in those of the device's TCP; a
    /// program that runs inside has only the latter.
    pub fn serve(
        &self,
        config: &LinkConfig,
        board: &Arc<Registry>,
        far: &Arc<Registry>,
    ) -> Result<Vec<SocketAddr>, PacketError> {
        let mut bound = Vec::new();
        for address in &config.listen {
            bound.push(bind(*address, true)?);
        }
        let addresses = bound.iter().map(std::net::TcpListener::local_addr).collect::<io::Result<_>>()?;
        // From the network's end to upstream.
        let inner = LinkConfig {
            name: format!("{} (network's end)", config.name),
            listen: vec![SocketAddr::from((NETWORK, 0))],
            profile: None,
            steps: Vec::new(),
            ..config.clone()
        };
        let socket = self.network.within(|| bind(inner.listen[0], false).map_err(io::Error::other))?;
        let upstream = socket.local_addr()?.to_string();
        for links in listen_on(vec![socket], inner, self.clock, far)? {
            tokio::spawn(links.serve(None));
        }
        // From the device's end to the network's.
        let outer = LinkConfig {
            upstream,
            profile: None,
            steps: Vec::new(),
            listen: config.listen.clone(),
            ..config.clone()
        };
        let (device, clock, board) = (self.device.clone(), self.clock, Arc::clone(board));
        thread::spawn(move || {
            if let Err(error) = serve_in(&device, bound, outer, clock, &board) {
                tracing::error!("the device's end stopped: {error}");
            }
        });
        Ok(addresses)
    }

    /// Carries packets until a device fails.
    pub async fn run(self, board: &PacketRegistry) -> io::Result<()> {
        forward(self.devices, self.link, self.clock, board).await
    }
}

/// Serves listeners from a thread that lives in a namespace: what it dials goes through that namespace.
fn serve_in(
    namespace: &Namespace,
    bound: Vec<std::net::TcpListener>,
    config: LinkConfig,
    clock: Clock,
    board: &Arc<Registry>,
) -> Result<(), PacketError> {
    namespace.enter()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut serving: Vec<_> = listen_on(bound, config, clock, board)?
            .into_iter()
            .map(|links| links.serve(None))
            .map(tokio::spawn)
            .collect();
        while let Some(one) = serving.pop() {
            let _ = one.await;
        }
        Ok(())
    })
}

//! Where a target listens: one place for all versions, or one for each.

use std::{collections::BTreeMap, fmt, net::SocketAddr};

use deadzone_transport::{ClientTls, Dialer, Endpoint, Transport};
use deadzone_wire::Version;

use crate::{TargetError, address::resolve};

/// One place, with the further addresses of its name until one of them is chosen.
#[derive(Clone, Debug)]
pub struct Place {
    dialer: Dialer,
    /// The address that is used.
    pub address: SocketAddr,
    /// Further addresses of the same name.
    pub others: Vec<SocketAddr>,
}

impl Place {
    /// An address by plain TCP.
    pub fn tcp(address: SocketAddr) -> Self {
        Self { dialer: Dialer::tcp(address), address, others: Vec::new() }
    }

    /// An endpoint, resolved and with all that its handshakes need.
    pub fn of(endpoint: Endpoint, tls: &ClientTls) -> Result<Self, TargetError> {
        let dialer = Dialer::new(endpoint, tls).map_err(TargetError::Tls)?;
        let addresses = resolve(dialer.endpoint())?;
        let (address, others) = (addresses[0], addresses[1..].to_vec());
        Ok(Self { dialer, address, others })
    }

    /// What makes its connections.
    pub fn dialer(&self) -> &Dialer {
        &self.dialer
    }

    /// What carries its bytes.
    pub fn transport(&self) -> Transport {
        self.dialer.endpoint().transport
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.transport() {
            Transport::Tcp => write!(f, "{}", self.address),
            _ => write!(f, "{}", self.dialer.endpoint()),
        }
    }
}

/// Every place of a target, all of one transport.
#[derive(Clone, Debug)]
pub struct Places {
    /// Where a version is asked for that has no place of its own.
    any: Place,
    own: BTreeMap<Version, Place>,
}

impl Places {
    /// One for all versions.
    pub fn one(any: Place) -> Self {
        Self { any, own: BTreeMap::new() }
    }

    /// One for each of these versions; `None` where there is none.
    pub fn each(own: BTreeMap<Version, Place>) -> Option<Self> {
        let any = own.values().next()?.clone();
        Some(Self { any, own })
    }

    /// Where a version is asked for.
    pub fn place(&self, version: Version) -> &Place {
        self.own.get(&version).unwrap_or(&self.any)
    }

    /// Each place once, with the versions that may be asked for there.
    pub(crate) fn by_version(&self) -> Vec<(&Place, Vec<Version>)> {
        if self.own.is_empty() {
            return vec![(&self.any, vec![Version::V311, Version::V5])];
        }
        self.own.iter().map(|(version, place)| (place, vec![*version])).collect()
    }

    /// What carries the bytes.
    pub fn transport(&self) -> Transport {
        self.any.transport()
    }

    /// An address that stands for all.
    pub fn first(&self) -> SocketAddr {
        self.any.address
    }

    /// Every address that may be dialled.
    pub fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        let all = std::iter::once(&self.any).chain(self.own.values());
        all.flat_map(|place| std::iter::once(place.address).chain(place.others.iter().copied()))
    }

    /// Every place.
    pub fn all(&self) -> impl Iterator<Item = &Place> {
        std::iter::once(&self.any).chain(self.own.values())
    }

    /// Every place, to be settled.
    pub fn all_mut(&mut self) -> impl Iterator<Item = &mut Place> {
        std::iter::once(&mut self.any).chain(self.own.values_mut())
    }
}

impl fmt::Display for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.own.is_empty() {
            return write!(f, "{}", self.any);
        }
        let each: Vec<String> = self.own.iter().map(|(v, place)| format!("{place} ({v})")).collect();
        f.write_str(&each.join(", "))
    }
}

//! Where a target listens: one place for all versions, or one for each.

use std::{collections::BTreeMap, fmt, net::SocketAddr};

use deadzone_wire::Version;

/// One place, with the further addresses of its name until one of them is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The address that is used.
    pub address: SocketAddr,
    /// Further addresses of the same name.
    pub others: Vec<SocketAddr>,
}

impl Place {
    /// A place of one address.
    pub(crate) fn at(address: SocketAddr) -> Self {
        Self { address, others: Vec::new() }
    }

    /// From all addresses of a name; `None` where there is none.
    pub(crate) fn of(addresses: &[SocketAddr]) -> Option<Self> {
        let (address, others) = addresses.split_first()?;
        Some(Self { address: *address, others: others.to_vec() })
    }
}

/// Every place of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Places {
    /// Where a version is asked for that has no place of its own.
    any: Place,
    own: BTreeMap<Version, Place>,
}

impl Places {
    /// One for all versions.
    pub(crate) fn one(any: Place) -> Self {
        Self { any, own: BTreeMap::new() }
    }

    /// One for each of these versions; `None` where there is none.
    pub(crate) fn each(own: BTreeMap<Version, Place>) -> Option<Self> {
        let any = own.values().next()?.clone();
        Some(Self { any, own })
    }

    /// The address of a version.
    pub(crate) fn of(&self, version: Version) -> SocketAddr {
        self.own.get(&version).unwrap_or(&self.any).address
    }

    /// An address that stands for all.
    pub(crate) fn first(&self) -> SocketAddr {
        self.any.address
    }

    /// Every place, to be settled.
    pub(crate) fn all_mut(&mut self) -> impl Iterator<Item = &mut Place> {
        std::iter::once(&mut self.any).chain(self.own.values_mut())
    }
}

impl fmt::Display for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.own.is_empty() {
            return write!(f, "{}", self.any.address);
        }
        let each: Vec<String> =
            self.own.iter().map(|(v, place)| format!("{} ({v})", place.address)).collect();
        f.write_str(&each.join(", "))
    }
}

//! Where a target listens: at one node or at several, each with one place for all versions, or one for each.

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

/// Every place of one node of a target.
#[derive(Clone, Debug)]
pub struct NodePlaces {
    /// Where a version is asked for that has no place of its own.
    any: Place,
    own: BTreeMap<Version, Place>,
}

impl NodePlaces {
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

    fn all(&self) -> impl Iterator<Item = &Place> {
        std::iter::once(&self.any).chain(self.own.values())
    }
}

impl fmt::Display for NodePlaces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.own.is_empty() {
            return write!(f, "{}", self.any);
        }
        let each: Vec<String> = self.own.iter().map(|(v, place)| format!("{place} ({v})")).collect();
        f.write_str(&each.join(", "))
    }
}

/// Every place of a target, node by node, all of one transport.
#[derive(Clone, Debug)]
pub struct Places {
    /// One at least.
    nodes: Vec<NodePlaces>,
    bridge: Option<SocketAddr>,
}

impl Places {
    /// A target with one node, in one place for all versions.
    pub fn one(any: Place) -> Self {
        Self::from(NodePlaces::one(any))
    }

    /// These nodes, in this order; `None` where there is none.
    pub fn of(nodes: Vec<NodePlaces>) -> Option<Self> {
        (!nodes.is_empty()).then_some(Self { nodes, bridge: None })
    }

    /// Two nodes that are two brokers: the second one reaches the first at this address, where nothing listens by itself.
    #[must_use]
    pub fn with_bridge(self, bridge: Option<SocketAddr>) -> Self {
        Self { bridge, ..self }
    }

    /// Where the link between two brokers is to listen, if that is what the nodes are.
    pub fn bridge(&self) -> Option<SocketAddr> {
        self.bridge
    }

    /// Its nodes, one at least.
    pub fn nodes(&self) -> &[NodePlaces] {
        &self.nodes
    }

    /// Where a version is asked for at the first node.
    pub fn place(&self, version: Version) -> &Place {
        self.nodes[0].place(version)
    }

    /// Each place once, with the versions that may be asked for there.
    pub(crate) fn by_version(&self) -> Vec<(&Place, Vec<Version>)> {
        let of = |node: &'_ NodePlaces| match node.own.is_empty() {
            true => vec![vec![Version::V311, Version::V5]],
            false => node.own.keys().map(|version| vec![*version]).collect(),
        };
        let each = |node| std::iter::repeat(node).zip(of(node));
        self.nodes.iter().flat_map(each).map(|(node, versions)| (node.place(versions[0]), versions)).collect()
    }

    /// What carries the bytes.
    pub fn transport(&self) -> Transport {
        self.nodes[0].any.transport()
    }

    /// An address that stands for all.
    pub fn first(&self) -> SocketAddr {
        self.nodes[0].any.address
    }

    /// Every address that may be dialled.
    pub fn addresses(&self) -> impl Iterator<Item = SocketAddr> {
        let all = self.nodes.iter().flat_map(NodePlaces::all);
        all.flat_map(|place| std::iter::once(place.address).chain(place.others.iter().copied()))
    }

    /// Every place.
    pub fn all(&self) -> impl Iterator<Item = &Place> {
        self.nodes.iter().flat_map(NodePlaces::all)
    }

    /// Every place, to be settled.
    pub fn all_mut(&mut self) -> impl Iterator<Item = &mut Place> {
        self.nodes.iter_mut().flat_map(|node| std::iter::once(&mut node.any).chain(node.own.values_mut()))
    }
}

impl From<NodePlaces> for Places {
    fn from(node: NodePlaces) -> Self {
        Self { nodes: vec![node], bridge: None }
    }
}

impl fmt::Display for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let each: Vec<String> = self.nodes.iter().map(ToString::to_string).collect();
        f.write_str(&each.join(" and "))
    }
}

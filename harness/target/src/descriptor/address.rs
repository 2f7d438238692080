//! The addresses of a descriptor, as places.

use std::collections::BTreeMap;

use deadzone_spec::Node;
use deadzone_transport::Login;
use deadzone_wire::Version;

use super::{
    Addresses,
    file::{BridgeFile, NodeAddresses},
};
use crate::{Entry, NodePlaces, Place, Places, TargetError, address, placeholder::Values};

/// Where it listens, and the login of the first address that has one.
pub(crate) fn places(addresses: &Addresses, entry: &Entry) -> Result<(Places, Option<Login>), String> {
    let mut login = None;
    let mut nodes = Vec::new();
    for node in addresses.nodes() {
        nodes.push(node_places(node, entry, &mut login)?);
    }
    if nodes.len() > usize::from(Node::MAX) {
        return Err(format!("a target has at most {} nodes", Node::MAX));
    }
    let all = Places::of(nodes).ok_or_else(|| "no address is given".to_owned())?;
    if all.by_version().iter().any(|(place, _)| place.transport() != all.transport()) {
        return Err("one target has one transport: a descriptor each for several".to_owned());
    }
    Ok((all, login))
}

fn node_places(
    addresses: &NodeAddresses,
    entry: &Entry,
    login: &mut Option<Login>,
) -> Result<NodePlaces, String> {
    let mut place = |text: &str| {
        let of = |text: &str| {
            let (endpoint, found) = address::endpoint(text)?;
            let tls = entry.tls_of(&endpoint)?;
            Ok::<_, TargetError>((Place::of(endpoint, &tls)?, found))
        };
        let (place, found) = of(text).map_err(|error| error.to_string())?;
        if login.is_some() && found.is_some() && *login != found {
            return Err("one target has one login: a descriptor each for several".to_owned());
        }
        *login = login.take().or(found);
        Ok::<_, String>(place)
    };
    match addresses {
        NodeAddresses::One(text) => Ok(NodePlaces::one(place(text)?)),
        NodeAddresses::Each(each) => {
            let mut own = BTreeMap::new();
            for (version, text) in each {
                own.insert(known(version)?, place(text)?);
            }
            NodePlaces::each(own).ok_or_else(|| "no address is given".to_owned())
        }
    }
}

/// The places with the link between them, where there is a bridge.
pub(crate) fn bridged(
    places: Places,
    bridge: Option<&BridgeFile>,
    values: &Values,
) -> Result<Places, String> {
    let Some(bridge) = bridge else { return Ok(places) };
    if places.nodes().len() != 2 {
        return Err("a bridge lies between two nodes: `address` has two of them".to_owned());
    }
    let written = values.fill(&bridge.listen);
    let listen =
        written.parse().map_err(|_| format!("`{written}` is no IP:PORT for the link to listen at"))?;
    Ok(places.with_bridge(Some(listen)))
}

/// A version that has an address of its own.
pub(super) fn known(version: &str) -> Result<Version, String> {
    let known = version.parse::<Version>().ok().filter(|version| *version != Version::V31);
    known.ok_or_else(|| format!("`{version}` is no version: expected \"3.1.1\" or \"5.0\""))
}

/// Where a started broker listens, and the login of its addresses.
pub(crate) fn places_of(
    addresses: &Addresses,
    entry: &Entry,
    values: &Values,
) -> Result<(Places, Option<Login>), String> {
    let node = |node: &NodeAddresses| match node {
        NodeAddresses::One(one) => NodeAddresses::One(values.fill(one)),
        NodeAddresses::Each(each) => {
            let filled = |(version, text): (&String, &String)| (version.clone(), values.fill(text));
            NodeAddresses::Each(each.iter().map(filled).collect())
        }
    };
    places(&Addresses::Nodes(addresses.nodes().iter().map(node).collect()), entry)
}

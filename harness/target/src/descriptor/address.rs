//! The addresses of a descriptor, as places.

use std::collections::BTreeMap;

use deadzone_transport::Login;
use deadzone_wire::Version;

use super::Addresses;
use crate::{Entry, Place, Places, TargetError, address, placeholder::Values};

/// Where it listens, and the login of the first address that has one.
pub(crate) fn places(addresses: &Addresses, entry: &Entry) -> Result<(Places, Option<Login>), String> {
    let mut login = None;
    let mut place = |text: &str| {
        let of = |text: &str| {
            let (endpoint, found) = address::endpoint(text)?;
            let tls = entry.tls_of(&endpoint)?;
            Ok::<_, TargetError>((Place::of(endpoint, &tls)?, found))
        };
        let (place, found) = of(text).map_err(|error| error.to_string())?;
        if login.is_some() && found.is_some() && login != found {
            return Err("one target has one login: a descriptor each for several".to_owned());
        }
        login = login.take().or(found);
        Ok::<_, String>(place)
    };
    let places = match addresses {
        Addresses::One(text) => Places::one(place(text)?),
        Addresses::Each(each) => {
            let mut own = BTreeMap::new();
            for (version, text) in each {
                own.insert(known(version)?, place(text)?);
            }
            if own.values().any(|place| Some(place.transport()) != own.values().next().map(Place::transport))
            {
                return Err("one target has one transport: a descriptor each for several".to_owned());
            }
            Places::each(own).ok_or_else(|| "no address is given".to_owned())?
        }
    };
    Ok((places, login))
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
    let filled = match addresses {
        Addresses::One(one) => Addresses::One(values.fill(one)),
        Addresses::Each(each) => {
            Addresses::Each(each.iter().map(|(version, text)| (version.clone(), values.fill(text))).collect())
        }
    };
    places(&filled, entry)
}

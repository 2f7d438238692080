//! Which broker to test, as the user names it.

use std::{collections::BTreeSet, net::SocketAddr};

use deadzone_reference_broker::{Defect, Variant};

use super::address;
use crate::RunError;

/// The reference broker with what is switched on in it.
#[derive(Clone, Debug, Default)]
pub struct EmbeddedSpec {
    /// Defects.
    pub defects: BTreeSet<Defect>,
    /// Legal variants.
    pub variants: BTreeSet<Variant>,
}

/// Which broker to test.
#[derive(Clone, Debug)]
pub enum TargetSpec {
    /// The reference broker in memory, in virtual time.
    Embedded(EmbeddedSpec),
    /// A broker that somebody runs.
    Address {
        /// As given.
        name: String,
        /// Where it may listen: the first that accepts a connection is used throughout.
        addresses: Vec<SocketAddr>,
    },
    /// A Mosquitto that we start.
    Mosquitto,
}

impl TargetSpec {
    /// From `--broker`: `embedded`, `mosquitto`, `mqtt://HOST[:PORT]`.
    pub fn parse(text: &str) -> Result<Self, RunError> {
        match text {
            "embedded" => Ok(Self::Embedded(EmbeddedSpec::default())),
            "mosquitto" => Ok(Self::Mosquitto),
            other => {
                let addresses = address::parse(other)?;
                Ok(Self::Address { name: other.to_owned(), addresses })
            }
        }
    }
}

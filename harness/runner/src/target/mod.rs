//! The broker under test: how to reach it, and where we may, how to start and stop it.

mod address;
mod embedded;
mod log;
mod mosquitto;

use std::{collections::BTreeSet, net::SocketAddr, rc::Rc, sync::Arc};

use deadzone_play::{Dial, TcpDial};
use deadzone_reference_broker::{Defect, Variant};

use crate::{Mutant, RunError, mutant::MutantDial};

pub(crate) use embedded::{embedded_dial, paused_runtime};
pub(crate) use log::LogTail;
pub(crate) use mosquitto::Mosquitto;

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
        /// Where it listens.
        address: SocketAddr,
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
                let address = address::parse(other)?;
                Ok(Self::Address { name: other.to_owned(), address })
            }
        }
    }
}

/// A target that is up.
pub(crate) enum Target {
    Embedded(EmbeddedSpec),
    Remote { name: String, address: SocketAddr, process: Option<Mosquitto> },
}

impl Target {
    pub(crate) fn start(spec: &TargetSpec) -> Result<Self, RunError> {
        Ok(match spec {
            TargetSpec::Embedded(spec) => Self::Embedded(spec.clone()),
            TargetSpec::Address { name, address } => {
                Self::Remote { name: name.clone(), address: *address, process: None }
            }
            TargetSpec::Mosquitto => {
                let process = Mosquitto::start()?;
                Self::Remote {
                    name: "mosquitto".to_owned(),
                    address: process.address(),
                    process: Some(process),
                }
            }
        })
    }

    pub(crate) fn handle(&self) -> TargetHandle {
        match self {
            Self::Embedded(spec) => TargetHandle::Embedded(spec.clone()),
            Self::Remote { address, process, .. } => {
                TargetHandle::Remote { address: *address, log: process.as_ref().map(Mosquitto::log) }
            }
        }
    }
}

/// What a worker needs of a target.
#[derive(Clone, Debug)]
pub(crate) enum TargetHandle {
    Embedded(EmbeddedSpec),
    Remote { address: SocketAddr, log: Option<Arc<LogTail>> },
}

impl TargetHandle {
    pub(crate) fn is_embedded(&self) -> bool {
        matches!(self, Self::Embedded(_))
    }

    /// The dial for one performance, through the mutant if one is switched on. Inside the performance's `LocalSet`.
    pub(crate) fn dial(&self, mutant: Option<Mutant>) -> Rc<dyn Dial> {
        let plain: Rc<dyn Dial> = match self {
            Self::Embedded(spec) => embedded_dial(spec),
            Self::Remote { address, .. } => Rc::new(TcpDial { address: *address }),
        };
        match mutant {
            Some(mutant) => Rc::new(MutantDial::new(plain, mutant)),
            None => plain,
        }
    }
}

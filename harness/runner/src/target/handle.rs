//! A target that is up, and what a worker needs of it.

use std::{
    net::SocketAddr,
    rc::Rc,
    sync::{Arc, atomic::AtomicBool},
};

use deadzone_play::{Dial, ForeignLinks, TcpDial};

use super::{EmbeddedSpec, LogTail, Mosquitto, TargetSpec, embedded_dial};
use crate::{LinkProvider, Mutant, RunError, mutant::MutantDial};

/// A target that is up.
pub(crate) enum Target {
    Embedded(EmbeddedSpec),
    Remote {
        name: String,
        address: SocketAddr,
        /// Further addresses of the same name.
        others: Vec<SocketAddr>,
        process: Option<Mosquitto>,
    },
}

impl Target {
    pub(crate) fn start(spec: &TargetSpec, cancel: &AtomicBool) -> Result<Self, RunError> {
        Ok(match spec {
            TargetSpec::Embedded(spec) => Self::Embedded(spec.clone()),
            TargetSpec::Address { name, addresses } => {
                let Some((address, others)) = addresses.split_first() else {
                    return Err(RunError::TargetSyntax(name.clone()));
                };
                let (name, others) = (name.clone(), others.to_vec());
                Self::Remote { name, address: *address, others, process: None }
            }
            TargetSpec::Mosquitto => {
                let process = Mosquitto::start(cancel)?;
                Self::Remote {
                    name: "mosquitto".to_owned(),
                    address: process.address(),
                    others: Vec::new(),
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

    /// Where it listens, if it has an address.
    pub(crate) fn address(&self) -> Option<SocketAddr> {
        match self {
            Self::Embedded(_) => None,
            Self::Remote { address, .. } => Some(*address),
        }
    }

    /// Somebody else's links to it for one performance.
    pub(crate) fn links(
        &self,
        provider: Option<&dyn LinkProvider>,
        word: &str,
    ) -> Option<Rc<dyn ForeignLinks>> {
        Some(provider?.open(self.address()?, word))
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

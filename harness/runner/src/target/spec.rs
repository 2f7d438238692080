//! Which broker to test, as the user names it.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use deadzone_reference_broker::{Defect, Variant};

use super::{Declared, Entry, Place, Places, address, descriptor};
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
    /// A broker that others run.
    Remote {
        /// As given, or as its descriptor names it.
        name: String,
        /// Where it may listen: of several addresses the first that accepts a connection is used throughout.
        places: Places,
        /// What its descriptor declares.
        declared: Arc<Declared>,
    },
    /// A Mosquitto that we start.
    Mosquitto,
    /// The reference broker as a process that we start.
    Process(EmbeddedSpec),
}

impl TargetSpec {
    /// From `--broker`: `embedded`, `mosquitto`, `reference`, a URL or a descriptor's file.
    pub fn parse(text: &str, entry: &Entry) -> Result<Self, RunError> {
        match text {
            "embedded" | "mosquitto" | "reference" if entry.is_some() => {
                Err(RunError::Entry("this broker asks for no credentials or certificates"))
            }
            "embedded" => Ok(Self::Embedded(EmbeddedSpec::default())),
            "mosquitto" => Ok(Self::Mosquitto),
            "reference" => Ok(Self::Process(EmbeddedSpec::default())),
            file if file.ends_with(".toml") && !file.contains("://") => {
                descriptor::read(Path::new(file), entry)
            }
            other => {
                let (endpoint, login) = address::parse(other)?;
                let tls = entry.tls_of(&endpoint)?;
                let name = endpoint.to_string();
                let places = Places::one(Place::of(endpoint, &tls)?);
                let declared = Declared { credentials: entry.with_login(login), ..Declared::default() };
                Ok(Self::Remote { name, places, declared: Arc::new(declared) })
            }
        }
    }

    /// Defects and variants of the reference broker, where it is the target.
    pub fn switches(&mut self) -> Option<&mut EmbeddedSpec> {
        match self {
            Self::Embedded(spec) | Self::Process(spec) => Some(spec),
            Self::Remote { .. } | Self::Mosquitto => None,
        }
    }
}

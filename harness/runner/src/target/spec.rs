//! Which broker to test, as the user names it.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use deadzone_reference_broker::{Defect, Variant};
use deadzone_spec::Node;
use deadzone_target::{Declared, Descriptor, Entry, NodePlaces, Place, Places, Recipe, TargetError, Way};
use deadzone_transport::Endpoint;
use deadzone_wire::Version;

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
    /// A broker that we start.
    Started {
        /// How.
        recipe: Arc<Recipe>,
        /// What its descriptor declares.
        declared: Arc<Declared>,
        /// What is switched on in it, where it is the reference broker.
        switches: Option<EmbeddedSpec>,
    },
}

/// The preset that is the reference broker as a process.
const REFERENCE: &str = "reference";

impl TargetSpec {
    /// From `--broker`: `embedded`, a preset, a URL or a descriptor's file.
    pub fn parse(text: &str, entry: &Entry) -> Result<Self, RunError> {
        if text == "embedded" || text == REFERENCE {
            if entry.is_some() {
                return Err(TargetError::Entry("this broker asks for no credentials or certificates").into());
            }
            if text == "embedded" {
                return Ok(Self::Embedded(EmbeddedSpec::default()));
            }
        }
        if let Some(preset) = deadzone_target::preset(text, entry) {
            let switches = (text == REFERENCE).then(EmbeddedSpec::default);
            return Ok(Self::described(preset?, switches));
        }
        if text.ends_with(".toml") && !text.contains("://") {
            return Ok(Self::described(Descriptor::read(Path::new(text), entry)?, None));
        }
        Self::at(&Endpoint::list(text), entry)
    }

    /// One node at each of these URLs.
    fn at(urls: &[&str], entry: &Entry) -> Result<Self, RunError> {
        let (mut nodes, mut names, mut login) = (Vec::new(), Vec::new(), None);
        for url in urls {
            let (endpoint, found) = deadzone_target::endpoint(url)?;
            if login.is_some() && found.is_some() && login != found {
                return Err(TargetError::Entry("one target has one login at all of its nodes").into());
            }
            login = login.or(found);
            let tls = entry.tls_of(&endpoint)?;
            names.push(endpoint.to_string());
            nodes.push(NodePlaces::one(Place::of(endpoint, &tls)?));
        }
        let places = Places::of(nodes).ok_or(TargetError::Entry("no address is given"))?;
        if urls.len() > usize::from(Node::MAX) {
            return Err(TargetError::Entry("a target has at most 9 nodes").into());
        }
        let mut all = places.nodes().iter().map(|node| node.place(Version::V5).transport());
        if !all.all(|transport| transport == places.transport()) {
            return Err(TargetError::Entry("one target has one transport at all of its nodes").into());
        }
        let declared = Declared { credentials: entry.with_login(login), ..Declared::default() };
        Ok(Self::Remote { name: names.join(","), places, declared: Arc::new(declared) })
    }

    fn described(descriptor: Descriptor, switches: Option<EmbeddedSpec>) -> Self {
        let Descriptor { name, declared, way, .. } = descriptor;
        match way {
            Way::At(places) => Self::Remote { name, places, declared },
            Way::Started(recipe) => Self::Started { recipe, declared, switches },
        }
    }

    /// Defects and variants of the reference broker, where it is the target.
    pub fn switches(&mut self) -> Option<&mut EmbeddedSpec> {
        match self {
            Self::Embedded(spec) => Some(spec),
            Self::Started { switches, .. } => switches.as_mut(),
            Self::Remote { .. } => None,
        }
    }
}

impl EmbeddedSpec {
    /// As arguments of `deadzone broker`.
    pub(super) fn arguments(&self) -> impl Iterator<Item = String> {
        let defects = self.defects.iter().map(|d| ["--defect".to_owned(), d.name().to_owned()]);
        let variants = self.variants.iter().map(|v| ["--variant".to_owned(), v.name().to_owned()]);
        defects.chain(variants).flatten()
    }
}

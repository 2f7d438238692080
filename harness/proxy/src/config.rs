//! What a link is asked to be, and the TOML file that asks for several. Faults stay text here: their grammar is the
//! scenario language's, which this crate does not know.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use deadzone_link::{Cell, LinkStep, Profile, When};
use serde::Deserialize;

use crate::DecisionBook;

/// Default bound of a link's connections.
pub const CONNECTIONS_MAX: usize = 10_000;
/// How long upstream has to take a connection.
pub const DIAL_LIMIT: Duration = Duration::from_secs(5);

/// Who has a modem.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModemKind {
    /// Each connection has its own: every one meets the faults anew.
    #[default]
    PerConnection,
    /// All connections of one source address share one, also one after the other: what happened to the modem lasts.
    PerSource,
}

/// One link, ready to be served.
#[derive(Clone, Debug)]
pub struct LinkConfig {
    /// Its name, for reports.
    pub name: String,
    /// Where it listens.
    pub listen: Vec<SocketAddr>,
    /// `HOST:PORT`, resolved for each connection.
    pub upstream: String,
    /// How the radio behaves; `None` impairs nothing by itself.
    pub profile: Option<Profile>,
    /// Seed of the radio's chances.
    pub seed: u64,
    /// The cell that all its modems share; `None` gives each one the whole rate.
    pub cell: Option<Cell>,
    /// Faults, in order.
    pub steps: Vec<LinkStep>,
    /// Who has a modem.
    pub modem: ModemKind,
    /// Most connections at once; more are reset.
    pub connections_max: usize,
    /// How long upstream has to take a connection.
    pub dial_limit: Duration,
    /// A record is kept of every connection, so all bytes are looked at.
    pub recorded: bool,
    /// What chance decides is played from there, or written down there.
    pub decisions: Option<Arc<DecisionBook>>,
}

impl LinkConfig {
    /// Whether connections pass untouched and unseen.
    pub(crate) fn is_plain(&self) -> bool {
        !self.is_impaired() && !self.recorded
    }

    /// Whether any fault waits for a packet.
    pub(crate) fn looks_at_packets(&self) -> bool {
        self.steps.iter().any(|step| matches!(step.when, When::On(_)))
    }

    /// Whether a kernel's promises matter: an impaired link takes little in advance.
    pub(crate) fn is_impaired(&self) -> bool {
        self.profile.is_some() || !self.steps.is_empty()
    }
}

/// A file of links: `[[link]]` tables.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinksFile {
    /// The links.
    pub link: Vec<LinkEntry>,
}

/// One `[[link]]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinkEntry {
    /// Its name; `link`, `link-2` … by default.
    pub name: Option<String>,
    /// Where it listens: one address or more.
    pub listen: Vec<SocketAddr>,
    /// `HOST:PORT`.
    pub upstream: String,
    /// A profile's name with overlays (`lte-m+nat-short`), or a file.
    pub profile: Option<String>,
    /// Changes of the profile, `rate.mean_kbit_per_s.up=100`.
    #[serde(default)]
    pub set: Vec<String>,
    /// All connections share one cell: what one is served, the others wait for.
    #[serde(default)]
    pub cell: bool,
    /// Seed of its chances.
    pub seed: Option<u64>,
    /// Faults in the notation of scenarios, without `link NAME`.
    #[serde(default)]
    pub faults: Vec<String>,
    /// Who has a modem.
    #[serde(default)]
    pub modem: ModemKind,
    /// Most connections at once.
    pub connections: Option<usize>,
}

/// Why a file of links can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Not TOML, or not these fields; the text has line and column.
    #[error("{0}")]
    Toml(Box<toml::de::Error>),
    /// No link in it.
    #[error("no [[link]] in it")]
    Empty,
    /// A link without address.
    #[error("link {0} listens nowhere")]
    Nowhere(usize),
}

impl LinksFile {
    /// Reads the text of a file.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let file: Self = toml::from_str(text).map_err(|e| ConfigError::Toml(Box::new(e)))?;
        if file.link.is_empty() {
            return Err(ConfigError::Empty);
        }
        match file.link.iter().position(|link| link.listen.is_empty()) {
            Some(at) => Err(ConfigError::Nowhere(at + 1)),
            None => Ok(file),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_names_several_links() {
        let text = "[[link]]\nlisten = [\"127.0.0.1:1\", \"[::1]:1\"]\nupstream = \"broker:1883\"\n\
                    faults = [\"blackhole up from PUBREC\"]\nmodem = \"per-source\"\n\
                    [[link]]\nname = \"b\"\nlisten = [\"127.0.0.1:2\"]\nupstream = \"broker:1883\"\n";
        let file = LinksFile::parse(text).unwrap();
        assert_eq!(file.link.len(), 2);
        assert_eq!(file.link[0].listen.len(), 2);
        assert_eq!(file.link[0].modem, ModemKind::PerSource);
        assert_eq!(file.link[1].modem, ModemKind::PerConnection);
    }

    #[test]
    fn mistakes_are_named() {
        let unknown = LinksFile::parse("[[link]]\nlisten = []\nupstream = \"a:1\"\nfoo = 1\n").unwrap_err();
        assert!(unknown.to_string().contains("foo"), "{unknown}");
        assert!(matches!(
            LinksFile::parse("[[link]]\nlisten = []\nupstream = \"a:1\"\n"),
            Err(ConfigError::Nowhere(1))
        ));
        assert!(matches!(LinksFile::parse("link = []"), Err(ConfigError::Empty)));
    }
}

//! Topic aliases that the broker gives on one connection (5.0 §3.3.2.3.4): the first topics get one, later ones none.

use std::collections::BTreeMap;

use deadzone_wire::{PropertyId, PropertyValue, Publish, Text};

use crate::{Config, Defect, Variant, core::peer::Peer};

/// What was given on this connection. It dies with it (5.0/MQTT-3.3.2-7).
#[derive(Clone, Debug, Default)]
pub(super) struct Aliases {
    /// The first alias that is given.
    first: u16,
    /// How many are.
    most: u16,
    given: BTreeMap<Text, u16>,
}

/// A PUBLISH under an alias, and whether it is the one that sets it.
pub(super) struct Aliased {
    pub(super) publish: Publish,
    alias: u16,
    sets: bool,
}

impl Aliases {
    /// For a client of this Topic Alias Maximum; 0 allows none (5.0/MQTT-3.1.2-27).
    pub(super) fn new(peer: &Peer, config: &Config) -> Self {
        let bound = config.limits.client_topic_aliases;
        let (first, most) = match peer.alias_maximum {
            0 if config.has(Defect::AliasUnasked) && peer.version == deadzone_wire::Version::V5 => (1, bound),
            _ if config.varies(Variant::NoAliasesToClient) => (1, 0),
            maximum if config.has(Defect::AliasAboveMaximum) && maximum > 0 => {
                (maximum.saturating_add(1), bound.min(u16::MAX - maximum))
            }
            maximum if config.has(Defect::AliasZero) => (0, bound.min(maximum)),
            maximum => (1, bound.min(maximum)),
        };
        Self { first, most, given: BTreeMap::new() }
    }

    /// Carries mappings over from an earlier connection, for a defect: those that the client's maximum allows.
    pub(super) fn carry_over(&mut self, earlier: &Self) {
        let most = self.most;
        self.given = earlier.given.clone();
        self.given.retain(|_, alias| *alias <= most);
    }

    /// The PUBLISH with its alias; `None` if the topic gets none.
    pub(super) fn shorten(&self, publish: &Publish) -> Option<Aliased> {
        let known = self.given.get(&publish.topic).copied();
        let next = || {
            let count = u16::try_from(self.given.len()).ok().filter(|count| *count < self.most)?;
            self.first.checked_add(count)
        };
        let alias = known.or_else(next)?;
        let mut publish = publish.clone();
        publish.properties.push(PropertyId::TopicAlias, PropertyValue::U16(alias));
        if known.is_some() {
            publish.topic = Text::default();
        }
        Some(Aliased { publish, alias, sets: known.is_none() })
    }

    /// Takes down what a PUBLISH has set; called once it is sure that it is sent.
    pub(super) fn note(&mut self, aliased: Aliased) {
        if aliased.sets {
            self.given.insert(aliased.publish.topic, aliased.alias);
        }
    }
}

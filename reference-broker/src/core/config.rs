//! What a broker is told at birth: its defects, its variants and its bounds. Knows no state.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use crate::{Defect, Limits, Variant};

/// User names with their passwords. Never shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Users(BTreeMap<Bytes, Bytes>);

impl std::fmt::Debug for Users {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Users").field("count", &self.0.len()).finish()
    }
}

impl Users {
    /// From pairs of name and password.
    pub fn new(users: impl IntoIterator<Item = (Bytes, Bytes)>) -> Self {
        Self(users.into_iter().collect())
    }

    /// Whether a client of this name and password may come in.
    pub(super) fn admit(&self, user: Option<&[u8]>, password: Option<&[u8]>) -> bool {
        let known = || self.0.get(user?).map(|wanted| Some(&wanted[..]) == password);
        self.0.is_empty() || known() == Some(true)
    }
}

/// The behaviour of one broker. The default is conformant, with the usual choices and the usual bounds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// Wrong behaviours that are switched on.
    pub defects: BTreeSet<Defect>,
    /// Unusual but legal behaviours that are switched on.
    pub variants: BTreeSet<Variant>,
    /// Who may come in, by user name; empty: anybody.
    pub users: Users,
    /// Every bound on what clients can make the broker hold.
    pub limits: Limits,
}

impl Config {
    /// A conformant broker with these defects.
    pub fn with_defects(defects: impl IntoIterator<Item = Defect>) -> Self {
        Self { defects: defects.into_iter().collect(), ..Self::default() }
    }

    /// A conformant broker with these legal variants.
    pub fn with_variants(variants: impl IntoIterator<Item = Variant>) -> Self {
        Self { variants: variants.into_iter().collect(), ..Self::default() }
    }

    /// Whether the defect is on.
    pub fn has(&self, defect: Defect) -> bool {
        self.defects.contains(&defect)
    }

    /// Whether the variant is on.
    pub fn varies(&self, variant: Variant) -> bool {
        self.variants.contains(&variant)
    }
}

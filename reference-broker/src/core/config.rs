//! What a broker is told at birth: its defects, its variants and its bounds. Knows no state.

use std::collections::BTreeSet;

use crate::{Defect, Limits, Variant};

/// The behaviour of one broker. The default is conformant, with the usual choices and the usual bounds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// Wrong behaviours that are switched on.
    pub defects: BTreeSet<Defect>,
    /// Unusual but legal behaviours that are switched on.
    pub variants: BTreeSet<Variant>,
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

//! What the user chose, held against the scenarios that there are.

use deadzone_script::Scenario;
use deadzone_spec::nearest;
use deadzone_transport::Endpoint;
use deadzone_wire::Version;

use super::{tier::Tier, word::Word};

/// What the user chose; nothing chosen means everything.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    typed: Vec<String>,
    words: Vec<Word>,
    /// A word that can't be read, with why.
    unread: Option<(String, &'static str)>,
    tier: Option<Tier>,
}

/// A filter that can't be meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SelectionError {
    /// A word fits nothing at all.
    #[error("`{}` selects no scenario{}", Endpoint::without_password(word), hint(near.as_deref()))]
    Nothing {
        /// The word.
        word: String,
        /// An id, a folder or a tag that is near.
        near: Option<String>,
    },
    /// A word can't be read.
    #[error("`{}` can't be read: {why}", Endpoint::without_password(word))]
    Unreadable {
        /// The word.
        word: String,
        /// Why.
        why: &'static str,
    },
    /// Each word fits something, and together they leave nothing.
    #[error("`{words}` leaves nothing: what is chosen is taken away again")]
    Empty {
        /// All words.
        words: String,
    },
    /// What is chosen is not of the tier.
    #[error("nothing of `{words}` is in tier {tier}: leave --tier away to run all of it")]
    OutsideTier {
        /// All words.
        words: String,
        /// The tier.
        tier: Tier,
    },
}

fn hint(near: Option<&str>) -> String {
    near.map_or_else(
        || ": `deadzone list` shows ids and tags".to_owned(),
        |near| format!(": did you mean `{near}`?"),
    )
}

impl Selection {
    /// From the words of the command line. A word is one of these, with `!` in front to take away, and `@VERSION` behind it for one
    /// version (`@5.0` by itself: everything in that version):
    ///
    /// - an id, or a leading part of one that ends before a `/`: `qos2/interrupted`;
    /// - a pattern over ids: `*` within a part, `**` over parts;
    /// - a tag: `long`;
    /// - a clause: `5.0/MQTT-4.3.3-10`, or `MQTT-4.3.3` or `4.3.3` for all of a section in either version.
    ///
    /// `{a,b}` anywhere in it stands for either.
    pub fn new(typed: Vec<String>) -> Self {
        let mut selection = Self { typed, ..Self::default() };
        for text in &selection.typed {
            match Word::read(text) {
                Ok(word) => selection.words.push(word),
                Err(why) => selection.unread = Some((text.clone(), why)),
            }
        }
        selection
    }

    /// No more than a tier holds.
    #[must_use]
    pub fn within(self, tier: Option<Tier>) -> Self {
        Self { tier, ..self }
    }

    /// The words as they were typed.
    pub fn words(&self) -> &[String] {
        &self.typed
    }

    /// The tier that was asked for.
    pub fn tier(&self) -> Option<Tier> {
        self.tier
    }

    /// Whether nothing was left out.
    pub fn is_everything(&self) -> bool {
        self.typed.is_empty() && self.tier.is_none_or(|tier| tier == Tier::Long)
    }

    /// Whether it was left to the tier what runs: no word chooses, and none was asked for.
    pub(crate) fn leaves_the_tier_open(&self) -> bool {
        self.tier.is_none() && !self.words.iter().any(Word::chooses)
    }

    /// Whether a scenario in a version was chosen.
    pub fn holds(&self, scenario: &Scenario, version: Version) -> bool {
        self.chooses(scenario, version) && self.tier.is_none_or(|tier| tier.holds(scenario))
    }

    /// Whether the words choose it, whatever the tier.
    fn chooses(&self, scenario: &Scenario, version: Version) -> bool {
        let mut choosing = self.words.iter().filter(|word| word.chooses()).peekable();
        let chosen = choosing.peek().is_none() || choosing.any(|word| word.fits(scenario, version));
        chosen && !self.words.iter().any(|word| !word.chooses() && word.fits(scenario, version))
    }

    /// What is wrong with it, held against the scenarios that there are.
    pub fn check<'a>(
        &self,
        scenarios: impl Iterator<Item = &'a Scenario> + Clone,
    ) -> Result<(), SelectionError> {
        if let Some((word, why)) = self.unread.clone() {
            return Err(SelectionError::Unreadable { word, why });
        }
        let any = |fits: &dyn Fn(&Scenario, Version) -> bool| {
            scenarios.clone().any(|s| s.versions.iter().any(|version| fits(s, *version)))
        };
        for (word, typed) in self.words.iter().zip(&self.typed) {
            if !any(&|scenario, version| word.fits(scenario, version)) {
                let near = near(word.text(), scenarios.clone());
                return Err(SelectionError::Nothing { word: typed.clone(), near });
            }
        }
        let words = || self.typed.join(" ");
        if !self.typed.is_empty() && !any(&|scenario, version| self.chooses(scenario, version)) {
            return Err(SelectionError::Empty { words: words() });
        }
        match self.tier {
            Some(tier) if !any(&|scenario, version| self.holds(scenario, version)) => {
                Err(SelectionError::OutsideTier { words: words(), tier })
            }
            _ => Ok(()),
        }
    }
}

/// The id, folder or tag that a word was meant to be.
fn near<'a>(word: &str, scenarios: impl Iterator<Item = &'a Scenario> + Clone) -> Option<String> {
    let parts = scenarios.clone().flat_map(|scenario| {
        let slashes = scenario.id.match_indices('/').map(|(at, _)| &scenario.id[..at]);
        std::iter::once(scenario.id.as_str()).chain(slashes).chain(scenario.tags.iter().map(String::as_str))
    });
    let within = || scenarios.clone().find(|scenario| !word.is_empty() && scenario.id.contains(word));
    // A slug alone is often all that is remembered of an id.
    let by_slug = || {
        let slugs = scenarios.clone().filter_map(|scenario| scenario.id.rsplit('/').next());
        let slug = nearest(word, slugs)?;
        scenarios.clone().find(|scenario| scenario.id.ends_with(&format!("/{slug}")))
    };
    let exact = within().map(|scenario| scenario.id.clone());
    exact
        .or_else(|| nearest(word, parts).map(str::to_owned))
        .or_else(|| by_slug().map(|scenario| scenario.id.clone()))
}

#[cfg(test)]
mod tests;

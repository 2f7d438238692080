//! What can be wrong with a profile. Every message names the profile and the key.

/// Why a profile can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProfileError {
    /// It is no TOML.
    #[error("profile `{profile}`: {why}")]
    Toml {
        /// Which profile.
        profile: String,
        /// The reader's words, with line and column.
        why: String,
    },
    /// A key or a value is wrong.
    #[error("profile `{profile}`: {key}: {why}")]
    Key {
        /// Which profile.
        profile: String,
        /// The key with its section.
        key: String,
        /// What is wrong, and what would be right.
        why: String,
    },
    /// A name is unknown.
    #[error("there is no profile `{0}`: see `deadzone links`")]
    Unknown(String),
    /// An overlay stands alone.
    #[error("`{0}` is an overlay: put it over a profile, as in `lte-m+{0}`")]
    Overlay(String),
    /// A profile inherits from itself.
    #[error("profile `{0}` inherits from itself")]
    Circle(String),
}

impl ProfileError {
    /// The profile whose text is wrong, where that is known.
    pub fn profile(&self) -> Option<&str> {
        match self {
            Self::Toml { profile, .. } | Self::Key { profile, .. } => Some(profile),
            Self::Unknown(_) | Self::Overlay(_) | Self::Circle(_) => None,
        }
    }
}

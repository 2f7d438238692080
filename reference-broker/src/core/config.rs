//! What a broker is told at birth: its defects, its variants and its bounds. Knows no state.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use deadzone_spec::ClauseId;

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

    /// Whether nobody is named, so that anybody may come in.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a client of this name and password may come in.
    pub(super) fn admit(&self, user: Option<&[u8]>, password: Option<&[u8]>) -> bool {
        let known = || self.0.get(user?).map(|wanted| Some(&wanted[..]) == password);
        self.0.is_empty() || known() == Some(true)
    }
}

/// The one account of enhanced authentication where [`Config::users`] names nobody. The default is known to everybody, so that a
/// scenario can be written for it: it protects nothing. Never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secrets {
    /// The user name of SCRAM-SHA-256.
    pub user: Bytes,
    /// The password of SCRAM-SHA-256.
    pub password: Bytes,
    /// The token of OAUTHBEARER.
    pub token: Bytes,
}

impl Secrets {
    /// The default user name.
    pub const USER: &str = "deadzone";
    /// The default password.
    pub const PASSWORD: &str = "through the dead zone";
    /// The default token.
    pub const TOKEN: &str = "deadzone-token";

    /// Whether a client with this token may come in.
    pub(super) fn knows_token(&self, token: &str) -> bool {
        self.token == token.as_bytes()
    }
}

impl Default for Secrets {
    fn default() -> Self {
        let [user, password, token] = [Self::USER, Self::PASSWORD, Self::TOKEN].map(Bytes::from);
        Self { user, password, token }
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
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
    /// Who may come in by a method of enhanced authentication, where `users` is empty.
    pub secrets: Secrets,
    /// What the nonces and salts of enhanced authentication are made from: equal seeds give equal bytes.
    pub seed: u64,
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

    /// The password of a user, by which SCRAM-SHA-256 is proven.
    pub(super) fn password_of(&self, user: &[u8]) -> Option<&[u8]> {
        let own = || (self.secrets.user == user).then_some(&self.secrets.password);
        let password = if self.users.is_empty() { own() } else { self.users.0.get(user) };
        password.map(|password| &password[..])
    }

    /// Whether the defect is on.
    pub fn has(&self, defect: Defect) -> bool {
        self.defects.contains(&defect)
    }

    /// Whether breaches of this statement by the form of a packet are overlooked.
    pub(crate) fn tolerates(&self, clause: ClauseId) -> bool {
        self.defects.iter().any(|defect| defect.is_tolerant() && defect.clauses().contains(&clause))
    }

    /// Whether breaches of any are.
    pub(crate) fn is_tolerant(&self) -> bool {
        self.defects.iter().any(|defect| defect.is_tolerant())
    }

    /// Whether the variant is on.
    pub fn varies(&self, variant: Variant) -> bool {
        self.variants.contains(&variant)
    }
}

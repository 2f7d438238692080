//! Who the scripted clients are to a target that asks.

use crate::{Connect, Text, Version};
use bytes::Bytes;

/// User name and password of every CONNECT that names neither. Neither is ever shown.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Credentials {
    /// User name. 5.0 allows a password without one; before it, an empty one goes with the password.
    pub user: Option<String>,
    /// Password: any bytes.
    pub password: Option<Bytes>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

impl Credentials {
    /// Puts them into a CONNECT of this version that has neither a user name nor a password.
    pub fn fill(&self, connect: &mut Connect, version: Version) {
        if connect.username.is_some() || connect.password.is_some() {
            return;
        }
        // MQTT-3.1.2-22 of 3.1.1: without a user name no password.
        let needs_user = self.password.is_some() && version != Version::V5;
        let user = self.user.as_deref().or_else(|| needs_user.then_some(""));
        if let Some(user) = user {
            connect.set_username(Text(Bytes::copy_from_slice(user.as_bytes())));
        }
        if let Some(password) = &self.password {
            connect.set_password(password.clone());
        }
    }
}

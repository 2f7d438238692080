//! Who the scripted clients are to a target that asks.

use bytes::Bytes;
use deadzone_wire::{Connect, Text};

/// User name and password of every CONNECT that names neither.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// User name.
    pub user: String,
    /// Password; some targets ask for none.
    pub password: Option<String>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("user", &self.user).finish_non_exhaustive()
    }
}

impl Credentials {
    /// Puts them into a CONNECT that has neither a user name nor a password.
    pub fn fill(&self, connect: &mut Connect) {
        if connect.username.is_some() || connect.password.is_some() {
            return;
        }
        connect.set_username(Text(Bytes::copy_from_slice(self.user.as_bytes())));
        if let Some(password) = &self.password {
            connect.set_password(Bytes::copy_from_slice(password.as_bytes()));
        }
    }
}

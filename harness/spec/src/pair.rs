//! One statement under the number that each version gives it, and the macros that name statements in code.

use crate::{ClauseId, Version};

/// One statement under its number in 3.1.1 and in 5.0. MQTT 3.1 has no numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pair {
    /// Its id in 3.1.1, `None` where 3.1.1 does not make it.
    pub v311: Option<ClauseId>,
    /// Its id in 5.0, `None` where 5.0 does not make it.
    pub v5: Option<ClauseId>,
}

impl Pair {
    /// The id in this version.
    pub const fn of(self, version: Version) -> Option<ClauseId> {
        match version {
            Version::V31 => None,
            Version::V311 => self.v311,
            Version::V5 => self.v5,
        }
    }

    /// Both ids, 3.1.1 first.
    pub fn ids(self) -> impl Iterator<Item = ClauseId> {
        [self.v311, self.v5].into_iter().flatten()
    }
}

/// The [`ClauseId`] of a whole id. An unknown one does not compile:
///
/// ```
/// assert_eq!(deadzone_spec::id!("5.0/MQTT-4.3.3-10").as_str(), "5.0/MQTT-4.3.3-10");
/// ```
/// ```compile_fail
/// deadzone_spec::id!("a text that is no clause");
/// ```
#[macro_export]
macro_rules! id {
    ($id:expr) => {
        const { $crate::ClauseId::of($id) }
    };
}

/// The [`Pair`] of one statement's number in 3.1.1 and in 5.0, `-` where a version does not make it:
///
/// ```
/// const ID_IN_USE: deadzone_spec::Pair = deadzone_spec::pair!("MQTT-2.3.1-4", "MQTT-2.2.1-4");
/// const ALIAS: deadzone_spec::Pair = deadzone_spec::pair!(-, "MQTT-3.3.2-7");
/// assert!(ID_IN_USE.v311.is_some() && ALIAS.v311.is_none());
/// ```
/// ```compile_fail
/// deadzone_spec::pair!("MQTT-2.2.1-4", "MQTT-2.2.1-4");
/// ```
#[macro_export]
macro_rules! pair {
    ($v311:tt, $v5:tt) => {
        $crate::Pair { v311: $crate::numbered!("3.1.1/", $v311), v5: $crate::numbered!("5.0/", $v5) }
    };
}

/// The id of a number in one version, as an `Option`: `-` is `None`.
#[macro_export]
macro_rules! numbered {
    ($version:literal, -) => {
        None
    };
    ($version:literal, $number:literal) => {
        Some($crate::id!(concat!($version, $number)))
    };
}

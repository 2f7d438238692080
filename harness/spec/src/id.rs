//! The id of a statement: two bytes that always name a row of the table.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Clause, Party, Version, table::TABLE};

/// One normative statement with its version, as `5.0/MQTT-4.3.3-10`. Every value names a row of the table, so that a
/// verdict can't cite what does not exist. Ordered as the texts are.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClauseId(u16);

impl ClauseId {
    /// The statement with this id, for texts that come from outside. `None` where there is none.
    pub const fn find(id: &str) -> Option<Self> {
        let (mut low, mut high) = (0, TABLE.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            match compare(TABLE[middle].id.as_bytes(), id.as_bytes()) {
                0 => return Some(Self(middle as u16)),
                1 => high = middle,
                _ => low = middle + 1,
            }
        }
        None
    }

    /// The statement with this id, for code that names it: [`id!`](crate::id) evaluates this while compiling.
    ///
    /// # Panics
    /// Where no statement has this id.
    pub const fn of(id: &'static str) -> Self {
        match Self::find(id) {
            Some(found) => found,
            None => panic!("no clause has this id: see harness/spec/data"),
        }
    }

    /// The row of the table.
    pub fn clause(self) -> &'static Clause {
        &TABLE[usize::from(self.0)]
    }

    /// The whole id: `5.0/MQTT-4.3.3-10`.
    pub fn as_str(self) -> &'static str {
        self.clause().id
    }

    /// The version whose statement it is.
    pub fn version(self) -> Version {
        self.clause().version
    }

    /// Whether a broker can break it.
    pub fn binds_server(self) -> bool {
        self.clause().party != Party::Client
    }

    /// Whether a client can break it.
    pub fn binds_client(self) -> bool {
        self.clause().party != Party::Server
    }
}

/// Every statement of every version, and the ids of our own, in the order of their texts.
pub fn all() -> impl DoubleEndedIterator<Item = ClauseId> + ExactSizeIterator {
    (0..TABLE.len() as u16).map(ClauseId)
}

/// The ids in one line, with a space between each two.
pub fn joined(ids: &[ClauseId]) -> String {
    ids.iter().copied().map(ClauseId::as_str).collect::<Vec<_>>().join(" ")
}

/// 0 equal, 1 the first is greater, 2 the second is: `Ord` can't be asked in a constant.
const fn compare(a: &[u8], b: &[u8]) -> u8 {
    let mut at = 0;
    while at < a.len() && at < b.len() {
        if a[at] != b[at] {
            return if a[at] > b[at] { 1 } else { 2 };
        }
        at += 1;
    }
    if a.len() == b.len() {
        0
    } else if a.len() > b.len() {
        1
    } else {
        2
    }
}

impl fmt::Display for ClauseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for ClauseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl AsRef<str> for ClauseId {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq<str> for ClauseId {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for ClauseId {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl Serialize for ClauseId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ClauseId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::find(&text).ok_or_else(|| de::Error::custom(format_args!("`{text}` is no clause")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_by_the_whole_id() {
        let id = ClauseId::find("5.0/MQTT-4.3.3-10").unwrap();
        assert_eq!((id.clause().section, id.clause().party), ("4.3.3", Party::Both));
        assert_eq!(id, crate::id!("5.0/MQTT-4.3.3-10"));
        assert!(all().all(|id| ClauseId::find(id.as_str()) == Some(id)));
        for none in ["3.1.1/MQTT-4.3.3-10", "MQTT-4.3.3-10", "5.0/MQTT-4.3.3-1x", "5.0/MQTT-4.3.3-", "", "6"]
        {
            assert_eq!(ClauseId::find(none), None, "{none}");
        }
    }

    #[test]
    fn is_small_and_ordered_as_its_text() {
        assert_eq!(size_of::<Option<ClauseId>>().max(size_of::<ClauseId>() * 2), 4);
        let texts: Vec<&str> = all().map(ClauseId::as_str).collect();
        assert!(texts.windows(2).all(|pair| pair[0] < pair[1]), "sorted, and no id twice");
    }

    #[test]
    fn says_whom_it_binds() {
        let of = |id| ClauseId::find(id).map(|id: ClauseId| (id.binds_server(), id.binds_client()));
        assert_eq!(of("3.1.1/MQTT-4.6.0-2"), Some((false, true)));
        assert_eq!(of("3.1.1/MQTT-4.6.0-6"), Some((true, false)));
        assert_eq!(of("5.0/MQTT-4.3.3-10"), Some((true, true)));
    }

    #[test]
    #[should_panic(expected = "no clause has this id")]
    fn an_unknown_id_is_no_clause() {
        let _ = ClauseId::of("5.0/MQTT-4.3.3-99");
    }
}

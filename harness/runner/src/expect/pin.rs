//! The scenarios that a file knows, by version: what is newer than the file is not held against it. Written by folder, so that it
//! stays small and a change of it can be read.

use std::collections::{BTreeMap, BTreeSet};

use deadzone_verdict::ScenarioKey;
use deadzone_wire::Version;

use super::alias::{Kind, alias};

/// The versions that a name without one stands for.
const BOTH: [Version; 2] = [Version::V311, Version::V5];

/// What a file knows. One that knows nothing is older than nothing: without it no scenario is new.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Pin(BTreeSet<ScenarioKey>);

impl Pin {
    /// Takes a name of a folder: `pubrec-lost` in both versions, `pubrec-lost@5.0` in one.
    pub(super) fn add(&mut self, folder: &str, name: &str) -> Result<(), String> {
        let (name, versions) = match name.split_once('@') {
            None => (name, BOTH.to_vec()),
            Some((name, version)) => {
                let known = version.parse::<Version>().ok().filter(|version| BOTH.contains(version));
                (name, vec![known.ok_or_else(|| format!("`{version}` is no version: 3.1.1 or 5.0"))?])
            }
        };
        let id = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
        let now = alias(Kind::Scenario, &id).and_then(|alias| alias.now);
        let id = now.map_or(id, str::to_owned);
        self.0.extend(versions.into_iter().map(|version| ScenarioKey { id: id.clone(), version }));
        Ok(())
    }

    pub(super) fn insert(&mut self, key: &ScenarioKey) -> bool {
        self.0.insert(key.clone())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn knows(&self, key: &ScenarioKey) -> bool {
        self.0.contains(key)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &ScenarioKey> {
        self.0.iter()
    }

    /// As it is written: the names of each folder.
    pub(super) fn folders(&self) -> BTreeMap<&str, Vec<String>> {
        let mut by_id: BTreeMap<&str, Vec<Version>> = BTreeMap::new();
        for key in &self.0 {
            by_id.entry(&key.id).or_default().push(key.version);
        }
        let mut folders: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (id, versions) in by_id {
            let (folder, name) = id.rsplit_once('/').unwrap_or(("", id));
            let names = folders.entry(folder).or_default();
            match versions.as_slice() {
                [one] => names.push(format!("{name}@{one}")),
                _ => names.push(name.to_owned()),
            }
        }
        folders
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let mut pin = Pin::default();
        for (folder, name) in
            [("qos2/interrupted", "pubrec-lost"), ("qos2/interrupted", "x@5.0"), ("", "alone@3.1.1")]
        {
            pin.add(folder, name).unwrap();
        }
        let key = |id: &str, version| ScenarioKey { id: id.to_owned(), version };
        assert!(pin.knows(&key("qos2/interrupted/pubrec-lost", Version::V311)));
        assert!(pin.knows(&key("qos2/interrupted/x", Version::V5)));
        assert!(!pin.knows(&key("qos2/interrupted/x", Version::V311)), "the other version is newer");
        let mut again = Pin::default();
        for (folder, names) in pin.folders() {
            names.iter().for_each(|name| again.add(folder, name).unwrap());
        }
        assert_eq!(again, pin);
        assert_eq!(pin.folders()[""], ["alone@3.1.1"]);
        assert!(pin.add("a", "b@4").unwrap_err().contains("no version"));
    }
}

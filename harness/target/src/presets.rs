//! The descriptors that come with deadzone.

use crate::{Descriptor, Entry, TargetError};

/// Name and text of every preset, by name.
pub fn presets() -> Vec<(&'static str, &'static str)> {
    let mut all = deadzone_scenarios::targets().to_vec();
    all.sort_unstable();
    all
}

/// The preset of this name; what the user says beside it wins. `None`: there is none.
pub fn preset(name: &str, entry: &Entry) -> Option<Result<Descriptor, TargetError>> {
    let (_, text) = presets().into_iter().find(|(known, _)| *known == name)?;
    Some(Descriptor::of_text(name, text, entry))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Way;

    #[test]
    fn every_preset_can_be_read_says_what_it_is_and_where_its_facts_are_from() {
        assert!(presets().len() > 10);
        for (name, _) in presets() {
            let read = preset(name, &Entry::default()).unwrap().unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(read.name, name);
            assert!(read.about.is_some_and(|about| about.len() > 10), "{name} does not say what it is");
            let Way::Started(recipe) = &read.way else { panic!("{name} is not started") };
            let install = &recipe.install;
            assert!(
                name == "reference" || !install.debian.is_empty() || !install.commands.is_empty(),
                "{name} does not say how it is installed"
            );
            for line in read.declared.lines() {
                let key = line.split(' ').next().unwrap();
                assert!(key == "user" || read.documented.contains_key(key), "{name}: {key} has no source");
            }
        }
    }
}

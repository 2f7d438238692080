//! Profiles by name. Knows no files: it is given texts.

use std::collections::BTreeMap;

use super::{
    error::ProfileError,
    named::Profile,
    parse::{Shelf, parse},
};

/// Deepest inheritance.
const DEPTH_MAX: usize = 8;

/// A set of profiles that may name each other.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    profiles: BTreeMap<String, Profile>,
    texts: BTreeMap<String, String>,
    traces: BTreeMap<String, String>,
}

/// The shelf of a catalogue that is being read, with how deep the inheritance is.
struct Reading<'a>(&'a Catalogue, usize);

impl Shelf for Reading<'_> {
    fn profile(&self, name: &str) -> Result<Profile, ProfileError> {
        if self.1 >= DEPTH_MAX {
            return Err(ProfileError::Circle(name.to_owned()));
        }
        let text = self.0.texts.get(name).ok_or_else(|| ProfileError::Unknown(name.to_owned()))?;
        parse(name, text, &Reading(self.0, self.1 + 1))
    }

    fn trace(&self, name: &str) -> Option<&str> {
        self.0.traces.get(name).map(String::as_str)
    }
}

impl Catalogue {
    /// From profiles and traces, each with its name.
    pub fn new<'a>(
        profiles: impl IntoIterator<Item = (&'a str, &'a str)>,
        traces: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, ProfileError> {
        let mut catalogue = Self::default();
        for (name, text) in traces {
            catalogue.add_trace(name, text);
        }
        catalogue.add_all(profiles).map_err(|(_, why)| why)?;
        Ok(catalogue)
    }

    /// Adds a profile of the user's; it may inherit from any other and name any trace.
    pub fn add(&mut self, name: &str, text: &str) -> Result<(), ProfileError> {
        self.add_all([(name, text)]).map_err(|(_, why)| why)
    }

    /// Adds profiles of the user's that may inherit from each other; a mistake comes with the name of whose reading met it.
    pub fn add_all<'a>(
        &mut self,
        profiles: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<(), (String, ProfileError)> {
        let mut names = Vec::new();
        for (name, text) in profiles {
            self.texts.insert(name.to_owned(), text.to_owned());
            names.push(name);
        }
        for name in names {
            let profile = Reading(self, 0).profile(name).map_err(|why| (name.to_owned(), why))?;
            self.profiles.insert(name.to_owned(), profile);
        }
        Ok(())
    }

    /// Adds a trace of the user's, before the profile that names it.
    pub fn add_trace(&mut self, name: &str, text: &str) {
        self.traces.insert(name.to_owned(), text.to_owned());
    }

    /// All profiles, by name.
    pub fn profiles(&self) -> impl Iterator<Item = &Profile> {
        self.profiles.values()
    }

    /// A profile or an overlay by its name.
    pub fn find(&self, name: &str) -> Result<&Profile, ProfileError> {
        self.profiles.get(name).ok_or_else(|| ProfileError::Unknown(name.to_owned()))
    }

    /// A profile to begin with: `lte-m`, or with overlays `lte-m+nat-short`.
    pub fn get(&self, spec: &str) -> Result<Profile, ProfileError> {
        let profile = self.change(spec)?;
        if profile.overlay {
            let first = spec.split('+').next().unwrap_or_default();
            return Err(ProfileError::Overlay(first.to_owned()));
        }
        Ok(profile)
    }

    /// What a link may change to: a profile with overlays or without, or overlays alone, which together are one overlay.
    pub fn change(&self, spec: &str) -> Result<Profile, ProfileError> {
        let mut names = spec.split('+');
        let first = self.find(names.next().unwrap_or_default())?;
        names.try_fold(first.clone(), |below, name| Ok(below.with(self.find(name)?)))
    }
}

//! The link profiles that the command carries, and those of the user's that lie beside a scenario file.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use deadzone_link::{Catalogue, ProfileError, Wants};
use deadzone_script::ProfilePlace;
use deadzone_spec::nearest;

use crate::SuiteError;

/// Every embedded profile. They are whole: a test reads them all.
pub fn profiles() -> &'static Catalogue {
    static PROFILES: OnceLock<Catalogue> = OnceLock::new();
    PROFILES.get_or_init(|| {
        let texts = deadzone_scenarios::profiles().iter().copied();
        Catalogue::new(texts, deadzone_scenarios::traces().iter().copied()).unwrap_or_default()
    })
}

/// Their texts, by name.
pub fn profile_texts() -> &'static [(&'static str, &'static str)] {
    deadzone_scenarios::profiles()
}

/// What is wrong with a name that a scenario uses, and what to do instead. Clients begin with a profile; a step may bring
/// an overlay alone.
pub(crate) fn wrong(
    catalogue: &Catalogue,
    name: &str,
    place: ProfilePlace,
) -> Option<(String, Option<String>)> {
    let found = match place {
        ProfilePlace::Client => catalogue.get(name),
        ProfilePlace::Step => catalogue.change(name),
    };
    let why = found.err()?;
    let help = match &why {
        ProfileError::Unknown(part) => {
            let near = nearest(part, catalogue.profiles().map(|profile| profile.name.as_str()));
            near.map(|near| format!("did you mean `{near}`?"))
        }
        _ => None,
    };
    Some((why.to_string(), help))
}

/// The embedded profiles with those of these names that are not among them and lie beside the file, or in `profiles/`
/// there, with what they inherit and their traces; and the user's text, for the hash of the suite. `None`: there are none.
pub(crate) fn beside<'a>(
    file: &Path,
    names: impl Iterator<Item = &'a str>,
) -> Result<Option<(Catalogue, String)>, SuiteError> {
    let folder = file.parent().unwrap_or_else(|| Path::new(""));
    let mut wanted: Vec<String> = names.flat_map(|spec| spec.split('+')).map(str::to_owned).collect();
    let mut found: BTreeMap<String, (PathBuf, String)> = BTreeMap::new();
    let mut catalogue = profiles().clone();
    let mut all = String::new();
    while let Some(name) = wanted.pop() {
        if found.contains_key(&name) || profiles().find(&name).is_ok() || name.contains(['/', '\\']) {
            continue;
        }
        let paths = [folder.join(format!("{name}.toml")), folder.join(format!("profiles/{name}.toml"))];
        let Some(path) = paths.into_iter().find(|path| path.is_file()) else { continue };
        let text = read(&path)?;
        let wants = Wants::of(&text);
        wanted.extend(wants.profile);
        for trace in wants.traces {
            let path = path.with_file_name(&trace);
            if path.is_file() {
                let text = read(&path)?;
                catalogue.add_trace(&trace, &text);
                all.push_str(&text);
            }
        }
        all.push_str(&text);
        found.insert(name, (path, text));
    }
    if found.is_empty() {
        return Ok(None);
    }
    let texts = found.iter().map(|(name, (_, text))| (name.as_str(), text.as_str()));
    catalogue.add_all(texts).map_err(|(name, why)| {
        let of = why.profile().and_then(|profile| found.get(profile)).or_else(|| found.get(&name));
        SuiteError::Profile { path: of.map_or_else(PathBuf::new, |(path, _)| path.clone()), why }
    })?;
    Ok(Some((catalogue, all)))
}

pub(crate) fn read(path: &Path) -> Result<String, SuiteError> {
    deadzone_target::text_file(path)
        .map_err(|why| SuiteError::Read { path: path.to_owned(), why: why.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_profile_is_sound() {
        let texts = deadzone_scenarios::profiles();
        let catalogue = Catalogue::new(texts.iter().copied(), deadzone_scenarios::traces().iter().copied());
        assert_eq!(catalogue.map(|c| c.profiles().count()), Ok(texts.len()));
        assert!(profiles().get("lte-m+tunnel").is_ok() && profiles().get("tunnel").is_err());
    }
}

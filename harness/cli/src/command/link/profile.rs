//! A profile as the command line or a file of links names it: names that deadzone carries, files of the user's, and overlays
//! of either kind.

use std::path::Path;

use anyhow::{Context, bail};
use deadzone_proxy::{Catalogue, Profile, ProfileError, Wants};
use deadzone_target::text_file;

/// Files that inherit one another, at most: more are a circle.
const INHERITED_FILES_MAX: usize = 8;

/// A profile: names and files that overlay each other, as in `lte-m+nat-short` or `mine.toml+tunnel`. Paths of files lead
/// from this folder.
pub(super) fn profile(spec: &str, changes: &[String], folder: &Path) -> anyhow::Result<Profile> {
    let mut catalogue = deadzone_runner::profiles().clone();
    let parts = spec.split('+').map(|part| match part.ends_with(".toml") || part.contains('/') {
        true => add_file(&mut catalogue, &folder.join(part), 0),
        false => Ok(part.to_owned()),
    });
    let names = parts.collect::<anyhow::Result<Vec<_>>>()?;
    for (at, name) in names.iter().enumerate() {
        if names[..at].contains(name) {
            bail!("two parts of `{spec}` are named `{name}`");
        }
    }
    let mut profile = catalogue.get(&names.join("+")).map_err(|error| suggested(error, &catalogue))?;
    changes.iter().try_for_each(|change| profile.set(change))?;
    Ok(profile)
}

/// A name that is none, with the one that may be meant.
fn suggested(error: ProfileError, catalogue: &Catalogue) -> anyhow::Error {
    let near = match &error {
        ProfileError::Unknown(name) => {
            deadzone_spec::nearest(name, catalogue.profiles().map(|profile| profile.name.as_str()))
        }
        _ => None,
    };
    match near {
        Some(near) => anyhow::anyhow!("{error}: did you mean `{near}`?"),
        None => error.into(),
    }
}

/// Adds a profile from a file; its name. What it inherits or names as a trace may lie beside it.
fn add_file(catalogue: &mut Catalogue, path: &Path, depth: usize) -> anyhow::Result<String> {
    let shown = path.display();
    let text = text_file(path).with_context(|| format!("could not read {shown}"))?;
    let wants = Wants::of(&text);
    for trace in wants.traces {
        let file = path.with_file_name(&trace);
        let shown = file.display();
        let text = text_file(&file).with_context(|| format!("could not read {shown}"))?;
        catalogue.add_trace(&trace, &text);
    }
    if let Some(parent) = wants.profile.filter(|parent| catalogue.find(parent).is_err()) {
        let beside = path.with_file_name(format!("{parent}.toml"));
        if depth < INHERITED_FILES_MAX && beside.is_file() {
            add_file(catalogue, &beside, depth + 1)?;
        }
    }
    let name = path.file_stem().map_or_else(|| shown.to_string(), |stem| stem.to_string_lossy().into_owned());
    catalogue.add(&name, &text).with_context(|| format!("{shown} can't be used"))?;
    Ok(name)
}

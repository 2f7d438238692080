//! The link profiles that the command carries.

use std::sync::OnceLock;

use deadzone_link::{Catalogue, ProfileError};
use deadzone_script::ProfilePlace;
use deadzone_spec::nearest;

/// Every embedded profile. They are whole: a test reads them all.
pub fn profiles() -> &'static Catalogue {
    static PROFILES: OnceLock<Catalogue> = OnceLock::new();
    PROFILES.get_or_init(|| {
        let texts = deadzone_scenarios::profiles().iter().copied();
        Catalogue::new(texts, deadzone_scenarios::traces().iter().copied()).unwrap_or_default()
    })
}

/// What is wrong with a name that a scenario uses, and what to do instead. Clients begin with a profile; a step may bring
/// an overlay alone.
pub(crate) fn wrong(name: &str, place: ProfilePlace) -> Option<(String, Option<String>)> {
    let catalogue = profiles();
    let found = match place {
        ProfilePlace::Client => catalogue.get(name).map(drop),
        ProfilePlace::Step => name.split('+').try_for_each(|part| catalogue.find(part).map(drop)),
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

//! A profile as a body describes it, and the one that new connections of a proxy begin with. Knows no HTTP.

use std::sync::Arc;

use deadzone_link::{Catalogue, Profile, ProfileError};
use serde_json::{Value, json};

use super::{error::ApiError, live::Live, proxy::Served};
use crate::toxiproxy::loose_json;

/// The name of a profile that comes as a text without one.
const UNNAMED: &str = "inline";

/// Reads `{"profile": "lte-m+nat-short", "set": ["stall.median_s=2"]}`, or `{"toml": "title = …", "name": "mine"}`.
pub(super) fn read(body: &[u8], catalogue: &Catalogue) -> Result<Profile, ApiError> {
    let body = loose_json::first(body)?;
    let given = loose_json::object(&body, "")?;
    loose_json::only(given, &["profile", "toml", "name", "set"])?;
    let wrong = |error: ProfileError| ApiError::BadBody(error.to_string());
    let mut profile = match (loose_json::text(given, "profile")?, loose_json::text(given, "toml")?) {
        (Some(_), Some(_)) => {
            return Err(ApiError::BadBody("profile and toml exclude each other".to_owned()));
        }
        (None, None) => return Err(ApiError::Missing("profile".to_owned())),
        (Some(_), None) if loose_json::text(given, "name")?.is_some() => {
            return Err(ApiError::BadBody("name belongs to toml: a profile has one".to_owned()));
        }
        // Overlays by themselves go over whatever is in force.
        (Some(name), None) => catalogue.change(name).map_err(wrong)?,
        (None, Some(text)) => {
            let name = loose_json::text(given, "name")?.unwrap_or(UNNAMED);
            let mut all = catalogue.clone();
            all.add(name, text).map_err(wrong)?;
            all.find(name).map_err(wrong)?.clone()
        }
    };
    for change in loose_json::get(given, "set").map_or(Ok(&[][..]), loose_json::array)? {
        let text = change.as_str().ok_or_else(|| ApiError::BadBody("set is a list of texts".to_owned()))?;
        profile.set(text).map_err(wrong)?;
    }
    Ok(profile)
}

/// Every profile there is, by name.
pub(super) fn listed(catalogue: &Catalogue) -> Value {
    let one = |profile: &Profile| json!({ "name": profile.name, "title": profile.title, "overlay": profile.overlay });
    catalogue.profiles().map(one).collect()
}

fn must_lie_over(profile: &Profile, below: bool) -> Result<(), ApiError> {
    if profile.overlay && !below {
        return Err(ApiError::BadBody(format!(
            "{} is an overlay, and there is no profile below it",
            profile.name
        )));
    }
    Ok(())
}

/// Puts it into force on one connection.
pub(super) fn put(live: &Live, profile: Profile) -> Result<(), ApiError> {
    must_lie_over(&profile, live.chain().profile().is_some())?;
    let profile = Arc::new(profile);
    live.change(|now_us, chain| {
        chain.change_link(now_us, |link| link.change_profile_shared(now_us, profile));
    });
    Ok(())
}

/// Puts it into force on every connection of a proxy that lives now, and on those that come.
pub(super) fn put_on_all(served: &mut Served, now_us: u64, profile: Profile) -> Result<(), ApiError> {
    must_lie_over(&profile, served.profile.is_some())?;
    // Listed outages are those of the world: who comes later finds them where they are by then.
    if profile.numbers.contains_key("outage.schedule_s") {
        served.profile_since_us = now_us;
    }
    let given = Arc::new(profile);
    let whole = match &served.profile {
        Some(below) if given.overlay => Arc::new(below.with(&given)),
        _ => Arc::clone(&given),
    };
    served.profile = Some(Arc::clone(&whole));
    for live in served.links.values() {
        // An overlay goes over what a connection has: the same one again begins again.
        let over = given.overlay && live.chain().profile().is_some();
        let profile = Arc::clone(if over { &given } else { &whole });
        live.change(|now_us, chain| {
            chain.change_link(now_us, |link| link.change_profile_shared(now_us, profile));
        });
    }
    Ok(())
}

/// Takes it away from one connection.
pub(super) fn clear(live: &Live) {
    live.change(|now_us, chain| chain.change_link(now_us, |link| link.clear_profile(now_us)));
}

/// Takes it away from every connection of a proxy, and from those that come.
pub(super) fn clear_on_all(served: &mut Served) {
    served.profile = None;
    served.links.values().for_each(|live| clear(live));
}

/// The name of what is in force, if anything is.
pub(super) fn named(profile: Option<&Profile>) -> Value {
    profile.map_or(Value::Null, |profile| Value::from(profile.name.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELAY: &str = "title = \"t\"\n[delay]\nfloor_ms = { value = 5, source = \"default\" }\n\
        median_ms = { value = 0, source = \"default\" }\nsigma_ln = { value = 0, source = \"default\" }\n\
        correlation_per_100ms = { value = 0, source = \"default\" }\n";
    const OVER: &str = "title = \"o\"\noverlay = true\n[nat]\nidle_s = { value = 5, source = \"default\" }\n";

    fn catalogue() -> Catalogue {
        Catalogue::new([("slow", DELAY), ("over", OVER)], []).unwrap()
    }

    #[test]
    fn by_name_with_overlays_and_changes_or_as_a_text() {
        let read = |body: &Value| read(body.to_string().as_bytes(), &catalogue());
        assert_eq!(read(&json!({"profile": "slow+over"})).unwrap().name, "slow+over");
        assert!(read(&json!({"profile": "over"})).unwrap().overlay);
        assert!(read(&json!({"profile": "over+over"})).unwrap().overlay);
        let set = read(&json!({"profile": "slow", "set": ["delay.floor_ms=7"]})).unwrap();
        assert_eq!(set.numbers["delay.floor_ms.up"].values, [7.0]);
        let text = format!("inherits = \"slow\"\n{}", "title = \"mine\"\n");
        assert_eq!(read(&json!({"toml": text, "name": "mine"})).unwrap().name, "mine");
        assert_eq!(read(&json!({"toml": DELAY})).unwrap().name, UNNAMED);
    }

    #[test]
    fn mistakes_are_named() {
        let wrong = [
            (json!({}), "missing required field: profile"),
            (json!({"profile": "slow", "toml": DELAY}), "profile and toml exclude each other"),
            (json!({"profile": "fast"}), "fast"),
            (json!({"profile": "slow", "set": [1]}), "set is a list of texts"),
            (json!({"profile": "slow", "set": ["x=1"]}), "there is no such number"),
            (json!({"toml": "nonsense"}), UNNAMED),
            (json!({"profile": "slow", "sets": []}), "unknown field \"sets\""),
            (json!({"profile": "slow", "name": "mine"}), "name belongs to toml"),
        ];
        for (body, text) in wrong {
            let said = read(body.to_string().as_bytes(), &catalogue()).unwrap_err().to_string();
            assert!(said.contains(text), "{said}");
        }
    }
}

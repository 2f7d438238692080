//! The link profiles that the command carries.

use std::sync::OnceLock;

use deadzone_link::Catalogue;

/// Every embedded profile. They are whole: a test reads them all.
pub fn profiles() -> &'static Catalogue {
    static PROFILES: OnceLock<Catalogue> = OnceLock::new();
    PROFILES.get_or_init(|| {
        let texts = deadzone_scenarios::profiles().iter().copied();
        Catalogue::new(texts, deadzone_scenarios::traces().iter().copied()).unwrap_or_default()
    })
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

//! Any text as a target's descriptor. Names are never looked up: what has one for a host is left out.

use std::net::IpAddr;

use deadzone_target::{Descriptor, Entry};
use toml::Value;

/// It is refused with a reason, or describes a target; its password is in no text of ours.
///
/// # Panics
///
/// Where it is.
pub fn target(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let file: Option<toml::Table> = text.parse().ok();
    if file.as_ref().is_some_and(|file| file.values().any(asks_a_resolver)) {
        return;
    }
    match Descriptor::of_text("mine", text, &Entry::default()) {
        Err(why) => assert!(!why.to_string().is_empty()),
        Ok(descriptor) => {
            let told = format!("{descriptor:?}");
            let password = file.as_ref().and_then(|file| file.get("password")).and_then(Value::as_str);
            // A short word may stand anywhere.
            if let Some(password) = password.filter(|word| word.len() >= 12) {
                let elsewhere = text.matches(password).count() > 1;
                assert!(elsewhere || !told.contains(password), "the password is shown");
            }
        }
    }
}

/// Whether a URL in it has a host that is no address.
fn asks_a_resolver(value: &Value) -> bool {
    match value {
        Value::String(text) => text.split("://").skip(1).any(|rest| {
            let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
            let host = authority.rsplit('@').next().unwrap_or_default();
            let host = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
                Some((host, _)) => host,
                None => host.split(':').next().unwrap_or_default(),
            };
            host.parse::<IpAddr>().is_err()
        }),
        Value::Array(list) => list.iter().any(asks_a_resolver),
        Value::Table(table) => table.values().any(asks_a_resolver),
        _ => false,
    }
}

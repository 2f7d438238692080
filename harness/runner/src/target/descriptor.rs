//! Target descriptors: a TOML file that says where a broker is, who clients are to it and what it declares.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use deadzone_history::Durability;
use deadzone_transport::Login;
use deadzone_wire::Version;
use serde::Deserialize;

use super::{Declared, Entry, EntryFiles, Place, Places, TargetSpec, address};
use crate::{RunError, mistake};

/// The format's name and major version.
const SCHEMA: &str = "deadzone.target/1";

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: Option<String>,
    name: Option<String>,
    version: Option<String>,
    address: Addresses,
    user: Option<String>,
    password: Option<String>,
    password_file: Option<PathBuf>,
    token_file: Option<PathBuf>,
    ca: Option<PathBuf>,
    cert: Option<PathBuf>,
    key: Option<PathBuf>,
    #[serde(default)]
    insecure: bool,
    max_qos: Option<u8>,
    retained: Option<bool>,
    #[serde(default)]
    automatic_subscriptions: bool,
    #[serde(default)]
    unordered_topics: bool,
    #[serde(default)]
    durable: Durability,
    queue: Option<u32>,
    session_ttl_s: Option<u32>,
    connections: Option<u32>,
    #[serde(default)]
    backpressure: bool,
    solo: Option<bool>,
}

/// One address for every version, or one for each.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Addresses {
    One(String),
    Each(BTreeMap<String, String>),
}

/// Reads a descriptor; what the user says beside it wins.
pub(super) fn read(path: &Path, entry: &Entry) -> Result<TargetSpec, RunError> {
    let text = std::fs::read_to_string(path)
        .map_err(|e| RunError::Descriptor { path: path.to_owned(), why: e.to_string() })?;
    let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    parse(&text, &stem, folder, entry).map_err(|why| RunError::Descriptor { path: path.to_owned(), why })
}

/// `folder` is where the names of files lead from.
fn parse(text: &str, stem: &str, folder: &Path, entry: &Entry) -> Result<TargetSpec, String> {
    let file: File = toml::from_str(text).map_err(|error| mistake(text, &error))?;
    if file.schema.as_deref().is_some_and(|schema| schema != SCHEMA) {
        return Err(format!("line {}: schema: only `{SCHEMA}` is known", line_of(text, "schema")));
    }
    let at = |key: &str, why: &str| format!("line {}: {key}: {why}", line_of(text, key));
    if file.max_qos.is_some_and(|qos| qos > 2) {
        return Err(at("max_qos", "expected 0, 1 or 2"));
    }
    if file.connections == Some(0) {
        return Err(at("connections", "expected at least 1"));
    }
    if file.password.is_some() && file.user.is_none() {
        return Err(at("password", "a password goes with a user name (`user`)"));
    }
    let own = own_entry(&file, folder).map_err(|error| match &error {
        RunError::EntryFile { path, .. } => at(key_of(&file, folder, path), &error.to_string()),
        _ => error.to_string(),
    })?;
    let entry = entry.over(own);
    let (places, login) = places(&file.address, &entry).map_err(|why| at("address", &why))?;
    let credentials = entry.with_login(login);
    let declared = Declared {
        credentials,
        max_qos: file.max_qos,
        retained: file.retained,
        automatic_subscriptions: file.automatic_subscriptions,
        unordered_topics: file.unordered_topics,
        durable: file.durable,
        queue: file.queue,
        session_ttl_s: file.session_ttl_s,
        connections: file.connections,
        backpressure: file.backpressure,
        version: file.version,
        solo: file.solo,
    };
    let name = file.name.unwrap_or_else(|| stem.to_owned());
    Ok(TargetSpec::Remote { name, places, declared: Arc::new(declared) })
}

/// What the file says of how clients get in.
fn own_entry(file: &File, folder: &Path) -> Result<Entry, RunError> {
    let beside = |path: &Option<PathBuf>| path.as_ref().map(|path| folder.join(path));
    let [password_file, token_file] = [&file.password_file, &file.token_file].map(beside);
    let [ca, cert, key] = [&file.ca, &file.cert, &file.key].map(beside);
    Entry::read(&EntryFiles {
        user: file.user.as_deref(),
        password: file.password.as_deref(),
        password_file: password_file.as_deref(),
        token_file: token_file.as_deref(),
        ca: ca.as_deref(),
        cert: cert.as_deref(),
        key: key.as_deref(),
        insecure: file.insecure,
    })
}

/// Which key named this file.
fn key_of(file: &File, folder: &Path, path: &Path) -> &'static str {
    let named = [
        ("password_file", &file.password_file),
        ("token_file", &file.token_file),
        ("ca", &file.ca),
        ("cert", &file.cert),
        ("key", &file.key),
    ];
    let is = |given: &Option<PathBuf>| given.as_ref().is_some_and(|given| folder.join(given) == path);
    named.iter().find(|(_, given)| is(given)).map_or("address", |(key, _)| key)
}

/// Where it listens, and the login of the first address that has one.
fn places(addresses: &Addresses, entry: &Entry) -> Result<(Places, Option<Login>), String> {
    let mut login = None;
    let mut place = |text: &str| {
        let of = |text: &str| {
            let (endpoint, found) = address::parse(text)?;
            let tls = entry.tls_of(&endpoint)?;
            Ok::<_, RunError>((Place::of(endpoint, &tls)?, found))
        };
        let (place, found) = of(text).map_err(|error| error.to_string())?;
        if login.is_some() && found.is_some() && login != found {
            return Err("one target has one login: a descriptor each for several".to_owned());
        }
        login = login.take().or(found);
        Ok::<_, String>(place)
    };
    let places = match addresses {
        Addresses::One(text) => Ok(Places::one(place(text)?)),
        Addresses::Each(each) => {
            let mut own = BTreeMap::new();
            for (version, text) in each {
                let known = version.parse::<Version>().ok().filter(|version| *version != Version::V31);
                let Some(known) = known else {
                    return Err(format!("`{version}` is no version: expected \"3.1.1\" or \"5.0\""));
                };
                own.insert(known, place(text)?);
            }
            if own.values().any(|place| Some(place.transport()) != own.values().next().map(Place::transport))
            {
                return Err("one target has one transport: a descriptor each for several".to_owned());
            }
            Places::each(own).ok_or_else(|| "no address is given".to_owned())
        }
    };
    Ok((places?, login))
}

/// The line of a key, from 1.
fn line_of(text: &str, key: &str) -> usize {
    let is_key = |line: &str| {
        let rest = line.trim_start().trim_start_matches('[').strip_prefix(key);
        rest.is_some_and(|rest| rest.starts_with([' ', '=', ']', '\t']))
    };
    1 + text.lines().position(is_key).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared(text: &str) -> (Places, Arc<Declared>) {
        match parse(text, "mine", Path::new(""), &Entry::default()).unwrap() {
            TargetSpec::Remote { places, declared, name } => {
                assert_eq!(name, "mine");
                (places, declared)
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_version_has_an_address_of_its_own() {
        let text = "[address]\n\"3.1.1\" = \"mqtt://127.0.0.1:1\"\n\"5.0\" = \"mqtt://127.0.0.1:2\"\n";
        let (places, _) = declared(text);
        assert_eq!(places.dial(Version::V311).address, "127.0.0.1:1".parse().unwrap());
        assert_eq!(places.dial(Version::V5).address, "127.0.0.1:2".parse().unwrap());
        let (places, _) = declared("address = \"mqtt://127.0.0.1:3\"\n");
        assert_eq!(places.dial(Version::V5).address, places.dial(Version::V311).address);
    }

    #[test]
    fn what_is_declared_is_kept_and_the_password_is_never_shown() {
        let text = "address = \"mqtt://127.0.0.1:1\"\nuser = \"u\"\npassword = \"secret\"\nmax_qos = 1\n\
                    retained = false\nautomatic_subscriptions = true\nunordered_topics = true\ndurable = \"ack\"\n\
                    queue = 9\nsession_ttl_s = 60\nconnections = 12\nbackpressure = true\nsolo = false\nversion = \"1.2\"\n";
        let (_, declared) = declared(text);
        assert_eq!(declared.connections(), 12);
        assert_eq!((declared.lines().len(), declared.version.as_deref()), (12, Some("1.2")));
        assert!(!format!("{declared:?} {}", declared.lines().join(" ")).contains("secret"));
        assert_eq!(declared.credentials.as_ref().and_then(|c| c.password.as_deref()), Some(&b"secret"[..]));
    }

    #[test]
    fn every_mistake_has_its_place() {
        let wrong = |text: &str| parse(text, "mine", Path::new(""), &Entry::default()).unwrap_err();
        let address = "address = \"mqtt://127.0.0.1:1\"\n";
        let why = wrong(&format!("{address}max_qoss = 1\n"));
        assert_eq!(why, "line 2, column 1: unknown key `max_qoss`: did you mean `max_qos`?");
        assert_eq!(wrong(&format!("{address}max_qos = 3\n")), "line 2: max_qos: expected 0, 1 or 2");
        assert!(wrong(&format!("{address}password = \"p\"\n")).starts_with("line 2: password"));
        assert!(wrong("[address]\n\"4.0\" = \"mqtt://127.0.0.1:1\"\n").contains("no version"));
        assert!(wrong("address = \"127.0.0.1\"\n").starts_with("line 1: address"));
        assert!(wrong("name = \"x\"\n").contains("address"));
        let why = wrong(&format!("{address}password_file = \"nowhere\"\n"));
        assert!(why.starts_with("line 2: password_file: nowhere"), "{why}");
        assert!(wrong(&format!("{address}insecure = true\n")).contains("mqtts://"));
        assert!(wrong("address = \"mqtts://127.0.0.1\"\nca = \"x\"\n").starts_with("line 2: ca: x"));
        let mixed = "[address]\n\"3.1.1\" = \"mqtt://127.0.0.1:1\"\n\"5.0\" = \"ws://127.0.0.1:2\"\n";
        assert!(wrong(mixed).contains("one transport"));
        let logins = "[address]\n\"3.1.1\" = \"mqtt://a@127.0.0.1:1\"\n\"5.0\" = \"mqtt://b@127.0.0.1:2\"\n";
        assert!(wrong(logins).contains("one login"));
        assert!(wrong(&format!("{address}durable = \"ever\"\n")).starts_with("line 2, column"));
        assert!(wrong(&format!("schema = \"deadzone.target/2\"\n{address}")).contains("deadzone.target/1"));
    }
}

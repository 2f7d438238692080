//! From a descriptor's text to what it describes.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    Descriptor, Recipe, Way,
    address::{bridged, known, places},
    check::{check, line_of},
    file::{File, NodeAddresses},
};
use crate::{Declared, Entry, EntryFiles, TargetError, mistake, placeholder::Values};

/// What a descriptor says of how clients get in, as it is written.
#[derive(Clone, Default)]
pub(crate) struct EntryTexts {
    user: Option<String>,
    password: Option<String>,
    password_file: Option<PathBuf>,
    token_file: Option<PathBuf>,
    ca: Option<PathBuf>,
    cert: Option<PathBuf>,
    key: Option<PathBuf>,
    expired_cert: Option<PathBuf>,
    expired_key: Option<PathBuf>,
    insecure: bool,
}

impl std::fmt::Debug for EntryTexts {
    /// Never the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EntryTexts").field("user", &self.user).finish_non_exhaustive()
    }
}

impl EntryTexts {
    fn of(file: &File) -> Self {
        Self {
            user: file.user.clone(),
            password: file.password.clone(),
            password_file: file.password_file.clone(),
            token_file: file.token_file.clone(),
            ca: file.ca.clone(),
            cert: file.cert.clone(),
            key: file.key.clone(),
            expired_cert: file.expired_cert.clone(),
            expired_key: file.expired_key.clone(),
            insecure: file.insecure,
        }
    }

    /// Reads the files that are named, from `folder`.
    pub(crate) fn entry(&self, folder: &Path, values: &Values) -> Result<Entry, TargetError> {
        let beside = |path: &Option<PathBuf>| path.as_ref().map(|path| fill(path, folder, values));
        let [password_file, token_file] = [&self.password_file, &self.token_file].map(beside);
        let [ca, cert, key] = [&self.ca, &self.cert, &self.key].map(beside);
        let [expired_cert, expired_key] = [&self.expired_cert, &self.expired_key].map(beside);
        let [user, password] = [&self.user, &self.password].map(|t| t.as_ref().map(|t| values.fill(t)));
        Entry::read(&EntryFiles {
            user: user.as_deref(),
            password: password.as_deref(),
            password_file: password_file.as_deref(),
            token_file: token_file.as_deref(),
            ca: ca.as_deref(),
            cert: cert.as_deref(),
            key: key.as_deref(),
            expired_cert: expired_cert.as_deref(),
            expired_key: expired_key.as_deref(),
            insecure: self.insecure,
        })
    }

    /// The user name, as written.
    pub(crate) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// Which key named this file.
    fn key_of(&self, folder: &Path, path: &Path) -> &'static str {
        let named = [
            ("password_file", &self.password_file),
            ("token_file", &self.token_file),
            ("ca", &self.ca),
            ("cert", &self.cert),
            ("key", &self.key),
            ("expired_cert", &self.expired_cert),
            ("expired_key", &self.expired_key),
        ];
        let is = |given: &Option<PathBuf>| given.as_ref().is_some_and(|given| folder.join(given) == path);
        named.iter().find(|(_, given)| is(given)).map_or("address", |(key, _)| key)
    }
}

fn fill(path: &Path, folder: &Path, values: &Values) -> PathBuf {
    folder.join(values.fill(&path.to_string_lossy()))
}

/// `folder` is where the names of files lead from.
pub(super) fn parse(text: &str, stem: &str, folder: &Path, entry: &Entry) -> Result<Descriptor, String> {
    let file: File = toml::from_str(text).map_err(|error| mistake(text, &error))?;
    check(text, &file)?;
    let at = |key: &str, why: &str| format!("line {}: {key}: {why}", line_of(text, key));
    let own = EntryTexts::of(&file);
    let name = file.name.clone().unwrap_or_else(|| stem.to_owned());
    let mut declared = Declared {
        credentials: None,
        max_qos: file.max_qos,
        retained: file.retained,
        automatic_subscriptions: file.automatic_subscriptions,
        unordered_topics: file.unordered_topics,
        durable: file.durable,
        queue: file.queue,
        session_ttl_s: file.session_ttl_s,
        settle_ms: file.settle_ms,
        connections: file.connections,
        backpressure: file.backpressure,
        version: file.version.clone(),
        solo: file.solo,
        client_certificates: file.client_certificates,
    };
    let way = match file.start {
        Some(start) => {
            for node in file.address.nodes() {
                if let NodeAddresses::Each(each) = node {
                    each.keys().try_for_each(|v| known(v).map(|_| ())).map_err(|why| at("address", &why))?;
                }
            }
            Way::Started(Arc::new(Recipe {
                name: name.clone(),
                addresses: file.address,
                own,
                given: entry.clone(),
                bridge: file.bridge,
                start,
                install: file.install.unwrap_or_default(),
                folder: folder.to_owned(),
            }))
        }
        None => {
            let own_entry = own.entry(folder, &Values::default()).map_err(|error| match &error {
                TargetError::EntryFile { path, .. } => at(own.key_of(folder, path), &error.to_string()),
                _ => error.to_string(),
            })?;
            let entry = entry.over(own_entry);
            let (places, login) = places(&file.address, &entry).map_err(|why| at("address", &why))?;
            declared.credentials = entry.with_login(login);
            let places = bridged(places, file.bridge.as_ref(), &Values::default());
            Way::At(places.map_err(|why| at("bridge", &why))?)
        }
    };
    Ok(Descriptor {
        name,
        about: file.about,
        tried: file.tried,
        declared: Arc::new(declared),
        documented: file.documented,
        way,
    })
}

#[cfg(test)]
mod tests {
    use deadzone_wire::Version;

    use super::*;
    use crate::Places;

    fn declared(text: &str) -> (Places, Arc<Declared>) {
        let read = parse(text, "mine", Path::new(""), &Entry::default()).unwrap();
        assert_eq!(read.name, "mine");
        match read.way {
            Way::At(places) => (places, read.declared),
            Way::Started(recipe) => panic!("{recipe:?}"),
        }
    }

    #[test]
    fn a_version_has_an_address_of_its_own() {
        let text = "[address]\n\"3.1.1\" = \"mqtt://127.0.0.1:1\"\n\"5.0\" = \"mqtt://127.0.0.1:2\"\n";
        let (places, _) = declared(text);
        assert_eq!(places.place(Version::V311).address, "127.0.0.1:1".parse().unwrap());
        assert_eq!(places.place(Version::V5).address, "127.0.0.1:2".parse().unwrap());
        let (places, _) = declared("address = \"mqtt://127.0.0.1:3\"\n");
        assert_eq!(places.place(Version::V5).address, places.place(Version::V311).address);
    }

    #[test]
    fn a_target_has_several_nodes_and_a_bridge_lies_between_two() {
        let two = "address = [\"mqtt://127.0.0.1:1\", { \"3.1.1\" = \"mqtt://127.0.0.1:2\", \"5.0\" = \"mqtt://127.0.0.1:3\" }]\n";
        let (places, _) = declared(two);
        let at = |node: usize, version| places.nodes()[node].place(version).address.port();
        assert_eq!((at(0, Version::V5), at(1, Version::V311), at(1, Version::V5)), (1, 2, 3));
        assert_eq!((places.nodes().len(), places.by_version().len(), places.addresses().count()), (2, 3, 4));
        assert_eq!(places.to_string(), "127.0.0.1:1 and 127.0.0.1:2 (3.1.1), 127.0.0.1:3 (5.0)");
        let bridge = "[bridge]\nlisten = \"127.0.0.1:4\"\n";
        let (places, _) = declared(&format!("{two}{bridge}"));
        assert_eq!(places.bridge(), Some("127.0.0.1:4".parse().unwrap()));
        let wrong = |text: &str| parse(text, "mine", Path::new(""), &Entry::default()).unwrap_err();
        let one = "address = \"mqtt://127.0.0.1:1\"\n";
        assert_eq!(
            wrong(&format!("{one}{bridge}")),
            "line 2: bridge: a bridge lies between two nodes: `address` has two of them"
        );
        assert!(wrong(&format!("{two}[bridge]\nlisten = \"here\"\n")).contains("`here` is no IP:PORT"));
        assert!(wrong("address = []\n").contains("no address is given"));
        let mixed = "address = [\"mqtt://127.0.0.1:1\", \"ws://127.0.0.1:2\"]\n";
        assert!(wrong(mixed).contains("one transport"));
    }

    #[test]
    fn what_is_declared_is_kept_and_the_password_is_never_shown() {
        let text = "address = \"mqtt://127.0.0.1:1\"\nuser = \"u\"\npassword = \"secret\"\nmax_qos = 1\n\
                    retained = false\nautomatic_subscriptions = true\nunordered_topics = true\ndurable = \"ack\"\n\
                    queue = 9\nsession_ttl_s = 60\nconnections = 12\nbackpressure = true\nsolo = false\n\
                    client_certificates = true\n";
        let (_, declared) = declared(text);
        assert_eq!(declared.connections(), 12);
        assert_eq!(declared.lines().len(), 12);
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

    #[test]
    fn what_is_started_has_placeholders_that_stand_for_something() {
        let start = "address = \"mqtt://127.0.0.1:{port}\"\n[start]\nprogram = \"p\"\n";
        let read = |more: &str| parse(&format!("{start}{more}"), "mine", Path::new(""), &Entry::default());
        assert!(matches!(read("arguments = [\"{scratch}/x\"]\n").unwrap().way, Way::Started(_)));
        assert!(read("ports = [\"console\"]\narguments = [\"{console}\"]\n").is_ok());
        let why = read("arguments = [\"{scrtach}\"]\n").unwrap_err();
        assert_eq!(why, "line 4: `{scrtach}` stands for nothing; did you mean `{scratch}`?");
        let file = |path: &str| read(&format!("[[start.files]]\npath = \"{path}\"\ntext = \"\"\n"));
        assert!(file("conf/a.conf").is_ok());
        for outside in ["../a", "/etc/a", "a/../../b", ""] {
            assert!(file(outside).unwrap_err().starts_with("line 5: path"), "{outside}");
        }
        let why = parse("address = \"mqtt://h\"\n[install]\n", "m", Path::new(""), &Entry::default());
        assert!(why.unwrap_err().starts_with("line 2: install"));
        assert!(read("[documented]\nmax_qoss = \"x\"\n").unwrap_err().starts_with("line 5: max_qoss"));
    }
}

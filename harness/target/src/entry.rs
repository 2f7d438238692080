//! How clients get in: who they are, and what TLS they do.

use std::path::Path;

use bytes::Bytes;
use deadzone_transport::{ClientTls, Endpoint, Identity, Login, Trust};
use deadzone_wire::Credentials;

use crate::TargetError;

/// Longest password, in bytes: the length of a field of CONNECT (1.5.6).
const PASSWORD_MAX: u64 = 65_535;
/// Longest certificate file that is read, in bytes.
const PEM_MAX: u64 = 4 * 1024 * 1024;

/// What the user says beside the address. Each replaces what a descriptor says.
#[derive(Clone, Debug, Default)]
pub struct Entry {
    /// User name and password.
    pub credentials: Option<Credentials>,
    /// Whom to trust; absent: the system's authorities.
    pub trust: Option<Trust>,
    /// The clients' certificate.
    pub identity: Option<Identity>,
    /// One like it that has expired: only a descriptor names it.
    pub expired: Option<Identity>,
}

impl Entry {
    /// From the names of files; `trust_anything` is for test brokers whose certificate is nobody's business.
    pub fn read(given: &EntryFiles<'_>) -> Result<Self, TargetError> {
        let trust = match (given.insecure, given.ca) {
            (true, _) => Some(Trust::Anything),
            (false, Some(ca)) => Some(Trust::Authorities(pem(ca)?)),
            (false, None) => None,
        };
        let own = identity(given.cert, given.key)?;
        let expired = identity(given.expired_cert, given.expired_key)?;
        let password = match (given.password, given.password_file, given.token_file) {
            (None, None, None) => None,
            (Some(word), None, None) => Some(Bytes::copy_from_slice(word.as_bytes())),
            (None, Some(file), None) | (None, None, Some(file)) => Some(secret(file)?),
            _ => {
                return Err(TargetError::Entry(
                    "there is one password: from a word, a file or a token's file",
                ));
            }
        };
        let user = given.user.map(str::to_owned);
        let credentials = (user.is_some() || password.is_some()).then_some(Credentials { user, password });
        Ok(Self { credentials, trust, identity: own, expired })
    }

    /// With what a descriptor says of the same, field by field.
    pub(crate) fn over(&self, own: Self) -> Self {
        Self {
            credentials: self.credentials_over(own.credentials),
            trust: self.trust.clone().or(own.trust),
            identity: self.identity.clone().or(own.identity),
            expired: self.expired.clone().or(own.expired),
        }
    }

    /// Its credentials, and what is missing of them from another source. A password belongs to the user beside whom it stands: it is
    /// sent for no other.
    fn credentials_over(&self, other: Option<Credentials>) -> Option<Credentials> {
        let (Some(given), Some(other)) = (&self.credentials, &other) else {
            return self.credentials.clone().or(other);
        };
        let is_of_another = given.user.is_some() && other.user.is_some() && given.user != other.user;
        let password = other.password.clone().filter(|_| !is_of_another);
        Some(Credentials {
            user: given.user.clone().or_else(|| other.user.clone()),
            password: given.password.clone().or(password),
        })
    }

    /// Whether anything is said.
    pub fn is_some(&self) -> bool {
        self.credentials.is_some() || self.trust.is_some() || self.identity.is_some()
    }

    /// With what a URL says; an option beside it wins.
    pub fn with_login(&self, login: Option<Login>) -> Option<Credentials> {
        let of_url = login.map(|login| Credentials {
            user: Some(login.user),
            password: login.password.map(|password| Bytes::from(password.into_bytes())),
        });
        self.credentials_over(of_url)
    }

    /// The TLS of an endpoint; certificates for one without TLS are a mistake.
    pub fn tls_of(&self, endpoint: &Endpoint) -> Result<ClientTls, TargetError> {
        if !endpoint.transport.has_tls() && (self.trust.is_some() || self.identity.is_some()) {
            return Err(TargetError::Entry("certificates go with mqtts:// and wss:// only"));
        }
        Ok(ClientTls {
            trust: self.trust.clone().unwrap_or_default(),
            identity: self.identity.clone(),
            expired: self.expired.clone(),
        })
    }
}

/// Where the pieces of an [`Entry`] are.
#[derive(Clone, Copy, Default)]
pub struct EntryFiles<'a> {
    /// The user name.
    pub user: Option<&'a str>,
    /// The password itself.
    pub password: Option<&'a str>,
    /// A file with the password: its bytes, without a line's end behind them.
    pub password_file: Option<&'a Path>,
    /// A file with a bearer token, sent as the password.
    pub token_file: Option<&'a Path>,
    /// Authorities that are trusted, PEM.
    pub ca: Option<&'a Path>,
    /// The client's certificate, PEM.
    pub cert: Option<&'a Path>,
    /// Its key, PEM.
    pub key: Option<&'a Path>,
    /// A certificate like it that has expired, PEM.
    pub expired_cert: Option<&'a Path>,
    /// The key of that, PEM.
    pub expired_key: Option<&'a Path>,
    /// Look at no certificate.
    pub insecure: bool,
}

impl std::fmt::Debug for EntryFiles<'_> {
    /// Never the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EntryFiles").field("user", &self.user).finish_non_exhaustive()
    }
}

fn read(path: &Path, limit: u64) -> Result<Vec<u8>, TargetError> {
    use std::io::Read;
    let failed = |why: String| TargetError::EntryFile { path: path.to_owned(), why };
    let file = std::fs::File::open(path).map_err(|e| failed(e.to_string()))?;
    let mut bytes = Vec::new();
    // One byte more than is allowed, so that a device without end is told and not read.
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|e| failed(e.to_string()))?;
    if bytes.len() as u64 > limit {
        return Err(failed(format!("longer than {limit} bytes")));
    }
    Ok(bytes)
}

fn identity(certificate: Option<&Path>, key: Option<&Path>) -> Result<Option<Identity>, TargetError> {
    match (certificate, key) {
        (Some(certificate), Some(key)) => {
            Ok(Some(Identity { certificate_pem: pem(certificate)?, key_pem: pem(key)? }))
        }
        (None, None) => Ok(None),
        _ => Err(TargetError::Entry("a certificate goes with its key, and a key with its certificate")),
    }
}

fn pem(path: &Path) -> Result<Vec<u8>, TargetError> {
    read(path, PEM_MAX)
}

/// The bytes of a file without the end of its last line, which an editor puts there.
fn secret(path: &Path) -> Result<Bytes, TargetError> {
    let mut bytes = read(path, PASSWORD_MAX + 2)?;
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
    }
    if bytes.len() as u64 > PASSWORD_MAX {
        return Err(TargetError::EntryFile {
            path: path.to_owned(),
            why: format!("a password has at most {PASSWORD_MAX} bytes"),
        });
    }
    Ok(Bytes::from(bytes))
}

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf};

    use super::*;

    /// A file in a folder of its own, removed with it.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str, bytes: &[u8]) -> Self {
            let path = std::env::temp_dir().join(format!("deadzone-entry-{}-{name}", std::process::id()));
            fs::write(&path, bytes).unwrap();
            Self(path)
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_file(&self.0);
        }
    }

    fn password(bytes: &[u8], name: &str) -> Result<Bytes, TargetError> {
        let file = Scratch::new(name, bytes);
        let given = EntryFiles { password_file: Some(&file.0), ..EntryFiles::default() };
        Entry::read(&given).map(|entry| entry.credentials.unwrap().password.unwrap())
    }

    #[test]
    fn a_password_is_the_bytes_of_its_file_without_a_lines_end() {
        assert_eq!(password(b"secret\n", "a").unwrap(), "secret");
        assert_eq!(password(b"secret\r\n", "b").unwrap(), "secret");
        assert_eq!(password(b"two\n\n", "c").unwrap(), "two\n");
        assert_eq!(password(b"\xff\0", "d").unwrap(), &b"\xff\0"[..]);
        assert_eq!(password(b"", "e").unwrap(), "");
        assert!(password(&vec![b'x'; 65_536], "f").unwrap_err().to_string().contains("65535"));
    }

    #[test]
    fn an_option_wins_over_the_url_and_nothing_shows_a_secret() {
        let entry = |user: Option<&str>, password: Option<&str>| {
            Entry::read(&EntryFiles { user, password, ..EntryFiles::default() }).unwrap()
        };
        let login = || Some(Login { user: "u".to_owned(), password: Some("p-of-url".to_owned()) });
        let both = entry(None, Some("p-given")).with_login(login()).unwrap();
        assert_eq!((both.user.as_deref(), both.password.as_deref()), (Some("u"), Some(&b"p-given"[..])));
        let url = Entry::default().with_login(login()).unwrap();
        assert_eq!(url.password.as_deref(), Some(&b"p-of-url"[..]));
        let other = entry(Some("v"), None).with_login(login()).unwrap();
        assert_eq!(
            (other.user.as_deref(), other.password),
            (Some("v"), None),
            "a password of another user's"
        );
        let same = entry(Some("u"), None).with_login(login()).unwrap();
        assert_eq!(same.password.as_deref(), Some(&b"p-of-url"[..]));
        let shown = format!("{both:?} {url:?} {:?}", entry(Some("u"), Some("p-given")));
        assert!(!shown.contains("p-"), "{shown}");
    }

    #[test]
    fn an_option_replaces_its_own_field_of_a_descriptor() {
        let of = |user: Option<&str>, password: Option<&str>, trust: Option<Trust>| {
            let entry = Entry::read(&EntryFiles { user, password, ..EntryFiles::default() }).unwrap();
            Entry { trust, ..entry }
        };
        let file = || of(Some("rider"), Some("old"), Some(Trust::Anything));
        let entry = of(None, Some("new"), None).over(file());
        let credentials = entry.credentials.unwrap();
        assert_eq!(credentials.user.as_deref(), Some("rider"));
        assert_eq!(credentials.password.as_deref(), Some(&b"new"[..]));
        assert_eq!(entry.trust, Some(Trust::Anything));
        let given = of(Some("other"), None, Some(Trust::System)).over(file());
        assert_eq!(given.credentials.unwrap().user.as_deref(), Some("other"));
        assert_eq!(given.trust, Some(Trust::System));
    }

    #[test]
    fn pieces_that_do_not_belong_together_are_refused() {
        let path = Path::new("nowhere.pem");
        for given in [
            EntryFiles { cert: Some(path), ..EntryFiles::default() },
            EntryFiles { ca: Some(path), ..EntryFiles::default() },
            EntryFiles { password: Some("a"), token_file: Some(path), ..EntryFiles::default() },
        ] {
            assert!(Entry::read(&given).is_err(), "{given:?}");
        }
        let tls = Entry { trust: Some(Trust::Anything), ..Entry::default() };
        assert!(tls.tls_of(&Endpoint::parse("mqtt://h").unwrap().0).is_err());
        assert!(tls.tls_of(&Endpoint::parse("wss://h").unwrap().0).is_ok());
    }
}

//! Where a broker is, as its users write it: `mqtts://user:password@host:8883`, `ws://host/mqtt`.

use std::{
    fmt,
    net::{Ipv6Addr, SocketAddr},
};

use deadzone_spec::Transport;
use thiserror::Error;

/// User name and password of a URL (`user:password@`), percent-decoded.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The user name.
    pub user: String,
    /// The password, where the URL has one.
    pub password: Option<String>,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

/// What a URL says, the login apart: an endpoint can be shown to anybody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// What carries the bytes.
    pub transport: Transport,
    /// A name or an address, IPv6 without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The path of the WebSocket request, with its leading `/`.
    pub path: String,
}

/// The path of a WebSocket request where the URL has none; what most brokers listen at.
const DEFAULT_PATH: &str = "/mqtt";

/// Why a text is no endpoint.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum EndpointError {
    /// No scheme that carries MQTT.
    #[error("expected mqtt://, mqtts://, ws:// or wss:// HOST[:PORT]")]
    Scheme,
    /// A part of it is wrong.
    #[error("{0}")]
    Part(&'static str),
}

impl Endpoint {
    /// Reads `SCHEME://[USER[:PASSWORD]@]HOST[:PORT][/PATH]`. A path goes with WebSocket only.
    pub fn parse(text: &str) -> Result<(Self, Option<Login>), EndpointError> {
        let (scheme, rest) = text.split_once("://").ok_or(EndpointError::Scheme)?;
        let transport =
            Transport::ALL.into_iter().find(|t| t.scheme() == scheme).ok_or(EndpointError::Scheme)?;
        if rest.rfind('@').is_some_and(|at| rest[..at].contains('/')) {
            return Err(EndpointError::Part("a `/` or `@` in a user name or password is written %2F or %40"));
        }
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, ""),
        };
        let (login, host_port) = match authority.rsplit_once('@') {
            Some((login, host_port)) => (Some(read_login(login)?), host_port),
            None => (None, authority),
        };
        let (host, port) = read_host(host_port, transport.default_port())?;
        if host_port.contains(['?', '#']) || path.contains('#') {
            return Err(EndpointError::Part("a query or fragment says nothing about a broker"));
        }
        if !transport.has_frames() && path.len() > 1 {
            return Err(EndpointError::Part("a path goes with ws:// and wss:// only"));
        }
        if !path.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(EndpointError::Part("a path has visible ASCII characters only"));
        }
        let path = if path.len() > 1 { path } else { DEFAULT_PATH };
        Ok((Self { transport, host, port, path: path.to_owned() }, login))
    }

    /// An address by plain TCP.
    pub fn tcp(address: SocketAddr) -> Self {
        let (host, port) = (address.ip().to_string(), address.port());
        Self { transport: Transport::Tcp, host, port, path: DEFAULT_PATH.to_owned() }
    }

    /// The URLs of a list with commas between them, and blanks if one likes; a text that is no such list is one by itself.
    pub fn list(text: &str) -> Vec<&str> {
        let begins = |rest: &str| {
            let scheme = rest.trim_start().split_once("://").map(|(scheme, _)| scheme);
            Transport::ALL.into_iter().any(|transport| scheme == Some(transport.scheme()))
        };
        let mut from = 0;
        let mut all = Vec::new();
        for (at, _) in text.match_indices(',').filter(|(at, _)| begins(&text[at + 1..])) {
            all.push(text[from..at].trim());
            from = at + 1;
        }
        all.push(text[from..].trim());
        // Where a part is none, the comma may stand in a password.
        if all.iter().all(|part| Self::parse(part).is_ok()) { all } else { vec![text] }
    }

    /// A text that may be a URL, or several, without the passwords that they may hold: for whatever is shown.
    pub fn without_password(text: &str) -> String {
        let each: Vec<String> = Self::list(text).into_iter().map(Self::one_without_password).collect();
        each.join(",")
    }

    fn one_without_password(text: &str) -> String {
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (format!("{scheme}://"), rest),
            None => (String::new(), text),
        };
        // Whatever stands between the first `:` and the last `@` may be one, in a text that is no URL at all as well.
        match rest.rsplit_once('@') {
            Some((login, host)) if !scheme.is_empty() || login.contains(':') => {
                let user = login.split(':').next().unwrap_or_default();
                format!("{scheme}{user}@{host}")
            }
            _ => text.to_owned(),
        }
    }

    /// `HOST:PORT`, IPv6 in brackets.
    pub fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.transport.scheme(), self.authority())?;
        if self.transport.has_frames() { f.write_str(&self.path) } else { Ok(()) }
    }
}

fn read_host(text: &str, default_port: u16) -> Result<(String, u16), EndpointError> {
    // An IPv6 address without brackets can't have a port.
    if text.parse::<Ipv6Addr>().is_ok() {
        return Ok((text.to_owned(), default_port));
    }
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, after) =
                rest.split_once(']').ok_or(EndpointError::Part("an IPv6 address ends with `]`"))?;
            if host.parse::<Ipv6Addr>().is_err() {
                return Err(EndpointError::Part("between `[` and `]` stands an IPv6 address"));
            }
            match after.strip_prefix(':') {
                Some(port) => (host, Some(port)),
                None if after.is_empty() => (host, None),
                None => return Err(EndpointError::Part("behind `]` stands `:PORT` or nothing")),
            }
        }
        None => match text.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    if host.is_empty() || host.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err(EndpointError::Part("the host is missing"));
    }
    let port = match port {
        Some(port) => port.parse().map_err(|_| EndpointError::Part("a port is a number from 0 to 65535"))?,
        None => default_port,
    };
    Ok((host.to_owned(), port))
}

fn read_login(text: &str) -> Result<Login, EndpointError> {
    let (user, password) = match text.split_once(':') {
        Some((user, password)) => (user, Some(password)),
        None => (text, None),
    };
    if user.is_empty() {
        return Err(EndpointError::Part("a password goes with a user name"));
    }
    Ok(Login { user: decode(user)?, password: password.map(decode).transpose()? })
}

/// `%40` to `@`.
fn decode(text: &str) -> Result<String, EndpointError> {
    const WRONG: EndpointError = EndpointError::Part("`%` is followed by two hexadecimal digits of UTF-8");
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let [high, low, tail @ ..] = rest else { return Err(WRONG) };
        let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
        bytes.push(digit(high).ok_or(WRONG)? << 4 | digit(low).ok_or(WRONG)?);
        rest = tail;
    }
    String::from_utf8(bytes).map_err(|_| WRONG)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Endpoint {
        Endpoint::parse(text).unwrap().0
    }

    #[test]
    fn ports_paths_and_ipv6_are_understood() {
        for (text, shown) in [
            ("mqtt://127.0.0.1", "mqtt://127.0.0.1:1883"),
            ("mqtt://127.0.0.1:99/", "mqtt://127.0.0.1:99"),
            ("mqtt://[::1]", "mqtt://[::1]:1883"),
            ("mqtt://[::1]:5", "mqtt://[::1]:5"),
            ("mqtt://::1", "mqtt://[::1]:1883"),
            ("mqtts://broker.example", "mqtts://broker.example:8883"),
            ("ws://broker.example", "ws://broker.example:80/mqtt"),
            ("wss://broker.example:8084/a/b?c=1", "wss://broker.example:8084/a/b?c=1"),
        ] {
            assert_eq!(read(text).to_string(), shown);
        }
    }

    #[test]
    fn a_list_has_urls_between_commas() {
        assert_eq!(Endpoint::list("mqtt://a,ws://b/x,y,mqtts://c"), ["mqtt://a", "ws://b/x,y", "mqtts://c"]);
        assert_eq!(Endpoint::list("mqtt://a, mqtt://b "), ["mqtt://a", "mqtt://b"]);
        for one in ["mosquitto", "a,b", "mqtt://a,", "mqtt://a,b.toml", "mqtt://u:p,mqtt://q@g"] {
            assert_eq!(Endpoint::list(one), [one]);
        }
    }

    #[test]
    fn a_login_is_decoded_and_its_password_never_shown() {
        let (endpoint, login) = Endpoint::parse("mqtts://joe%40home:p%3ass@h:1").unwrap();
        let login = login.unwrap();
        assert_eq!((login.user.as_str(), login.password.as_deref()), ("joe@home", Some("p:ss")));
        assert!(!format!("{endpoint} {endpoint:?} {login:?}").contains("p:ss"));
        assert_eq!(Endpoint::parse("mqtt://joe@h").unwrap().1.unwrap().password, None);
    }

    #[test]
    fn a_password_is_left_out_of_any_text() {
        for (text, shown) in [
            ("mqtt://u:p@h:1", "mqtt://u@h:1"),
            ("wss://u:p:q@h/mqtt", "wss://u@h/mqtt"),
            ("u:p@h", "u@h"),
            ("mqtt://u:p@h:1,mqtts://v:q@g", "mqtt://u@h:1,mqtts://v@g"),
            ("mqtt://u:p,mqtt://q@g", "mqtt://u@g"),
            ("mqtt://u:p,q@h", "mqtt://u@h"),
            ("mqtt://u:p/q@h", "mqtt://u@h"),
            ("u:p/q@h/x.toml", "u@h/x.toml"),
            ("mqtt://u@h", "mqtt://u@h"),
            ("mosquitto", "mosquitto"),
            ("./a@b/mine.toml", "./a@b/mine.toml"),
        ] {
            assert_eq!(Endpoint::without_password(text), shown);
        }
    }

    #[test]
    fn what_is_no_endpoint_is_refused_with_a_reason() {
        for text in [
            "http://127.0.0.1",
            "127.0.0.1:1883",
            "mqtt://",
            "mqtt://127.0.0.1/x",
            "mqtt://127.0.0.1:999999",
            "mqtt://:pw@h",
            "mqtt://a%4@h",
            "mqtt://a%ff@h",
            "mqtt://[::1",
            "mqtt://[x]:1",
            "mqtt://[::1]x",
            "mqtt://h?x",
            "ws://h/a b",
            "ws://u:123/abc@h:80",
        ] {
            assert!(Endpoint::parse(text).is_err(), "{text}");
        }
    }
}

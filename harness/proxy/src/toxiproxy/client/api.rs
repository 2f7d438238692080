//! Typed calls. One connection a call: the callers are few, and nothing is left open.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::{Method, Request, StatusCode, client::conn::http1, header};
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value, json};
use tokio::net::TcpStream;

use super::Release;
use crate::{clock::within, toxiproxy::ToxicInfo};

/// The longest that a call may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Most bytes of an answer.
const ANSWER_MAX: usize = 8 * 1024 * 1024;

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Not an address of an API.
    #[error("expected an address like http://127.0.0.1:8474, not `{0}`")]
    Url(String),
    /// No server there, or the exchange broke off.
    #[error("Toxiproxy at {0}: {1}")]
    Unreachable(String, String),
    /// It said no.
    #[error("Toxiproxy answered {status}: {message}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// Its reason, at most 300 characters.
        message: String,
    },
    /// The answer is not what its documentation says.
    #[error("Toxiproxy's answer to {0} can't be understood")]
    Shape(String),
    /// It did something else.
    #[error("Toxiproxy made another toxic than it was asked for: wanted {wanted}, got {got}")]
    Another {
        /// What it was asked for.
        wanted: String,
        /// What it says that it has.
        got: String,
    },
}

impl ClientError {
    /// Whether it says that there is no such thing.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. })
    }
}

/// A proxy as the server shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct ProxyInfo {
    /// Its name.
    pub name: String,
    /// Where it listens.
    pub listen: String,
    /// Where it leads.
    pub upstream: String,
    /// Whether it listens.
    pub enabled: bool,
    /// Its toxics, those of kinds that are known here.
    pub toxics: Vec<ToxicInfo>,
}

impl ProxyInfo {
    /// Fields of no meaning to us are passed over: servers differ in them.
    fn from_json(shown: &Value) -> Option<Self> {
        let text = |name: &str| Some(shown.get(name)?.as_str()?.to_owned());
        let toxics = shown.get("toxics").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        Some(Self {
            name: text("name")?,
            listen: text("listen")?,
            upstream: text("upstream")?,
            enabled: shown.get("enabled")?.as_bool()?,
            toxics: toxics.iter().filter_map(|t| ToxicInfo::from_json(t.as_object()?)).collect(),
        })
    }
}

/// A foreign Toxiproxy.
#[derive(Clone, Debug)]
pub struct Api {
    /// `host:port`, as it stands in the URL.
    authority: String,
}

impl Api {
    /// From an address like `http://127.0.0.1:8474`: a scheme, a host and a port.
    pub fn new(url: &str) -> Result<Self, ClientError> {
        let wrong = || ClientError::Url(url.to_owned());
        let authority = url.strip_prefix("http://").ok_or_else(wrong)?.trim_end_matches('/');
        let (host, port) = authority.rsplit_once(':').ok_or_else(wrong)?;
        let strange = |c: char| c == '/' || c == '@' || c == '?' || c == '#' || c.is_whitespace();
        if host.is_empty() || authority.contains(strange) || port.parse::<u16>().is_err() {
            return Err(wrong());
        }
        Ok(Self { authority: authority.to_owned() })
    }

    /// The host part of its address, without brackets.
    pub fn host(&self) -> &str {
        let host = self.authority.rsplit_once(':').map_or(self.authority.as_str(), |(host, _)| host);
        host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host)
    }

    /// `host:port`, as it stands in the URL.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Its release.
    pub async fn release(&self) -> Result<Release, ClientError> {
        let answer = self.answer(Method::GET, "/version", None).await?;
        Ok(Release::parse(&String::from_utf8_lossy(&answer)))
    }

    /// All proxies, by name.
    pub async fn proxies(&self) -> Result<Vec<ProxyInfo>, ClientError> {
        let shown = self.call(Method::GET, "/proxies", None).await?;
        let list: Option<Vec<ProxyInfo>> =
            shown.as_object().and_then(|all| all.values().map(ProxyInfo::from_json).collect());
        list.ok_or_else(|| ClientError::Shape("/proxies".to_owned()))
    }

    /// Makes a proxy and switches it on.
    pub async fn create(&self, name: &str, listen: &str, upstream: &str) -> Result<ProxyInfo, ClientError> {
        let body = json!({"name": name, "listen": listen, "upstream": upstream, "enabled": true});
        self.proxy_of(Method::POST, "/proxies", Some(body)).await
    }

    /// Makes or replaces several: name, listen, upstream.
    pub async fn populate(&self, proxies: &[(&str, &str, &str)]) -> Result<Vec<ProxyInfo>, ClientError> {
        let body: Vec<Value> = proxies
            .iter()
            .map(|(name, listen, upstream)| json!({"name": name, "listen": listen, "upstream": upstream}))
            .collect();
        let shown = self.call(Method::POST, "/populate", Some(Value::from(body))).await?;
        let list = shown.get("proxies").and_then(Value::as_array);
        let list = list.and_then(|list| list.iter().map(ProxyInfo::from_json).collect());
        list.ok_or_else(|| ClientError::Shape("/populate".to_owned()))
    }

    /// One proxy.
    pub async fn proxy(&self, name: &str) -> Result<ProxyInfo, ClientError> {
        self.proxy_of(Method::GET, &format!("/proxies/{}", escaped(name)), None).await
    }

    /// Switches a proxy on or off.
    pub async fn enable(&self, name: &str, enabled: bool) -> Result<ProxyInfo, ClientError> {
        // The way that all releases know.
        let body = json!({ "enabled": enabled });
        self.proxy_of(Method::POST, &format!("/proxies/{}", escaped(name)), Some(body)).await
    }

    /// Removes a proxy.
    pub async fn delete(&self, name: &str) -> Result<(), ClientError> {
        self.call(Method::DELETE, &format!("/proxies/{}", escaped(name)), None).await.map(|_| ())
    }

    /// The toxics of a proxy, those of kinds that are known here.
    pub async fn toxics(&self, proxy: &str) -> Result<Vec<ToxicInfo>, ClientError> {
        let path = format!("/proxies/{}/toxics", escaped(proxy));
        let shown = self.call(Method::GET, &path, None).await?;
        let list = shown.as_array().ok_or(ClientError::Shape(path))?;
        Ok(list.iter().filter_map(|t| ToxicInfo::from_json(t.as_object()?)).collect())
    }

    /// Adds a toxic. One with other numbers than asked for is an error.
    pub async fn add_toxic(&self, proxy: &str, toxic: &ToxicInfo) -> Result<ToxicInfo, ClientError> {
        let path = format!("/proxies/{}/toxics", escaped(proxy));
        as_asked(toxic, self.toxic_of(Method::POST, &path, Some(toxic.to_json())).await?)
    }

    /// One toxic.
    pub async fn toxic(&self, proxy: &str, name: &str) -> Result<ToxicInfo, ClientError> {
        let path = format!("/proxies/{}/toxics/{}", escaped(proxy), escaped(name));
        self.toxic_of(Method::GET, &path, None).await
    }

    /// Gives a toxic new numbers and toxicity. One with others than these afterwards is an error.
    pub async fn update_toxic(&self, proxy: &str, toxic: &ToxicInfo) -> Result<ToxicInfo, ClientError> {
        let path = format!("/proxies/{}/toxics/{}", escaped(proxy), escaped(&toxic.name));
        let share = toxic.to_json().get("toxicity").cloned();
        let body = json!({"attributes": toxic.toxic.attributes(), "toxicity": share});
        as_asked(toxic, self.toxic_of(Method::POST, &path, Some(body)).await?)
    }

    /// Removes a toxic.
    pub async fn remove_toxic(&self, proxy: &str, name: &str) -> Result<(), ClientError> {
        let path = format!("/proxies/{}/toxics/{}", escaped(proxy), escaped(name));
        self.call(Method::DELETE, &path, None).await.map(|_| ())
    }

    /// Switches every proxy on and removes every toxic, of everybody who uses the server.
    pub async fn reset(&self) -> Result<(), ClientError> {
        self.call(Method::POST, "/reset", None).await.map(|_| ())
    }

    async fn proxy_of(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<ProxyInfo, ClientError> {
        let shown = self.call(method, path, body).await?;
        ProxyInfo::from_json(&shown).ok_or_else(|| ClientError::Shape(path.to_owned()))
    }

    async fn toxic_of(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<ToxicInfo, ClientError> {
        let shown = self.call(method, path, body).await?;
        let toxic = shown.as_object().and_then(ToxicInfo::from_json);
        toxic.ok_or_else(|| ClientError::Shape(path.to_owned()))
    }

    /// One call. An answer without a body is null.
    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, ClientError> {
        let answer = self.answer(method, path, body).await?;
        if answer.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&answer).map_err(|_| ClientError::Shape(path.to_owned()))
    }

    /// The body of an answer that says yes.
    async fn answer(&self, method: Method, path: &str, body: Option<Value>) -> Result<Bytes, ClientError> {
        let answered = within(PATIENCE, self.exchange(method, path, body)).await;
        let (status, answer) = match answered {
            Some(Ok(answered)) => answered,
            Some(Err(why)) => return Err(ClientError::Unreachable(self.authority.clone(), why)),
            None => {
                let why = format!("no answer within {PATIENCE:?}");
                return Err(ClientError::Unreachable(self.authority.clone(), why));
            }
        };
        if !status.is_success() {
            return Err(ClientError::Refused { status: status.as_u16(), message: reason(&answer) });
        }
        Ok(answer)
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Result<(StatusCode, Bytes), String> {
        let told = |error: &dyn std::error::Error| error.to_string();
        let stream = TcpStream::connect(&*self.authority).await.map_err(|e| told(&e))?;
        let (mut sender, connection) =
            http1::handshake::<_, Full<Bytes>>(TokioIo::new(stream)).await.map_err(|e| told(&e))?;
        let body = body.map(|b| b.to_string()).unwrap_or_default();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, &self.authority)
            .header(header::USER_AGENT, concat!("deadzone/", env!("CARGO_PKG_VERSION")))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)))
            .map_err(|e| told(&e))?;
        let talk = async {
            let response = sender.send_request(request).await.map_err(|e| told(&e))?;
            let status = response.status();
            let whole = Limited::new(response.into_body(), ANSWER_MAX).collect().await;
            Ok((status, whole.map_err(|e| e.to_string())?.to_bytes()))
        };
        tokio::pin!(talk);
        tokio::pin!(connection);
        let mut gone = false;
        loop {
            tokio::select! {
                biased;
                answer = &mut talk => return answer,
                // It may end before the last bytes of the answer are taken out of it.
                _ = &mut connection, if !gone => gone = true,
            }
        }
    }
}

/// What a server has must be what it was told: else it is not known what the link does.
fn as_asked(wanted: &ToxicInfo, got: ToxicInfo) -> Result<ToxicInfo, ClientError> {
    if got == *wanted {
        return Ok(got);
    }
    let shown = |toxic: &ToxicInfo| toxic.to_json().to_string();
    Err(ClientError::Another { wanted: shown(wanted), got: shown(&got) })
}

/// The server's own words, where there are any.
fn reason(answer: &[u8]) -> String {
    let shown: Option<Map<String, Value>> = serde_json::from_slice(answer).ok();
    let words = shown.as_ref().and_then(|fields| fields.get("error")).and_then(Value::as_str);
    let text = words.map_or_else(|| String::from_utf8_lossy(answer).into_owned(), str::to_owned);
    text.trim().chars().take(300).collect()
}

/// A name as one segment of a path.
fn escaped(name: &str) -> String {
    let mut text = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push('%');
            for nibble in [byte >> 4, byte & 15] {
                text.push(char::from(b"0123456789ABCDEF"[usize::from(nibble)]));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{Api, escaped};

    #[test]
    fn only_plain_addresses_of_an_api_are_taken() {
        assert_eq!(Api::new("http://localhost:8474/").unwrap().host(), "localhost");
        assert_eq!(Api::new("http://[::1]:8474").unwrap().host(), "::1");
        let wrong = ["example.org:1", "https://example.org:1", "http://example.org", "http://example.org:x"];
        let strange = [":1", "u@example.org:1", "example.org/a:1", "example.org:1/a"]
            .map(|rest| format!("http:{}{rest}", "//"));
        for url in wrong.into_iter().chain(strange.iter().map(String::as_str)) {
            assert!(Api::new(url).is_err(), "{url}");
        }
    }

    #[test]
    fn names_are_one_segment() {
        assert_eq!(escaped("a/b c%"), "a%2Fb%20c%25");
    }
}

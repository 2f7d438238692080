//! Asks a target what it is: does it speak MQTT, in which versions, with which limits.

use std::{
    net::SocketAddr,
    rc::Rc,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use deadzone_play::Dial;
use deadzone_transport::{Approach, Stream};
use deadzone_verdict::{Capabilities, Provenance, Source};
use deadzone_wire::{
    Connack, Connect, Credentials, Disconnect, Framer, Packet, PacketKind, PropertyId, PropertyValue, Sender,
    Version, decode,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

/// More than this before a CONNACK is a flood, in bytes.
const BEFORE_CONNACK_MAX: usize = 64 * 1024;

/// The Session Expiry Interval that is asked for, in seconds.
const PROBED_EXPIRY_S: u32 = 60;

/// Most bytes of an answer that are shown.
const SHOWN: usize = 24;

/// How often a probe looks whether it is still wanted.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Why a probe got no CONNACK that accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoAnswer {
    /// It answered that it does not speak this version, or closed as one may that does not.
    OtherVersion(String),
    /// It refused for another reason.
    Refused(String),
    /// It speaks no MQTT at all, or is not there.
    NotMqtt(String),
    /// Nothing came within the patience.
    Silent(String),
}

impl NoAnswer {
    /// Whether nothing came at all.
    pub(crate) fn is_silence(&self) -> bool {
        matches!(self, Self::Silent(_))
    }

    /// Why, for people.
    pub(crate) fn text(self) -> String {
        match self {
            Self::OtherVersion(why) | Self::Refused(why) | Self::NotMqtt(why) | Self::Silent(why) => why,
        }
    }
}

/// A client of the harness's own.
#[derive(Clone)]
pub(crate) struct Client {
    pub(crate) version: Version,
    /// For the connection, and for each other answer.
    pub(crate) patience: Duration,
    /// For a CONNACK, which no standard sets a time for.
    pub(crate) long_bound: Duration,
    pub(crate) id: String,
    pub(crate) credentials: Option<Credentials>,
}

/// Returns once the flag is set. A signal is noticed within milliseconds, however long the target is silent.
pub(crate) async fn cancelled(cancel: &AtomicBool) {
    while !cancel.load(Ordering::Relaxed) {
        sleep(LOOK_EVERY).await;
    }
}

/// The first address that accepts a connection. A name may stand for several of which only one is listened on.
pub(crate) async fn first_that_accepts(addresses: &[SocketAddr], patience: Duration) -> Option<SocketAddr> {
    for address in addresses {
        if let Ok(Ok(_)) = timeout(patience, TcpStream::connect(address)).await {
            return Some(*address);
        }
    }
    None
}

/// What a target offers, and what it said where it refused.
#[derive(Debug, Default)]
pub(crate) struct Probed {
    pub(crate) offered: Vec<Capabilities>,
    /// Versions that it does not speak, each with what came.
    pub(crate) refused: Vec<(Version, String)>,
    /// Those of them that it refused because of the version, by what came.
    pub(crate) other_version: Vec<Version>,
}

/// Whether the target says that it does not speak this version. Silence, and a refusal for another reason, say nothing.
pub(crate) async fn speaks_not(dial: &dyn Dial, client: &Client) -> bool {
    match connect(dial, client, true, 0).await {
        Ok(accepted) => {
            leave(accepted, client.version, client.patience).await;
            false
        }
        Err(why) => matches!(why, NoAnswer::OtherVersion(_)),
    }
}

/// Asks for every version at once. `client` is who asks; its id and version are set here.
pub(crate) async fn probe(
    dial: impl Fn(Version) -> Rc<dyn Dial>,
    versions: &[Version],
    client: &Client,
) -> Result<Probed, String> {
    let mut tasks = Vec::new();
    for version in versions {
        let dial = dial(*version);
        let id = format!("{}probe{}", client.id, version.level());
        let client = Client { version: *version, id, ..client.clone() };
        tasks.push((*version, tokio::task::spawn_local(async move { one(dial, client).await })));
    }
    let Probed { mut offered, mut refused, mut other_version } = Probed::default();
    let mut reasons = Vec::new();
    let mut unclear = false;
    for (version, task) in tasks {
        match task.await {
            Ok(Ok(capabilities)) => offered.push(capabilities),
            Ok(Err(NoAnswer::OtherVersion(why))) => {
                other_version.push(version);
                reasons.push(why.clone());
                refused.push((version, why));
            }
            Ok(Err(NoAnswer::Refused(why))) => {
                reasons.push(why.clone());
                refused.push((version, why));
            }
            Ok(Err(NoAnswer::NotMqtt(why) | NoAnswer::Silent(why))) => {
                reasons.push(why);
                unclear = true;
            }
            Err(_) => {
                reasons.push("the probe itself failed".to_owned());
                unclear = true;
            }
        }
    }
    // A version that is not offered is refused, by code or by a close. Silence is no limit, and leaving out half of the suite
    // for it would pass what was never tried.
    if offered.is_empty() || unclear {
        reasons.dedup();
        for offered in &offered {
            reasons.push(format!("it speaks MQTT {v}, which `--mqtt {v}` runs alone", v = offered.version));
        }
        return Err(reasons.join("; "));
    }
    Ok(Probed { offered, refused, other_version })
}

async fn one(dial: Rc<dyn Dial>, client: Client) -> Result<Capabilities, NoAnswer> {
    let Client { version, patience, .. } = client;
    let first = connect(&*dial, &client, true, 0).await?;
    let mut offered = from_connack(version, &first.connack);
    leave(first, version, patience).await;
    if version == Version::V5 && ends_sessions_at_once(&*dial, &client).await {
        offered.session = false;
        let says = "CONNACK says SessionExpiryInterval 0 to a client that asked for more";
        offered.sources.push(advertised("session", says.to_owned()));
    }
    Ok(offered)
}

/// Asks for a session that outlives its connection. Only a limit that the target declares counts: one that loses sessions
/// without a word is not limited but wrong, and the scenarios have to show it. 3.1.1 can't declare it.
async fn ends_sessions_at_once(dial: &dyn Dial, client: &Client) -> bool {
    let (version, patience) = (client.version, client.patience);
    let Ok(begun) = connect(dial, client, true, PROBED_EXPIRY_S).await else { return false };
    let answer = begun.connack.properties.as_ref().and_then(|p| p.number(PropertyId::SessionExpiryInterval));
    leave(begun, version, patience).await;
    if let Ok(last) = connect(dial, client, true, 0).await {
        leave(last, version, patience).await;
    }
    answer == Some(0)
}

/// A connection that was accepted.
pub(crate) struct Accepted {
    pub(crate) stream: Box<dyn Stream>,
    connack: Connack,
}

/// Connects a client of the harness's own.
pub(crate) async fn connect(
    dial: &dyn Dial,
    client: &Client,
    clean: bool,
    expiry_s: u32,
) -> Result<Accepted, NoAnswer> {
    let Client { version, patience, .. } = *client;
    let seconds = patience.as_secs_f64();
    let mut stream = match timeout(patience, dial.dial(&Approach::default())).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            let why = deadzone_transport::reason(&error).unwrap_or_else(|| error.to_string());
            return Err(NoAnswer::NotMqtt(format!("no connection: {why}")));
        }
        Err(_) => {
            return Err(NoAnswer::Silent(format!("no connection within {} s", seconds)));
        }
    };
    let mut connect = Connect::new(version, &client.id);
    connect.set_clean(clean);
    if let Some(credentials) = &client.credentials {
        credentials.fill(&mut connect, version);
    }
    if version == Version::V5 && expiry_s > 0 {
        connect.properties.push(PropertyId::SessionExpiryInterval, PropertyValue::U32(expiry_s));
    }
    let bytes = Packet::from(connect).encode(version).to_bytes();
    if let Err(error) = stream.write_all(&bytes).await {
        let why = deadzone_transport::reason(&error)
            .unwrap_or_else(|| format!("it closed the connection before CONNECT was sent: {error}"));
        return Err(NoAnswer::NotMqtt(why));
    }
    match timeout(client.long_bound, answer(&mut *stream, version)).await {
        Ok(Ok((connack, _))) if connack.code == 0 => Ok(Accepted { stream, connack }),
        Ok(Ok((connack, came))) => {
            let name = deadzone_wire::reason_name(version, PacketKind::Connack, connack.code);
            let name = name.map(|name| format!(" ({name})")).unwrap_or_default();
            let why = format!(
                "it refused an MQTT {version} CONNECT with code 0x{:02x}{name}, by {came}",
                connack.code
            );
            Err(match connack.code {
                0x01 | 0x84 => NoAnswer::OtherVersion(why),
                _ => NoAnswer::Refused(why),
            })
        }
        Ok(Err(why)) => Err(why),
        Err(_) => Err(NoAnswer::Silent(format!(
            "it accepted the connection and did not answer an MQTT {version} CONNECT within {} s",
            client.long_bound.as_secs_f64()
        ))),
    }
}

/// Reads until a CONNACK, and gives its bytes in hex with it; or says what came instead.
async fn answer(stream: &mut dyn Stream, version: Version) -> Result<(Connack, String), NoAnswer> {
    let not_mqtt = |why| Err(NoAnswer::NotMqtt(why));
    let mut framer = Framer::new(BEFORE_CONNACK_MAX as u32);
    let mut read = BytesMut::with_capacity(4096);
    let mut total = 0;
    loop {
        read.clear();
        match stream.read_buf(&mut read).await {
            Ok(0) => {
                return Err(NoAnswer::OtherVersion(format!(
                    "it closed the connection instead of answering an MQTT {version} CONNECT"
                )));
            }
            // With TLS 1.3 a certificate of the client is refused only behind its own handshake.
            Err(error) if deadzone_transport::reason(&error).is_some() => {
                return not_mqtt(deadzone_transport::reason(&error).unwrap_or_default());
            }
            Err(error) => {
                return Err(NoAnswer::OtherVersion(format!(
                    "it reset the connection instead of answering CONNECT: {error}"
                )));
            }
            Ok(n) => total += n,
        }
        framer.push(&read);
        match framer.next() {
            Some(Ok(frame)) => {
                return match decode(&frame, version, Sender::Server).packet {
                    Packet::Connack(connack) => Ok((connack, hex(&frame.to_bytes()))),
                    _ => not_mqtt(format!("its first bytes are no CONNACK: {}", shown(&frame.to_bytes()))),
                };
            }
            Some(Err(error)) => {
                return not_mqtt(format!("its first bytes are not MQTT ({error}): {}", shown(&read)));
            }
            // A first byte that can't begin a CONNACK decides before the frame is whole.
            None if framer.pending().first().is_some_and(|b| *b != 0x20) => {
                return not_mqtt(format!("its first bytes are no CONNACK: {}", shown(framer.pending())));
            }
            None if total > BEFORE_CONNACK_MAX => {
                return not_mqtt(format!("it sent {total} bytes without a CONNACK"));
            }
            None => {}
        }
    }
}

fn shown(bytes: &[u8]) -> String {
    let head = &bytes[..bytes.len().min(SHOWN)];
    format!("{} \"{}\"{}", hex(bytes), head.escape_ascii(), if bytes.len() > SHOWN { " …" } else { "" })
}

/// The first bytes of what came.
fn hex(bytes: &[u8]) -> String {
    let hex: Vec<String> = bytes.iter().take(SHOWN).map(|b| format!("{b:02x}")).collect();
    hex.join(" ")
}

/// DISCONNECT, FIN, and the broker's close.
pub(crate) async fn leave(mut accepted: Accepted, version: Version, patience: Duration) {
    let packet = Disconnect { reason: None, properties: None, tail: Bytes::new() };
    let _ = accepted.stream.write_all(&Packet::Disconnect(packet).encode(version).to_bytes()).await;
    let _ = accepted.stream.shutdown().await;
    let mut rest = [0u8; 1024];
    let drained = async { while matches!(accepted.stream.read(&mut rest).await, Ok(n) if n > 0) {} };
    let _ = timeout(patience, drained).await;
}

/// A fact that the target's CONNACK tells.
fn advertised(fact: &str, how: String) -> Provenance {
    Provenance { fact: fact.to_owned(), source: Source::Advertised, how }
}

fn from_connack(version: Version, connack: &Connack) -> Capabilities {
    let number = |id| connack.properties.as_ref().and_then(|p| p.number(id));
    let mut sources = Vec::new();
    let mut available = |name: &str, id| match number(id) {
        Some(0) => {
            sources.push(advertised(name, format!("CONNACK says {id:?} 0")));
            false
        }
        _ => true,
    };
    let retain = available("retain", PropertyId::RetainAvailable);
    let wildcard = available("wildcard", PropertyId::WildcardSubscriptionAvailable);
    let subscription_identifier = version == Version::V5
        && available("subscription-identifier", PropertyId::SubscriptionIdentifierAvailable);
    // Before 5.0 `$share/…` is no part of the standard.
    let shared = version == Version::V5 && available("shared", PropertyId::SharedSubscriptionAvailable);
    let max_qos = number(PropertyId::MaximumQos).map_or(2, |q| q.min(2) as u8);
    if max_qos < 2 {
        sources.push(advertised("qos", format!("CONNACK says Maximum QoS {max_qos}")));
    }
    let topic_alias_maximum = number(PropertyId::TopicAliasMaximum).map_or(0, |v| v as u16);
    if topic_alias_maximum == 0 && version == Version::V5 {
        sources.push(advertised("topic-alias", "CONNACK says no Topic Alias Maximum".to_owned()));
    } else if topic_alias_maximum == u16::MAX {
        sources.push(advertised("topic-alias", "CONNACK says Topic Alias Maximum 65535".to_owned()));
    }
    Capabilities {
        version,
        max_qos,
        retain,
        wildcard,
        subscription_identifier,
        shared,
        session: true,
        receive_maximum: number(PropertyId::ReceiveMaximum).map_or(u16::MAX, |v| v as u16),
        maximum_packet_size: number(PropertyId::MaximumPacketSize),
        server_keep_alive_s: number(PropertyId::ServerKeepAlive).map(|v| v as u16),
        topic_alias_maximum,
        sources,
    }
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, TcpListener};

    use deadzone_wire::{Properties, PropertyValue};

    use super::*;

    #[test]
    fn row_c7_shared_subscriptions_are_a_matter_of_5_0_alone() {
        let accepted = |properties| Connack { flags: 0, code: 0, properties, tail: Bytes::new() };
        assert!(!from_connack(Version::V311, &accepted(None)).shared);
        assert!(from_connack(Version::V5, &accepted(Some(Properties::new()))).shared);
        let refused = Properties::new().with(PropertyId::SharedSubscriptionAvailable, PropertyValue::Byte(0));
        assert!(!from_connack(Version::V5, &accepted(Some(refused))).shared);
    }

    #[test]
    fn a_name_is_tried_at_each_of_its_addresses() {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let open = listener.local_addr().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let first = |addresses: &[SocketAddr]| {
            runtime.block_on(first_that_accepts(addresses, Duration::from_secs(2)))
        };
        assert_eq!(first(&[free, open]), Some(open));
        assert_eq!(first(&[free]), None);
    }
}

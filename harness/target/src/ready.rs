//! Readiness: an accepting port is no broker yet; an accepted CONNECT is one.

use std::{
    fmt, io,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;
use deadzone_wire::{Connect, Credentials, Packet, Version};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    runtime::{Builder, Runtime},
};

use crate::{Place, Places};

/// How often it is tried.
pub(crate) const TRY_EVERY: Duration = Duration::from_millis(20);
/// How often one that others run is asked, in both versions each time: it may be others' too.
const ASK_EVERY: Duration = Duration::from_millis(500);
/// One try takes no longer: a broker that is starting may accept and be silent.
const TRY_LIMIT: Duration = Duration::from_millis(1500);

/// What a CONNECT got.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Met {
    /// It was accepted.
    Accepted,
    /// Its return or reason code.
    Refused(u8),
    /// No CONNACK.
    Nothing(String),
}

impl fmt::Display for Met {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted => f.write_str("CONNECT is accepted"),
            Self::Refused(code) => write!(f, "CONNECT is refused with 0x{code:02x}"),
            Self::Nothing(why) => f.write_str(why),
        }
    }
}

/// Waits until every place answers a CONNECT, whatever it answers: whether it lets clients in is for the probe to tell. Else why
/// not.
pub fn wait_until_it_answers(
    places: &Places,
    credentials: Option<&Credentials>,
    limit: Duration,
    cancel: &AtomicBool,
) -> Result<(), String> {
    let enough = |met: &Met| !matches!(met, Met::Nothing(_));
    wait(places, credentials, (limit, ASK_EVERY), cancel, &|| None, &enough)
}

/// Waits until every place accepts a CONNECT of a version that it has. `gone` says how the process ended, if it has.
pub(crate) fn wait_until_ready(
    places: &Places,
    credentials: Option<&Credentials>,
    limit: Duration,
    cancel: &AtomicBool,
    gone: &dyn Fn() -> Option<String>,
) -> Result<(), String> {
    wait(places, credentials, (limit, TRY_EVERY), cancel, gone, &|met| *met == Met::Accepted)
}

fn wait(
    places: &Places,
    credentials: Option<&Credentials>,
    (limit, every): (Duration, Duration),
    cancel: &AtomicBool,
    gone: &dyn Fn() -> Option<String>,
    enough: &dyn Fn(&Met) -> bool,
) -> Result<(), String> {
    let runtime =
        Builder::new_current_thread().enable_all().build().map_err(|e| format!("no runtime: {e}"))?;
    let deadline = Instant::now() + limit;
    let mut tries = 0;
    for (place, versions) in places.by_version() {
        loop {
            if cancel.load(Ordering::Relaxed) {
                return Err("interrupted".to_owned());
            }
            if let Some(how) = gone() {
                return Err(how);
            }
            let Err(why) = ask(&runtime, place, &versions, credentials, enough, &mut tries) else { break };
            if Instant::now() > deadline {
                let limit = limit.as_secs();
                return Err(format!("no CONNECT was accepted at {place} within {limit} s: {why}"));
            }
            thread::sleep(every);
        }
    }
    Ok(())
}

/// Asks in one version after the other, until what one of them got is enough; else what the first got.
fn ask(
    runtime: &Runtime,
    place: &Place,
    versions: &[Version],
    credentials: Option<&Credentials>,
    enough: &dyn Fn(&Met) -> bool,
    tries: &mut u32,
) -> Result<(), String> {
    let mut first = None;
    for version in versions {
        // An id of its own each time: a broker that was caught while it began may hold the one of before, and rumqttd dies of it.
        *tries += 1;
        let id = format!("deadzoneReady{tries}");
        let tried = async { tokio::time::timeout(TRY_LIMIT, greet(place, *version, credentials, &id)).await };
        let met = match runtime.block_on(tried) {
            Ok(Ok(met)) => met,
            Ok(Err(error)) => {
                Met::Nothing(deadzone_transport::reason(&error).unwrap_or_else(|| error.to_string()))
            }
            Err(_) => Met::Nothing("it accepts, and says nothing".to_owned()),
        };
        if enough(&met) {
            return Ok(());
        }
        first.get_or_insert(met);
    }
    Err(first.map_or_else(String::new, |met| met.to_string()))
}

/// One CONNECT, with a clean end behind it.
async fn greet(
    place: &Place,
    version: Version,
    credentials: Option<&Credentials>,
    id: &str,
) -> io::Result<Met> {
    let mut stream = place.dialer().dial(place.address).await?;
    let mut connect = Connect::new(version, id);
    if let Some(credentials) = credentials {
        credentials.fill(&mut connect, version);
    }
    stream.write_all(&Packet::from(connect).encode(version).to_bytes()).await?;
    stream.flush().await?;
    let met = connack(&mut stream).await?;
    if met == Met::Accepted {
        stream.write_all(&Bytes::from_static(&[0xe0, 0x00])).await?;
        stream.flush().await?;
    }
    Ok(met)
}

/// Reads the head of a CONNACK: its code stands behind the length and the flags in every version.
async fn connack(stream: &mut (impl tokio::io::AsyncRead + Unpin)) -> io::Result<Met> {
    let first = stream.read_u8().await?;
    if first != 0x20 {
        return Ok(Met::Nothing(format!("its first byte is 0x{first:02x}, which begins no CONNACK")));
    }
    for _ in 0..4 {
        if stream.read_u8().await? & 0x80 == 0 {
            break;
        }
    }
    let _flags = stream.read_u8().await?;
    Ok(match stream.read_u8().await? {
        0 => Met::Accepted,
        code => Met::Refused(code),
    })
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeMap,
        io::{Read, Write},
        net::TcpListener,
    };

    use super::*;
    use crate::NodePlaces;

    #[test]
    fn each_try_has_a_client_id_of_its_own() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let place = Place::tcp(listener.local_addr().unwrap());
        // It is closed twice without an answer, as by a broker that begins, and accepted then.
        let broker = thread::spawn(move || {
            let answers: [&[u8]; 3] = [b"", b"", b"\x20\x02\x00\x00"];
            answers.map(|answer| {
                let (mut stream, _) = listener.accept().unwrap();
                let mut connect = [0; 64];
                let length = stream.read(&mut connect).unwrap();
                stream.write_all(answer).unwrap();
                connect[14..length].to_vec()
            })
        });
        let places = Places::from(NodePlaces::each(BTreeMap::from([(Version::V311, place)])).unwrap());
        let limit = Duration::from_secs(10);
        wait_until_ready(&places, None, limit, &AtomicBool::new(false), &|| None).unwrap();
        let ids = broker.join().unwrap().map(|id| String::from_utf8(id).unwrap());
        assert_eq!(ids, ["deadzoneReady1", "deadzoneReady2", "deadzoneReady3"]);
    }

    #[test]
    fn a_connack_is_read_in_every_version() {
        let runtime = Builder::new_current_thread().build().unwrap();
        let met = |bytes: &'static [u8]| runtime.block_on(connack(&mut &bytes[..])).map_err(|e| e.kind());
        assert_eq!(met(b"\x20\x02\x00\x00"), Ok(Met::Accepted));
        assert_eq!(met(b"\x20\x02\x00\x05"), Ok(Met::Refused(5)));
        let long: Vec<u8> = [&b"\x20\x83\x01\x00\x87\x80\x01"[..], &[0; 128]].concat();
        assert_eq!(met(long.leak()), Ok(Met::Refused(0x87)));
        assert!(matches!(met(b"HTTP/1.1"), Ok(Met::Nothing(_))));
        assert_eq!(met(b"\x20\x02"), Err(io::ErrorKind::UnexpectedEof));
    }
}

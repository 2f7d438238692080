//! A server with the routes that the client calls, which behaves like the real Toxiproxy where that differs from ours: one
//! end closes both, a client is accepted before its upstream is known, a toxic's edit lets go of what it holds, a reset of a
//! connection that lives waits for a byte and is a FIN. Only for tests.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
        mpsc::channel,
    },
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

/// How often a held chunk looks whether a toxic changed.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// What is odd about a server, beside its nature.
#[derive(Clone, Default)]
pub(crate) struct Mood {
    /// The whole answer to `/version`, where it is not a recent release's.
    pub(crate) version: Option<&'static str>,
    /// How long it takes to make a proxy.
    pub(crate) create_takes: Duration,
    /// Its answer to a new proxy is no proxy.
    pub(crate) odd_create: bool,
    /// It keeps other numbers than it was given.
    pub(crate) other_numbers: bool,
    /// It keeps a client whose upstream it does not reach, in silence.
    pub(crate) patient: bool,
    /// Only so many of its proxies, the first ones, reach their upstream.
    pub(crate) reach: Option<usize>,
}

#[derive(Default)]
struct Proxy {
    listen: String,
    upstream: String,
    toxics: Mutex<Vec<Value>>,
    /// Changed with each change of its toxics.
    generation: Mutex<u64>,
    gone: AtomicBool,
    /// See `Mood`.
    patient: bool,
}

struct State {
    mood: Mood,
    proxies: Mutex<BTreeMap<String, Arc<Proxy>>>,
    /// Kinds of toxics, and names of proxies, that were ever asked for.
    asked: Mutex<Vec<String>>,
}

pub(crate) struct Quirks {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
}

impl Quirks {
    pub(crate) fn start(mood: Mood) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State { mood, proxies: Mutex::default(), asked: Mutex::default() });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let state = Arc::clone(&shared);
                thread::spawn(move || state.answer(stream));
            }
        });
        Self { address, state }
    }

    /// How many proxies were asked for.
    pub(crate) fn asked_for(&self) -> usize {
        self.state.asked_for()
    }

    /// The proxies that are there.
    pub(crate) fn proxies(&self) -> Vec<String> {
        lock(&self.state.proxies).keys().cloned().collect()
    }

    /// How long it takes to make a proxy.
    pub(crate) fn slowness(&self) -> Duration {
        self.state.mood.create_takes
    }

    /// Kinds of toxics, and names of proxies, that were ever asked for.
    pub(crate) fn asked(&self) -> Vec<String> {
        lock(&self.state.asked).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap()
}

type Answer = Result<(u16, Value), (u16, &'static str)>;

impl State {
    fn answer(&self, mut stream: TcpStream) -> Option<()> {
        let (method, path, body) = request(&mut stream)?;
        let path: Vec<&str> = path.trim_matches('/').split('/').collect();
        if let (["version"], Some(text)) = (&path[..], self.mood.version) {
            return respond(&mut stream, 200, "text/plain", text);
        }
        match self.route(&method, &path, &body) {
            Ok((204, _)) => respond(&mut stream, 204, "text/plain", ""),
            Ok((status, shown)) => respond(&mut stream, status, "application/json", &shown.to_string()),
            Err((status, error)) => {
                let text = json!({"error": error, "status": status}).to_string() + "\n";
                respond(&mut stream, status, "text/plain; charset=utf-8", &text)
            }
        }
    }

    fn route(&self, method: &str, path: &[&str], body: &Value) -> Answer {
        match (method, path) {
            ("GET", ["version"]) => Ok((200, json!({"version": "2.12.0"}))),
            ("GET", ["proxies"]) => {
                let all = lock(&self.proxies);
                Ok((200, all.iter().map(|(name, p)| (name.clone(), p.shown(name))).collect()))
            }
            ("POST", ["proxies"]) => self.create(body),
            ("DELETE", ["proxies", name]) => {
                let proxy = lock(&self.proxies).remove(*name).ok_or((404, "proxy not found"))?;
                proxy.gone.store(true, Ordering::Relaxed);
                // Its listener waits for somebody.
                let _ = TcpStream::connect(&proxy.listen);
                Ok((204, Value::Null))
            }
            (_, ["proxies", name, "toxics", rest @ ..]) => {
                let proxy = lock(&self.proxies).get(*name).cloned().ok_or((404, "proxy not found"))?;
                self.toxics(method, &proxy, rest.first().copied(), body)
            }
            _ => Err((404, "page not found")),
        }
    }

    fn asked_for(&self) -> usize {
        lock(&self.asked).iter().filter(|asked| asked.starts_with("deadzone-")).count()
    }

    fn create(&self, body: &Value) -> Answer {
        let text = |name: &str| body[name].as_str().map(str::to_owned);
        let name = text("name").ok_or((400, "missing required field: name"))?;
        lock(&self.asked).push(name.clone());
        thread::sleep(self.mood.create_takes);
        let listener = TcpListener::bind(text("listen").unwrap()).map_err(|_| (500, "bind"))?;
        let listen = listener.local_addr().unwrap().to_string();
        let reaches = self.mood.reach.is_none_or(|most| self.asked_for() <= most);
        let upstream = if reaches { text("upstream").unwrap() } else { "127.0.0.1:1".to_owned() };
        let proxy = Arc::new(Proxy { listen, upstream, patient: self.mood.patient, ..Proxy::default() });
        let shown = proxy.shown(&name);
        let mut proxies = lock(&self.proxies);
        if proxies.contains_key(&name) {
            return Err((409, "proxy already exists"));
        }
        proxies.insert(name, Arc::clone(&proxy));
        drop(proxies);
        thread::spawn(move || proxy.serve(&listener));
        Ok((201, if self.mood.odd_create { json!({"made": true}) } else { shown }))
    }

    fn toxics(&self, method: &str, proxy: &Proxy, name: Option<&str>, body: &Value) -> Answer {
        let mut toxics = lock(&proxy.toxics);
        let place = |toxics: &[Value]| toxics.iter().position(|t| t["name"].as_str() == name);
        let answer = match (method, name) {
            ("GET", None) => return Ok((200, Value::from(toxics.clone()))),
            ("POST", None) => {
                lock(&self.asked).push(body["type"].as_str().unwrap_or_default().to_owned());
                toxics.push(self.kept(body));
                toxics.last().cloned().unwrap()
            }
            ("DELETE", Some(_)) => {
                let at = place(&toxics).ok_or((404, "toxic not found"))?;
                toxics.remove(at);
                Value::Null
            }
            ("POST" | "PATCH", Some(_)) => {
                let at = place(&toxics).ok_or((404, "toxic not found"))?;
                toxics[at]["attributes"] = self.kept(body)["attributes"].clone();
                toxics[at].clone()
            }
            _ => return Err((405, "")),
        };
        *lock(&proxy.generation) += 1;
        Ok((if method == "DELETE" { 204 } else { 200 }, answer))
    }

    fn kept(&self, body: &Value) -> Value {
        let mut kept = body.clone();
        if self.mood.other_numbers
            && let Some(numbers) = kept["attributes"].as_object_mut()
        {
            numbers.values_mut().for_each(|n| *n = json!(7));
        }
        kept
    }
}

impl Proxy {
    fn shown(&self, name: &str) -> Value {
        json!({"name": name, "listen": self.listen, "upstream": self.upstream, "enabled": true, "Logger": {},
               "toxics": *lock(&self.toxics)})
    }

    /// The upstream is dialled by whoever accepts, and one that refuses is told by the end of a connection that stood.
    fn serve(self: Arc<Self>, listener: &TcpListener) {
        let mut kept = Vec::new();
        for client in listener.incoming().flatten() {
            if self.gone.load(Ordering::Relaxed) {
                return;
            }
            let Ok(server) = TcpStream::connect(&self.upstream) else {
                kept.extend(self.patient.then_some(client));
                continue;
            };
            client.set_nodelay(true).unwrap();
            server.set_nodelay(true).unwrap();
            for (from, to, stream) in [(&client, &server, "upstream"), (&server, &client, "downstream")] {
                let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                let proxy = Arc::clone(&self);
                thread::spawn(move || proxy.pump(from, to, stream));
            }
        }
    }

    /// One direction, until it ends, or its proxy does; then both do.
    fn pump(&self, mut from: TcpStream, mut to: TcpStream, stream: &'static str) {
        let (sender, chunks) = channel::<(Instant, Vec<u8>)>();
        from.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
        let both = [from.try_clone().unwrap(), to.try_clone().unwrap()];
        thread::scope(|scope| {
            scope.spawn(move || {
                let mut buffer = [0; 4096];
                while !self.gone.load(Ordering::Relaxed) {
                    match from.read(&mut buffer) {
                        Ok(n) if n > 0 => {
                            if sender.send((Instant::now(), buffer[..n].to_vec())).is_err() {
                                return;
                            }
                        }
                        Err(e) if matches!(e.kind(), std::io::ErrorKind::WouldBlock) => {}
                        _ => return,
                    }
                }
            });
            for (came, chunk) in chunks {
                self.hold(came, stream);
                let size = self.number("slicer", stream, "average_size").unwrap_or(4096).max(1);
                let slices = chunk.chunks(usize::try_from(size).unwrap());
                if self.number("reset_peer", stream, "timeout").is_some()
                    || slices.map(|s| to.write_all(s)).any(|written| written.is_err())
                {
                    break;
                }
            }
            both.iter().for_each(|end| drop(end.shutdown(Shutdown::Both)));
        });
    }

    /// As long as its delay says, or until a toxic changes.
    fn hold(&self, came: Instant, stream: &str) {
        let generation = *lock(&self.generation);
        let delay = self.number("latency", stream, "latency").unwrap_or(0);
        let due = came + Duration::from_millis(delay);
        while Instant::now() < due && *lock(&self.generation) == generation {
            thread::sleep(LOOK_EVERY);
        }
    }

    fn number(&self, kind: &str, stream: &str, name: &str) -> Option<u64> {
        let toxics = lock(&self.toxics);
        let toxic = toxics.iter().find(|t| t["type"] == kind && t["stream"] == stream)?;
        toxic["attributes"][name].as_u64()
    }
}

/// Method, path, and the body as JSON.
fn request(stream: &mut TcpStream) -> Option<(String, String, Value)> {
    let mut text = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let whole = String::from_utf8_lossy(&text).into_owned();
        if let Some((head, body)) = whole.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|l| l.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
            if body.len() >= length.unwrap_or(0) {
                let mut words = head.split_whitespace().map(str::to_owned);
                let body = serde_json::from_str(body).unwrap_or_default();
                return Some((words.next()?, words.next()?, body));
            }
        }
        match stream.read(&mut buffer) {
            Ok(n) if n > 0 => text.extend_from_slice(&buffer[..n]),
            _ => return None,
        }
    }
}

/// Whether anybody still listens is not its concern.
fn respond(stream: &mut TcpStream, status: u16, kind: &str, body: &str) -> Option<()> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} x\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all((head + body).as_bytes()).ok()
}

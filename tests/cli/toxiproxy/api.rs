//! The command serving its API, and the little HTTP and TCP that the tests need. Only for tests.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::support::{Running, deadzone, wait};

/// Longer than anything here may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Api {
    process: Running,
    pub(crate) address: SocketAddr,
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }

    /// Status, message, and the content type of errors.
    pub(crate) fn refusal(&self) -> (u16, String) {
        assert!(self.headers.contains("content-type: text/plain; charset=utf-8"), "{}", self.headers);
        assert!(self.headers.contains("x-content-type-options: nosniff"), "{}", self.headers);
        let body = self.json();
        assert_eq!(body["status"], json!(self.status));
        (self.status, body["error"].as_str().unwrap().to_owned())
    }
}

impl Api {
    pub(crate) fn start(args: &[&str]) -> Self {
        let mut all = vec!["link", "--api", "127.0.0.1:0"];
        all.extend(args);
        let mut process = Running(deadzone(&all).stdout(Stdio::piped()).spawn().unwrap());
        let mut line = String::new();
        BufReader::new(process.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let word = line.split_whitespace().nth(2).expect("it says where it listens");
        let address = word.strip_prefix("http://").unwrap().parse().unwrap();
        Self { process, address }
    }

    /// Resident memory of the server, KiB.
    pub(crate) fn resident_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.0.id())).unwrap();
        let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Ends it as a user does.
    pub(crate) fn interrupt(mut self) {
        let pid = self.process.0.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
        assert_eq!(wait(&mut self.process.0, PATIENCE), Some(0));
    }

    pub(crate) fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> Answer {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let length = body.len();
        write!(stream, "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{headers}content-length: {length}\r\n\r\n{body}")
            .unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let status = head.split_whitespace().nth(1).unwrap().parse().unwrap();
        Answer { status, headers: head.to_lowercase(), body: body.to_owned() }
    }

    pub(crate) fn call(&self, method: &str, path: &str, body: &Value) -> Answer {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        self.send(method, path, "", &text)
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.call("GET", path, &Value::Null)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.call("POST", path, body)
    }

    /// A proxy to there; where it listens.
    pub(crate) fn proxy(&self, name: &str, upstream: SocketAddr) -> SocketAddr {
        let body = json!({"name": name, "listen": "127.0.0.1:0", "upstream": upstream.to_string()});
        let made = self.post("/proxies", &body);
        assert_eq!(made.status, 201, "{}", made.body);
        made.json()["listen"].as_str().unwrap().parse().unwrap()
    }

    pub(crate) fn toxic(&self, proxy: &str, body: &Value) {
        let added = self.post(&format!("/proxies/{proxy}/toxics"), body);
        assert_eq!(added.status, 200, "{}", added.body);
    }
}

/// Gives back what it gets, and closes when its peer does.
pub(crate) fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || -> std::io::Result<()> {
                let mut stream = stream?;
                let mut buffer = [0; 4096];
                loop {
                    match stream.read(&mut buffer)? {
                        0 => return stream.shutdown(Shutdown::Write),
                        n => stream.write_all(&buffer[..n])?,
                    }
                }
            });
        }
    });
    address
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Sends and waits for the echo; how long it took.
pub(crate) fn round_trip(stream: &mut TcpStream, bytes: &[u8]) -> Duration {
    let started = Instant::now();
    stream.write_all(bytes).unwrap();
    let mut back = vec![0; bytes.len()];
    stream.read_exact(&mut back).unwrap();
    assert_eq!(back, bytes);
    started.elapsed()
}

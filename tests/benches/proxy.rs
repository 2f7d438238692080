//! What the link costs when it does nothing: round trips and bulk beside a direct connection and a plain
//! `copy_bidirectional` proxy, interleaved in one run, the memory of 4,000 idle connections, and that of 10,000 links
//! without sockets.
//!
//! The two proxies are processes of their own (this program again, with a role in the environment), each with one
//! thread; the ends are threads here. `cargo bench -p deadzone-tests --bench proxy`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement stops where it fails, and prints"
)]

use std::{
    env, fs,
    io::{BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use deadzone_link::{Identity, Link, PathId};
use deadzone_proxy::{Catalogue, Clock, HELD_MAX, LinkConfig, ModemKind, Profile, Registry, listen};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Rounds; what is printed is the median over them.
const ROUNDS: usize = 7;
/// Round trips of a round, and the bytes of each.
const PINGS: usize = 5_000;
const PING_BYTES: usize = 100;
/// Bytes of a round's bulk transfer.
const BULK_BYTES: usize = 512 << 20;
/// Idle connections whose memory is looked at.
const IDLE: usize = 4_000;
/// Links without sockets whose memory is looked at.
const IN_MEMORY: usize = 10_000;
/// 100 ms each way and nothing else: bulk is limited by what may be on the way, 4 MiB.
const DELAYED: &str = "title = \"100 ms each way\"\n[delay]\nfloor_ms = { both = 100, source = \"default\" }\n\
                       median_ms = { both = 0, source = \"default\" }\nsigma_ln = { both = 0, source = \"default\" }\n\
                       correlation_per_100ms = { value = 0, source = \"default\" }\n";
/// Round trips of a round, and bytes of its bulk transfer, where each takes long.
const FEW_PINGS: usize = 20;
const SLOW_BULK_BYTES: usize = 128 << 20;
/// Role and upstream of a child.
const ROLE: &str = "DEADZONE_BENCH_ROLE";
const UPSTREAM: &str = "DEADZONE_BENCH_UPSTREAM";

/// What was measured before on another day with other tools, one connection on loopback on this kind of machine (2 shared
/// cores), as the range of three rounds: name, minimum and median round trip in µs, MB/s.
const PEERS: [(&str, &str, &str, &str); 4] = [
    ("Toxiproxy (Go 1.19 build)", "34", "44-76", "340-681"),
    ("Toxiproxy (Go 1.27 build)", "34-37", "68-97", "372-475"),
    ("noxious 1.0.4", "31", "36-80", "740-1428"),
    ("trixter 0.1.1", "32-56", "65-85", "414-448"),
];

fn main() {
    // Children inherit it.
    let (_, most) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, most, most).unwrap();
    match env::var(ROLE).as_deref() {
        Ok("link") => serve_link(None),
        Ok("lte-m") => serve_link(Some(profile("lte-m", &[]))),
        Ok("delayed") => serve_link(Some(profile("delayed", &[("delayed", DELAYED)]))),
        Ok("copy") => serve_copy(),
        _ => measure(),
    }
}

fn upstream() -> String {
    env::var(UPSTREAM).unwrap()
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// A profile of the suite, or of these.
fn profile(name: &str, more: &[(&str, &str)]) -> Profile {
    let texts = deadzone_scenarios::profiles().iter().chain(more).copied();
    let catalogue = Catalogue::new(texts, deadzone_scenarios::traces().iter().copied()).unwrap();
    catalogue.get(name).unwrap()
}

/// The link as `deadzone link` serves it.
fn serve_link(profile: Option<Profile>) {
    let config = LinkConfig {
        name: "bench".to_owned(),
        listen: vec![(Ipv4Addr::LOCALHOST, 0).into()],
        upstream: upstream(),
        profile,
        seed: 0,
        cell: None,
        steps: Vec::new(),
        modem: ModemKind::PerConnection,
        connections_max: usize::MAX,
        dial_limit: Duration::from_secs(5),
        recorded: false,
        decisions: None,
    };
    runtime().block_on(async {
        let links = listen(config, Clock::new(), &Arc::new(Registry::default())).unwrap();
        println!("{}", links[0].address().unwrap());
        for link in links {
            link.serve(None).await;
        }
    });
}

/// The plain proxy that anybody would write.
fn serve_copy() {
    runtime().block_on(async {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        println!("{}", listener.local_addr().unwrap());
        loop {
            let (mut client, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut server = tokio::net::TcpStream::connect(upstream()).await.unwrap();
                client.set_nodelay(true).unwrap();
                server.set_nodelay(true).unwrap();
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
}

/// A proxy process; killed with the value.
struct Proxy(Child, SocketAddr);

impl Proxy {
    fn start(role: &str, upstream: SocketAddr) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        let mut child = command
            .env(ROLE, role)
            .env(UPSTREAM, upstream.to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        Self(child, line.trim().parse().unwrap())
    }

    /// Resident memory, KiB.
    fn resident_kib(&self) -> u64 {
        resident_kib(&self.0.id().to_string())
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The far end: what begins with `b` is taken in whole and answered with one byte, anything else comes back.
fn far_end() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let mut idle = Vec::new();
        for mut stream in listener.incoming().flatten() {
            stream.set_nodelay(true).unwrap();
            let mut first = [0];
            // Idle connections say `i` and are only kept.
            if stream.read_exact(&mut first).is_err() {
                continue;
            }
            match first[0] {
                b'i' => idle.push(stream),
                b'b' => drop(thread::spawn(move || sink(stream))),
                _ => drop(thread::spawn(move || echo(stream))),
            }
        }
    });
    address
}

fn echo(mut stream: TcpStream) {
    let mut bytes = [0; 4096];
    while let Ok(n @ 1..) = stream.read(&mut bytes) {
        if stream.write_all(&bytes[..n]).is_err() {
            return;
        }
    }
}

fn sink(mut stream: TcpStream) {
    let mut total = [0; 8];
    stream.read_exact(&mut total).unwrap();
    let (mut bytes, mut left) = (vec![0; 256 * 1024], u64::from_be_bytes(total) as usize);
    while left > 0 {
        match stream.read(&mut bytes) {
            Ok(n @ 1..) => left -= n,
            _ => return,
        }
    }
    let _ = stream.write_all(b"!");
}

fn connect(address: SocketAddr, first: u8) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_nodelay(true).unwrap();
    stream.write_all(&[first]).unwrap();
    stream
}

/// One round of one path.
#[derive(Clone, Copy, Default)]
struct Round {
    min_us: f64,
    p50_us: f64,
    p999_us: f64,
    /// Round trips of 35 to 50 ms: where Nagle and delayed acknowledgements meet.
    near_40_ms: usize,
    mb_per_s: f64,
}

fn round(address: SocketAddr, pings: usize, bulk_bytes: usize) -> Round {
    let mut stream = connect(address, b'e');
    let mut bytes = [7; PING_BYTES];
    let mut times: Vec<f64> = Vec::with_capacity(pings);
    let warm = pings / 25;
    for ping in 0..pings + warm {
        let began = Instant::now();
        stream.write_all(&bytes).unwrap();
        stream.read_exact(&mut bytes).unwrap();
        if ping >= warm {
            times.push(began.elapsed().as_secs_f64() * 1e6);
        }
    }
    times.sort_by(f64::total_cmp);
    let mut stream = connect(address, b'b');
    let block = vec![7; 256 * 1024];
    let began = Instant::now();
    stream.write_all(&(bulk_bytes as u64).to_be_bytes()).unwrap();
    for _ in 0..bulk_bytes / block.len() {
        stream.write_all(&block).unwrap();
    }
    stream.read_exact(&mut [0]).unwrap();
    Round {
        min_us: times[0],
        p50_us: times[pings / 2],
        p999_us: times[pings * 999 / 1000],
        near_40_ms: times.iter().filter(|us| (35e3..50e3).contains(*us)).count(),
        mb_per_s: bulk_bytes as f64 / 1e6 / began.elapsed().as_secs_f64(),
    }
}

fn median(rounds: &[Round], of: impl Fn(&Round) -> f64) -> f64 {
    let mut values: Vec<f64> = rounds.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn measure() {
    let end = far_end();
    let (copy, link) = (Proxy::start("copy", end), Proxy::start("link", end));
    let paths = [("direct", end), ("copy_bidirectional", copy.1), ("deadzone link", link.1)];
    let mut rounds = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        for (at, (_, address)) in paths.iter().enumerate() {
            rounds[at].push(round(*address, PINGS, BULK_BYTES));
        }
    }
    println!(
        "median of {ROUNDS} interleaved rounds, {PINGS} round trips of {PING_BYTES} bytes, {} MiB",
        BULK_BYTES >> 20
    );
    println!("{:<28} {:>9} {:>9} {:>9} {:>8} {:>9}", "", "min us", "p50 us", "p99.9 us", "35-50 ms", "MB/s");
    for (at, (name, _)) in paths.iter().enumerate() {
        let of = |what: fn(&Round) -> f64| median(&rounds[at], what);
        let near: usize = rounds[at].iter().map(|r| r.near_40_ms).sum();
        let (min, p50, p999) = (of(|r| r.min_us), of(|r| r.p50_us), of(|r| r.p999_us));
        println!("{name:<28} {min:>9.1} {p50:>9.1} {p999:>9.1} {near:>8} {:>9.0}", of(|r| r.mb_per_s));
    }
    for (name, min, p50, bulk) in PEERS {
        println!("{name:<28} {min:>9} {p50:>9} {:>9} {:>8} {bulk:>9}  (measured before)", "", "");
    }
    let ratio = |what: fn(&Round) -> f64| {
        let mut ratios: Vec<f64> = rounds[2].iter().zip(&rounds[1]).map(|(l, c)| what(l) / what(c)).collect();
        ratios.sort_by(f64::total_cmp);
        ratios[ROUNDS / 2]
    };
    let added = median(&rounds[2], |r| r.min_us) - median(&rounds[0], |r| r.min_us);
    println!("added minimum round trip     {added:.1} us (wanted: at most 22)");
    println!("p50 / copy_bidirectional     {:.2} (wanted: at most 1.10)", ratio(|r| r.p50_us));
    println!("bulk / copy_bidirectional    {:.2} (wanted: at least 1.20)", ratio(|r| r.mb_per_s));
    println!(
        "bulk                         {:.0} MB/s (wanted: at least 700)",
        median(&rounds[2], |r| r.mb_per_s)
    );
    let (delayed, lte) = (Proxy::start("delayed", end), Proxy::start("lte-m", end));
    let slow = round(delayed.1, FEW_PINGS, SLOW_BULK_BYTES);
    println!(
        "100 ms each way              p50 {:.1} ms, {:.1} MB/s (4 MiB in 100 ms are {:.1} MB/s)",
        slow.p50_us / 1e3,
        slow.mb_per_s,
        HELD_MAX as f64 / 1e6 / 0.1
    );
    memory_of_idle(&[
        ("copy_bidirectional", &copy),
        ("deadzone link", &link),
        ("deadzone link, lte-m", &lte),
    ]);
    // In this process, when the others are gone.
    drop((copy, link, delayed, lte));
    for name in [None, Some("lte-m")] {
        let each = in_memory(name);
        let name = name.unwrap_or("no profile");
        println!("in memory, {name:<17} {each:.2} KiB for each of {IN_MEMORY} that carried something");
    }
}

/// What each of many idle connections costs the proxies.
fn memory_of_idle(proxies: &[(&str, &Proxy)]) {
    for (name, proxy) in proxies {
        let before = proxy.resident_kib();
        let idle: Vec<TcpStream> = (0..IDLE).map(|_| connect(proxy.1, b'i')).collect();
        thread::sleep(Duration::from_secs(1));
        let each = proxy.resident_kib().saturating_sub(before) as f64 / idle.len() as f64;
        println!("{name:<28} {each:.2} KiB for each of {IDLE} idle connections (wanted: under 16)");
    }
}

/// KiB of a link without sockets, one path each, over which a CONNECT went.
fn in_memory(name: Option<&str>) -> f64 {
    let profile = name.map(|name| Arc::new(profile(name, &[])));
    let before = resident_kib("self");
    let links: Vec<Link> = (0..IN_MEMORY)
        .map(|n| {
            let identity = Identity { seed: 1, scenario: "bench".to_owned(), link: n.to_string() };
            let (mut link, path) = (Link::with_identity(identity), PathId(1));
            if let Some(profile) = &profile {
                link.change_profile_shared(0, Arc::clone(profile));
            }
            link.open(0, path);
            link.client_bytes(0, path, b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01a");
            let mut now_us = 0;
            while let Some(wake_us) = link.wake_at_us().filter(|wake_us| *wake_us < 5_000_000) {
                now_us = wake_us.max(now_us);
                while link.poll(now_us, path).is_some() {}
            }
            link
        })
        .collect();
    resident_kib("self").saturating_sub(before) as f64 / links.len() as f64
}

/// Resident memory of a process, KiB.
fn resident_kib(process: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

//! Everything that toxiproxy_rust can do, against the API whose address is the first argument. Ends with 0 if all of it works.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::Mutex,
    thread,
    time::{Duration, Instant},
};

use toxiproxy_rust::{client::Client, proxy::ProxyPack};

/// Gives back what it gets.
fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it has one");
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || -> std::io::Result<()> {
                let mut stream = stream?;
                let mut buffer = [0; 4096];
                loop {
                    match stream.read(&mut buffer)? {
                        0 => return Ok(()),
                        n => stream.write_all(&buffer[..n])?,
                    }
                }
            });
        }
    });
    address
}

/// Sends so many bytes and waits for them; how long it took, or why not.
fn round_trip(address: &str, bytes: usize) -> std::io::Result<Duration> {
    let started = Instant::now();
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(&vec![7; bytes])?;
    let mut back = vec![0; bytes];
    stream.read_exact(&mut back)?;
    Ok(started.elapsed())
}

/// A port that was free a moment ago: this client can't learn which one a proxy got.
fn free() -> String {
    TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").to_string()
}

fn main() {
    let api = std::env::args().nth(1).expect("the API's address");
    let client = Client::new(api.as_str());
    assert!(client.is_running());
    assert!(client.version().expect("version").contains("\"version\""));

    let (upstream, listen) = (echo().to_string(), free());
    let pack = |name: &str, listen: &str| ProxyPack::new(name.into(), listen.into(), upstream.clone());
    let made = client.populate(vec![pack("rust", &listen), pack("other", &free())]).expect("populate");
    assert_eq!(made.len(), 2);
    let all = client.all().expect("all");
    assert!(all.contains_key("rust") && all.contains_key("other"));
    assert_eq!(all["rust"].proxy_pack.listen, listen);

    let proxy = client.find_and_reset_proxy("rust").expect("find_and_reset_proxy");
    assert!(round_trip(&listen, 10).expect("plain") < Duration::from_millis(300));

    // Each toxic with its effect, put on and taken off by `apply`.
    let took = Mutex::new(Duration::ZERO);
    let measure = |bytes| {
        let now = round_trip(&listen, bytes);
        *took.lock().expect("not poisoned") = now.unwrap_or(Duration::MAX);
    };
    let took = || *took.lock().expect("not poisoned");
    let down = || "downstream".to_owned();
    proxy.with_latency(down(), 400, 0, 1.0).apply(|| measure(10)).expect("latency");
    assert!((Duration::from_millis(400)..Duration::from_secs(3)).contains(&took()), "{:?}", took());
    proxy.with_bandwidth("upstream".into(), 10, 1.0).apply(|| measure(4000)).expect("bandwidth");
    assert!((Duration::from_millis(390)..Duration::from_secs(3)).contains(&took()), "{:?}", took());
    proxy.with_slicer(down(), 100, 10, 20_000, 1.0).apply(|| measure(1000)).expect("slicer");
    assert!((Duration::from_millis(150)..Duration::from_secs(3)).contains(&took()), "{:?}", took());
    proxy.with_timeout(down(), 200, 1.0).apply(|| measure(10)).expect("timeout");
    assert_eq!(took(), Duration::MAX);
    proxy.with_limit_data(down(), 5, 1.0).apply(|| measure(10)).expect("limit_data");
    assert_eq!(took(), Duration::MAX);
    proxy.with_slow_close(down(), 10, 1.0).with_latency("upstream".into(), 1, 0, 1.0);
    let toxics = proxy.toxics().expect("toxics");
    assert_eq!(toxics.len(), 2);
    let latency = toxics.iter().find(|t| t.r#type == "latency").expect("it is listed");
    assert_eq!((latency.name.as_str(), latency.attributes["latency"]), ("latency_upstream", 1));
    proxy.delete_all_toxics().expect("delete_all_toxics");
    assert_eq!(proxy.toxics().expect("toxics").len(), 0);

    // Off and on again.
    proxy.with_down(|| assert!(round_trip(&listen, 10).is_err())).expect("with_down");
    round_trip(&listen, 10).expect("up again");
    proxy.disable().expect("disable");
    assert!(round_trip(&listen, 10).is_err());
    client.reset().expect("reset");
    round_trip(&listen, 10).expect("reset switches on");

    // What is not there.
    assert!(client.find_proxy("nobody").is_err());
    proxy.delete().expect("delete");
    assert!(client.find_proxy("rust").is_err());
    client.find_proxy("other").and_then(|p| p.delete()).expect("the last one");
    println!("toxiproxy_rust: all calls work");
}

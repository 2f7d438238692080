//! What is beside Toxiproxy's API: live counts, links, faults, and their description.

use std::{
    io::{Read, Write},
    process::Stdio,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    api::{Api, PATIENCE, connect, echo, round_trip},
    support::{Running, deadzone, wait},
};

#[test]
fn metrics_count_while_connections_live() {
    let api = Api::start(&["--metrics"]);
    let mut stream = connect(api.proxy("a", echo()));
    round_trip(&mut stream, b"12345");
    let text = api.get("/metrics").body;
    for (what, direction) in
        [("received", "upstream"), ("sent", "upstream"), ("received", "downstream"), ("sent", "downstream")]
    {
        let begin = format!("toxiproxy_proxy_{what}_bytes_total{{direction=\"{direction}\"");
        let line = text.lines().find(|l| l.starts_with(&begin)).unwrap();
        assert!(line.contains("proxy=\"a\"") && line.ends_with("} 5"), "{line}");
    }
}

/// An option that the API has no use for is not passed over in silence.
#[test]
fn options_of_a_single_link_are_refused() {
    for args in [
        &["--listen", "127.0.0.1:0"][..],
        &["--modem", "per-source"],
        &["--connections", "5"],
        &["--set", "rate.mean_kbit_per_s.up=100"],
        &["--cell"],
        &["--packet"],
        &["--upstream", "127.0.0.1:1"],
        &["--config", "links.toml"],
        &["--profile", "lte-m"],
        &["--fault", "cut rst"],
        &["--decisions", "file"],
        &["--replay", "file"],
    ] {
        let mut all = vec!["link", "--api", "127.0.0.1:0"];
        all.extend(args);
        let mut refused =
            Running(deadzone(&all).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap());
        assert_eq!(wait(&mut refused.0, PATIENCE), Some(2), "{args:?}");
        let mut said = String::new();
        refused.0.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert!(said.contains("cannot be used with"), "{args:?}: {said}");
    }
}

#[test]
fn own_routes_show_links_and_do_faults() {
    let api = Api::start(&[]);
    let mut stream = connect(api.proxy("a", echo()));
    round_trip(&mut stream, b"12345");
    let links = api.get("/v1/links").json();
    let id = links[0]["id"].as_u64().unwrap();
    assert_eq!(links[0]["client"], json!(stream.local_addr().unwrap().to_string()));
    assert_eq!(links[0]["up"], json!({"taken": 5, "given": 5, "held": 0}));
    let faults = format!("/v1/links/{id}/faults");
    assert_eq!(api.post(&faults, &json!({"fault": "hold", "way": "down"})).status, 200);
    stream.write_all(b"held").unwrap();
    let deadline = Instant::now() + PATIENCE;
    while api.get(&format!("/v1/links/{id}")).json()["down"]["held"] != json!(4) {
        assert!(Instant::now() < deadline, "it is not held");
    }
    let all = api.post("/v1/proxies/a/faults", &json!({"fault": "release", "way": "down"}));
    assert_eq!(all.json(), json!({"fault": "release down", "links": [id]}));
    let mut back = [0; 4];
    stream.read_exact(&mut back).unwrap();
    assert_eq!(api.post(&faults, &json!({"fault": "melt"})).refusal().0, 400);
    // It does not speak MQTT, so what waits for a packet would wait for ever.
    let (status, said) = api.post(&faults, &json!({"text": "cut rst before PINGREQ up"})).refusal();
    assert!(status == 400 && said.contains("does not speak MQTT"), "{status} {said}");
    assert_eq!(
        api.post("/v1/links/0/faults", &json!({"fault": "restore"})).refusal(),
        (404, "link not found".to_owned())
    );
    api.post(&faults, &json!({"fault": "cut", "how": "rst"}));
    assert!(matches!(stream.read(&mut [0; 1]), Ok(0) | Err(_)));
    let deadline = Instant::now() + PATIENCE;
    while api.get("/v1/links").json() != json!([]) {
        assert!(Instant::now() < deadline, "the link lives on");
    }
}

/// How long one byte there and back takes.
fn round_trip_time(stream: &mut std::net::TcpStream) -> Duration {
    let began = Instant::now();
    round_trip(stream, b"x");
    began.elapsed()
}

#[test]
fn profiles_come_and_go_while_connections_live() {
    let api = Api::start(&[]);
    let names = api.get("/v1/profiles").json();
    assert!(
        names.as_array().unwrap().iter().any(|p| p["name"] == "lte-m" && p["overlay"] == false),
        "{names}"
    );
    let address = api.proxy("a", echo());
    let mut stream = connect(address);
    // A floor that no machine reaches of itself, however busy.
    let far = Duration::from_millis(1500);
    let slow = json!({"profile": "lte-static", "set": ["delay.floor_ms.up=1500"]});
    assert!(round_trip_time(&mut stream) < far);
    let id = api.get("/v1/links").json()[0]["id"].as_u64().unwrap();
    let (of_link, of_proxy) = (format!("/v1/links/{id}/profile"), "/v1/proxies/a/profile");
    // 560 ms at least to a geostationary satellite and back.
    let put = api.call("PUT", &of_link, &json!({"profile": "geo+nat-short"}));
    assert_eq!((put.status, put.json()["profile"].clone()), (200, json!("geo+nat-short")));
    assert!(round_trip_time(&mut stream) > Duration::from_millis(500));
    assert_eq!(api.call("PUT", &of_link, &slow).status, 200);
    assert!(round_trip_time(&mut stream) > far);
    assert_eq!(api.call("DELETE", &of_link, &Value::Null).status, 204);
    assert_eq!(api.get(&format!("/v1/links/{id}")).json()["profile"], Value::Null);
    assert!(round_trip_time(&mut stream) < far);
    // On a proxy: those that live, and those that come.
    let put = api.call("PUT", of_proxy, &slow);
    assert_eq!(put.json(), json!({"profile": "lte-static", "links": [id]}));
    assert_eq!(api.get(of_proxy).json(), json!({"profile": "lte-static"}));
    assert!(round_trip_time(&mut stream) > far);
    assert!(round_trip_time(&mut connect(address)) > far);
    let over = api.call("PUT", of_proxy, &json!({"profile": "nat-long"}));
    assert_eq!(over.json()["profile"], json!("lte-static+nat-long"));
    assert_eq!(api.post("/reset", &Value::Null).status, 204);
    assert_eq!(api.get(of_proxy).json(), json!({"profile": null}));
    assert!(round_trip_time(&mut connect(address)) < far);
    // What can't be done is said as everything else is.
    let refusal = |body: &Value| api.call("PUT", of_proxy, body).refusal();
    assert_eq!(refusal(&json!({})), (400, "missing required field: profile".to_owned()));
    assert!(refusal(&json!({"profile": "lte-mm"})).1.contains("lte-mm"));
    assert!(refusal(&json!({"profile": "tunnel"})).1.contains("there is no profile below it"));
    assert_eq!(api.call("PUT", "/v1/links/0/profile", &json!({"profile": "geo"})).refusal().0, 404);
    assert_eq!(api.call("DELETE", "/v1/proxies/b/profile", &Value::Null).refusal().0, 404);
}

#[test]
fn faults_can_be_said_as_scenarios_say_them() {
    let api = Api::start(&[]);
    let mut stream = connect(api.proxy("a", echo()));
    let id = loop {
        if let Some(id) = api.get("/v1/links").json()[0]["id"].as_u64() {
            break id;
        }
    };
    let faults = format!("/v1/links/{id}/faults");
    // A trigger by a field: only the PUBLISH to this topic.
    assert_eq!(api.post(&faults, &json!({"text": "cut rst before PUBLISH topic=\"b\" up"})).status, 200);
    let connect = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01i";
    round_trip(&mut stream, connect);
    round_trip(&mut stream, b"\x30\x04\x00\x01ax");
    stream.write_all(b"\x30\x04\x00\x01bx").unwrap();
    assert!(matches!(stream.read(&mut [0; 1]), Ok(0) | Err(_)));
    let (status, said) =
        api.post("/v1/proxies/a/faults", &json!({"text": "cut rst before PUBLISH topic=b"})).refusal();
    assert_eq!((status, said.as_str()), (400, "bad request body: topic must be a text (write topic=\"…\")"));
}

//! What is beside Toxiproxy's API: live counts, links, faults, and their description.

use std::{
    io::{Read, Write},
    time::Instant,
};

use serde_json::{Value, json};

use crate::api::{Api, PATIENCE, connect, echo, round_trip};

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

/// Every route of ours is described, and every description is of a route.
#[test]
fn the_description_of_our_own_routes_is_whole() {
    let api = Api::start(&[]);
    let described = api.get("/v1/openapi.json").json();
    let source = include_str!("../../../harness/proxy/src/toxiproxy/server/own_routes.rs");
    let mut served: Vec<String> = Vec::new();
    for line in source.lines().filter(|l| l.trim_start().starts_with(".route(\"")) {
        let path = line.split('"').nth(1).unwrap();
        for method in ["get", "post", "delete", "put", "patch"] {
            if line.contains(&format!("{method}(")) {
                served.push(format!("{method} {path}"));
            }
        }
    }
    let mut told: Vec<String> = Vec::new();
    for (path, methods) in described["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys().filter(|m| *m != "parameters") {
            told.push(format!("{method} {path}"));
            let real = path.replace("{id}", "0").replace("{proxy}", "x");
            assert_ne!(api.call(&method.to_uppercase(), &real, &Value::Null).status, 405, "{method} {path}");
        }
    }
    served.sort();
    told.sort();
    assert_eq!(served, told);
    assert!(served.len() >= 6);
}

//! What the API answers.

use std::{
    io::{ErrorKind, Read},
    net::{TcpListener, TcpStream},
};

use serde_json::{Value, json};

use crate::api::{Api, connect, echo, round_trip};

#[test]
fn proxies_are_made_shown_changed_and_removed() {
    let api = Api::start(&[]);
    let upstream = echo();
    assert_eq!(api.get("/version").body, "{\"version\": \"2.12.0\"}\n");
    assert!(api.get("/version").headers.contains("content-type: application/json;charset=utf-8"));
    assert_eq!(api.get("/proxies").json(), json!({}));
    let listen = api.proxy("a", upstream);
    assert_ne!(listen.port(), 0);
    assert!(listen.ip().is_loopback());
    let shown = json!({"name": "a", "listen": listen.to_string(), "upstream": upstream.to_string(), "enabled": true, "toxics": []});
    assert_eq!(api.get("/proxies/a").json(), shown);
    assert_eq!(api.get("/proxies").json(), json!({ "a": shown }));
    let mut stream = connect(listen);
    round_trip(&mut stream, b"hello");
    // Off: the connection ends and none is taken; on: the same port again. POST and PATCH mean the same.
    for method in ["PATCH", "POST"] {
        assert_eq!(
            api.call(method, "/proxies/a", &json!({"enabled": false})).json()["enabled"],
            json!(false)
        );
        assert_eq!(stream.read(&mut [0; 9]).unwrap_or(0), 0);
        assert_eq!(TcpStream::connect(listen).unwrap_err().kind(), ErrorKind::ConnectionRefused);
        assert_eq!(
            api.call(method, "/proxies/a", &json!({"enabled": true})).json()["listen"],
            shown["listen"]
        );
        stream = connect(listen);
        round_trip(&mut stream, b"again");
    }
    // Another upstream drops connections and keeps the address.
    let moved = api.call("PATCH", "/proxies/a", &json!({"upstream": echo().to_string()}));
    assert_eq!(moved.json()["listen"], shown["listen"]);
    assert_eq!(stream.read(&mut [0; 9]).unwrap_or(0), 0);
    round_trip(&mut connect(listen), b"there");
    let gone = api.call("DELETE", "/proxies/a", &Value::Null);
    assert_eq!((gone.status, gone.body.as_str()), (204, ""));
    assert_eq!(api.get("/proxies/a").refusal(), (404, "proxy not found".to_owned()));
    assert_eq!(TcpStream::connect(listen).unwrap_err().kind(), ErrorKind::ConnectionRefused);
}

#[test]
fn toxics_are_added_shown_changed_and_removed() {
    let api = Api::start(&[]);
    api.proxy("a", echo());
    let added =
        api.post("/proxies/a/toxics", &json!({"type": "latency", "attributes": {"latency": 5, "jitter": 1}}));
    let mut shown = json!({"attributes": {"latency": 5, "jitter": 1}, "name": "latency_downstream", "type": "latency",
        "stream": "downstream", "toxicity": 1});
    assert_eq!((added.status, added.json()), (200, shown.clone()));
    let changed = api
        .post("/proxies/a/toxics/latency_downstream", &json!({"attributes": {"jitter": 0}, "toxicity": 0.5}));
    shown["attributes"]["jitter"] = json!(0);
    shown["toxicity"] = json!(0.5);
    assert_eq!(changed.json(), shown);
    let changed = api.call(
        "PATCH",
        "/proxies/a/toxics/latency_downstream",
        &json!({"name": "x", "stream": "upstream"}),
    );
    assert_eq!(changed.json(), shown);
    for kind in ["bandwidth", "slow_close", "timeout", "reset_peer", "slicer", "limit_data"] {
        api.toxic("a", &json!({"type": kind, "stream": "upstream", "name": kind}));
        assert_eq!(api.get(&format!("/proxies/a/toxics/{kind}")).json()["type"], json!(kind));
    }
    assert_eq!(api.get("/proxies/a/toxics").json().as_array().unwrap().len(), 7);
    assert_eq!(api.get("/proxies/a").json()["toxics"].as_array().unwrap().len(), 7);
    assert_eq!(api.call("DELETE", "/proxies/a/toxics/slicer", &Value::Null).status, 204);
    assert_eq!(api.get("/proxies/a/toxics/slicer").refusal(), (404, "toxic not found".to_owned()));
    api.call("PATCH", "/proxies/a", &json!({"enabled": false}));
    assert_eq!(api.post("/reset", &Value::Null).status, 204);
    let after = api.get("/proxies/a").json();
    assert_eq!((&after["enabled"], &after["toxics"]), (&json!(true), &json!([])));
}

#[test]
fn mistakes_have_their_documented_words_and_status() {
    let api = Api::start(&[]);
    let upstream = echo();
    let listen = api.proxy("a", upstream).to_string();
    api.toxic("a", &json!({"type": "latency", "name": "t"}));
    let said = |method: &str, path: &str, body: &str| api.send(method, path, "", body).refusal();
    let told = |status: u16, text: &str| (status, text.to_owned());
    assert_eq!(said("POST", "/proxies", ""), told(400, "bad request body: EOF"));
    assert_eq!(said("POST", "/proxies", "{\"name\":"), told(400, "bad request body: unexpected EOF"));
    let x = "bad request body: invalid character 'x' looking for beginning of value";
    assert_eq!(said("POST", "/proxies", "x"), told(400, x));
    assert_eq!(said("POST", "/proxies", "[]").0, 400);
    assert_eq!(said("POST", "/proxies", r#"{"name": 5}"#).0, 400);
    assert_eq!(said("POST", "/proxies", r#"{"upstream": "u:1"}"#), told(400, "missing required field: name"));
    assert_eq!(said("POST", "/proxies", r#"{"name": "b"}"#), told(400, "missing required field: upstream"));
    assert_eq!(
        said("POST", "/proxies", r#"{"name": "a", "upstream": "u:1"}"#),
        told(409, "proxy already exists")
    );
    let taken = json!({"name": "b", "listen": listen, "upstream": "u:1"}).to_string();
    let in_use = format!("listen tcp {listen}: bind: address already in use");
    assert_eq!(said("POST", "/proxies", &taken), told(500, &in_use));
    assert_eq!(api.get("/proxies/b").status, 404);
    for (method, path) in [
        ("GET", "/proxies/x"),
        ("PATCH", "/proxies/x"),
        ("DELETE", "/proxies/x"),
        ("GET", "/proxies/x/toxics"),
        ("POST", "/proxies/x/toxics"),
        ("DELETE", "/proxies/x/toxics/t"),
    ] {
        assert_eq!(said(method, path, "nonsense"), told(404, "proxy not found"), "{method} {path}");
    }
    for method in ["GET", "PATCH", "POST", "DELETE"] {
        assert_eq!(said(method, "/proxies/a/toxics/x", "nonsense"), told(404, "toxic not found"), "{method}");
    }
    let toxic = |body: &str| said("POST", "/proxies/a/toxics", body);
    assert_eq!(toxic("{"), told(400, "bad request body: unexpected EOF"));
    assert_eq!(toxic(r#"{"type": "magic"}"#), told(400, "invalid toxic type"));
    let stream = "stream was invalid, can be either upstream or downstream";
    assert_eq!(toxic(r#"{"type": "magic", "stream": "sideways"}"#), told(400, stream));
    assert_eq!(
        toxic(r#"{"type": "slicer", "name": "t", "stream": "upstream"}"#),
        told(409, "toxic already exists")
    );
    assert_eq!(toxic(r#"{"type": "slicer", "attributes": {"delay": "x"}}"#).0, 400);
    assert_eq!(said("PATCH", "/proxies/a/toxics/t", r#"{"attributes": {"latency": "x"}}"#).0, 400);
    assert_eq!(said("PATCH", "/proxies/a", "{").0, 400);
}

#[test]
fn populate_makes_replaces_and_leaves_alone() {
    let api = Api::start(&[]);
    let upstream = echo().to_string();
    let (a, b) = (
        json!({"name": "a", "upstream": upstream, "listen": "127.0.0.1:0"}),
        json!({"name": "b", "upstream": upstream, "enabled": false}),
    );
    let made = api.post("/populate", &json!([a, b]));
    assert_eq!(made.status, 201);
    let made = made.json();
    assert_eq!(
        (&made["proxies"][0]["enabled"], &made["proxies"][1]["enabled"]),
        (&json!(true), &json!(false))
    );
    api.toxic("a", &json!({"type": "latency"}));
    // The same addresses: left alone, toxics and all. Others: replaced.
    let listen = made["proxies"][0]["listen"].clone();
    let same = json!([{"name": "a", "upstream": upstream, "listen": listen}]);
    assert_eq!(api.post("/populate", &same).json()["proxies"][0]["toxics"].as_array().unwrap().len(), 1);
    let other = json!([{"name": "a", "upstream": "127.0.0.1:1", "listen": listen}]);
    assert_eq!(api.post("/populate", &other).json()["proxies"][0]["toxics"], json!([]));
    // All are looked at before any is made; errors are JSON here.
    let wrong = api.post("/populate", &json!([{"name": "c", "upstream": "u:1"}, {"name": "d"}]));
    assert!(wrong.headers.contains("content-type: application/json"));
    assert_eq!(wrong.status, 400);
    let words =
        json!({"error": "missing required field: upstream at proxy 2", "status": 400, "proxies": null});
    assert_eq!(wrong.json(), words);
    let part = api.post(
        "/populate",
        &json!([{"name": "c", "upstream": "u:1"}, {"name": "d", "upstream": "u:1", "listen": listen}]),
    );
    assert_eq!((part.status, &part.json()["proxies"][0]["name"]), (500, &json!("c")));
    assert_eq!(api.send("POST", "/populate", "", "{}").status, 400);
}

#[test]
fn a_replacement_that_cannot_listen_leaves_the_old_proxy_stopped() {
    let api = Api::start(&[]);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let held = TcpListener::bind(taken).unwrap();
    let listen = api.proxy("z", echo());
    api.toxic("z", &json!({"type": "noop"}));
    let other = json!([{"name": "z", "upstream": "127.0.0.1:1", "listen": taken.to_string()}]);
    let said = api.post("/populate", &other);
    assert_eq!((said.status, &said.json()["proxies"]), (500, &Value::Null));
    let left = api.get("/proxies/z").json();
    assert_eq!((&left["enabled"], &left["listen"]), (&json!(false), &json!(listen.to_string())));
    assert_eq!(left["toxics"].as_array().unwrap().len(), 1);
    drop(held);
    let on = api.call("PATCH", "/proxies/z", &json!({"enabled": true}));
    assert_eq!((on.status, &on.json()["listen"]), (200, &json!(listen.to_string())));
    round_trip(&mut connect(listen), b"again");
    assert_eq!(api.post("/populate", &other).status, 201);
}

#[test]
fn null_is_nothing_and_a_share_is_a_number() {
    let api = Api::start(&[]);
    api.proxy("a", echo());
    let said = |method: &str, path: &str, body: &str| api.send(method, path, "", body);
    let missing = (400, "missing required field: name".to_owned());
    assert_eq!(said("POST", "/proxies", "null").refusal(), missing);
    let none = said("POST", "/populate", "null");
    assert_eq!((none.status, none.json()), (201, json!({"proxies": []})));
    assert_eq!(said("PATCH", "/proxies/a", "null").status, 200);
    assert_eq!(said("POST", "/proxies/a/toxics", "null").refusal(), (400, "invalid toxic type".to_owned()));
    let (status, words) = said("POST", "/proxies/a/toxics", r#"{"type":"noop","toxicity":1e39}"#).refusal();
    assert_eq!(status, 400);
    assert!(words.starts_with("bad request body: json: cannot unmarshal number 1e"), "{words}");
    api.toxic("a", &json!({"type": "noop", "name": "n"}));
    assert_eq!(said("PATCH", "/proxies/a/toxics/n", r#"{"toxicity":-1e39}"#).refusal().0, 400);
    assert_eq!(api.get("/proxies/a/toxics/n").json()["toxicity"], json!(1));
}

#[test]
fn what_is_wrong_with_a_request_itself_has_the_same_shape() {
    let api = Api::start(&[]);
    api.proxy("a", echo());
    let long = " ".repeat(3 << 20);
    assert_eq!(
        api.send("POST", "/proxies", "", &long).refusal(),
        (413, "bad request body: too large".to_owned())
    );
    for path in ["/proxies/%ff", "/proxies/a/toxics/%ff", "/v1/links/%ff", "/v1/proxies/%ff/profile"] {
        assert_eq!(api.get(path).refusal().0, 400, "{path}");
    }
}

#[test]
fn browsers_strange_paths_and_methods_are_turned_away() {
    let api = Api::start(&[]);
    let browser = api.send("GET", "/proxies", "user-agent: Mozilla/5.0\r\n", "");
    assert_eq!((browser.status, browser.body.as_str()), (403, "User agent not allowed\n"));
    let nowhere = api.get("/nowhere");
    assert_eq!((nowhere.status, nowhere.body.as_str()), (404, "404 page not found\n"));
    assert!(!nowhere.headers.contains("x-toxiproxy-request-id"));
    assert!(api.get("/proxies").headers.contains("x-toxiproxy-request-id"));
    let wrong = api.call("DELETE", "/proxies", &Value::Null);
    assert_eq!((wrong.status, wrong.body.as_str()), (405, ""));
    assert_eq!(api.get("/metrics").status, 404);
    // A route without such a method is refused without a look at who asks, HEAD too.
    for (method, path) in
        [("DELETE", "/proxies"), ("HEAD", "/proxies"), ("HEAD", "/reset"), ("HEAD", "/v1/links")]
    {
        for agent in ["", "user-agent: Mozilla/5.0\r\n"] {
            let answer = api.send(method, path, agent, "");
            assert_eq!((answer.status, answer.body.as_str()), (405, ""), "{method} {path}");
            assert!(!answer.headers.contains("x-toxiproxy-request-id"), "{method} {path}");
        }
    }
    let counted = Api::start(&["--metrics"]);
    for method in ["GET", "HEAD", "POST"] {
        assert_eq!(counted.send(method, "/metrics", "", "").status, 200, "{method}");
    }
    assert_eq!(counted.send("GET", "/metrics", "user-agent: Mozilla/5.0\r\n", "").status, 403);
}

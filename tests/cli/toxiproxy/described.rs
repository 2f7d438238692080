//! Whether `openapi.json` describes our own routes, all of them, and as they are.

use serde_json::{Value, json};

use crate::api::{Answer, Api, connect, echo, round_trip};

const METHODS: [&str; 5] = ["get", "post", "delete", "put", "patch"];

/// Method and path of every route in a source, however it is broken into lines.
fn routes(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    for call in source.split(".route(").skip(1) {
        let mut depth = 1;
        let end = call.find(|c| {
            depth += i32::from(c == '(') - i32::from(c == ')');
            depth == 0
        });
        let call = &call[..end.unwrap()];
        let path = call.split('"').nth(1).unwrap();
        let words: Vec<&str> = call.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
        for method in METHODS {
            if words.contains(&method) && call.contains(&format!("{method}(")) {
                found.push(format!("{method} {path}"));
            }
        }
    }
    found.sort();
    found
}

/// Every operation that is described, with its description.
fn operations(description: &Value) -> Vec<(String, String, Value)> {
    let mut all = Vec::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        for (method, told) in methods.as_object().unwrap().iter().filter(|(m, _)| *m != "parameters") {
            all.push((method.clone(), path.clone(), told.clone()));
        }
    }
    all
}

#[test]
fn routes_are_found_however_they_are_written() {
    let source = "Router::new()\n.route(\n    \"/a/{b}\",\n    guarded(\n        get(x)\n            .delete(y),\n    ),\n)\n\
                  .route(\"/c\", post(z)).other(put(q))";
    assert_eq!(routes(source), ["delete /a/{b}", "get /a/{b}", "post /c"]);
}

#[test]
fn every_route_of_ours_is_described_and_nothing_else() {
    let api = Api::start(&[]);
    let described = api.get("/v1/openapi.json").json();
    let served = routes(include_str!("../../../harness/proxy/src/toxiproxy/server/own_routes.rs"));
    let mut told: Vec<String> =
        operations(&described).into_iter().map(|(method, path, _)| format!("{method} {path}")).collect();
    // Toxiproxy's, and it describes it nowhere.
    told.retain(|route| route != "get /metrics");
    told.sort();
    assert_eq!(served, told);
    assert!(served.len() >= 12, "{served:?}");
}

/// Follows a reference.
fn resolved<'a>(all: &'a Value, part: &'a Value) -> &'a Value {
    match part["$ref"].as_str() {
        Some(to) => all.pointer(to.strip_prefix('#').unwrap()).unwrap(),
        None => part,
    }
}

/// A light look: types, required names, and no other names where none may be.
fn matches(all: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let schema = resolved(all, schema);
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let wanted = &schema["type"];
    if wanted != kind && !wanted.as_array().is_some_and(|any| any.contains(&json!(kind))) {
        return Err(format!("{value} is not {wanted}"));
    }
    for name in schema["required"].as_array().into_iter().flatten() {
        if value.get(name.as_str().unwrap()).is_none() {
            return Err(format!("{name} is missing in {value}"));
        }
    }
    for (name, field) in value.as_object().into_iter().flatten() {
        match schema["properties"].get(name) {
            Some(of) => matches(all, of, field)?,
            None if schema["additionalProperties"] == json!(false) => {
                return Err(format!("{name} is not described"));
            }
            None => {}
        }
    }
    let items = value.as_array().into_iter().flatten();
    items.filter(|_| schema.get("items").is_some()).try_for_each(|item| matches(all, &schema["items"], item))
}

/// The answer has a status that is described, and the body of that status.
fn must_match(all: &Value, told: &Value, what: &str, answer: &Answer) {
    let response = &told["responses"][answer.status.to_string()];
    assert!(response.is_object(), "{what}: {} is not described", answer.status);
    let response = resolved(all, response);
    let Some(content) = response["content"].as_object() else {
        assert_eq!(answer.body, "", "{what}: {}", answer.status);
        return;
    };
    let (kind, body) = content.iter().next().unwrap();
    assert!(answer.headers.contains(&format!("content-type: {kind}")), "{what}: {}", answer.headers);
    let value = match &body["schema"]["type"] {
        text if text == "string" => json!(answer.body),
        _ => answer.json(),
    };
    matches(all, &body["schema"], &value).unwrap_or_else(|e| panic!("{what}: {}: {e}", answer.status));
}

#[test]
fn every_route_answers_as_it_is_described() {
    let api = Api::start(&["--metrics"]);
    let plain = Api::start(&[]);
    let all = api.get("/v1/openapi.json").json();
    let listen = api.proxy("p", echo());
    for (method, path, told) in operations(&all) {
        let what = format!("{method} {path}");
        // A link of its own: the call may end it.
        let mut stream = connect(listen);
        round_trip(&mut stream, b"x");
        let here = stream.local_addr().unwrap().to_string();
        let links = api.get("/v1/links").json();
        let id =
            links.as_array().unwrap().iter().find(|l| l["client"] == json!(here)).unwrap()["id"].to_string();
        let known = path.replace("{id}", &id).replace("{proxy}", "p");
        let body = match path.rsplit('/').next().unwrap() {
            "faults" => json!({"fault": "delay", "way": "up", "time_us": 1}),
            "profile" if method == "put" => json!({"profile": "lte-m"}),
            _ => Value::Null,
        };
        let method = method.to_uppercase();
        let done = api.call(&method, &known, &body);
        assert!(matches!(done.status, 200 | 204), "{what}: {} {}", done.status, done.body);
        must_match(&all, &told, &what, &done);
        let refused = api.send(&method, &known, "user-agent: Mozilla/5.0\r\n", "");
        assert_eq!(refused.status, 403, "{what}");
        must_match(&all, &told, &what, &refused);
        if path == "/metrics" {
            must_match(&all, &told, &what, &plain.get("/metrics"));
            continue;
        }
        let head = api.send("HEAD", &known, "", "");
        assert_eq!(head.status, 405, "{what}");
        must_match(&all, &told, &what, &head);
        if known != path {
            let nobody = path.replace("{id}", "0").replace("{proxy}", "nobody");
            let missing = api.call(&method, &nobody, &body);
            assert_eq!(missing.status, 404, "{what}");
            must_match(&all, &told, &what, &missing);
            let strange = api.call(&method, &path.replace("{id}", "%ff").replace("{proxy}", "%ff"), &body);
            assert_eq!(strange.status, 400, "{what}");
            must_match(&all, &told, &what, &strange);
        }
        if told["requestBody"].is_object() {
            for wrong in ["{", "null", r#"{"typo": 1}"#] {
                let refused = api.send(&method, &known, "", wrong);
                assert_eq!(refused.status, 400, "{what}: {wrong}");
                must_match(&all, &told, &what, &refused);
            }
            let large = api.send(&method, &known, "", &" ".repeat(3 << 20));
            assert_eq!(large.status, 413, "{what}");
            must_match(&all, &told, &what, &large);
        }
    }
}

#[test]
fn the_look_at_an_answer_can_fail() {
    let schema = json!({"type": "object", "required": ["a"], "additionalProperties": false,
        "properties": {"a": {"type": ["string", "null"]}, "b": {"type": "array", "items": {"type": "integer"}}}});
    let look = |value: Value| matches(&Value::Null, &schema, &value);
    assert_eq!(look(json!({"a": null, "b": [1]})), Ok(()));
    for wrong in
        [json!([]), json!({}), json!({"a": 1}), json!({"a": "", "c": 1}), json!({"a": "", "b": ["x"]})]
    {
        assert!(look(wrong.clone()).is_err(), "{wrong}");
    }
}

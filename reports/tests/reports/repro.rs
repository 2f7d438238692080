//! Scripts of hand-made records: what they send, wait for and ask, and that nothing of a broker's becomes code in them.
#![expect(clippy::unwrap_used, reason = "a test stops where it fails")]

use std::{
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener},
    process::{Command, Stdio},
    sync::Arc,
};

use deadzone_history::{By, Close, End, Ended, HandMade, Start};
use deadzone_reports::{Recording, Reproduction, SCRIPT_MARK, reproduction, script_name};
use deadzone_verdict::{Fact, Finding, ScenarioResult, Verdict, VerdictKind};
use deadzone_wire::{Ack, AckKind, PacketKind, Publish, Version};
use proptest::prelude::*;

use crate::story;

fn script(result: &ScenarioResult) -> Reproduction {
    let info = story::info();
    let of = Recording { info: &info, date: Some("2026-11-30") };
    reproduction(result, &result.verdict.findings[0], of).expect("the record is there")
}

/// A result with this one finding on this record.
fn failed(h: HandMade, fact: Fact, by: &str, evidence: Vec<u64>, claim: Option<u32>) -> ScenarioResult {
    let mut finding = Finding::new(deadzone_spec::id!("5.0/MQTT-4.3.3-11"), fact, by);
    (finding.evidence, finding.claim) = (evidence, claim);
    let verdict = Verdict { findings: vec![finding], ..Verdict::because(VerdictKind::Fail, "") };
    ScenarioResult { verdict, history: Some(Arc::new(h.finish())), ..story::empty("a/b", VerdictKind::Fail) }
}

/// The lines of `steps`, without comments.
fn steps(text: &str) -> Vec<&str> {
    let body = text.split("def steps():\n").nth(1).unwrap().split("\n\n\n").next().unwrap();
    body.lines().map(str::trim).filter(|line| !line.starts_with('#')).collect()
}

fn last<'a>(lines: &[&'a str]) -> &'a str {
    lines.last().unwrap()
}

#[test]
fn a_script_tells_what_it_is_and_plays_the_record_at_the_brokers_end() {
    let script = script(&story::result("once"));
    assert_eq!(script.name, "qos2+recovery+pubrec-lost@5.0-MQTT-4.3.3-10.py");
    assert_eq!(script.unseen, None);
    let mut lines = script.text.lines();
    assert_eq!(lines.next(), Some("#!/usr/bin/env python3"));
    assert!(lines.next().unwrap().starts_with(SCRIPT_MARK));
    for told in ["Broker:    somebroker 1.4.0", "5.0/MQTT-4.3.3-10 (section 4.3.3)", "Date:      2026-11-30"]
    {
        assert!(script.text.contains(told), "{told}");
    }
    assert!(script.text.is_ascii());
    let steps = steps(&script.text);
    let at =
        |what: &str| steps.iter().position(|line| line.contains(what)).unwrap_or_else(|| panic!("{what}"));
    // The answer that the link swallowed is waited for, and is not answered: the client never saw it.
    assert!(at("take(pub_1, \"PUBREC\"") < at("pub_2 = Connection"));
    assert!(
        !steps.iter().any(|line| line.contains("send(pub_1, h(\"62")),
        "no PUBREL on the first connection"
    );
    // The broker's identifiers are those of this time.
    let delivered = steps[at("take(sub_1, \"PUBLISH\"")].split(' ').next().unwrap();
    assert!(
        steps.iter().any(|line| line.contains(&format!("h(\"50 02\") + word({delivered}.id)"))),
        "{steps:#?}"
    );
    assert_eq!(last(&steps).split('"').next(), Some("fault_if_comes(sub_1, "));
}

#[test]
fn a_missing_answer_is_waited_for_as_long_as_it_was() {
    let script = script(&story::silent());
    let steps = steps(&script.text);
    let asked = steps.iter().rposition(|line| line.starts_with("fault_unless(")).unwrap();
    assert!(steps[asked].contains("(pub_2, \"PUBCOMP\""), "{}", steps[asked]);
    assert!(
        steps[..asked].iter().any(|line| line.contains("\"PUBREL id=7\"")),
        "the question is asked before"
    );
    assert!(steps.contains(&"reset(pub_1)"), "what the link did to the connection is done to the socket");
}

#[test]
fn a_wait_that_was_parked_begins_with_the_last_act() {
    let mut h = HandMade::new(Version::V5);
    let client = h.client("pub");
    let conn = h.connect(client, Start::Clean);
    let sent = h.up(conn, HandMade::message("dz1/t", 1, 3, "m"));
    let claim = h.arrives(conn, PacketKind::Puback, Some(sent - 1));
    h.pass_us(10_000_000);
    h.parked(claim);
    h.life(conn);
    h.routing_pair("dz1/pair");
    h.pass_us(50_000_000);
    let unmet = h.unmet(claim, 60_000_000, Ended::LongBound, None);
    let script = script(&failed(h, Fact::AnswerMissing, "arrival", vec![sent, unmet], Some(claim)));
    let steps = steps(&script.text);
    assert!(
        steps.iter().any(
            |line| line.starts_with("fault_unless(60.") && line.contains("[(pub_1, \"PUBACK\", dict())]")
        ),
        "{steps:#?}"
    );
    assert!(!steps.iter().any(|line| line.contains("own_") || line.starts_with("pause")), "{steps:#?}");
    assert!(last(&steps).contains("ping=[pub_1]"), "it is kept alive meanwhile");
}

#[test]
fn a_wrong_close_is_looked_for_as_one() {
    let mut h = HandMade::new(Version::V5);
    let client = h.client("dev");
    let conn = h.connect(client, Start::Clean);
    let sent = h.up(conn, HandMade::message("dz1/t", 1, 3, "m"));
    let closed = h.closed(conn, End::Broker, By::Broker, Close::Fin);
    let script = script(&failed(h, Fact::Closed, "arrival", vec![sent, closed], None));
    assert_eq!(last(&steps(&script.text)), "fault_if_ends(dev_1)");
    assert!(script.text.contains("def fault_if_ends"));
    assert!(!script.text.contains("def fault_unless"), "it holds what it needs, and no more");
}

#[test]
fn a_resend_under_another_identifier_is_told_from_the_same_one() {
    let mut h = HandMade::new(Version::V5);
    let client = h.client("sub");
    let first = h.connect(client, Start::Fresh);
    let sent = h.down(first, HandMade::message("dz1/t", 1, 1, "m"));
    h.cut_silent(first);
    let second = h.connect(client, Start::Resume);
    let again = Publish { dup: true, ..Publish::new("dz1/t", 1, Some(2), &b"m"[..]) };
    let again = h.down(second, again);
    let script = script(&failed(h, Fact::WrongField, "resend", vec![sent, again], None));
    let asked = last(&steps(&script.text)).to_owned();
    assert!(asked.contains(&format!("other_than=p{sent}")), "{asked}");
}

#[test]
fn an_order_is_a_fault_only_as_it_was() {
    let mut h = HandMade::new(Version::V311);
    let client = h.client("sub");
    let conn = h.connect(client, Start::Clean);
    let later = h.down(conn, HandMade::message("dz1/t", 0, 0, "second"));
    let earlier = h.down(conn, HandMade::message("dz1/t", 0, 0, "first"));
    let script = script(&failed(h, Fact::OutOfOrder, "order", vec![later, earlier], None));
    assert!(last(&steps(&script.text)).contains("at_once=True"));
}

#[test]
fn what_no_script_can_look_for_is_said() {
    let mut h = HandMade::new(Version::V5);
    let client = h.client("sub");
    let conn = h.connect(client, Start::Clean);
    let came = h.down(conn, HandMade::message("dz2/t", 0, 0, "m"));
    let script = script(&failed(h, Fact::Misdelivered, "topic-matches", vec![came], None));
    assert!(script.unseen.is_some());
    assert!(script.text.contains("# Note:      it can't look for this fault by itself"));
    assert!(last(&steps(&script.text)).starts_with("raise NotShown("));
}

#[test]
fn no_name_and_no_password_of_the_run_is_in_a_script() {
    let mut h = HandMade::new(Version::V5);
    let client = h.client("dev");
    let mut connect = h.connect_packet(client, Start::Clean);
    connect.username = Some("somebody".into());
    connect.password = Some(bytes::Bytes::from_static(b"***"));
    connect.flags |= 0xc0;
    let conn = h.open(client);
    h.up(conn, connect);
    let sent = h.up(conn, Ack::new(AckKind::Pubrel, 7));
    let closed = h.closed(conn, End::Broker, By::Broker, Close::Rst);
    let script = script(&failed(h, Fact::Closed, "arrival", vec![sent, closed], None));
    assert!(!script.text.contains("73 6f 6d 65 62 6f 64 79") && !script.text.contains("somebody"));
    assert!(script.text.contains("login(h(\"10 "), "whoever runs it has a name and a password of their own");
}

#[test]
fn names_are_safe_and_tell_findings_apart() {
    let mut result = story::result("once");
    "../..//x y\0\n.é".clone_into(&mut result.key.id);
    let mut second = result.verdict.findings[0].clone();
    "another".clone_into(&mut second.got);
    result.verdict.findings.push(second);
    let names: Vec<String> =
        result.verdict.findings.iter().map(|finding| script_name(&result, finding).unwrap()).collect();
    assert_eq!(names[0], "_..+..++x_y__._@5.0-MQTT-4.3.3-10.py");
    assert_eq!(names[1], "_..+..++x_y__._@5.0-MQTT-4.3.3-10-2.py");
    result.key.id = "x".repeat(500);
    assert!(script_name(&result, &result.verdict.findings[0]).unwrap().len() < 200);
}

/// What a script says of a broker that answers each CONNECT with these bytes and closes; `None` where there is no Python.
fn said_of(script: &Reproduction, answer: &'static [u8]) -> Option<(Option<i32>, String)> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        // A script connects a few times at most, to tidy up.
        for mut stream in listener.incoming().take(8).flatten() {
            let mut connect = [0; 256];
            let _ = stream.read(&mut connect);
            let _ = stream.write_all(answer);
        }
    });
    let python =
        Command::new("python3").args(["-c", &script.text, &address]).env("MQTT_PATIENCE", "2").output();
    let Ok(out) = python else {
        assert!(std::env::var_os("DEADZONE_REQUIRE_BROKERS").is_none(), "python3 is required here");
        return None;
    };
    let text = String::from_utf8(out.stdout).unwrap();
    Some((out.status.code(), text.lines().last().unwrap_or_default().to_owned()))
}

#[test]
fn a_close_behind_an_answer_is_another_one() {
    let mut h = HandMade::new(Version::V311);
    let client = h.client("dev");
    let conn = h.open(client);
    let connect = h.connect_packet(client, Start::Clean);
    let sent = h.up(conn, connect);
    let closed = h.closed(conn, End::Broker, By::Broker, Close::Fin);
    let script = script(&failed(h, Fact::Closed, "arrival", vec![sent, closed], None));
    let Some((code, said)) = said_of(&script, b"") else { return };
    assert_eq!(code, Some(1), "{said}");
    let (code, said) = said_of(&script, b"\x20\x02\x00\x01").unwrap();
    assert_eq!(
        (code, said.starts_with("not shown: dev_1: before the end came CONNACK")),
        (Some(0), true),
        "{said}"
    );
}

/// Has Python take each script apart: what it calls, in which order and with which names, and the payload that the question is about.
/// `None` where there is no Python.
fn shapes(scripts: &[String]) -> Option<Vec<(String, String)>> {
    const READER: &str = r#"
import ast, json, sys
def shape(text):
    compile(text, "script", "exec")
    tree = ast.parse(text)
    steps = next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == "steps")
    calls = []
    for line in steps.body:
        call = line.value
        calls.append([type(line).__name__, call.func.id, len(call.args), [k.arg for k in call.keywords]])
    outside = [type(n).__name__ for n in tree.body]
    h = bytes.fromhex
    payload = next((k.value for k in steps.body[-1].value.keywords if k.arg == "payload"), None)
    payload = eval(compile(ast.Expression(payload), "payload", "eval"), {"h": h}) if payload else b""
    return json.dumps([calls, outside]), payload.hex()
for line in sys.stdin:
    print("\t".join(shape(json.loads(line))))
"#;
    let started =
        Command::new("python3").args(["-c", READER]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut python) = started else {
        assert!(std::env::var_os("DEADZONE_REQUIRE_BROKERS").is_none(), "python3 is required here");
        return None;
    };
    let mut input = python.stdin.take().unwrap();
    let lines: String = scripts.iter().map(|text| serde_json::to_string(text).unwrap() + "\n").collect();
    let writer = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let out = python.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(out.status.success(), "Python does not take a script");
    let text = String::from_utf8(out.stdout).unwrap();
    let pairs = text.lines().map(|line| line.split_once('\t').unwrap());
    Some(pairs.map(|(shape, payload)| (shape.to_owned(), payload.to_owned())).collect())
}

/// A message with these bytes that comes twice, and a finding in whose words they stand.
fn twice(topic: &[u8], payload: &[u8], words: &str) -> ScenarioResult {
    let mut h = HandMade::new(Version::V5);
    let client = h.client(words);
    let conn = h.connect(client, Start::Clean);
    let topic = [b"dz1/", topic].concat();
    let text = deadzone_wire::Text(topic.into());
    let message =
        Publish { topic: text, ..Publish::new("", 0, None, bytes::Bytes::copy_from_slice(payload)) };
    h.step(words);
    let first = h.down(conn, message.clone());
    let second = h.down(conn, message);
    let mut result = failed(h, Fact::DeliveredTwice, "receives", vec![first, second], None);
    let finding = &mut result.verdict.findings[0];
    words.clone_into(&mut finding.got);
    words.clone_into(&mut finding.wanted);
    words.clone_into(&mut result.title);
    words.clone_into(&mut result.key.id);
    result
}

fn reproduced(result: &ScenarioResult, words: &str) -> String {
    let mut info = story::info();
    info.target_version = Some(words.to_owned());
    words.clone_into(&mut info.target);
    info.address = Some(words.to_owned());
    info.switched_on = vec![words.to_owned()];
    words.clone_into(&mut info.deadzone);
    let of = Recording { info: &info, date: Some(words) };
    reproduction(result, &result.verdict.findings[0], of).unwrap().text
}

fn same_as_harmless(cases: &[(Vec<u8>, Vec<u8>, String)]) {
    let harmless = reproduced(&twice(b"t", b"m", "word"), "word");
    let mut scripts = vec![harmless];
    scripts
        .extend(cases.iter().map(|(topic, payload, words)| reproduced(&twice(topic, payload, words), words)));
    let Some(shapes) = shapes(&scripts) else { return };
    for ((_, payload, words), (shape, read)) in cases.iter().zip(&shapes[1..]) {
        assert_eq!(*shape, shapes[0].0, "{words:?}");
        let hex: String = payload.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(*read, hex, "the payload is the one that was recorded");
    }
}

#[test]
fn hostile_text_is_data_and_never_code() {
    let texts = [
        story::HOSTILE,
        "\"\"\"\nimport os\nos.abort()\n\"\"\"",
        "'); raise SystemExit(7) #",
        "\\\"\\",
        "\\N{DIGIT ONE}",
        "\u{2028}import os\u{2029}\u{85}\r\x0c\x0bx = 1",
        "{0} %s {RECORDED}",
        "\0\x1a",
        "# -*- coding: utf-7 -*-",
        "\\\n",
    ];
    let cases: Vec<(Vec<u8>, Vec<u8>, String)> = texts
        .iter()
        .map(|text| (text.as_bytes().to_vec(), text.as_bytes().to_vec(), (*text).to_owned()))
        .collect();
    same_as_harmless(&cases);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_are_data_and_never_code(
        cases in prop::collection::vec(
            (prop::collection::vec(any::<u8>(), 0..80), prop::collection::vec(any::<u8>(), 0..80), any::<String>()),
            40,
        )
    ) {
        same_as_harmless(&cases);
    }
}

//! JUnit and JSON: what a build reads. `UPDATE_GOLDEN=1` writes schema and golden files anew.

use std::sync::Arc;

use deadzone_reports::{
    Collector, ReportError, RunDocument, RunModel, VerdictWord, junit, run_document, run_schema,
};
use deadzone_spec::Party;
use deadzone_verdict::{RunEvent, ScenarioResult, VerdictKind};
use quick_junit::{NonSuccessKind, Report, TestCaseStatus};
use serde_json::Value;

use crate::{committed, story};

fn model(events: &[RunEvent]) -> RunModel {
    let mut collector = Collector::new();
    events.iter().for_each(|event| collector.observe(event));
    collector.model().clone()
}

#[test]
fn junit_tells_each_verdict_in_its_own_way() {
    let xml = junit(&model(&story::events())).unwrap();
    let report = Report::deserialize_from_str(&xml).unwrap();
    let suite = &report.test_suites[0];
    assert_eq!((suite.tests, suite.failures, suite.errors, suite.skipped), (8, 2, 2, 2));
    let case = |id: &str| suite.test_cases.iter().find(|case| case.name.as_str() == id).unwrap();

    let failed = case("qos2/recovery/pubrec-lost");
    assert_eq!(failed.classname.as_ref().unwrap().as_str(), "mqtt5.qos2");
    let TestCaseStatus::NonSuccess { kind: NonSuccessKind::Failure, ty, message, description, reruns } =
        &failed.status
    else {
        panic!("{:?}", failed.status)
    };
    assert_eq!(ty.as_ref().unwrap().as_str(), "MUST 5.0/MQTT-4.3.3-10");
    assert!(message.as_ref().unwrap().as_str().contains("delivered to sub 2 times"));
    let body = description.as_ref().unwrap().as_str();
    assert!(body.contains("swallowed by the link") && body.contains("repeat      deadzone run"));
    assert_eq!(reruns.runs.len(), 2);
    let property =
        |name: &str| failed.properties.iter().find(|p| p.name.as_str() == name).unwrap().value.as_str();
    assert_eq!(property("repeats"), "fail, fail");
    assert_eq!(property("seed"), "5eed00c3");

    let kind_and_type = |id: &str| match &case(id).status {
        TestCaseStatus::NonSuccess { kind, ty, .. } => (*kind, ty.as_ref().unwrap().as_str()),
        other => panic!("{other:?}"),
    };
    assert_eq!(kind_and_type("will/delay"), (NonSuccessKind::Error, "inconclusive"));
    assert_eq!(kind_and_type("will/kill"), (NonSuccessKind::Error, "error"));
    let TestCaseStatus::Skipped { message, .. } = &case("share/order").status else { panic!() };
    assert_eq!(message.as_ref().unwrap().as_str(), "not applicable: no server in the path");
    assert!(matches!(case("connect/slow").status, TestCaseStatus::Success { .. }));
}

/// What is told again, since more is known of it, takes the place of what was told; another party's result stands beside it.
#[test]
fn a_result_that_is_told_again_stands_once() {
    let told = |kind, party| {
        let result = ScenarioResult { party, ..story::empty("will/kill", kind) };
        RunEvent::ScenarioFinished(Arc::new(result))
    };
    let events = [
        told(VerdictKind::Pass, Party::Server),
        told(VerdictKind::Fail, Party::Client),
        told(VerdictKind::Fail, Party::Server),
    ];
    let results = model(&events).results;
    let kinds: Vec<_> = results.iter().map(|result| (result.party, result.verdict.kind)).collect();
    assert_eq!(kinds.len(), 2, "{kinds:?}");
    assert!(kinds.contains(&(Party::Server, VerdictKind::Fail)), "{kinds:?}");
}

#[test]
fn hostile_bytes_survive_xml_as_text() {
    let xml = junit(&model(&story::hostile_events())).unwrap();
    let allowed = |c: char| c == '\n' || c == '\t' || (!c.is_control() && c != '\u{fffe}' && c != '\u{ffff}');
    assert!(xml.chars().all(allowed));
    let report = Report::deserialize_from_str(&xml).unwrap();
    let skipped =
        report.test_suites[0].test_cases.iter().find(|case| case.name.as_str() == "share/order").unwrap();
    let TestCaseStatus::Skipped { message, .. } = &skipped.status else { panic!() };
    let wanted = "not applicable: \\x1b[2J\\x1b]0;owned\\x07\\u{9b}31m\\u{202e}]]>&<script>\\x00\\u{ffff}\\u{fffe}\\r\n::error::\\u{2028}\\u{200b}";
    // A line end inside an attribute may come back as a blank: XML says so.
    assert_eq!(message.as_ref().unwrap().as_str().replace('\n', " "), wanted.replace('\n', " "));
}

#[test]
fn json_holds_the_run_and_reads_back() {
    let document = run_document(&model(&story::events())).unwrap();
    let text = document.to_json().unwrap();
    assert_eq!(RunDocument::from_json(&text).unwrap(), document);
    assert!(document.complete);
    let ids: Vec<&str> = document.scenarios.iter().map(|s| s.id.as_str()).collect();
    assert!(ids.is_sorted(), "in an order that does not depend on the run's: {ids:?}");
    let failed = document.scenarios.iter().find(|s| s.id == "qos2/recovery/pubrec-lost").unwrap();
    assert_eq!(failed.verdict, VerdictWord::Fail);
    assert_eq!(failed.repeats, [VerdictWord::Fail; 2]);
    assert_eq!(failed.findings[0].evidence.len(), 4);
    assert_eq!(committed("tests/golden/run.json", &text), text);
}

#[test]
fn a_run_that_broke_off_is_not_complete() {
    let mut events = story::events();
    events.pop();
    let document = run_document(&model(&events)).unwrap();
    assert!(!document.complete && document.summary.is_none());
    assert!(junit(&model(&events)).unwrap().contains(r#"<property name="complete" value="false"/>"#));
    assert!(matches!(run_document(&RunModel::default()), Err(ReportError::NotStarted)));
}

#[test]
fn hostile_text_is_exact_in_json() {
    let document = run_document(&model(&story::hostile_events())).unwrap();
    let text = document.to_json().unwrap();
    assert!(!text.contains('\x1b') && !text.contains('\0'));
    let back = RunDocument::from_json(&text).unwrap();
    assert_eq!(back.target.version.as_deref(), Some(story::HOSTILE));
}

#[test]
fn a_reader_refuses_another_major_and_ignores_additions() {
    let mut value = serde_json::to_value(run_document(&model(&story::events())).unwrap()).unwrap();
    value["invented_later"] = 1.into();
    assert!(RunDocument::from_json(&value.to_string()).is_ok());
    value["schema"] = "deadzone.run/2".into();
    assert!(
        matches!(RunDocument::from_json(&value.to_string()), Err(ReportError::Schema(s)) if s == "deadzone.run/2")
    );
}

#[test]
fn the_committed_schema_is_current_and_documents_conform() {
    let made = run_schema();
    let path = "schema/deadzone.run-1.schema.json";
    let schema: Value = serde_json::from_str(&committed(path, &made)).unwrap();
    // By value: the order of keys depends on how serde_json was built.
    assert_eq!(schema, serde_json::from_str::<Value>(&made).unwrap(), "{path} is old; UPDATE_GOLDEN=1");
    for events in [story::events(), story::hostile_events(), story::events()[..2].to_vec()] {
        let document = serde_json::to_value(run_document(&model(&events)).unwrap()).unwrap();
        conforms(&schema, &schema, &document, "$").unwrap();
    }
    let mut wrong = serde_json::to_value(run_document(&model(&story::events())).unwrap()).unwrap();
    wrong["scenarios"][0]["verdict"] = "splendid".into();
    assert!(conforms(&schema, &schema, &wrong, "$").is_err());
}

/// As much of JSON Schema as this schema uses; a keyword that it does not know is an error.
fn conforms(root: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    for (keyword, wanted) in schema.as_object().ok_or("no schema")? {
        match keyword.as_str() {
            "$schema" | "title" | "description" | "format" | "default" | "$defs" => {}
            "$ref" => {
                let pointer = wanted.as_str().and_then(|s| s.strip_prefix('#')).ok_or("foreign reference")?;
                conforms(root, root.pointer(pointer).ok_or("dangling reference")?, value, at)?;
            }
            "type" => {
                let one = |name: &Value| match name.as_str() {
                    Some("object") => value.is_object(),
                    Some("array") => value.is_array(),
                    Some("string") => value.is_string(),
                    Some("boolean") => value.is_boolean(),
                    Some("integer") => value.is_u64(),
                    Some("null") => value.is_null(),
                    _ => false,
                };
                let ok = wanted.as_array().map_or_else(|| one(wanted), |names| names.iter().any(one));
                ok.then_some(()).ok_or_else(|| format!("{at}: {value} is no {wanted}"))?;
            }
            "const" => (wanted == value).then_some(()).ok_or_else(|| format!("{at}: not {wanted}"))?,
            "minimum" => (value.is_null() || value.as_u64() >= wanted.as_u64())
                .then_some(())
                .ok_or_else(|| format!("{at}: too small"))?,
            "maximum" => (value.is_null() || value.as_u64() <= wanted.as_u64())
                .then_some(())
                .ok_or_else(|| format!("{at}: too large"))?,
            "required" => {
                for name in wanted.as_array().into_iter().flatten().filter_map(Value::as_str) {
                    value.get(name).ok_or_else(|| format!("{at}: no {name}"))?;
                }
            }
            "properties" => {
                for (name, inner) in value.as_object().into_iter().flatten() {
                    let schema = wanted.get(name).ok_or_else(|| format!("{at}: undescribed {name}"))?;
                    conforms(root, schema, inner, &format!("{at}.{name}"))?;
                }
            }
            "items" => {
                for (i, inner) in value.as_array().into_iter().flatten().enumerate() {
                    conforms(root, wanted, inner, &format!("{at}[{i}]"))?;
                }
            }
            "anyOf" | "oneOf" => {
                let any =
                    wanted.as_array().into_iter().flatten().any(|s| conforms(root, s, value, at).is_ok());
                any.then_some(()).ok_or_else(|| format!("{at}: {value} is none of the alternatives"))?;
            }
            other => return Err(format!("{at}: unknown keyword {other}")),
        }
    }
    Ok(())
}

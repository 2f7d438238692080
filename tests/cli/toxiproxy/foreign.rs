//! `deadzone run --links`: scenarios over a Toxiproxy of somebody's. Here it is our own API.

use std::{net::SocketAddr, path::Path};

use serde_json::{Value, json};

use crate::{
    api::Api,
    support::{Scratch, broker, output, stderr, stdout},
};

/// Runs scenarios of the suite over these links against a broker with this defect; exit code and the report.
pub(crate) fn run(links: SocketAddr, defect: &[&str], select: &[&str]) -> (Option<i32>, Value) {
    let (_broker, address) = broker(defect);
    let scratch = Scratch::new("foreign");
    run_at(links, address, &scratch.file("run.json"), select)
}

/// The same against a broker that runs.
pub(crate) fn run_at(
    links: SocketAddr,
    broker: SocketAddr,
    file: &Path,
    select: &[&str],
) -> (Option<i32>, Value) {
    let (target, links) = (format!("mqtt://{broker}"), format!("toxiproxy=http://{links}"));
    let mut args = vec!["run", "--broker", &target, "--links", &links, "--json", file.to_str().unwrap()];
    args.extend(select);
    let ran = output(&args);
    let report = std::fs::read_to_string(file).unwrap_or_else(|_| panic!("{}{}", stdout(&ran), stderr(&ran)));
    (ran.status.code(), serde_json::from_str(&report).unwrap())
}

/// Verdicts with reasons, by scenario.
pub(crate) fn verdicts(report: &Value) -> Vec<(String, String, String)> {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let list = report["scenarios"].as_array().expect("the report lists scenarios");
    list.iter().map(|s| (text(&s["id"]), text(&s["verdict"]), text(&s["reason"]))).collect()
}

/// How many have this verdict.
pub(crate) fn count(verdicts: &[(String, String, String)], word: &str) -> usize {
    verdicts.iter().filter(|(_, verdict, _)| verdict == word).count()
}

#[test]
fn scenarios_go_through_it_and_what_it_can_not_do_is_not_applicable() {
    let api = Api::start(&[]);
    let (code, report) = run(api.address, &[], &["qos1/**", "qos2/**", "will/**", "session/**"]);
    let verdicts = verdicts(&report);
    assert_eq!(code, Some(0), "{verdicts:#?}");
    assert!(count(&verdicts, "pass") >= 20, "{verdicts:#?}");
    assert!(count(&verdicts, "not-applicable") >= 5, "{verdicts:#?}");
    for (id, verdict, reason) in &verdicts {
        assert!(
            verdict != "not-applicable" || reason.starts_with("not over foreign links: "),
            "{id}: {reason}"
        );
    }
    assert_eq!(api.get("/proxies").json(), json!({}), "proxies were left behind");
}

#[test]
fn a_defect_is_seen_through_it() {
    let api = Api::start(&[]);
    // Caught behind a delay, which toxics can make.
    let scenario = "takeover/half-open/late-close-after-takeover";
    let (code, report) = run(api.address, &["--defect", "late-close-kills-new-connection"], &[scenario]);
    assert_eq!(code, Some(1), "{:#?}", verdicts(&report));
}

#[test]
fn without_an_address_or_without_toxiproxy_nothing_runs() {
    let embedded = output(&["run", "--links", "toxiproxy=http://127.0.0.1:1"]);
    assert_eq!(embedded.status.code(), Some(2), "{}", stderr(&embedded));
    let (_broker, address) = broker(&[]);
    let nobody =
        output(&["run", "--broker", &format!("mqtt://{address}"), "--links", "toxiproxy=http://127.0.0.1:1"]);
    assert_eq!(nobody.status.code(), Some(5));
    assert!(stderr(&nobody).contains("Toxiproxy at 127.0.0.1:1"), "{}", stderr(&nobody));
    let unknown = output(&["run", "--links", "wires=http://127.0.0.1:1"]);
    assert_eq!(unknown.status.code(), Some(2));
}

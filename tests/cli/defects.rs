//! A broker with a defect in one process, the suite in another: the report must show the bug.

use crate::support::{broker, output, stdout};

fn run_against(defect: &str, scenario: &str) -> String {
    let (_broker, address) = broker(&["--defect", defect]);
    let run = output(&["run", "--broker", &format!("mqtt://{address}"), "--long-bound", "15", scenario]);
    let text = stdout(&run);
    assert_eq!(run.status.code(), Some(1), "{text}");
    text
}

#[test]
fn a_forgotten_inbound_message_shows_over_tcp() {
    let text = run_against("inbound-qos2-forgotten-on-reconnect", "qos2/interrupted/pubrec-lost");
    for wanted in [
        "3.1.1/MQTT-4.3.3-2",
        "5.0/MQTT-4.3.3-10",
        "^^^",
        "PUBREC",
        "a conformant broker could instead",
        "3/3",
        "control",
        "deadzone run --broker mqtt://",
    ] {
        assert!(text.contains(wanted), "`{wanted}` is missing in:\n{text}");
    }
}

#[test]
fn an_unanswered_release_shows_over_tcp() {
    let text = run_against("pubrel-replay-unanswered", "qos2/interrupted/pubcomp-lost");
    for wanted in ["5.0/MQTT-4.3.3-11", "PUBCOMP", "^^^"] {
        assert!(text.contains(wanted), "`{wanted}` is missing in:\n{text}");
    }
}

#[test]
fn a_broker_that_denies_its_sessions_is_wrong_and_not_limited() {
    let run = output(&["run", "--defect", "session-present-missing", "session/**"]);
    let text = stdout(&run);
    assert_eq!(run.status.code(), Some(1), "{text}");
    assert!(!text.contains("does not offer"), "{text}");
}

#[test]
fn the_correct_broker_passes_over_tcp() {
    let (_broker, address) = broker(&[]);
    let run = output(&["run", "--broker", &format!("mqtt://{address}")]);
    assert_eq!(run.status.code(), Some(0), "{}", stdout(&run));
}

#[test]
fn few_file_descriptors_make_fewer_jobs_and_no_failures() {
    let (_broker, address) = broker(&[]);
    let script = r#"ulimit -n 96 && exec "$0" run --broker "$1" --jobs 1024 'qos1/**'"#;
    let mut command = std::process::Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_deadzone"), &format!("mqtt://{address}")]);
    let run = command.output().unwrap();
    assert_eq!(run.status.code(), Some(0), "{}", stdout(&run));
}

#[test]
fn a_selftest_of_a_part_asks_only_for_what_that_part_names() {
    for part in [vec!["selftest", "qos2/interrupted/**"], vec!["selftest", "--mqtt", "3.1.1", "qos0/**"]] {
        let run = output(&part);
        let text = stdout(&run);
        assert_eq!(run.status.code(), Some(0), "{text}");
        assert!(text.contains("no holes") && !text.contains("HOLE"), "{text}");
    }
}

#[test]
fn a_broker_that_ends_at_a_packet_is_gone_as_a_process() {
    let (mut broker, address) = broker(&["--defect", "ends-at-unsubscribe"]);
    assert_eq!(broker.0.try_wait().unwrap(), None, "it serves until then");
    let scenario = "subscribe/unsubscribe/stops-delivery@3.1.1";
    output(&["run", "--broker", &format!("mqtt://{address}"), "--long-bound", "15", scenario]);
    assert_eq!(crate::support::wait(&mut broker.0, std::time::Duration::from_secs(5)), Some(1));
    assert!(std::net::TcpStream::connect(address).is_err(), "it accepts nothing");
}

#[test]
fn every_bound_of_the_broker_is_in_its_help() {
    let help = stdout(&output(&["broker", "--help"]));
    for (name, value, _) in deadzone_reference_broker::Limits::default().described() {
        assert!(help.contains(&format!("{name} = {value}")), "{name} is missing in:\n{help}");
    }
}

#[test]
fn switches_are_listed_and_unknown_ones_refused() {
    let list = stdout(&output(&["broker", "--list"]));
    for name in ["inbound-qos2-forgotten-on-reconnect", "onward-at-pubrel", "mutant-dup-cleared"] {
        assert!(list.contains(name), "{list}");
    }
    assert_eq!(output(&["broker", "--defect", "no-such"]).status.code(), Some(2));
}

//! Fields of packets: properties, the n-th of several, sized payloads, and what is wrong with them.

use deadzone_script::{FieldValue, StepKind, parse, print};

const HEAD: &str = "scenario s\n title t\n catches d\n";
const CLIENTS: &str = " client a\n client m manual\n a connect clean\n m connect clean\n";

fn source(versions: &str, step: &str) -> String {
    let clauses: Vec<String> = versions.split(' ').map(|v| format!("{v}/MQTT-3.12.4-1")).collect();
    format!("{HEAD} versions {versions}\n clauses {}\n{CLIENTS} {step}\n", clauses.join(" "))
}

/// The codes of the mistakes of one step.
fn mistakes(versions: &str, step: &str) -> Vec<&'static str> {
    parse("s.mqt", "s", &source(versions, step)).1.iter().map(|mistake| mistake.code).collect()
}

/// Each wrong step with the code of its one mistake, in both versions.
const WRONG: [(&str, &str); 17] = [
    ("E002", r#"a publish "{fill}" "p""#),
    ("E016", r#"a publish "t" payload of 5MiB"#),
    ("E016", r#"a publish "t" payload of 64kb"#),
    ("E015", r#"a publish "t" "p" user_property="n""#),
    ("E005", r#"a publish "t" "p" user_property="n":1"#),
    ("E014", r#"a publish "t" "p" content_type="x" content_type="y""#),
    ("E032", r#"a publish "t" "p" sub_id=7"#),
    ("E032", r#"a publish "t" "p" response_topic="a/#""#),
    ("E016", r#"a publish "t" "p" topic_alias=0"#),
    ("E012", r#"m -> PUBACK id=1 receive_max=5"#),
    ("E012", r#"m -> PINGREQ expiry=5 deviant"#),
    ("E042", r#"a publish "t" "p" content_type=none"#),
    ("E013", r#"m <- PUBLISH content_type="x""#),
    ("E013", r#"expect a receives "p" content_type="x" at least once"#),
    ("E042", r#"expect a receives some "p" qos=2 exactly once"#),
    ("E031", r#"m -> PINGREQ broken by bad-utf8 of nothing deviant"#),
    ("E011", r#"a publish "t" "p" contnt_type="x""#),
];

#[test]
fn each_mistake_is_told() {
    for (code, step) in WRONG {
        assert_eq!(mistakes("3.1.1 5.0", step), [code], "{step}");
    }
}

/// Steps that are right in 5.0.
const RIGHT: [&str; 14] = [
    r#"a publish "t" "p" user_property="n":"1" user_property="n":"1" format=1 correlation_data="\x00\xff""#,
    r#"a publish "{run}/{fill 65535}" payload of 2MiB qos=1"#,
    r#"a publish "" "p" topic_alias=3"#,
    r#"m -> PUBACK id=1 receive_max=5 receive_max=0 deviant"#,
    r#"m -> SUBSCRIBE id=1 "a" options=1 filter.2="b" options.2=2 sub_id=9"#,
    r#"m <- SUBACK id=1 reason=1 reason.2=0x8f"#,
    r#"m <- PUBLISH "t" sub_id=1 sub_id=2 content_type=none"#,
    r#"m -> AUTH reason=0x19 auth_method="m" auth_data="d""#,
    r#"m -> CONNECT will_topic="w" will_content_type="x" user="u" pass="p" broken by text-length-1 of will_topic deviant"#,
    r#"a connect clean topic_alias_max=9 will_topic="w" will_user_property="n":"1" will_user_property="n":"2""#,
    r#"a subscribe "t" qos=1 user_property="n":"1" reason.2=1"#,
    r#"a unsubscribe "t" "u" user_property="n":"1" reason=0 reason.2=0x11"#,
    r#"a disconnect reason=0x04 reason_string="bye" user_property="n":"1""#,
    r#"expect a receives some payload of 300 qos=2 user_property="a":"b" at least once"#,
];

#[test]
fn what_is_right_is_read_and_printed_again() {
    for step in RIGHT {
        let source = source("5.0", step);
        let (scenarios, mistakes) = parse("s.mqt", "s", &source);
        assert!(mistakes.is_empty(), "{step}: {mistakes:?}");
        let printed = print(&scenarios);
        let (again, mistakes) = parse("s.mqt", "s", &printed);
        assert!(mistakes.is_empty(), "{printed}: {mistakes:?}");
        assert_eq!(print(&again), printed);
        assert_eq!(
            again[0].steps.last().map(|s| &s.kind),
            scenarios[0].steps.last().map(|s| &s.kind),
            "{step}"
        );
    }
}

#[test]
fn a_list_of_legal_fields_is_shown() {
    let (_, found) = parse("s.mqt", "s", &source("3.1.1", r#"m -> PUBLISH "t" "p" colour=1"#));
    assert_eq!(found[0].help.as_deref(), Some("fields of PUBLISH: id topic payload qos dup retain"));
    let (_, found) = parse("s.mqt", "s", &source("5.0", r#"a publish "t" "p" contnt_type="x""#));
    let help = found[0].help.clone().unwrap_or_default();
    assert!(help.starts_with("did you mean `content_type`?") && help.contains(" user_property"), "{help}");
}

#[test]
fn a_sized_payload_counts_itself() {
    let (scenarios, _) = parse("s.mqt", "s", &source("5.0", r#"a publish "t" payload of 20"#));
    let Some(StepKind::Publish { packet, .. }) = scenarios[0].steps.last().map(|step| &step.kind) else {
        panic!("no publish")
    };
    let FieldValue::Text(payload) = &packet.fields[1].1 else { panic!("no text") };
    assert_eq!(payload.filled(b"run"), b"00000000000000080000");
}

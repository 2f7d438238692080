//! `times N`: rounds share nothing, and the first is as the text says.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test stops where it fails")]

use deadzone_script::{FieldValue, Payload, Scenario, StepKind, parse, print};

const SOURCE: &str = r#"scenario s
 title t
 clauses 5.0/MQTT-3.12.4-1
 catches d
 times 3
 client a
 client m manual
 a connect clean client_id="{run}x" will_topic="{run}/w" will_payload="w"
 m connect clean
 m subscribe "{run}/t" qos=1
 a publish "{run}/t" "p" qos=1
 m <- PUBLISH "{run}/t" "p" id=$p
 m -> PUBACK id=$p
 expect m receives "p" at least once
"#;

fn scenario() -> Scenario {
    let (mut scenarios, mistakes) = parse("f.mqt", "f", SOURCE);
    assert_eq!(mistakes, []);
    scenarios.remove(0)
}

fn filled(text: &Payload) -> String {
    String::from_utf8(text.filled(b"RUN")).unwrap()
}

#[test]
fn every_round_has_clients_topics_and_captures_of_its_own() {
    let (once, whole) = (scenario(), scenario().unrolled());
    assert_eq!(whole.steps.len(), 3 * once.steps.len());
    assert_eq!(whole.steps[..once.steps.len()], once.steps);
    let names: Vec<&str> = whole.clients.iter().map(|client| client.name.as_str()).collect();
    assert_eq!(names, ["a", "m", "a.2", "m.2", "a.3", "m.3"]);

    let round = &whole.steps[once.steps.len()..2 * once.steps.len()];
    let StepKind::Connect { client: 2, options, .. } = &round[0].kind else { panic!("{:?}", round[0]) };
    assert_eq!(filled(options.client_id.as_ref().unwrap()), "RUNr2x");
    assert_eq!(filled(&options.will.as_ref().unwrap().topic), "RUN/r2/w");
    let StepKind::Subscribe { client: 3, filters, .. } = &round[2].kind else { panic!("{:?}", round[2]) };
    assert_eq!(filled(&filters[0].filter), "RUN/r2/t");
    let StepKind::Send { client: 3, packet, .. } = &round[5].kind else { panic!("{:?}", round[5]) };
    assert_eq!(packet.fields[0].1, FieldValue::Capture("p.2".to_owned()));
    assert!(matches!(round[6].kind, StepKind::ExpectReceives { client: 3, .. }));
    assert_eq!(round[6].at, once.steps[6].at, "a report points at the same line");
}

#[test]
fn a_step_knows_its_round() {
    let whole = scenario().unrolled();
    let rounds: Vec<u32> = (0..whole.steps.len()).map(|step| whole.round_of(step)).collect();
    assert_eq!(rounds, [[0; 7], [1; 7], [2; 7]].concat());
}

#[test]
fn once_is_as_it_is() {
    let (mut scenarios, _) = parse("f.mqt", "f", &SOURCE.replace(" times 3\n", ""));
    let once = scenarios.remove(0);
    assert_eq!(once.times, 1);
    assert_eq!(once.unrolled(), once);
}

#[test]
fn the_number_survives_printing() {
    let text = print(&[scenario()]);
    assert!(text.contains("  times     3\n"), "{text}");
    assert_eq!(parse("f.mqt", "f", &text).0[0].times, 3);
}

#[test]
fn placeholders_are_filled_in() {
    for (text, bytes) in
        [("{run}/t", "RUN/t"), ("{pad 3}{run}{pad 1}", "...RUN."), ("{pads}", "{pads}"), ("{ru", "{ru")]
    {
        assert_eq!(filled(&Payload(text.as_bytes().to_vec())), bytes);
    }
}

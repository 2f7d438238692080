//! The twin scenarios of an interrupted QoS 2 publish: what the language was made for.

mod places;

use deadzone_link::{Cut, Direction, Edge, Fault, Way};
use deadzone_script::{
    At, ConnectMode, Control, Count, FieldValue, Need, Payload, StepKind, TriggerTemplate, parse, print,
};
use deadzone_wire::{Field, PacketKind, Version};

const TWINS: &str = include_str!("files/interrupted.mqt");

#[test]
fn the_twins_parse_to_typed_steps() {
    let (scenarios, mistakes) = parse("interrupted.mqt", "qos2/interrupted", TWINS);
    assert_eq!(mistakes, []);
    let [pubrec, pubcomp] = &scenarios[..] else { panic!("two scenarios") };

    assert_eq!(pubrec.id, "qos2/interrupted/pubrec-lost");
    assert_eq!(pubrec.at, At { line: 3, column: 1, length: 20 });
    assert_eq!(pubrec.title, "PUBREC lost in a dead zone: the resent PUBLISH is not delivered twice");
    assert_eq!(pubrec.clauses_of(Version::V5).collect::<Vec<_>>(), ["5.0/MQTT-4.3.3-10"]);
    assert_eq!(pubrec.needs, [Need::Qos(2), Need::Session]);
    assert_eq!(pubrec.versions, [Version::V311, Version::V5]);
    assert_eq!(pubrec.control, Control::Derived);
    assert!(pubrec.clients[0].direct && !pubrec.clients[0].manual && pubrec.clients[1].manual);
    assert_eq!(pubrec.steps.len(), 14);
    assert_eq!(pubrec.steps.iter().filter(|step| step.recover).count(), 5);

    let StepKind::Link { client: 1, fault: Fault::Blackhole(Way::Down), when } = &pubrec.steps[3].kind else {
        panic!("{:?}", pubrec.steps[3])
    };
    let TriggerTemplate::On { edge: Edge::Before, nth: 1, packet, direction: Direction::Down } = when else {
        panic!("{when:?}")
    };
    assert_eq!((packet.kind, packet.fields.len()), (PacketKind::Pubrec, 0));

    let send = &pubrec.steps[4];
    assert_eq!(send.text, r#"pub -> PUBLISH "{run}/t" qos=2 id=7 "once""#);
    let StepKind::Send { packet, broken_by, .. } = &send.kind else { panic!("{send:?}") };
    let text = |text: &str| FieldValue::Text(Payload(text.as_bytes().to_vec()));
    assert!(broken_by.is_empty());
    assert_eq!(
        packet.fields,
        [
            (Field::Topic, text("{run}/t")),
            (Field::Qos, FieldValue::Number(2)),
            (Field::Id, FieldValue::Number(7)),
            (Field::Payload, text("once")),
        ]
    );
    assert!(matches!(pubrec.steps[6].kind, StepKind::Link { fault: Fault::Cut(Cut::Silent), .. }));
    let StepKind::Connect { mode: ConnectMode::Resume, expected, .. } = &pubrec.steps[8].kind else {
        panic!()
    };
    assert_eq!(expected, &[(Field::SessionPresent, FieldValue::Number(1))]);
    assert!(matches!(pubrec.steps[13].kind, StepKind::ExpectReceives { count: Count::ExactlyOnce, .. }));

    let StepKind::Receive { alternatives, .. } = &pubcomp.steps[12].kind else {
        panic!("{:?}", pubcomp.steps[12])
    };
    assert_eq!(alternatives.len(), 2);
    // A report points at the packets, not at the whole line.
    assert_eq!(pubcomp.steps[12].at, At { line: 55, column: 12, length: 39 });
}

#[test]
fn the_twins_survive_printing() {
    let (scenarios, _) = parse("interrupted.mqt", "qos2/interrupted", TWINS);
    let text = print(&scenarios);
    let (again, mistakes) = parse("interrupted.mqt", "qos2/interrupted", &text);
    assert_eq!(mistakes, [], "{text}");
    assert_eq!(places::without(again), places::without(scenarios), "{text}");
}

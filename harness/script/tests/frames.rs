//! Frames: what is written is what is read, and printed again.

use deadzone_script::{FrameWord, Framing, Need, StepKind, parse, print};

const TEXT: &str = r#"scenario s
  title t
  clauses 5.0/MQTT-6.0.0-2
  needs ws
  versions 5.0
  catches d
  client dev manual direct offers "mqttv3.1, mqtt"
  dev connect clean
  dev -> bytes c0 00 with next
  dev -> PINGREQ in frames 1 0 3+ ping *+ pong 0 broken by trailing=4 deviant
  dev -> PUBLISH "{run}/t" "p" in text frames * deviant
"#;

fn framings(text: &str) -> Vec<Framing> {
    let (scenarios, mistakes) = parse("f.mqt", "f", text);
    assert_eq!(mistakes, []);
    assert_eq!(scenarios[0].needs, [Need::Ws]);
    assert_eq!(scenarios[0].clients[0].offers, ["mqttv3.1", "mqtt"]);
    let of = |kind: &StepKind| match kind {
        StepKind::Send { framing, .. } | StepKind::SendBytes { framing, .. } => Some(framing.clone()),
        _ => None,
    };
    scenarios[0].steps.iter().filter_map(|step| of(&step.kind)).collect()
}

#[test]
fn frames_are_read_and_printed() {
    let data = |bytes, goes_on| FrameWord::Data { bytes, goes_on };
    let frames = vec![
        data(Some(1), false),
        data(Some(0), false),
        data(Some(3), true),
        FrameWord::Ping,
        data(None, true),
        FrameWord::Pong,
        data(Some(0), false),
    ];
    let wanted = [
        Framing::WithNext,
        Framing::Frames { text: false, frames },
        Framing::Frames { text: true, frames: vec![data(None, false)] },
    ];
    assert_eq!(framings(TEXT), wanted);
    let printed = print(&parse("f.mqt", "f", TEXT).0);
    assert_eq!(framings(&printed), wanted, "{printed}");
}

//! `matrix`: a scenario for each row, with places that are those of the file.

use deadzone_script::{At, StepKind, parse};

const FILE: &str = r#"mqt 1
scenario flags
  title    {packet} with flags {flags} is answered by a close
  clauses  {clauses}
  catches  d
  matrix     packet        | flags | clauses
    # Of each kind one.
    puback   PUBACK id=1   | 1     | 3.1.1/MQTT-2.2.2-2 5.0/MQTT-2.1.3-1
    pingreq  PINGREQ       | 0xf   | 3.1.1/MQTT-2.2.2-2 5.0/MQTT-2.1.3-1
  client dev
  dev connect clean
  dev -> {packet} broken by flags={flags} deviant
  dev <- closed

scenario behind
  title t
  clauses 5.0/MQTT-3.12.4-1
  catches d
  client a
  a connect clean
  a ping
"#;

fn mistakes(source: &str) -> Vec<(&'static str, u32, u32, String)> {
    let found = parse("f.mqt", "f", source).1;
    found.iter().map(|d| (d.code, d.at.line, d.at.column, d.message.clone())).collect()
}

#[test]
fn each_row_is_a_scenario_of_its_own() {
    let (scenarios, mistakes) = parse("f.mqt", "f", FILE);
    assert!(mistakes.is_empty(), "{mistakes:?}");
    let ids: Vec<&str> = scenarios.iter().map(|s| s.id.as_str()).collect();
    assert_eq!(ids, ["f/flags/puback", "f/flags/pingreq", "f/behind"]);
    assert_eq!(scenarios[0].title, "PUBACK id=1 with flags 1 is answered by a close");
    assert_eq!(scenarios[1].clauses.len(), 2);
    let StepKind::Send { packet, broken_by, .. } = &scenarios[1].steps[1].kind else { panic!("a packet") };
    assert_eq!(
        (packet.kind.to_string().as_str(), broken_by[0].to_string().as_str()),
        ("PINGREQ", "flags=15")
    );
    // A report points into the line as it is written.
    let line = FILE.lines().nth(11).unwrap().trim_end_matches(" deviant");
    let at = |length| At { line: 12, column: 3, length };
    assert_eq!(scenarios[0].steps[1].at, at(line.trim().chars().count() as u32));
    assert_eq!(scenarios[0].steps[1].at, scenarios[1].steps[1].at);
    assert_eq!((scenarios[0].at.line, scenarios[1].at.line), (2, 2));
}

#[test]
fn a_mistake_of_a_cell_names_its_row_and_one_of_the_line_is_told_once() {
    let bad =
        FILE.replace("PINGREQ       |", "PINGRQ        |").replace("dev connect clean", "dve connect clean");
    let found = mistakes(&bad);
    let cell = found.iter().find(|m| m.0 == "E010").unwrap();
    assert_eq!((cell.1, cell.2), (12, 10), "{found:?}");
    assert!(cell.3.ends_with("(row `pingreq`)"), "{cell:?}");
    assert_eq!(found.iter().filter(|m| m.3.contains("dve")).count(), 1, "{found:?}");
    let (scenarios, _) = parse("f.mqt", "f", &FILE.replace("PINGREQ       |", "PINGRQ        |"));
    assert_eq!(scenarios.len(), 2, "the other row can be performed");
}

#[test]
fn tables_that_say_nothing_are_mistakes() {
    let of = |from: &str, to: &str| {
        let changed = FILE.replace(from, to);
        assert_ne!(changed, FILE);
        let found = mistakes(&changed);
        found.into_iter().map(|m| (m.0, m.1, m.3)).collect::<Vec<_>>()
    };
    let one = |from, to, line, part: &str| {
        let found = of(from, to);
        let told = found.iter().any(|m| m.0 == "E054" && m.1 == line && m.2.contains(part));
        assert!(told, "{part}: {found:?}");
    };
    one("PUBACK id=1   | 1     |", "PUBACK id=1   |", 8, "has 2 cells, and there are 3 columns");
    one("    pingreq ", "    puback ", 9, "there is a row `puback` already");
    one("packet        | flags", "flags         | flags", 6, "column `flags` is there twice");
    let unused = FILE.replace("flags={flags}", "flags=1").replace(" with flags {flags}", "");
    assert!(mistakes(&unused).iter().any(|m| m.0 == "E054" && m.3 == "no line has `{flags}`"));
    one("| clauses", "| run", 6, "`{run}` means something else");
    one("matrix     packet        | flags | clauses", "matrix", 6, "no columns");
    let rows: String = (0..1001).map(|n| format!("    r{n}  PINGREQ | 1 | 5.0/MQTT-2.1.3-1\n")).collect();
    let many = FILE.replace("    # Of each kind one.\n", &rows);
    assert!(mistakes(&many).iter().any(|m| m.0 == "E054" && m.3 == "this table has 1003 rows"));
    let columns = format!("matrix     {}", (0..51).map(|n| format!("c{n} | ")).collect::<String>());
    one("matrix     ", &columns, 6, "this table has 54 columns");
    let none = FILE.lines().filter(|l| !l.starts_with("    ")).collect::<Vec<_>>().join("\n");
    assert!(mistakes(&none).iter().any(|m| m.3.contains("no rows")), "{:?}", mistakes(&none));
    let late = FILE.replace("  dev <- closed\n", "  dev <- closed\n  matrix x\n    a {x}\n");
    assert!(!mistakes(&late).is_empty());
}

#[test]
fn a_bar_in_a_cell_is_written_with_a_backslash() {
    let text = FILE
        .replace("dev <- closed", "dev <- {flags}")
        .replace("flags={flags}", "flags=1")
        .replace("| 1     |", r"| closed \| DISCONNECT |")
        .replace("| 0xf   |", "| closed |")
        .replace("with flags {flags}", "t");
    let (scenarios, mistakes) = parse("f.mqt", "f", &text);
    assert!(mistakes.is_empty(), "{mistakes:?}");
    let StepKind::Receive { alternatives, .. } = &scenarios[0].steps[2].kind else { panic!("a wait") };
    assert_eq!(alternatives.len(), 2);
}

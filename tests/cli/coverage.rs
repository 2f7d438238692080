//! `deadzone coverage`: on the embedded broker, of a report, of a part, and what it refuses.

use std::{fs, path::Path};

use crate::support::{Scratch, output, stderr, stdout};

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md");
/// What stands round the printed block.
const MARKS: (&str, &str) = ("<!-- the coverage: begin -->\n```text\n", "```\n<!-- the coverage: end -->");

/// `UPDATE_GOLDEN=1` writes it anew; read the difference then.
#[test]
fn readme_prints_what_coverage_prints() {
    let printed = output(&["coverage"]);
    let printed_text = stdout(&printed);
    assert_eq!(printed.status.code(), Some(0), "{printed_text}");
    let readme = fs::read_to_string(README).unwrap();
    let (before, rest) = readme.split_once(MARKS.0).unwrap();
    let (shown, after) = rest.split_once(MARKS.1).unwrap();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        let anew = [before, MARKS.0, &printed_text, MARKS.1, after].concat();
        fs::write(README, anew).unwrap();
    } else {
        assert_eq!(shown, printed_text, "README is behind: UPDATE_GOLDEN=1 writes it");
    }
    // A run says the same of 3.1.1; of 5.0 it lacks what only a broker that offers less can show.
    let run = stdout(&output(&["run", "--summary"]));
    let (lines, whole) = (coverage_lines(&run), coverage_lines(&printed_text));
    assert_eq!((lines.len(), whole.len()), (2, 2), "{run}");
    assert_eq!(lines[0], whole[0]);
    let tested = |line: &str| -> u32 { line.split_whitespace().nth(2).unwrap().parse().unwrap() };
    assert!((tested(whole[1]) - 5..tested(whole[1])).contains(&tested(lines[1])), "{lines:?} {whole:?}");
}

fn coverage_lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| line.starts_with("coverage ")).collect()
}

/// The report of a part of the suite, and what its run printed.
fn report(scratch: &Scratch, arguments: &[&str]) -> (String, String) {
    let json = scratch.file("run.json").to_str().unwrap().to_owned();
    let run = output(&[&["run", "--summary", "--json", &json], arguments].concat());
    (json, stdout(&run))
}

#[test]
fn a_report_is_counted_as_its_run_was() {
    let scratch = Scratch::new("coverage-of");
    let (json, run) = report(&scratch, &["qos2/interrupted/**"]);
    let shown = output(&["coverage", &json]);
    let text = stdout(&shown);
    assert_eq!(shown.status.code(), Some(0), "{text}");
    assert_eq!(coverage_lines(&text), coverage_lines(&run), "{text}");
    assert!(text.contains("of qos2/interrupted/** only"), "{text}");
    assert!(!text.contains("proven"), "a report proves nothing: {text}");
}

#[test]
fn a_section_is_told_statement_by_statement() {
    let scratch = Scratch::new("coverage-section");
    let (json, _) = report(&scratch, &["qos2/interrupted/**"]);
    let text = stdout(&output(&["coverage", "-v", &json, "4.3.3", "--mqtt", "5.0"]));
    let statement = |id: &str| {
        let from = text.find(&format!("  {id}  ")).unwrap_or_else(|| panic!("no {id} in {text}"));
        text[from..].split("\n  5.0/").next().unwrap_or_default().to_owned()
    };
    let tested = statement("5.0/MQTT-4.3.3-10");
    assert!(tested.contains("-10  tested\n"), "{tested}");
    assert!(
        tested.contains("qos2/interrupted/pubrec-lost") && tested.contains("3.1.1/MQTT-4.3.3-2"),
        "{tested}"
    );
    assert!(tested.contains("PUBLISH repeated with DUP"), "how it is observed: {tested}");
    assert!(statement("5.0/MQTT-4.3.3-9").contains("  nothing\n"), "{text}");
    assert!(!text.contains("MQTT-4.4.0-1  ") && !text.contains("MQTT 3.1.1"), "{text}");
    let hidden = stdout(&output(&["coverage", "-v", &json, "7"]));
    assert!(hidden.contains("3.1.1/MQTT-7.0.0-1  not observable"), "{hidden}");
    assert!(hidden.contains("3.1.1/MQTT-7.1.2-1  binds the client"), "{hidden}");
}

#[test]
fn what_it_cannot_do_it_says_in_one_line() {
    let scratch = Scratch::new("coverage-errors");
    let (json, _) = report(&scratch, &["qos0/**", "--mqtt", "3.1.1"]);
    let other = scratch.file("other.json").to_str().unwrap().to_owned();
    fs::write(&other, "{\"schema\": \"deadzone.run/99\"}").unwrap();
    let foreign = scratch.file("foreign.json").to_str().unwrap().to_owned();
    let text = fs::read_to_string(&json).unwrap();
    fs::write(&foreign, text.replace("3.1.1/MQTT-4.5.0-1", "3.1.1/MQTT-99.9.9-9")).unwrap();
    let missing = scratch.file("missing.json").to_str().unwrap().to_owned();
    let refused: [(&[&str], i32, &str); 8] = [
        (&[&missing], 2, "could not read"),
        (&["99.1"], 2, "`99.1` names no statement, and is no report"),
        (&[&other], 2, "unknown schema `deadzone.run/99`"),
        (&[&foreign], 2, "`3.1.1/MQTT-99.9.9-9` is no clause that this deadzone knows"),
        (&[&json, &other], 2, "one report at a time"),
        (&[&json, "--mqtt", "4"], 2, "unknown MQTT version `4`"),
        (&[&json, "3.15", "--mqtt", "3.1.1"], 4, "nothing of 3.15 is in this version"),
        (&[&json, "--mqtt", "5.0"], 4, "it ran nothing in this version"),
    ];
    for (arguments, code, said) in refused {
        let run = output(&[&["coverage"], arguments].concat());
        let text = stderr(&run);
        assert_eq!(run.status.code(), Some(code), "{arguments:?}: {text}");
        assert!(text.contains(said) && text.starts_with("error: "), "{arguments:?}: {text}");
        assert_eq!(stdout(&run), "", "{arguments:?}");
    }
}

/// Names in a report are somebody else's text.
#[test]
fn hostile_names_in_a_report_are_escaped() {
    let scratch = Scratch::new("coverage-hostile");
    let (json, _) = report(&scratch, &["qos0/**"]);
    let text = fs::read_to_string(Path::new(&json)).unwrap();
    fs::write(&json, text.replace("\"id\": \"qos0/", "\"id\": \"\\u001b[31mqos0/")).unwrap();
    let shown = stdout(&output(&["coverage", "-v", &json]));
    assert!(!shown.contains('\x1b') && shown.contains("[31mqos0/"), "{shown}");
}

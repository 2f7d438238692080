//! What is told on the terminal and how: its width, its colours, what a file may do to it, and what has a place.

use std::fs;

use serde_json::Value;

use crate::support::{Scratch, deadzone, output, stderr, stdout};

/// A scenario that passes, with what a terminal obeys in its title.
const HOSTILE: &str = "scenario s\n  title     a\u{1b}[2Jb \u{202e}c\u{9b}31m\n  clauses   5.0/MQTT-3.12.4-1\n  versions  5.0\n  catches   pingresp-missing\n  client dev\n\n  dev connect clean\n  dev ping\n";
/// A failure of many scenarios and versions.
const FAILING: [&str; 3] = ["run", "--defect", "resend-without-dup"];

#[test]
fn row_e14_list_shows_no_control_characters() {
    let scratch = Scratch::new("hostile-title");
    let file = scratch.file("hostile.mqt");
    fs::write(&file, HOSTILE).unwrap();
    let run = output(&["list", "--only-mine", "--scenarios", file.to_str().unwrap()]);
    let text = stdout(&run);
    assert_eq!(run.status.code(), Some(0), "{}", stderr(&run));
    assert!(text.contains(r"a\x1b[2Jb \u{202e}c\u{9b}31m"), "{text}");
    assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{9b}']), "{text:?}");
}

#[test]
fn row_e21_a_byte_order_mark_is_no_part_of_the_first_line() {
    let scratch = Scratch::new("mark");
    let file = scratch.file("mark.mqt");
    fs::write(&file, format!("\u{feff}mqt 1\n{}", HOSTILE.replace('\u{1b}', ""))).unwrap();
    let path = file.to_str().unwrap();
    assert_eq!(output(&["check", path]).status.code(), Some(0), "{}", stderr(&output(&["check", path])));
    assert_eq!(output(&["run", "--only-mine", "--scenarios", path]).status.code(), Some(0));
    fs::write(&file, "\u{feff}mqt 9\n").unwrap();
    let drawn = stderr(&output(&["check", path]));
    let line = drawn.lines().find(|line| line.starts_with("1 | ")).unwrap();
    let caret = drawn.lines().find(|line| line.contains('^')).unwrap();
    assert_eq!(line.find('9'), caret.find('^'), "{drawn}");
}

#[test]
fn row_e21_of_many_mistakes_a_hundred_are_drawn() {
    let scratch = Scratch::new("many-mistakes");
    let file = scratch.file("many.mqt");
    fs::write(&file, "scenario s\n".to_owned() + &"  nonsense here\n".repeat(20_000)).unwrap();
    let run = output(&["check", file.to_str().unwrap()]);
    let text = stderr(&run);
    assert_eq!(run.status.code(), Some(2));
    assert!(text.len() < 64 * 1024, "{} bytes", text.len());
    assert!(text.contains("more, not drawn"), "{}", &text[text.len() - 400..]);
}

#[test]
fn row_e5_a_page_is_as_wide_as_columns_says_and_110_in_a_pipe() {
    for (columns, width) in [(Some("80"), 80), (Some("120"), 120), (Some("200"), 200), (None, 110)] {
        let mut command = deadzone(&FAILING);
        if let Some(columns) = columns {
            command.env("COLUMNS", columns);
        }
        let run = command.output().unwrap();
        let text = stdout(&run);
        assert_eq!(run.status.code(), Some(1), "{text}");
        let widest = text.lines().filter(|line| columns.is_some() || !line.contains("  repeat "));
        let widest = widest.max_by_key(|line| line.chars().count()).unwrap();
        assert!(widest.chars().count() <= width, "{columns:?}: {widest}");
        assert!(widest.chars().count() + 12 > width, "{columns:?}: the width is not used: {widest}");
        assert!(!text.contains('\u{1b}'), "no colour in a pipe");
    }
}

#[test]
fn row_e7_a_run_tells_each_cause_once_and_counts_what_passes() {
    let text = stdout(&output(&FAILING));
    let causes = text.lines().filter(|line| line.starts_with("cause ")).count();
    let failures = text.lines().filter(|line| line.starts_with("FAIL ")).count();
    assert!(causes > 0 && causes == failures, "{text}");
    assert!(!text.lines().any(|line| line.starts_with("pass")), "{text}");
    assert!(text.lines().count() < 200, "{} lines", text.lines().count());
    let short = stdout(&output(&["run", "--summary", "--defect", "resend-without-dup"]));
    assert!(short.lines().count() < 2 * causes + 6, "{short}");
}

#[test]
fn row_e13_an_inconclusive_verdict_has_its_place_and_timeline_when_all_is_told() {
    let args = ["run", "-v", "--quick", "--defect", "pubcomp-missing", "gates/publish/qos2-in@5.0"];
    let run = output(&args);
    let text = stdout(&run);
    assert_eq!(run.status.code(), Some(3), "{text}");
    let block = text.split_once("inconclusive gates/publish/qos2-in").expect(&text).1;
    assert!(block.contains("gates/publish.mqt:") && block.contains("^^^"), "the place: {block}");
    assert!(block.contains("at the broker") && block.contains("not met after"), "the timeline: {block}");
}

#[test]
fn row_e30_the_version_of_a_broker_that_is_known_is_told() {
    let run = output(&["run", "--json", "-", "qos2/interrupted/pubrec-lost@5.0"]);
    let document: Value = serde_json::from_str(&stdout(&run)).unwrap();
    assert_eq!(document["target"]["version"], env!("CARGO_PKG_VERSION"));
}

//! The terminal report against golden files. `UPDATE_GOLDEN=1` writes them anew; read them then.

use deadzone_reports::{Terminal, TerminalOptions, Verbosity, failure_block};
use deadzone_verdict::RunEvent;

use crate::{committed, story};

fn golden(name: &str, text: &str) {
    assert_eq!(
        committed(&format!("tests/golden/{name}"), text),
        text,
        "{name}; UPDATE_GOLDEN=1 writes it anew"
    );
}

fn plain() -> TerminalOptions {
    TerminalOptions::plain()
}

#[test]
fn a_failure_with_both_ends() {
    golden("failure.txt", &failure_block(&story::result("once"), &story::info(), plain()));
}

#[test]
fn a_missing_answer() {
    golden("silence.txt", &failure_block(&story::silent(), &story::info(), plain()));
}

/// The rows of a finding that only a repeat shows are those of the repeat's record.
#[test]
fn what_a_repeat_alone_shows_has_its_own_rows() {
    let mut result = story::result("once");
    let shown = std::mem::take(&mut result.verdict.findings);
    result.verdict.findings = shown.into_iter().map(|finding| finding.of_run(Some(2))).collect();
    result.repeats[1].history = result.history.replace(story::silent().history.unwrap());
    let text = failure_block(&result, &story::info(), plain());
    let of_first = failure_block(&story::result("once"), &story::info(), plain());
    for row in of_first.lines().filter(|line| line.contains("  #") || line.contains("bytes  ")) {
        assert!(text.contains(row), "no {row:?} in {text}");
    }
    assert!(text.contains("shown by    repeat 2, and not the first run"), "{text}");
}

#[test]
fn narrow_ascii() {
    let options = TerminalOptions { ascii: true, width: 80, ..plain() };
    let text = failure_block(&story::result("once"), &story::info(), options);
    assert!(text.is_ascii());
    golden("failure-80-ascii.txt", &text);
}

#[test]
fn late_torn_and_many() {
    let text = failure_block(&story::long(), &story::info(), plain());
    assert!(text.contains("rows hidden"));
    golden("long.txt", &text);
    let all = failure_block(
        &story::long(),
        &story::info(),
        TerminalOptions { verbosity: Verbosity::Verbose, ..plain() },
    );
    assert!(!all.contains("hidden"), "verbose shows every row");
    assert!(all.lines().count() > text.lines().count() + 60);
}

fn whole(events: &[RunEvent], options: TerminalOptions) -> String {
    let mut terminal = Terminal::new(options);
    let mut out = Vec::new();
    for event in events {
        terminal.observe(event, &mut out).expect("a Vec takes everything");
    }
    String::from_utf8(out).expect("text")
}

#[test]
fn a_whole_run() {
    golden("run.txt", &whole(&story::events(), plain()));
}

#[test]
fn quiet_tells_failures_and_the_summary_only() {
    let text = whole(&story::events(), TerminalOptions { verbosity: Verbosity::Quiet, ..plain() });
    assert!(text.contains("FAIL qos2/recovery/pubrec-lost") && text.contains("coverage"));
    assert!(!text.contains("connect/first"));
}

#[test]
fn colours_change_nothing_but_colours() {
    let coloured = whole(&story::events(), TerminalOptions { colour: true, ..plain() });
    assert!(coloured.contains("\x1b["));
    let mut bare = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once("\x1b[") {
        bare.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    bare.push_str(rest);
    let trimmed: Vec<&str> = bare.lines().map(str::trim_end).collect();
    assert_eq!(trimmed, whole(&story::events(), plain()).lines().collect::<Vec<_>>());
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    // Commands are not broken: they are there to be copied.
    for width in [72, 80, 110, 140] {
        for line in whole(&story::events(), TerminalOptions { width, ..plain() }).lines() {
            assert!(line.chars().count() <= width || line.contains("deadzone run"), "{width}: {line}");
        }
    }
}

#[test]
fn hostile_text_does_nothing_to_a_terminal() {
    for ascii in [false, true] {
        for colour in [false, true] {
            let text = whole(&story::hostile_events(), TerminalOptions { ascii, colour, ..plain() });
            assert!(text.contains("\\x1b[2J"), "the escape is shown as text");
            let own: Vec<&str> = text.split('\x1b').skip(1).collect();
            assert!(colour || own.is_empty());
            assert!(own.iter().all(|piece| piece.starts_with('[') && !piece.starts_with("[2J")));
            let harmful = |c: char| c.is_control() && c != '\n' && c != '\x1b';
            assert!(!text.contains(harmful));
            assert!(!text.contains(['\u{202e}', '\u{2028}', '\u{200b}', '\u{ffff}', '\u{fffe}']));
            assert!(
                !text.lines().any(|line| line.starts_with("::")),
                "no line begins with a build's command"
            );
            assert!(!ascii || text.is_ascii());
        }
    }
}

#[test]
fn endless_text_is_bounded() {
    let mut result = story::result("once");
    result.verdict.findings[0].got = "x".repeat(1 << 20);
    result.target_log = Some("y\n".repeat(1 << 18));
    result.verdict.reason = Some("z".repeat(1 << 20));
    assert!(failure_block(&result, &story::info(), plain()).len() < 32 * 1024);
}

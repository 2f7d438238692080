//! `deadzone coverage --bugs`: classes of bugs, their defects and scenarios, a part of them, and what it refuses.

use crate::support::{output, stderr, stdout};

/// What is said of one class, its head line included.
fn of_class(text: &str, id: &str) -> String {
    let from = text.find(&format!("\n  {id}  ")).unwrap_or_else(|| panic!("no {id} in {text}"));
    let mut lines = text[from + 1..].lines();
    let head = lines.next().unwrap_or_default();
    let rest =
        lines.take_while(|line| line.starts_with("   ") || line.starts_with("  bug") || is_field(line));
    std::iter::once(head).chain(rest).collect::<Vec<_>>().join("\n")
}

fn is_field(line: &str) -> bool {
    ["bug ", "defect", "why ", "like ", "scenarios "]
        .iter()
        .any(|label| line[2.min(line.len())..].starts_with(label))
}

#[test]
fn every_class_has_its_defects_or_says_why_there_are_none() {
    let shown = output(&["coverage", "--bugs"]);
    let text = stdout(&shown);
    assert_eq!(shown.status.code(), Some(0), "{text}");
    let lost = of_class(&text, "owed-pubrel-not-resent");
    assert!(lost.contains("pubrel-not-resent-on-resume") && lost.contains(" scenarios\n"), "{lost}");
    let memory = of_class(&text, "unbounded-queue");
    assert!(memory.contains("not on the wire") && memory.contains("the memory of the broker"), "{memory}");
    let restarted = of_class(&text, "wrong-after-restart");
    assert!(restarted.contains("4 scenarios; needs a restart of the broker"), "{restarted}");
    assert!(text.contains("97 classes, "), "{text}");
    assert!(text.contains("in no class") && text.contains("nodes-apart"), "{text}");
}

#[test]
fn an_area_is_told_with_the_scenarios_of_each_defect() {
    let text = stdout(&output(&["coverage", "--bugs", "order", "-v"]));
    let resends = of_class(&text, "resends-out-of-order");
    assert!(
        resends.contains("resend-in-reverse-order: ") && resends.contains("order/resume/in-flight-qos1"),
        "{resends}"
    );
    assert!(resends.contains("https://github.com/nanomq/NanoNNG/commit/920e40334"), "{resends}");
    assert!(text.contains("2 classes, 2 with scenarios"), "{text}");
    assert!(!text.contains("in no class") && !text.contains("will-lost"), "{text}");
    let one = stdout(&output(&["coverage", "--bugs", "resends-out-of-order"]));
    assert!(one.contains("1 class, 1 with scenarios"), "{one}");
}

#[test]
fn what_is_no_area_is_refused_with_those_there_are() {
    let refused: [(&[&str], &str); 2] = [
        (
            &["coverage", "--bugs", "wills"],
            "`wills` names no class of bugs and no area of them; the areas: qos2-in ",
        ),
        (&["coverage", "--bugs", "--mqtt", "5.0"], "cannot be used with"),
    ];
    for (arguments, said) in refused {
        let run = output(arguments);
        assert_eq!(run.status.code(), Some(2), "{arguments:?}");
        assert!(stderr(&run).contains(said), "{arguments:?}: {}", stderr(&run));
        assert_eq!(stdout(&run), "", "{arguments:?}");
    }
}

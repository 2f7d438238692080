//! The reference of the language: every example parses, and nothing of the language is left out.

use deadzone_script::{parse, print, render};
use deadzone_wire::{Field, Mutation};

const REFERENCE: &str = include_str!("../../../scenarios/LANGUAGE.md");

/// The fenced blocks of one sort with the line of their fence.
fn blocks(sort: &str) -> Vec<(usize, String)> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, &str, String)> = None;
    for (index, line) in REFERENCE.lines().enumerate() {
        open = match (open, line.strip_prefix("```")) {
            (None, Some(info)) => Some((index + 1, info, String::new())),
            (None, None) => None,
            (Some((start, info, text)), Some("")) => {
                if info == sort {
                    blocks.push((start, text));
                }
                None
            }
            (Some((start, info, text)), _) => Some((start, info, text + line + "\n")),
        };
    }
    assert!(open.is_none(), "a fence is not closed");
    blocks
}

/// An example as a whole file: steps are put into the frame.
fn whole(example: &str, frame: &str) -> String {
    if example.contains("scenario ") {
        return example.to_owned();
    }
    let steps: String = example.lines().map(|line| format!("  {line}\n")).collect();
    frame.replace("  …\n", &steps)
}

#[test]
fn every_example_parses_and_prints() {
    let frames = blocks("mqt frame");
    let [(_, frame)] = &frames[..] else { panic!("one frame, not {}", frames.len()) };
    assert!(frame.ends_with("  …\n"));
    let examples = blocks("mqt");
    assert!(examples.len() >= 12, "{}", examples.len());
    for (line, example) in examples {
        let source = whole(&example, frame);
        let (scenarios, mistakes) = parse("LANGUAGE.md", "language", &source);
        assert!(mistakes.is_empty(), "line {line}:\n{}", render("LANGUAGE.md", &source, &mistakes, false));
        assert!(!scenarios.is_empty(), "line {line}");
        let (again, mistakes) = parse("LANGUAGE.md", "language", &print(&scenarios));
        assert!(mistakes.is_empty() && again.len() == scenarios.len(), "line {line}");
    }
}

#[test]
fn nothing_is_left_out() {
    let named = |word: &str| REFERENCE.contains(&format!("`{word}`"));
    for field in Field::all() {
        let name = field.to_string().replace(".2", ".N");
        assert!(named(&name), "field {name}");
    }
    for mutation in Mutation::EXAMPLES {
        assert!(named(&mutation.to_string()), "mutation {mutation}");
    }
}

#[test]
fn the_mistake_that_it_shows_is_drawn_so() {
    let shown = &blocks("text")[0].1;
    let source = "\n".repeat(8) + "scenario s\n  client pub\n  pub connect clean\n  link pub drop PUBREC\n";
    let (_, mistakes) = parse("example.mqt", "example", &source);
    let drop: Vec<_> = mistakes.into_iter().filter(|mistake| mistake.code == "E018").collect();
    assert_eq!(render("example.mqt", &source, &drop, false).trim_end(), shown.trim_end());
}

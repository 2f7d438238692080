//! parse -> print -> parse is stable, and no text makes the reader panic.

mod places;

use deadzone_script::{At, Scenario, StepKind, TargetAction, parse, print, render};
use proptest::prelude::*;

const FILES: [&str; 2] = [include_str!("files/interrupted.mqt"), include_str!("files/everything.mqt")];

fn read(source: &str) -> Vec<Scenario> {
    let (scenarios, mistakes) = parse("f.mqt", "a/f", source);
    assert_eq!(mistakes, [], "{}", render("f.mqt", source, &mistakes, false));
    scenarios
}

fn stable(scenarios: Vec<Scenario>) {
    let text = print(&scenarios);
    let again = read(&text);
    assert_eq!(print(&again), text);
    assert!(places::without(again) == places::without(scenarios), "{text}");
}

#[test]
fn handwritten_files_survive() {
    FILES.iter().for_each(|source| stable(read(source)));
}

#[test]
fn the_file_of_everything_has_every_step() {
    let scenarios = read(FILES[1]);
    let mut kinds: Vec<String> = scenarios
        .iter()
        .flat_map(|scenario| &scenario.steps)
        .map(|step| {
            format!("{:?}", step.kind).split(|c: char| !c.is_alphanumeric()).next().unwrap().to_owned()
        })
        .collect();
    kinds.sort();
    kinds.dedup();
    assert_eq!(kinds.len(), 21, "{kinds:?}");
}

#[test]
fn lines_with_carriage_returns_mean_the_same() {
    let unix = read(FILES[0]);
    let dos = read(&FILES[0].replace('\n', "\r\n"));
    assert_eq!(unix, dos);
}

/// A line of some step of the handwritten files.
fn any_line() -> impl Strategy<Value = String> {
    let lines: Vec<String> = FILES.iter().flat_map(|source| source.lines()).map(str::to_owned).collect();
    prop::sample::select(lines)
}

proptest! {
    /// Any text at all: no panic, places inside of the text, and it can be drawn.
    #[test]
    fn no_text_is_too_wild(source in any::<String>()) {
        whole(&source);
    }

    /// Words of the language in any order.
    #[test]
    fn no_soup_is_too_thick(words in prop::collection::vec(
        prop::sample::select(vec![
            "scenario", "s", "\n", "\n  ", "client", "a", "title", "clauses", "5.0/MQTT-4.3.3-10", "connect", "clean",
            "->", "<-", "<-!", "PUBLISH", "PUBREC", "id=7", "id=$p", "qos=", "\"t\"", "\"", "\\", "|", ",", "link", "cut",
            "rst", "from", "2nd", "at", "of", "within", "2s", "expect", "receives", "exactly", "once", "recover", "control",
            "none", "target", "kill", "restart", "freeze", "for", "deviant", "only", "5.0", "@", "#", "broken", "by", "flags=3", "bytes", "0c", "é", "fence", "needs", "ws",
            "tls", "cipher", "byte", "handshake", "certificate=none", "in", "text", "frames", "*", "1+", "ping", "with", "next", "offers", "\"mqtt\"",
        ]), 0..60)) {
        whole(&words.join(" "));
    }

    /// Real lines with one character put in, taken out or replaced.
    #[test]
    fn no_slip_of_the_pen_is_too_bad(
        lines in prop::collection::vec(any_line(), 1..20), at in any::<prop::sample::Index>(), c in any::<Option<char>>(), cut in 0..2usize,
    ) {
        let mut chars: Vec<char> = lines.join("\n").chars().collect();
        let at = at.index(chars.len().max(1)).min(chars.len());
        chars.splice(at..(at + cut).min(chars.len()), c);
        whole(&chars.into_iter().collect::<String>());
    }

    /// Scenarios that a program makes: steps of the handwritten files in any order, with payloads of any bytes.
    #[test]
    fn generated_scenarios_survive(
        picks in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 1..30),
        payload in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let mut scenario = read(FILES[1]).remove(0);
        let all = std::mem::take(&mut scenario.steps);
        // The first steps connect everybody and set the capture, so that any order of the rest is legal.
        let (mut opening, rest): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|step| step.text.contains("connect") || step.text.contains("<- PUBLISH"));
        // What ends the process and what begins it again have their order.
        let rest: Vec<_> = rest
            .into_iter()
            .filter(|step| !matches!(step.kind, StepKind::Target(action) if !matches!(action, TargetAction::Freeze { .. })))
            .collect();
        for (pick, recover) in picks {
            let mut step = pick.get(&rest).clone();
            step.recover = recover;
            // In any order an id may be used that is not free.
            step.deviant |= matches!(step.kind, StepKind::Send { .. });
            if let StepKind::ExpectReceives { payloads, .. } = &mut step.kind {
                payloads.iter_mut().for_each(|p| p.0.clone_from(&payload));
            }
            opening.push(step);
        }
        scenario.steps = opening;
        // What it stands on follows from its steps.
        scenario.stands_on.clear();
        let again = read(&print(std::slice::from_ref(&scenario)));
        scenario.stands_on.clone_from(&again[0].stands_on);
        assert!(places::without(again.clone()) == places::without(vec![scenario]));
        stable(again);
    }
}

fn whole(source: &str) {
    let (scenarios, mistakes) = parse("f.mqt", "f", source);
    let lines: Vec<&str> = source.split('\n').collect();
    for mistake in &mistakes {
        let At { line, column, length } = mistake.at;
        assert!(line >= 1 && column >= 1 && length >= 1, "{mistake:?}");
        let chars = lines[line as usize - 1].chars().count();
        assert!(column as usize <= chars + 1, "{mistake:?} in {:?}", lines[line as usize - 1]);
    }
    let drawn = render("f.mqt", source, &mistakes, false);
    assert!(drawn.chars().all(|c| c == '\n' || !c.is_control()), "{drawn:?}");
    // What was read without a mistake is stable.
    if !scenarios.is_empty() {
        stable_loosely(scenarios);
    }
}

/// Like `stable`, for texts whose other scenarios have mistakes.
fn stable_loosely(scenarios: Vec<Scenario>) {
    let text = print(&scenarios);
    let (again, mistakes) = parse("f.mqt", "f", &text);
    assert_eq!(mistakes, [], "{text}");
    assert!(places::without(again) == places::without(scenarios), "{text}");
}

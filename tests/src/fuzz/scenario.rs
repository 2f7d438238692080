//! Any text as a file of scenarios.

#[path = "../../../harness/script/tests/places/mod.rs"]
mod places;

use deadzone_script::{At, parse, print, render};

/// Every mistake has its place and can be drawn; what was read without one is stable when printed.
///
/// # Panics
///
/// Where it is not.
pub fn scenario(data: &[u8]) {
    let Ok(source) = std::str::from_utf8(data) else { return };
    let (scenarios, mistakes) = parse("f.mqt", "f", source);
    let lines: Vec<&str> = source.split('\n').collect();
    for mistake in &mistakes {
        let At { line, column, length } = mistake.at;
        assert!(line >= 1 && column >= 1 && length >= 1, "{mistake:?}");
        let text = lines.get(line as usize - 1).unwrap_or_else(|| panic!("no such line: {mistake:?}"));
        assert!(column as usize <= text.chars().count() + 1, "{mistake:?} in {text:?}");
    }
    let drawn = render("f.mqt", source, &mistakes, false);
    assert!(drawn.chars().all(|c| c == '\n' || !c.is_control()), "{drawn:?}");
    for scenario in scenarios {
        let _ = scenario.load();
        let text = print(std::slice::from_ref(&scenario));
        let (mut again, mistakes) = parse("f.mqt", "f", &text);
        assert_eq!(mistakes, [], "{text}");
        assert_eq!(print(&again), text);
        // A row of a table is printed as a scenario of its own.
        again.iter_mut().for_each(|one| one.id.clone_from(&scenario.id));
        assert!(places::without(again) == places::without(vec![scenario]), "{text}");
    }
}

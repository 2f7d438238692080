//! The line of the scenario with a caret under what failed.

use deadzone_history::Place;
use deadzone_verdict::ScenarioResult;

use super::page::{Page, Role};

/// `--> file:line:column`, the line, and the caret with `label`. Nothing of a place that the source does not have.
pub(crate) fn write(page: &mut Page, result: &ScenarioResult, place: Place, label: &str) {
    let Some(source) =
        usize::try_from(place.line).ok().filter(|n| *n > 0).and_then(|n| result.source.lines().nth(n - 1))
    else {
        return;
    };
    let place = if place.column <= 1 { whole_step(source, place) } else { place };
    let number = place.line.to_string();
    let gutter = number.len();
    let bar = page.glyphs.bar;
    let arrow = if page.options.ascii { "-->" } else { "──▶" };
    let place_text = page.safe(&format!("{}:{}:{}", result.file, place.line, place.column), 200);
    page.blank();
    let head = format!("  {}{arrow} {place_text}", " ".repeat(gutter));
    page.raw(&page.paint(Role::Faint, &head).clone());

    let before = usize::try_from(place.column.saturating_sub(1)).unwrap_or(0);
    let length = usize::try_from(place.length).unwrap_or(1).max(1);
    // Indentation that all lines share says nothing; what stands before the caret is measured as it is shown.
    let indent = source.chars().take_while(|c| c.is_whitespace()).count().min(before);
    let shown: String = source.chars().skip(indent).collect();
    let lead: String = shown.chars().take(before - indent).collect();
    let marked: String = shown.chars().skip(before - indent).take(length).collect();
    let room = page.options.width.saturating_sub(gutter + 6);
    let text = page.safe(&shown, room);
    let at = page.safe(&lead, room).chars().count();
    let carets = page.safe(&marked, room).chars().count().max(1);
    let line = format!("  {} {bar} {text}", page.paint(Role::Faint, &number));
    page.raw(&line);
    let label = page.safe(label, room.saturating_sub(at + carets + 1).max(12));
    let line = format!(
        "  {} {bar} {}{}",
        " ".repeat(gutter),
        " ".repeat(at),
        page.paint(Role::Bad, &format!("{} {label}", "^".repeat(carets)))
    );
    page.raw(&line);
}

/// `file:line  the step`, on one line.
pub(crate) fn brief(page: &mut Page, result: &ScenarioResult, place: Place) {
    let line = usize::try_from(place.line).ok().and_then(|n| result.source.lines().nth(n.checked_sub(1)?));
    let text = format!("{}:{}  {}", result.file, place.line, line.unwrap_or_default().trim());
    page.verbatim("at", &text);
}

/// A place that names a line only means its whole step.
fn whole_step(source: &str, place: Place) -> Place {
    let step = source.split('#').next().unwrap_or(source);
    let indent = step.chars().take_while(|c| c.is_whitespace()).count();
    let length = step.trim().chars().count().max(1);
    let narrow = |n: usize| u32::try_from(n).unwrap_or(1);
    Place { column: narrow(indent + 1), length: narrow(length), ..place }
}

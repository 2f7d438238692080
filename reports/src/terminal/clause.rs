//! A clause for people: level, id, obligation, and where the standard says it.

use deadzone_spec::ClauseId;

use super::page::{Page, Role};

/// The clause with its obligation and, unless it is to be short, its section and what it goes together with.
pub(crate) fn write(page: &mut Page, id: ClauseId, also: &[ClauseId], terse: bool) {
    let clause = id.clause();
    let text = format!("{id}  {}", clause.text);
    if terse {
        page.brief(&clause.level.to_string(), &text);
        return;
    }
    page.field(&clause.level.to_string(), Role::Strong, &text, 400);
    let place = format!("MQTT {} section {}, {}", clause.version, clause.section, clause.url());
    page.field("", Role::Faint, &place, 300);
    for id in also {
        page.field("also", Role::Plain, &format!("{id}  {}", id.clause().text), 400);
    }
}

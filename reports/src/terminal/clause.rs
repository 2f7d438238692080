//! A clause for people: level, id, obligation, and where the standard says it.

use deadzone_spec::ClauseId;

use super::page::{Page, Role};

/// The clause with its obligation and section.
pub(crate) fn write(page: &mut Page, id: ClauseId, also: &[ClauseId]) {
    let clause = id.clause();
    page.field(&clause.level.to_string(), Role::Strong, &format!("{id}  {}", clause.text), 400);
    let place = format!("MQTT {} section {}, {}", clause.version, clause.section, clause.url());
    page.field("", Role::Faint, &place, 300);
    for id in also {
        page.field("also", Role::Plain, &format!("{id}  {}", id.clause().text), 400);
    }
}

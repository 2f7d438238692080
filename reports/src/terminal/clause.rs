//! A clause for people: level, id, obligation, and where the standard says it.

use deadzone_spec::find;

use super::page::{Page, Role};

/// The clause with its obligation and section.
pub(crate) fn write(page: &mut Page, id: &str, also: &[String]) {
    match find(id) {
        Some(clause) => {
            let level = clause.level.to_string();
            page.field(&level, Role::Strong, &format!("{id}  {}", clause.text), 400);
            page.field(
                "",
                Role::Faint,
                &format!("MQTT {} section {}, {}", clause.version, clause.section(), clause.url()),
                300,
            );
        }
        None => page.field("clause", Role::Strong, id, 120),
    }
    for id in also {
        let text = find(id).map_or("", |clause| clause.text);
        page.field("also", Role::Plain, &format!("{id}  {text}"), 400);
    }
}

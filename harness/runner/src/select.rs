//! Which scenarios: by id, glob, clause or tag.

use deadzone_script::Scenario;
use deadzone_spec::ClauseId;
use deadzone_transport::Endpoint;
use deadzone_wire::Version;

/// What the user chose; nothing chosen means everything.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    words: Vec<String>,
}

/// A word chose nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` selects no scenario{}", Endpoint::without_password(word), near.as_ref().map(|n| format!(": did you mean `{n}`?")).unwrap_or_default())]
pub struct SelectionError {
    /// The word.
    pub word: String,
    /// An id that is near.
    pub near: Option<String>,
}

impl Selection {
    /// From the words of the command line: an id, a glob over ids (`*` within a part, `**` over parts), a clause
    /// (`5.0/MQTT-4.3.3-10`, or `MQTT-4.3.3` for every clause of a section in either version), or a tag.
    pub fn new(words: Vec<String>) -> Self {
        Self { words }
    }

    /// Whether nothing was left out.
    pub fn is_everything(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether a scenario in a version was chosen.
    pub fn holds(&self, scenario: &Scenario, version: Version) -> bool {
        self.words.is_empty() || self.words.iter().any(|w| chosen(w, scenario, version))
    }

    /// The first word that chooses nothing at all.
    pub fn check<'a>(
        &self,
        scenarios: impl Iterator<Item = &'a Scenario> + Clone,
    ) -> Result<(), SelectionError> {
        for word in &self.words {
            let hit = scenarios.clone().any(|s| s.versions.iter().any(|v| chosen(word, s, *v)));
            if !hit {
                let near = scenarios
                    .clone()
                    .map(|s| (distance(word, &s.id), s))
                    .filter(|(d, s)| *d <= 3 || s.id.contains(word.as_str()))
                    .min_by_key(|(d, _)| *d)
                    .map(|(_, s)| s.id.clone());
                return Err(SelectionError { word: word.clone(), near });
            }
        }
        Ok(())
    }
}

fn chosen(word: &str, scenario: &Scenario, version: Version) -> bool {
    if let Some((id, only)) = word.rsplit_once('@')
        && let Ok(only) = only.parse::<Version>()
    {
        return only == version && chosen(id, scenario, version);
    }
    scenario.id == word
        || scenario.id.strip_prefix(word).is_some_and(|rest| rest.starts_with('/'))
        || scenario.tags.iter().any(|t| t == word)
        || (word.contains('*') && glob(word.as_bytes(), scenario.id.as_bytes()))
        || (word.contains("MQTT-") && scenario.clauses_of(version).any(|c| names_clause(word, c)))
}

/// `MQTT-4.3.3` names `5.0/MQTT-4.3.3-10`; so does the whole id.
fn names_clause(word: &str, id: ClauseId) -> bool {
    let clause = id.clause();
    let number = if word.contains('/') { clause.id } else { clause.number };
    number == word || number.strip_prefix(word).is_some_and(|rest| rest.starts_with(['-', '.']))
}

/// `*` matches within a part of the id, `**` over parts.
pub(crate) fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match pattern {
        [] => text.is_empty(),
        [b'*', b'*', rest @ ..] => (0..=text.len()).any(|i| glob(rest, &text[i..])),
        [b'*', rest @ ..] => {
            let part = text.iter().position(|b| *b == b'/').unwrap_or(text.len());
            (0..=part).any(|i| glob(rest, &text[i..]))
        }
        [p, rest @ ..] => text.first() == Some(p) && glob(rest, &text[1..]),
    }
}

/// Edit distance, for suggestions.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let change = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{distance, glob, names_clause};

    #[test]
    fn globs_stop_at_parts_unless_doubled() {
        assert!(glob(b"qos2/*/lost", b"qos2/interrupted/lost"));
        assert!(!glob(b"qos2/*", b"qos2/interrupted/lost"));
        assert!(glob(b"qos2/**", b"qos2/interrupted/lost"));
        assert!(glob(b"**lost", b"qos2/interrupted/lost"));
        assert!(!glob(b"qos1/**", b"qos2/interrupted/lost"));
    }

    #[test]
    fn a_section_names_its_clauses_but_not_its_neighbours() {
        let id = deadzone_spec::id!("5.0/MQTT-4.3.3-10");
        assert!(names_clause("MQTT-4.3.3", id));
        assert!(names_clause("5.0/MQTT-4.3.3-10", id));
        assert!(!names_clause("3.1.1/MQTT-4.3.3-1", id));
        assert!(!names_clause("MQTT-4.3.3-1", id));
    }

    #[test]
    fn distance_counts_edits() {
        assert_eq!(distance("pubrec-lost", "pubrec-lots"), 2);
        assert_eq!(distance("", "abc"), 3);
    }
}

//! One word of a filter.

use deadzone_script::Scenario;
use deadzone_spec::ClauseId;
use deadzone_wire::Version;

use super::braces::expanded;

/// A word: it chooses or takes away what fits one of its alternatives.
#[derive(Clone, Debug)]
pub(super) struct Word {
    takes_away: bool,
    alternatives: Vec<Alternative>,
}

#[derive(Clone, Debug)]
struct Alternative {
    /// An id, a pattern, a tag or a clause; empty: everything.
    text: String,
    /// In this version only.
    only: Option<Version>,
}

impl Word {
    pub(super) fn read(typed: &str) -> Result<Self, &'static str> {
        let (takes_away, text) = match typed.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, typed),
        };
        if text.is_empty() {
            return Err("nothing stands in it");
        }
        Ok(Self { takes_away, alternatives: expanded(text)?.into_iter().map(Alternative::read).collect() })
    }

    /// Whether it chooses; else it takes away.
    pub(super) fn chooses(&self) -> bool {
        !self.takes_away
    }

    /// What it names first, for a hint.
    pub(super) fn text(&self) -> &str {
        self.alternatives.first().map_or("", |alternative| &alternative.text)
    }

    pub(super) fn fits(&self, scenario: &Scenario, version: Version) -> bool {
        self.alternatives.iter().any(|alternative| alternative.fits(scenario, version))
    }
}

impl Alternative {
    fn read(word: String) -> Self {
        match word.rsplit_once('@').map(|(text, only)| (text, version(only))) {
            Some((text, Some(only))) => Self { text: text.to_owned(), only: Some(only) },
            _ => Self { text: word, only: None },
        }
    }

    fn fits(&self, scenario: &Scenario, version: Version) -> bool {
        let word = self.text.as_str();
        if self.only.is_some_and(|only| only != version) || !scenario.versions.contains(&version) {
            return false;
        }
        (word.is_empty() && self.only.is_some())
            || scenario.id == word
            || scenario.id.strip_prefix(word.trim_end_matches('/')).is_some_and(|rest| rest.starts_with('/'))
            || scenario.tags.iter().any(|tag| tag == word)
            || (word.contains('*') && glob(word.as_bytes(), scenario.id.as_bytes()))
            || scenario.clauses_of(version).any(|clause| names_clause(word, clause))
    }
}

/// A version as people write it: `5.0`, `5`, `v5`, `3.1.1`, `v3.1.1`.
pub fn version(word: &str) -> Option<Version> {
    let plain = word.strip_prefix(['v', 'V']).unwrap_or(word);
    match plain {
        "5" => Some(Version::V5),
        _ => plain.parse().ok(),
    }
}

/// `MQTT-4.3.3` and `4.3.3` name `5.0/MQTT-4.3.3-10`; so does the whole id.
pub fn names_clause(word: &str, id: ClauseId) -> bool {
    let clause = id.clause();
    let bare = clause.number.strip_prefix("MQTT-").unwrap_or(clause.number);
    let number = match (word.contains("MQTT-"), word.contains('/')) {
        (true, true) => clause.id,
        (true, false) => clause.number,
        // A single number is no section, but may be anything else.
        (false, _) if word.contains('.') => bare,
        (false, _) => return false,
    };
    number == word || number.strip_prefix(word).is_some_and(|rest| rest.starts_with(['-', '.']))
}

/// `*` matches within a part of the id, `**` over parts. Bounded by the product of the lengths: neighbouring stars are one.
pub(crate) fn glob(pattern: &[u8], text: &[u8]) -> bool {
    // The places in the text that the pattern may have come to.
    let mut reached = vec![false; text.len() + 1];
    reached[0] = true;
    let mut rest = pattern;
    while let Some((&byte, behind)) = rest.split_first() {
        let over = behind.first() == Some(&b'*');
        rest = if byte == b'*' && over { &behind[1..] } else { behind };
        let mut next = vec![false; text.len() + 1];
        for at in 0..=text.len() {
            next[at] = match (byte, at.checked_sub(1)) {
                (b'*', None) => reached[0],
                (b'*', Some(before)) => reached[at] || (next[before] && (over || text[before] != b'/')),
                (_, None) => false,
                (byte, Some(before)) => reached[before] && text[before] == byte,
            };
        }
        reached = next;
    }
    reached[text.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_stop_at_parts_unless_doubled() {
        assert!(glob(b"qos2/*/lost", b"qos2/interrupted/lost"));
        assert!(!glob(b"qos2/*", b"qos2/interrupted/lost"));
        assert!(glob(b"qos2/**", b"qos2/interrupted/lost"));
        assert!(glob(b"**lost", b"qos2/interrupted/lost"));
        assert!(glob(b"**", b"") && glob(b"*", b"") && !glob(b"", b"a"));
        assert!(!glob(b"qos1/**", b"qos2/interrupted/lost"));
    }

    #[test]
    fn many_stars_take_no_time() {
        let pattern = b"*a".repeat(200);
        assert!(!glob(&pattern, &b"a".repeat(199)), "by trying every way this would not end");
        assert!(glob(&pattern, &b"a".repeat(400)));
    }

    #[test]
    fn a_section_names_its_clauses_but_not_its_neighbours() {
        let id = deadzone_spec::id!("5.0/MQTT-4.3.3-10");
        for word in ["MQTT-4.3.3", "5.0/MQTT-4.3.3-10", "4.3.3", "4.3", "4.3.3-10"] {
            assert!(names_clause(word, id), "{word}");
        }
        for word in ["3.1.1/MQTT-4.3.3-1", "MQTT-4.3.3-1", "4", "3.3", "4.3.3-1"] {
            assert!(!names_clause(word, id), "{word}");
        }
    }

    #[test]
    fn row_e16_versions_are_read_as_people_write_them() {
        for word in ["5.0", "5", "v5", "V5.0"] {
            assert_eq!(version(word), Some(Version::V5), "{word}");
        }
        assert_eq!((version("v3.1.1"), version("4")), (Some(Version::V311), None));
    }
}

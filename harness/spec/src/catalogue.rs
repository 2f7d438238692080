//! Reads the embedded data once. Must not know who asks.

use std::sync::OnceLock;

use crate::{Clause, Level, Party, nearest};

const NUMBERED: [&str; 2] = [include_str!("../data/mqtt-3.1.1.tsv"), include_str!("../data/mqtt-5.0.tsv")];
const OWN: &str = include_str!("../data/own.tsv");

/// Every statement: 3.1.1, then 5.0, then the ids of our own; each in the order of its file.
pub fn all() -> &'static [Clause] {
    static ALL: OnceLock<Vec<Clause>> = OnceLock::new();
    ALL.get_or_init(|| {
        let numbered = NUMBERED.iter().flat_map(|data| rows(data)).filter_map(numbered);
        numbered.chain(rows(OWN).filter_map(own)).collect()
    })
}

/// The statement with this id (`5.0/MQTT-4.3.3-10`).
pub fn find(id: &str) -> Option<&'static Clause> {
    static BY_ID: OnceLock<Vec<&'static Clause>> = OnceLock::new();
    let by_id = BY_ID.get_or_init(|| {
        let mut sorted: Vec<&Clause> = all().iter().collect();
        sorted.sort_by_key(|clause| clause.id);
        sorted
    });
    by_id.binary_search_by(|clause| clause.id.cmp(id)).ok().map(|index| by_id[index])
}

/// An id that was probably meant: the same number with its version, else the nearest by edits.
pub fn suggest(id: &str) -> Option<&'static str> {
    let number = id.rsplit('/').next().unwrap_or(id);
    let same_number = all().iter().rev().find(|clause| clause.number.eq_ignore_ascii_case(number));
    same_number.map(|clause| clause.id).or_else(|| nearest(id, all().iter().map(|clause| clause.id)))
}

fn rows(data: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    data.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| line.split('\t').collect())
}

/// `id, party, level, text`. Lines of another shape are left out here and caught by the tests' counts.
fn numbered(row: Vec<&'static str>) -> Option<Clause> {
    let [id, party, level, text] = row[..] else { return None };
    let (_, number) = id.split_once('/')?;
    let (section, _) = number.strip_prefix("MQTT-")?.rsplit_once('-')?;
    clause(id, party, level, section.trim_end_matches(".0"), text)
}

/// `id, party, level, section, text`.
fn own(row: Vec<&'static str>) -> Option<Clause> {
    let [id, party, level, section, text] = row[..] else { return None };
    clause(id, party, level, section, text)
}

fn clause(
    id: &'static str,
    party: &str,
    level: &str,
    section: &'static str,
    text: &'static str,
) -> Option<Clause> {
    let (version, number) = id.split_once('/')?;
    let party = match party {
        "client" => Party::Client,
        "server" => Party::Server,
        "both" => Party::Both,
        _ => return None,
    };
    let level = match level {
        "must" => Level::Must,
        "should" => Level::Should,
        "may" => Level::May,
        _ => return None,
    };
    Some(Clause { id, version, number, party, level, text, section })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_numbered_statement_is_there_once() {
        let count = |version| all().iter().filter(|c| c.version == version && c.is_numbered()).count();
        assert_eq!(count("3.1.1"), 141);
        assert_eq!(count("5.0"), 251);
        let ids: BTreeSet<&str> = all().iter().map(|c| c.id).collect();
        assert_eq!(ids.len(), all().len(), "an id stands twice");
    }

    #[test]
    fn no_line_of_the_data_is_lost() {
        let lines = NUMBERED.iter().chain([&OWN]).flat_map(|data| rows(data)).count();
        assert_eq!(all().len(), lines, "a line has the wrong columns or an unknown party or level");
    }

    #[test]
    fn every_statement_is_well_formed() {
        for c in all() {
            assert_eq!(c.id, format!("{}/{}", c.version, c.number));
            assert!(["3.1", "3.1.1", "5.0"].contains(&c.version), "{}", c.id);
            assert!(c.number.starts_with("MQTT-") || c.number.starts_with("DZ-"), "{}", c.id);
            assert!(c.number.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b)), "{}", c.id);
            assert!(!c.text.trim().is_empty() && c.text.trim() == c.text, "{}", c.id);
            assert!(c.section().split('.').all(|n| n.parse::<u8>().is_ok_and(|n| n > 0)), "{}", c.id);
            if c.is_numbered() {
                assert!(c.number.rsplit('-').next().unwrap().parse::<u8>().is_ok_and(|n| n > 0), "{}", c.id);
                assert_eq!(c.level, Level::Must, "{}", c.id);
            }
        }
    }

    #[test]
    fn finds_by_the_whole_id() {
        let clause = find("5.0/MQTT-4.3.3-10").unwrap();
        assert_eq!((clause.section(), clause.party), ("4.3.3", Party::Both));
        assert!(all().iter().all(|c| find(c.id) == Some(c)));
        assert_eq!(find("3.1.1/MQTT-3.1.0-1").unwrap().section(), "3.1");
        assert_eq!(find("5.0/MQTT-6.0.0-1").unwrap().section(), "6");
        assert_eq!(find("3.1.1/MQTT-4.3.3-10"), None);
        assert_eq!(find("MQTT-4.3.3-10"), None);
        assert!(find("3.1.1/DZ-one-connack").is_some());
    }

    #[test]
    fn suggests_near_ids() {
        assert_eq!(suggest("MQTT-4.3.3-10"), Some("5.0/MQTT-4.3.3-10"));
        assert_eq!(suggest("3.1.1/MQTT-4.3.3-10"), Some("5.0/MQTT-4.3.3-10"));
        assert_eq!(suggest("5.0/MQTT-4.3.3-01"), Some("5.0/MQTT-4.3.3-1"));
        assert_eq!(suggest("3.1.1/DZ-one-conack"), Some("3.1.1/DZ-one-connack"));
        assert_eq!(suggest("nothing of the sort at all"), None);
    }
}

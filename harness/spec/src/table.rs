//! The table of statements, as the build script made it from `data/*.tsv`, and the search for what was meant.

use crate::{Clause, ClauseId, Level, Party, Reaction, Version, all, nearest};

include!(concat!(env!("OUT_DIR"), "/table.rs"));

/// An id that was probably meant: the same number with its version, else the nearest by edits.
pub fn suggest(id: &str) -> Option<ClauseId> {
    let number = id.rsplit('/').next().unwrap_or(id);
    let same_number = all().rev().find(|known| known.clause().number.eq_ignore_ascii_case(number));
    same_number.or_else(|| nearest(id, all().map(ClauseId::as_str)).and_then(ClauseId::find))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id;

    /// The count of a version's numbered statements, and FNV-1a over `number, tab, party, line end`, sorted by number.
    fn digest(version: Version) -> (usize, u64) {
        let numbered = all().map(ClauseId::clause).filter(|c| c.version == version && c.is_numbered());
        let mut lines: Vec<(&str, String)> =
            numbered.map(|c| (c.number, format!("{}\t{}\n", c.number, c.party))).collect();
        lines.sort_unstable();
        let bytes = lines.iter().flat_map(|(_, line)| line.bytes());
        let hash =
            bytes.fold(0xcbf2_9ce4_8422_2325_u64, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        (lines.len(), hash)
    }

    /// The sums come from a list of both standards' labels and parties that was made apart from this table.
    #[test]
    fn every_numbered_statement_is_there_once_and_binds_whom_it_should() {
        assert_eq!(digest(Version::V311), (141, 0x3ed0_aa0f_51b5_8a4d));
        assert_eq!(digest(Version::V5), (251, 0xec4a_dff2_9a36_e353));
        assert_eq!(digest(Version::V31).0, 0);
    }

    #[test]
    fn every_statement_is_well_formed() {
        for c in &TABLE {
            assert_eq!(c.id, format!("{}/{}", c.version, c.number));
            assert!(c.is_numbered() || c.number.starts_with("DZ-"), "{}", c.id);
            assert!(c.number.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b)), "{}", c.id);
            assert!(!c.text.trim().is_empty() && c.text.trim() == c.text, "{}", c.id);
            assert!(c.section.split('.').all(|n| n.parse::<u8>().is_ok_and(|n| n > 0)), "{}", c.id);
            if c.is_numbered() {
                let (section, last) = c.number["MQTT-".len()..].rsplit_once('-').unwrap();
                assert_eq!(c.section, section.trim_end_matches(".0"), "{}", c.id);
                assert!(last.parse::<u8>().is_ok_and(|n| n > 0), "{}", c.id);
                assert_eq!(c.level, Level::Must, "{}", c.id);
            }
            assert!(c.version != Version::V31 || c.level == Level::Should, "{}: 3.1 is graded", c.id);
        }
    }

    /// What was once wrong: PUBACKs and PUBRECs of a server have no order, and its resends are bound through 4.6.0-6.
    #[test]
    fn row_a23_the_order_of_acknowledgements_binds_the_client_alone() {
        for version in ["3.1.1", "5.0"] {
            for n in 1..=4 {
                let found = ClauseId::find(&format!("{version}/MQTT-4.6.0-{n}")).unwrap();
                assert_eq!(found.clause().party, Party::Client, "{found}");
            }
            for n in 5..=6 {
                let found = ClauseId::find(&format!("{version}/MQTT-4.6.0-{n}")).unwrap();
                assert_eq!(found.clause().party, Party::Server, "{found}");
            }
        }
    }

    /// The statements of 5.0 by which an ill-formed packet that is left open is a failure; the rest is graded.
    #[test]
    fn a_missing_close_fails_by_these_alone() {
        let named = |number: &&str| ClauseId::find(&format!("5.0/MQTT-{number}")).unwrap();
        let own = "3.1.0-2 3.1.2-1 3.1.2-2 3.1.2-3 3.1.3-8 3.1.4-1 3.1.4-2 3.2.2-7 3.2.2-12 3.2.2-13 3.6.1-1 3.8.1-1 \
                   3.8.3-5 3.10.1-1 3.14.1-1 3.15.1-1 4.12.0-1 4.12.1-2 4.13.2-1 6.0.0-1";
        // What a client breaks in CONNECT alone falls under 3.1.4-1; its keep-alive under 3.1.2-22.
        let of_client = "3.1.2-9 3.1.2-11 3.1.2-12 3.1.2-13 3.1.2-16 3.1.2-17 3.1.2-18 3.1.2-19 3.1.2-20 3.1.2-21 3.1.3-1 \
                         3.1.3-3 3.1.3-4 3.1.3-11 3.1.3-12";
        let mut wanted: Vec<ClauseId> =
            own.split(' ').chain(of_client.split(' ')).map(|n| named(&n)).collect();
        wanted.sort_unstable();
        let closes = |id: &ClauseId| matches!(id.clause().reaction, Reaction::Close(_) | Reaction::Refuse(_));
        let closing: Vec<ClauseId> = all().filter(|id| id.version() == Version::V5).filter(closes).collect();
        assert_eq!(closing, wanted);
    }

    #[test]
    fn in_a_connect_5_0_is_as_strict_as_3_1_1() {
        let of = |id: ClauseId| (id.clause().reaction, id.clause().reaction_in_connect);
        assert_eq!(of(id!("5.0/MQTT-1.5.4-1")), (Reaction::Graded(&[0x81]), Reaction::Close(&[0x81])));
        assert_eq!(
            of(id!("5.0/MQTT-4.7.3-1")).1,
            Reaction::Graded(&[0x81, 0x82, 0x8f, 0x90]),
            "an empty Will Topic"
        );
        assert_eq!(of(id!("3.1.1/MQTT-1.5.3-1")), (Reaction::Close(&[]), Reaction::Close(&[])));
        assert_eq!(of(id!("3.1.1/MQTT-3.1.2-2")).0, Reaction::Refuse(&[1]));
        assert_eq!(of(id!("3.1.1/MQTT-3.3.1-2")).0, Reaction::Graded(&[]), "DUP at QoS 0");
        assert_eq!(of(id!("3.1.1/DZ-wrong-sender")).0, Reaction::Graded(&[]));
    }

    #[test]
    fn suggests_near_ids() {
        let suggest = |id| suggest(id).map(ClauseId::as_str);
        assert_eq!(suggest("MQTT-4.3.3-10"), Some("5.0/MQTT-4.3.3-10"));
        assert_eq!(suggest("3.1.1/MQTT-4.3.3-10"), Some("5.0/MQTT-4.3.3-10"));
        assert_eq!(suggest("5.0/MQTT-4.3.3-01"), Some("5.0/MQTT-4.3.3-1"));
        assert_eq!(suggest("3.1.1/DZ-one-conack"), Some("3.1.1/DZ-one-connack"));
        assert_eq!(suggest("nothing of the sort at all"), None);
    }
}

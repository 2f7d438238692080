//! Conditions on the target's version: `>= 2.0.1, < 2.1`. All of them must hold.

use std::cmp::Ordering;

/// Comparisons that must all hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition(Vec<(Comparison, Vec<u64>)>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Comparison {
    Less,
    AtMost,
    Equal,
    AtLeast,
    More,
}

/// Longer signs first: `<=` begins as `<` does.
const SIGNS: [(&str, Comparison); 5] = [
    ("<=", Comparison::AtMost),
    (">=", Comparison::AtLeast),
    ("<", Comparison::Less),
    (">", Comparison::More),
    ("=", Comparison::Equal),
];

impl Condition {
    /// Reads comparisons between commas; a number without a sign is the version itself.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let one = |part: &str| {
            let part = part.trim();
            let signed =
                SIGNS.iter().find_map(|(sign, how)| part.strip_prefix(sign).map(|rest| (*how, rest)));
            let (how, number) = signed.unwrap_or((Comparison::Equal, part));
            let parts: Result<Vec<u64>, _> = number.trim().split('.').map(str::parse).collect();
            parts.map(|parts| (how, parts)).map_err(|_| format!("`{part}` compares with no version"))
        };
        text.split(',').map(one).collect::<Result<_, _>>().map(Self)
    }

    /// Whether it holds for what the target says of its version: the first number in it.
    pub(super) fn holds(&self, version: &str) -> bool {
        let from = version.find(|c: char| c.is_ascii_digit()).unwrap_or(version.len());
        let number: String =
            version[from..].chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
        let number: Vec<u64> = number.split('.').map_while(|part| part.parse().ok()).collect();
        !number.is_empty() && self.0.iter().all(|(how, than)| how.holds(compare(&number, than)))
    }
}

impl Comparison {
    fn holds(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::AtMost => order.is_le(),
            Self::Equal => order.is_eq(),
            Self::AtLeast => order.is_ge(),
            Self::More => order.is_gt(),
        }
    }
}

/// What a shorter number does not say is zero.
fn compare(a: &[u64], b: &[u64]) -> Ordering {
    let part = |number: &[u64], i: usize| number.get(i).copied().unwrap_or(0);
    let parts = 0..a.len().max(b.len());
    parts.map(|i| part(a, i).cmp(&part(b, i))).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_number() {
        let holds = |condition: &str, version: &str| Condition::parse(condition).unwrap().holds(version);
        assert!(holds("< 2.0.10", "mosquitto version 2.0.9") && holds(">= 2.0.1", "2.0.1"));
        assert!(!holds("< 2.0.10", "2.0.10"));
        assert!(holds(">= 2.0, < 2.1", "2.0.18-rc1") && !holds(">= 2.0, < 2.1", "2.1"));
        assert!(holds("2.0", "2.0.0") && holds("= 2", "2.0.0") && !holds("2.0", "2.0.1"));
        assert!(holds("> 1", "1.0.1") && holds("<= 1.0.1", "1.0.1") && !holds("<= 1", "1.0.1"));
        assert!(!holds(">= 0", "unknown"), "a version without a number meets nothing");
    }

    #[test]
    fn what_is_no_condition_is_told() {
        for wrong in ["", "new", ">= x", "1.2, ", "1..2"] {
            assert!(Condition::parse(wrong).is_err(), "{wrong}");
        }
    }
}

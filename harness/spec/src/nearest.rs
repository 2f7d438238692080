//! Which known word was probably meant. Knows nothing of what the words stand for.

/// The candidate nearest to `word` by edits (a swap of neighbours is one), if it is near enough to be worth naming:
/// at most a third of the longer word's length, and at least one edit is always allowed. The first of equals wins.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const LONGEST: usize = 80; // beyond this nobody mistyped a word
    let word: Vec<char> = word.chars().map(|c| c.to_ascii_lowercase()).take(LONGEST + 1).collect();
    if word.is_empty() || word.len() > LONGEST {
        return None;
    }
    let mut best: Option<(usize, &'a str)> = None;
    for candidate in candidates {
        let other: Vec<char> = candidate.chars().map(|c| c.to_ascii_lowercase()).collect();
        let allowed = (word.len().max(other.len()) / 3).max(1);
        if word.len().abs_diff(other.len()) > allowed {
            continue;
        }
        let edits = distance(&word, &other);
        if edits <= allowed && edits < other.len() && best.is_none_or(|(fewest, _)| edits < fewest) {
            best = Some((edits, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Optimal string alignment distance: insert, delete, replace, and swap of two neighbours.
fn distance(a: &[char], b: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replace = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replace.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn names_the_near_word_and_only_that() {
        let words = ["PUBREC", "PUBREL", "PUBCOMP", "CONNECT"];
        assert_eq!(nearest("PUBERC", words), Some("PUBREC"));
        assert_eq!(nearest("pubrel", words), Some("PUBREL"));
        assert_eq!(nearest("PUBCMP", words), Some("PUBCOMP"));
        assert_eq!(nearest("SUBSCRIBE", words), None);
        assert_eq!(nearest("", words), None);
        assert_eq!(nearest("x", ["y"]), None, "one letter replaced by another is another word");
        assert_eq!(nearest(&"P".repeat(10_000), words), None);
    }
}

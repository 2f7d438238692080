//! `{a,b}`: one word that stands for several. Knows nothing of what a word means.

/// So many words one may stand for.
const MOST: usize = 256;

/// Every word that a text with braces stands for; a text without any stands for itself.
pub(super) fn expanded(text: &str) -> Result<Vec<String>, &'static str> {
    let mut done = Vec::new();
    let mut open = vec![text.to_owned()];
    while let Some(text) = open.pop() {
        match innermost(&text)? {
            None => done.push(text),
            Some((before, inside, behind)) => {
                // From the last to the first, so that they come off the stack in their order.
                open.extend(inside.split(',').rev().map(|part| format!("{before}{part}{behind}")));
            }
        }
        if done.len() + open.len() > MOST {
            return Err("its braces stand for more than 256 words");
        }
    }
    Ok(done)
}

/// The first pair of braces that has none inside: what stands before, in and behind it.
fn innermost(text: &str) -> Result<Option<(&str, &str, &str)>, &'static str> {
    let Some(close) = text.find('}') else {
        return if text.contains('{') { Err("a `{` without its `}`") } else { Ok(None) };
    };
    let Some(open) = text[..close].rfind('{') else { return Err("a `}` without its `{`") };
    Ok(Some((&text[..open], &text[open + 1..close], &text[close + 1..])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<String> {
        expanded(text).unwrap()
    }

    #[test]
    fn each_alternative_is_a_word() {
        assert_eq!(of("qos2/x"), ["qos2/x"]);
        assert_eq!(of("{qos1,qos2}/**"), ["qos1/**", "qos2/**"]);
        assert_eq!(of("a{1,2}b{3,4}"), ["a1b3", "a1b4", "a2b3", "a2b4"]);
        assert_eq!(of("a{b{c,d},e}"), ["abc", "ae", "abd", "ae"]);
        assert_eq!(of("a{,-lost}"), ["a", "a-lost"]);
    }

    #[test]
    fn braces_that_do_not_pair_and_floods_of_words_are_mistakes() {
        for text in ["{a", "a}", "}a{", "{a}}"] {
            assert!(expanded(text).is_err(), "{text}");
        }
        assert!(expanded(&"{a,b}".repeat(8)).is_ok());
        assert!(expanded(&"{a,b}".repeat(9)).is_err());
    }
}

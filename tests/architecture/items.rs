//! Functions and test code in masked text. Knows braces and attributes, not types.

use std::ops::Range;

/// A function with a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// Line of the word `fn`, from 1.
    pub(crate) line: usize,
    /// From that line to the closing brace.
    pub(crate) lines: usize,
    /// Offset of the word `fn`.
    pub(crate) at: usize,
}

/// The line of an offset, from 1.
pub(crate) fn line_of(text: &str, at: usize) -> usize {
    1 + text.as_bytes()[..at].iter().filter(|b| **b == b'\n').count()
}

/// Offsets at which `word` stands alone, not as a part of another word.
pub(crate) fn words<'a>(masked: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let bytes = masked.as_bytes();
    let word_at = |at: usize| bytes.get(at).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    let before = move |at: usize| at.checked_sub(1).is_some_and(word_at);
    let found = masked.match_indices(word).map(|(at, _)| at);
    found.filter(move |at| !before(*at) && !word_at(at + word.len()))
}

/// Every function that has a body, nested ones too.
pub(crate) fn functions(masked: &str) -> Vec<Function> {
    let bytes = masked.as_bytes();
    let mut found = Vec::new();
    for at in words(masked, "fn") {
        let rest = masked[at + 2..].trim_start();
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if name.is_empty() {
            continue; // a pointer type, or a macro's pattern
        }
        let Some(open) = body(bytes, at + 2) else { continue };
        let end = matching_brace(bytes, open);
        let line = line_of(masked, at);
        found.push(Function { name, line, lines: line_of(masked, end) - line + 1, at });
    }
    found
}

/// The brace that opens what begins at `from`, or `None` if a semicolon ends it first.
fn body(bytes: &[u8], from: usize) -> Option<usize> {
    let mut depth = 0i32;
    for (at, byte) in bytes.iter().enumerate().skip(from) {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth -= 1,
            b'{' if depth == 0 => return Some(at),
            b';' if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// The brace that closes the one at `open`, or the last byte.
fn matching_brace(bytes: &[u8], open: usize) -> usize {
    let mut depth = 0i32;
    for (at, byte) in bytes.iter().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    bytes.len() - 1
}

/// Where the items behind `#[cfg(test)]` and `#[test]` are.
pub(crate) fn test_regions(masked: &str) -> Vec<Range<usize>> {
    let bytes = masked.as_bytes();
    let mut regions = Vec::new();
    for mark in ["#[cfg(test)]", "#[test]"] {
        for (at, _) in masked.match_indices(mark) {
            let end = match body(bytes, at + mark.len()) {
                Some(open) => matching_brace(bytes, open),
                None => bytes[at..].iter().position(|b| *b == b';').map_or(bytes.len(), |n| at + n),
            };
            regions.push(at..end + 1);
        }
    }
    regions
}

#[cfg(test)]
mod tests {
    use super::{functions, test_regions, words};
    use crate::mask::mask;

    fn sizes(source: &str) -> Vec<(String, usize, usize)> {
        functions(&mask(source)).into_iter().map(|f| (f.name, f.line, f.lines)).collect()
    }

    fn owned(wanted: &[(&str, usize, usize)]) -> Vec<(String, usize, usize)> {
        wanted.iter().map(|(n, l, c)| ((*n).to_owned(), *l, *c)).collect()
    }

    #[test]
    fn functions_are_measured_from_fn_to_brace() {
        let source = "fn one() {}\n\npub(crate) async fn three(\n    x: [u8; 3],\n) -> u8 { x[0] }\n";
        assert_eq!(sizes(source), owned(&[("one", 1, 1), ("three", 3, 3)]));
    }

    #[test]
    fn declarations_and_pointers_are_no_functions() {
        assert_eq!(sizes("trait T { fn f(&self) -> [u8; 2]; }\ntype F = fn(u8) -> u8;\n"), owned(&[]));
        assert_eq!(sizes("macro_rules! m { ($n:ident) => { fn $n() {} } }"), owned(&[]));
    }

    #[test]
    fn braces_in_strings_comments_and_characters_do_not_mislead() {
        let source =
            "fn a() {\n  let s = \"}\"; // }\n  let c = '}'; /* } */\n  r#\"}\"#;\n}\nfn b<'a>() {}\n";
        assert_eq!(sizes(source), owned(&[("a", 1, 5), ("b", 6, 1)]));
    }

    #[test]
    fn where_clauses_nested_functions_and_generics() {
        let source = "fn a<T>() -> T\nwhere\n  T: Fn(u8) -> u8,\n{\n  fn inner() {\n  }\n}\n";
        assert_eq!(sizes(source), owned(&[("a", 1, 7), ("inner", 5, 2)]));
    }

    #[test]
    fn test_code_is_known() {
        let source = "fn a() {}\n#[cfg(test)]\nmod tests {\n  fn b() {}\n}\nfn c() {}\n#[test]\nfn d() {}\n";
        let masked = mask(source);
        let regions = test_regions(&masked);
        let in_test = |name: &str| {
            let at = functions(&masked).into_iter().find(|f| f.name == name).expect("is there").at;
            regions.iter().any(|r| r.contains(&at))
        };
        assert!(!in_test("a") && in_test("b") && !in_test("c") && in_test("d"));
    }

    #[test]
    fn a_cfg_test_on_a_use_ends_at_its_semicolon() {
        let masked = mask("#[cfg(test)]\nuse a::b;\nfn c() {}\n");
        assert_eq!(test_regions(&masked), vec![0..22]);
    }

    #[test]
    fn words_stand_alone() {
        assert_eq!(words("fn fnord _fn fn", "fn").collect::<Vec<_>>(), [0, 13]);
    }
}

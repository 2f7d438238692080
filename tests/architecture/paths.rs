//! Paths (`a::b::c`) in masked text, with the groups of `use` taken apart. Knows no scopes: an alias stays an alias.

use crate::items::{line_of, words};

/// A path and where it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) segments: Vec<String>,
    /// Line, from 1.
    pub(crate) line: usize,
    /// Offset of its last segment.
    pub(crate) at: usize,
}

impl Path {
    /// Whether these segments stand in it, one after the other.
    pub(crate) fn has(&self, wanted: &[&str]) -> bool {
        self.segments.windows(wanted.len()).any(|w| w.iter().zip(wanted).all(|(a, b)| a == b))
    }

    /// Whether it begins with these segments.
    pub(crate) fn starts(&self, wanted: &[&str]) -> bool {
        self.segments.len() >= wanted.len() && self.segments.iter().zip(wanted).all(|(a, b)| a == b)
    }

    pub(crate) fn text(&self) -> String {
        self.segments.join("::")
    }
}

/// Every path of the text: those of `use` whole, those of code as they are written.
pub(crate) fn paths(masked: &str) -> Vec<Path> {
    let mut found = Vec::new();
    let mut code = masked.as_bytes().to_vec();
    for at in words(masked, "use") {
        let end = masked[at..].find(';').map_or(masked.len(), |n| at + n);
        tree(masked, at + 3..end, &mut Vec::new(), &mut found);
        // Lines stay: the rest is counted by them.
        code[at..end].iter_mut().filter(|b| **b != b'\n').for_each(|b| *b = b' ');
    }
    let code = String::from_utf8_lossy(&code).into_owned();
    inline(&code, &mut found);
    found
}

/// One `use` tree: `a::{b, c::{self, d as e}}`.
fn tree(masked: &str, range: std::ops::Range<usize>, above: &mut Vec<String>, found: &mut Vec<Path>) {
    let bytes = masked.as_bytes();
    let depth = above.len();
    let mut at = range.start;
    let mut last = at;
    let mut alias = false;
    while at < range.end {
        if bytes[at] == b'{' {
            let end = group_end(bytes, at, range.end);
            split(masked, at + 1..end, above, found);
            above.truncate(depth);
            return;
        }
        let word =
            masked[at..range.end].bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        if word == 0 {
            if bytes[at] == b'*' {
                above.push("*".to_owned());
            }
            at += 1;
            continue;
        }
        let segment = &masked[at..at + word];
        alias |= segment == "as";
        // `a::{self}` is `a`; `self::a` is what it says.
        if !alias && (segment != "self" || above.is_empty()) {
            above.push(segment.to_owned());
        }
        if !alias {
            last = at;
        }
        at += word;
    }
    if !above.is_empty() {
        found.push(Path { segments: above.clone(), line: line_of(masked, last), at: last });
    }
    above.truncate(depth);
}

fn group_end(bytes: &[u8], open: usize, end: usize) -> usize {
    let mut depth = 0;
    for (at, byte) in bytes.iter().enumerate().take(end).skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 1 => return at,
            b'}' => depth -= 1,
            _ => {}
        }
    }
    end
}

/// The members of a group, each with what stands before the group.
fn split(masked: &str, range: std::ops::Range<usize>, above: &mut Vec<String>, found: &mut Vec<Path>) {
    let bytes = masked.as_bytes();
    let mut depth = 0;
    let mut start = range.start;
    for at in range.clone() {
        match bytes[at] {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            b',' if depth == 0 => {
                member(masked, start..at, above, found);
                start = at + 1;
            }
            _ => {}
        }
    }
    member(masked, start..range.end, above, found);
}

fn member(masked: &str, range: std::ops::Range<usize>, above: &mut Vec<String>, found: &mut Vec<Path>) {
    if !masked[range.clone()].trim().is_empty() {
        tree(masked, range, above, found);
    }
}

/// Paths in code; a single word is one too.
fn inline(code: &str, found: &mut Vec<Path>) {
    let bytes = code.as_bytes();
    let mut at = 0;
    let mut line = 1;
    while at < bytes.len() {
        // Counted on the way: asking anew for each word would make long files slow.
        line += usize::from(bytes[at] == b'\n');
        if !(bytes[at].is_ascii_alphabetic() || bytes[at] == b'_') {
            at += 1;
            continue;
        }
        let mut path = Path { segments: Vec::new(), line, at };
        loop {
            let word = bytes[at..].iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
            path.segments.push(code[at..at + word].to_owned());
            path.at = at;
            at += word;
            let next = bytes.get(at + 2).is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_');
            if !(next && bytes[at..].starts_with(b"::")) {
                break;
            }
            at += 2;
        }
        found.push(path);
    }
}

#[cfg(test)]
mod tests {
    use super::paths;
    use crate::mask::mask;

    fn all(source: &str) -> Vec<(String, usize)> {
        paths(&mask(source)).iter().map(|p| (p.text(), p.line)).collect()
    }

    fn has(source: &str, wanted: &str, line: usize) {
        let found = all(source);
        assert!(found.contains(&(wanted.to_owned(), line)), "{wanted}:{line} is not in {found:?}");
    }

    #[test]
    fn groups_of_use_are_taken_apart() {
        let source =
            "use std::{\n    fs, io::{self, Read},\n    time::{Duration, Instant as I},\n};\nuse a::b;\n";
        let wanted =
            ["std::fs", "std::io", "std::io::Read", "std::time::Duration", "std::time::Instant", "a::b"];
        let found: Vec<String> = all(source).into_iter().map(|(p, _)| p).collect();
        assert_eq!(found, wanted);
        has(source, "std::fs", 2);
        has(source, "std::time::Instant", 3);
    }

    #[test]
    fn globs_and_plain_groups() {
        has("use {a::b, c::*};", "a::b", 1);
        has("use {a::b, c::*};", "c::*", 1);
        has("use self::x::y;", "self::x::y", 1);
    }

    #[test]
    fn code_paths_are_found_with_their_line() {
        has("fn f() {\n  std::fs::read(\"p\");\n}", "std::fs::read", 2);
        has("fn f() -> Vec<std::time::Instant> { x }", "std::time::Instant", 1);
        has("fn f() { Instant::now() }", "Instant::now", 1);
    }

    #[test]
    fn segments_are_matched_whole_and_in_order() {
        let path = &paths("std::time::Instant::now")[0];
        assert!(path.has(&["time", "Instant"]) && path.starts(&["std", "time"]));
        assert!(!path.has(&["Instant", "time"]) && !path.starts(&["time"]) && !path.has(&["Inst"]));
    }
}

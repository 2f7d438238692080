//! Blanks what is not code: comments, and what stands in strings and characters. Every byte keeps its place, so that an
//! offset in the masked text is an offset in the source. Knows tokens, not grammar.

/// The source with comments and the insides of literals replaced by blanks; newlines and the quotes stay.
pub(crate) fn mask(source: &str) -> String {
    let bytes = source.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = match bytes[at] {
            b'/' if bytes.get(at + 1) == Some(&b'/') => line_end(bytes, at),
            b'/' if bytes.get(at + 1) == Some(&b'*') => block_comment_end(bytes, at),
            b'"' => string_end(bytes, at + 1),
            b'\'' => character_end(bytes, at).unwrap_or(at + 1),
            b'r' | b'b' | b'c' if !after_word(bytes, at) => prefixed_end(bytes, at).unwrap_or(at + 1),
            _ => at + 1,
        };
        if end > at + 1 {
            blank(&mut out[at..end], bytes[at] != b'/');
        }
        at = end;
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn after_word(bytes: &[u8], at: usize) -> bool {
    at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_')
}

fn blank(bytes: &mut [u8], keep_quotes: bool) {
    for byte in bytes {
        if *byte != b'\n' && !(keep_quotes && matches!(*byte, b'"' | b'\'')) {
            *byte = b' ';
        }
    }
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    bytes[at..].iter().position(|b| *b == b'\n').map_or(bytes.len(), |n| at + n)
}

/// Block comments nest.
fn block_comment_end(bytes: &[u8], at: usize) -> usize {
    let mut depth = 0;
    let mut at = at;
    while at < bytes.len() {
        match bytes.get(at..at + 2) {
            Some(b"/*") => (depth, at) = (depth + 1, at + 2),
            Some(b"*/") if depth == 1 => return at + 2,
            Some(b"*/") => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Behind the closing quote of a string whose inside begins at `at`.
fn string_end(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// Behind a character literal, or `None` where the quote begins a lifetime or a label.
fn character_end(bytes: &[u8], at: usize) -> Option<usize> {
    if bytes.get(at + 1) == Some(&b'\\') {
        let close = bytes.get(at + 3..)?.iter().position(|b| *b == b'\'')?;
        return Some(at + 3 + close + 1);
    }
    let text = std::str::from_utf8(bytes.get(at + 1..)?).ok()?;
    let first = text.chars().next()?;
    let close = at + 1 + first.len_utf8();
    (bytes.get(close) == Some(&b'\'')).then_some(close + 1)
}

/// Behind `r"…"`, `r#"…"#`, `b"…"`, `b'…'`, `br#"…"#`, `c"…"`, `cr"…"`; `None` for words and raw identifiers.
fn prefixed_end(bytes: &[u8], at: usize) -> Option<usize> {
    let word = bytes[at..].iter().take_while(|b| b.is_ascii_alphabetic()).count();
    let (raw, quote) = match &bytes[at..at + word] {
        b"r" | b"br" | b"cr" => (true, at + word),
        b"b" | b"c" => (false, at + word),
        _ => return None,
    };
    if !raw {
        return match bytes.get(quote)? {
            b'"' => Some(string_end(bytes, quote + 1)),
            b'\'' if bytes[at] == b'b' => character_end(bytes, quote),
            _ => None,
        };
    }
    let hashes = bytes[quote..].iter().take_while(|b| **b == b'#').count();
    if bytes.get(quote + hashes) != Some(&b'"') {
        return None;
    }
    let close = [b"\"".as_slice(), &b"#".repeat(hashes)].concat();
    let inside = quote + hashes + 1;
    let found = bytes[inside..].windows(close.len()).position(|w| w == close);
    Some(found.map_or(bytes.len(), |n| inside + n + close.len()))
}

#[cfg(test)]
mod tests {
    use super::mask;

    #[track_caller]
    fn hides(source: &str) {
        let masked = mask(source);
        assert_eq!(masked.len(), source.len(), "{source}");
        assert!(!masked.contains("HIDE"), "{source}\n{masked}");
        assert!(masked.contains("SHOW"), "{source}\n{masked}");
    }

    #[test]
    fn comments_and_literals_are_hidden() {
        hides("// HIDE\nSHOW");
        hides("/* a /* HIDE */ HIDE */ SHOW");
        hides("\"HIDE \\\" HIDE\" SHOW");
        hides("\"\\\\\" SHOW \"HIDE\"");
        hides("\"// no comment\" SHOW // HIDE");
        hides(r####"r#"HIDE " HIDE"# SHOW"####);
        hides(r####"br##"HIDE "# HIDE"## SHOW"####);
        hides(r#"r"HIDE \" SHOW"#);
        hides("b\"HIDE\" SHOW c\"HIDE\"");
        hides("\"over\nHIDE\nlines\" SHOW");
    }

    #[test]
    fn quotes_of_characters_and_lifetimes_do_not_open_strings() {
        hides("'\"' SHOW \"HIDE\"");
        hides("'\\'' SHOW \"HIDE\"");
        hides("b'\"' SHOW \"HIDE\"");
        hides("'ß' SHOW \"HIDE\"");
        hides("'\\u{1F600}' SHOW \"HIDE\"");
        hides("fn f<'a>(x: &'a str, y: &'static str) { SHOW; \"HIDE\"; 'label: loop {} }");
        hides("let r#type = SHOW; var\"HIDE\"");
    }

    #[test]
    fn braces_in_literals_do_not_count() {
        let masked = mask("{ '{' \"{\" b'{' r#\"{\"# /* { */ } // {");
        assert_eq!((masked.matches('{').count(), masked.matches('}').count()), (1, 1));
    }

    #[test]
    fn lines_stay_where_they_are() {
        let source = "a\n/* b\n c */ d\n\"e\nf\" g";
        let (d, g) = (source.find('d'), source.find('g'));
        let masked = mask(source);
        assert_eq!((masked.find('d'), masked.find('g')), (d, g));
        assert_eq!(masked.lines().count(), source.lines().count());
    }

    #[test]
    fn an_open_end_is_no_panic() {
        for source in ["\"", "'", "r#\"", "/*", "b", "'\\", "\"\\", "r", "b'"] {
            assert_eq!(mask(source).len(), source.len());
        }
    }
}

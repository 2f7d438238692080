//! `{name}` in the texts of a descriptor: ports, folders and words that are known only when a broker is started.

use std::collections::BTreeMap;

/// Every `{name}` of a text, with the place where it begins. Braces around anything else are ordinary text.
pub(crate) fn names(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        loop {
            let open = from + text[from..].find('{')?;
            let inside = &text[open + 1..];
            let length = inside.find(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_'));
            from = open + 1;
            match length {
                Some(length) if length > 0 && inside[length..].starts_with('}') => {
                    return Some((open, &inside[..length]));
                }
                _ => {}
            }
        }
    })
}

/// What the names stand for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Values(BTreeMap<String, String>);

impl Values {
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.insert(name.to_owned(), value.into());
    }

    /// The text with every known name replaced; the descriptor's reader refused the unknown ones.
    pub(crate) fn fill(&self, text: &str) -> String {
        let mut filled = String::with_capacity(text.len());
        let mut from = 0;
        for (at, name) in names(text) {
            let Some(value) = self.0.get(name) else { continue };
            filled.push_str(&text[from..at]);
            filled.push_str(value);
            from = at + name.len() + 2;
        }
        filled.push_str(&text[from..]);
        filled
    }

    /// A text of others with the value of this name put out of sight.
    pub(crate) fn without(&self, name: &str, text: &str) -> String {
        match self.0.get(name).filter(|value| !value.is_empty()) {
            Some(value) => text.replace(value, &format!("({name})")),
            None => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_put_out_of_sight() {
        let mut values = Values::default();
        values.set("password", "secret");
        assert_eq!(
            values.without("password", "no user for secret:secret"),
            "no user for (password):(password)"
        );
        assert_eq!(values.without("user", "secret"), "secret");
    }

    #[test]
    fn names_in_braces_are_replaced_and_other_braces_are_let_be() {
        let mut values = Values::default();
        values.set("port", "1");
        values.set("scratch", "/{port}");
        let text = "a {port}b { port } {\"x\": {scratch}} {} {{port}} {";
        assert_eq!(values.fill(text), "a 1b { port } {\"x\": /{port}} {} {1} {");
        assert_eq!(names("{a}{b c}{d_1}").map(|n| n.1).collect::<Vec<_>>(), ["a", "d_1"]);
    }
}
